//go:build lint

package template_test

import (
	"testing"

	"mentorpause/local/checkout"
)

func TestMain(m *testing.M) { checkout.Main(m) }
