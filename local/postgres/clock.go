package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
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
	err = c.Restart(ctx, false, func() {
		c.clock = []string{"LD_PRELOAD=" + library, fmt.Sprintf("CLOCK_OFFSET=%d", time.Until(at).Microseconds())}
	})
	if err != nil {
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
