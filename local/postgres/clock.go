package postgres

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

//go:embed clock/clock.c
var clockSource string

// SetClock restarts the server with a clock that shows the given instant at the
// start and runs on from there, even after [Cluster.Restart]. Only the time of day
// changes: sleeps and timeouts take as long as usual. It needs Linux and a C
// compiler.
func (c *Cluster) SetClock(ctx context.Context, at time.Time) error {
	if c.process == nil {
		return errors.New("set the clock: somebody else's cluster")
	}
	library, err := c.clockLibrary(ctx)
	if err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	var written error
	err = c.Restart(ctx, false, func() {
		written = c.writeClock(at)
		c.clock = []string{"LD_PRELOAD=" + library, "CLOCK_FILE=" + c.clockFile()}
	})
	if err = cmp.Or(written, err); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	// The system does not report a failure to preload.
	conn, err := c.connect(ctx, Maintenance)
	if err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	defer conn.Close(ctx)
	var shown time.Time
	if err := conn.QueryRow(ctx, "select pg_catalog.clock_timestamp()").Scan(&shown); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	if off := shown.Sub(at); off < 0 || off > startTimeout {
		return fmt.Errorf("set the clock to %v: the server's shows %v", at, shown)
	}
	return nil
}

// MoveClock moves the clock of a server ahead that [Cluster.SetClock] has given it. Nobody is
// disturbed: a transaction that has begun keeps its now().
func (c *Cluster) MoveClock(at time.Time) error {
	if c.clock == nil {
		return errors.New("move the clock: it was never set")
	}
	content, err := os.ReadFile(c.clockFile())
	if err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	shown := time.Now().Add(time.Duration(binary.NativeEndian.Uint64(content)) * time.Microsecond)
	if at.Before(shown) {
		return fmt.Errorf("move the clock: it shows %v, which is after %v", shown, at)
	}
	if err := c.writeClock(at); err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	return nil
}

func (c *Cluster) clockFile() string { return filepath.Join(c.dir, "clock") }

// writeClock overwrites the file, which the server's processes have mapped.
func (c *Cluster) writeClock(at time.Time) error {
	file, err := os.OpenFile(c.clockFile(), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(time.Until(at).Microseconds())), 0)
	return cmp.Or(err, file.Close())
}

// clockLibrary compiles the library to preload into the server, in its folder.
func (c *Cluster) clockLibrary(ctx context.Context) (string, error) {
	if runtime.GOOS != "linux" {
		return "", errors.ErrUnsupported
	}
	library := filepath.Join(c.dir, "clock.so")
	cmd := exec.CommandContext(ctx, "cc", "-shared", "-fPIC", "-O2", "-x", "c", "-o", library, "-")
	cmd.Stdin = strings.NewReader(clockSource)
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile clock.c: %w\n%s", err, output)
	}
	acct, err := serverAccount()
	if err != nil {
		return "", err
	}
	return library, acct.own(library)
}
