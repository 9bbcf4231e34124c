package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Build compiles functions/<name> of the module at root for this machine into the files
// dir/<name>, with the flags of `make build` but for the build ID, by which Go knows a
// program that is up to date. The checkout keeps the programs, because Go links one again
// for each folder that it is to be in, and to link all takes ten seconds of a processor.
func Build(ctx context.Context, root, dir string, names ...string) (err error) {
	packages := make([]string, len(names))
	for n, name := range names {
		packages[n] = "./functions/" + name
	}
	kept := filepath.Join(root, ".cache", "functions")
	for _, folder := range []string{dir, kept} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	unlock, err := lock(ctx, filepath.Join(kept, ".lock"))
	if err != nil {
		return fmt.Errorf("build the functions: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := BuildPackages(ctx, root, kept, packages...); err != nil {
		return err
	}
	for _, name := range names {
		if err := provide(filepath.Join(kept, name), filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("build the functions: %w", err)
		}
	}
	return nil
}

// BuildPackages compiles other programs in the same way, into files named after
// their folders.
func BuildPackages(ctx context.Context, root, dir string, packages ...string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	arguments := []string{"build", "-buildvcs=false", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", dir + string(filepath.Separator)}
	arguments = append(arguments, packages...)
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=", "GOARCH=")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the functions: %w\n%s", err, bytes.TrimSpace(output))
	}
	return nil
}

// lock waits until nobody else of this machine holds the file's lock.
func lock(ctx context.Context, name string) (unlock func() error, err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), file.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// provide makes a file a name of another one or, across file systems, a copy. Go replaces a
// program that it builds again: what runs is not disturbed.
func provide(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
