//go:build lint

package build_test

import (
	"testing"

	"mentorpause/local/checkout"
)

func TestMain(m *testing.M) { checkout.Main(m) }
