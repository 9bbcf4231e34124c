// Package version knows which release this is. Its file VERSION is the one place where the
// number stands: the functions, the console's build and `make smoke` read it there, and a test
// holds the changelog against it.
package version

import (
	_ "embed"
	"log/slog"
	"strings"
)

//go:embed VERSION
var file string

// Number is the number of the release by Semantic Versioning: "0.9.0".
func Number() string { return strings.TrimSpace(file) }

// Log writes the line with which a function starts, so that a log says what wrote it.
func Log(log *slog.Logger) { log.Info("the function starts", "version", Number()) }
