package lambda

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build compiles functions/<name> of the module at root for this machine, with
// the flags of `make build`, into the files dir/<name>.
func Build(ctx context.Context, root, dir string, names ...string) error {
	packages := make([]string, len(names))
	for n, name := range names {
		packages[n] = "./functions/" + name
	}
	return BuildPackages(ctx, root, dir, packages...)
}

// BuildPackages compiles other programs in the same way, into files named after
// their folders.
func BuildPackages(ctx context.Context, root, dir string, packages ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	arguments := []string{"build", "-buildvcs=false", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w -buildid=", "-o", dir + string(filepath.Separator)}
	arguments = append(arguments, packages...)
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=", "GOARCH=")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the functions: %w\n%s", err, bytes.TrimSpace(output))
	}
	return nil
}
