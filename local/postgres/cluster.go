package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say what kind of cluster to start. The zero value is a throwaway
// cluster in the temporary folder, on a free port.
type Options struct {
	// Dir is the cluster's folder. A durable cluster needs one and finds its
	// data there at the next start. A throwaway cluster makes one when Dir is empty,
	// in $TMPDIR, or in memory where there is room, or else in the system's temporary
	// folder; it removes the folder either way.
	Dir string
	// Port on 127.0.0.1; 0 chooses a free one.
	Port int
	// Durable keeps the data and makes commits survive a crash of the machine.
	Durable bool
	// Settings of the server, "name=value", in addition to a cluster's own; a later
	// one overrides an earlier one.
	Settings []string
	// Log gets a line for each step that takes noticeable time; nil: no log.
	Log io.Writer
}

// Cluster is a running PostgreSQL server with the roles of Supabase and, in
// its database postgres, the schemas of Supabase with auto-expose on.
type Cluster struct {
	port int

	// The rest is zero for a cluster that somebody else started (Attach).
	installation Installation
	durable      bool
	settings     []string // in addition to those of every cluster
	clock        []string // the environment that shifts the server's clock; empty: the machine's

	dir       string
	temporary bool
	process   *os.Process
	exited    chan struct{} // closed when the server has ended
	watchdog  *watchdog
	lock      *os.File
	stop      sync.Once
	stopErr   error
}

const (
	startTimeout = 60 * time.Second // a durable cluster may have a crash to recover from
	stopTimeout  = 20 * time.Second
)

// Start makes (or, when durable, finds) a cluster in its folder, starts it and
// returns when it accepts connections. ctx limits the start only. Whoever calls
// Start must call [Cluster.Stop]. An error contains the end of the server's log.
func (i Installation) Start(ctx context.Context, opts Options) (_ *Cluster, err error) {
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if initdb := filepath.Join(i.Bin, "initdb"); !acct.reaches(initdb) {
		// initdb finds its companions with access(2), for which capabilities don't
		// count.
		return nil, fmt.Errorf("the user that PostgreSQL runs as cannot reach %s: it may not enter one of the folders above it", initdb)
	}
	c := &Cluster{installation: i, durable: opts.Durable, settings: opts.Settings, temporary: !opts.Durable}
	if c.dir, err = clusterFolder(opts); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := acct.own(c.dir); err != nil {
		return nil, err
	}
	if err := c.lockFolder(); err != nil {
		return nil, err
	}
	if err := c.clearStalePID(ctx); err != nil {
		return nil, err
	}
	if c.watchdog, err = watch(c); err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	if err := i.initialise(ctx, acct, c, opts.Log); err != nil {
		return nil, err
	}
	if err := i.launch(ctx, acct, c, opts); err != nil {
		return nil, err
	}
	if err := c.becomeSupabase(ctx); err != nil {
		return nil, fmt.Errorf("make the cluster look like Supabase: %w", err)
	}
	return c, nil
}

// Attach returns the running cluster whose superuser's URL is rawURL, as
// [Cluster.URL] gives it. Its Stop does nothing: it belongs to whoever started
// it.
func Attach(rawURL string) (*Cluster, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("cluster URL: not a URL")
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || u.Hostname() != "127.0.0.1" || u.User.Username() != Superuser {
		return nil, fmt.Errorf("cluster URL: want postgresql://%s:…@127.0.0.1:port/…", Superuser)
	}
	return &Cluster{port: port}, nil
}

// Port is the server's port on 127.0.0.1.
func (c *Cluster) Port() int { return c.port }

// URL is the connection string of a role that may log in: postgres,
// supabase_admin, supabase_auth_admin, authenticator, or one that has since got a
// login and the password [Password].
func (c *Cluster) URL(role, database string) string {
	u := url.URL{
		Scheme:   "postgresql",
		User:     url.UserPassword(role, Password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Done is closed when the server has ended, even by itself. For an attached
// cluster it is nil and blocks for ever.
func (c *Cluster) Done() <-chan struct{} { return c.exited }

// Stop ends all sessions, stops the server, waits for its end and removes
// temporary files. It may be called more than once.
func (c *Cluster) Stop() error {
	c.stop.Do(func() { c.stopErr = c.shutDown() })
	return c.stopErr
}

func (c *Cluster) shutDown() error {
	if c.dir == "" {
		return nil
	}
	var errs []error
	if c.process != nil {
		select {
		case <-c.exited:
			errs = append(errs, fmt.Errorf("PostgreSQL had ended by itself; the end of its log:\n%s", logTail(c.log())))
		default:
			errs = append(errs, c.stopServer())
		}
	}
	if c.watchdog != nil {
		c.watchdog.dismiss()
	}
	if c.temporary {
		if err := os.RemoveAll(c.dir); err != nil {
			errs = append(errs, fmt.Errorf("remove the cluster: %w", err))
		}
	}
	if c.lock != nil {
		errs = append(errs, c.lock.Close())
	}
	return errors.Join(errs...)
}

// stopServer requests a fast shutdown; a server that does not obey is killed, and
// the next start recovers.
func (c *Cluster) stopServer() error {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		// An error means that the server has already ended; exited will say so.
		_ = c.process.Signal(signal)
		select {
		case <-c.exited:
			return nil
		case <-time.After(stopTimeout):
		}
	}
	return fmt.Errorf("PostgreSQL (pid %d) does not end", c.process.Pid)
}

// Restart stops the server and starts it again with the same data on the same
// port; whileDown, if not nil, runs in between. With crash the server is killed, so
// that the start recovers what was committed: in a throwaway cluster, which flushes
// nothing, only commits of sessions with synchronous_commit on. An earlier
// [Cluster.Done] belongs to the earlier server.
func (c *Cluster) Restart(ctx context.Context, crash bool, whileDown func()) error {
	if c.process == nil {
		return errors.New("restart: the cluster belongs to somebody else")
	}
	acct, err := serverAccount()
	if err != nil {
		return err
	}
	if crash {
		_ = c.process.Signal(syscall.SIGQUIT) // stopServer waits for the end
	}
	if err := c.stopServer(); err != nil {
		return err
	}
	if whileDown != nil {
		whileDown()
	}
	if err := c.clearStalePID(ctx); err != nil {
		return err
	}
	return c.installation.launchOn(ctx, acct, c, c.port)
}

// clusterFolder creates the cluster's folder and returns its absolute path.
func clusterFolder(opts Options) (string, error) {
	if opts.Dir == "" {
		if opts.Durable {
			return "", errors.New("a durable cluster needs a folder")
		}
		parent := os.Getenv("TMPDIR")
		if parent == "" {
			parent = memoryFolder()
		}
		return os.MkdirTemp(parent, "mentorpause-postgres-")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return "", err
	}
	if !opts.Durable {
		// Stop removes the folder with everything in it.
		if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
			return "", fmt.Errorf("folder for a throwaway cluster is not empty: %s", dir)
		}
	}
	return dir, os.MkdirAll(dir, 0o700)
}

func (c *Cluster) data() string    { return filepath.Join(c.dir, "data") }
func (c *Cluster) log() string     { return filepath.Join(c.dir, "server.log") }
func (c *Cluster) pidFile() string { return filepath.Join(c.data(), "postmaster.pid") }

// lockFolder makes sure that only one process manages the cluster. The system
// releases the lock when that process ends, in whatever way.
func (c *Cluster) lockFolder() error {
	lock, err := os.OpenFile(filepath.Join(c.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			c.temporary = false // the folder belongs to another process
			return fmt.Errorf("the cluster in %s is already running, started by another process", c.dir)
		}
		return fmt.Errorf("lock %s: %w", c.dir, err)
	}
	c.lock = lock
	return nil
}

// initialise runs initdb unless the folder has a cluster. It works next to the
// final place, so that an interrupted run leaves nothing that looks complete.
func (i Installation) initialise(ctx context.Context, acct account, c *Cluster, log io.Writer) error {
	version, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if err == nil {
		if major := strings.TrimSpace(string(version)); major != strconv.Itoa(i.Major) {
			return fmt.Errorf("the data in %s belongs to PostgreSQL %s, and this is %d: set PG=%s, or remove the folder to start again",
				c.data(), major, i.Major, major)
		}
		return nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fmt.Fprintf(log, "PostgreSQL %d: creating a cluster in %s\n", i.Major, c.dir)

	password := filepath.Join(c.dir, "password")
	if err := os.WriteFile(password, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(password)
	if err := acct.own(password); err != nil {
		return err
	}
	draft := filepath.Join(c.dir, "draft")
	// C.UTF-8 as on Supabase; where the system lacks it (macOS), the closest:
	// ordered by bytes, with letters beyond ASCII.
	locales := [][]string{{"--locale=C.UTF-8"}, {"--locale=C", "--lc-ctype=UTF-8"}, {"--locale=C"}}
	for n, locale := range locales {
		if err := os.RemoveAll(draft); err != nil {
			return err
		}
		args := append([]string{"--pgdata", draft, "--username", Superuser, "--pwfile", password, "--auth=scram-sha-256",
			"--encoding=UTF8", "--no-sync", "--no-instructions"}, locale...)
		cmd := acct.command(ctx, c.dir, filepath.Join(i.Bin, "initdb"), args...)
		// On SIGINT it ends its child processes too.
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = stopTimeout
		output, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		if n+1 < len(locales) && bytes.Contains(output, []byte("invalid locale")) {
			continue
		}
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return os.Rename(draft, c.data())
}

// settings are given on the command line, so that a durable cluster always
// runs with those of the program that starts it.
func settings(port int, durable bool) []string {
	s := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=", // not needed, and a socket's path has a length limit
		"max_connections=200",
		"shared_buffers=64MB",
		"timezone=UTC",
		"log_timezone=UTC",
		"log_statement=none",
		"log_line_prefix=%m [%p] %q%u@%d ",
		"logging_collector=off",
	}
	if durable {
		return append(s, "wal_level=logical") // as on Supabase
	}
	return append(s,
		"fsync=off",
		"synchronous_commit=off",
		"full_page_writes=off",
		"wal_level=minimal",
		"max_wal_senders=0",
		"checkpoint_timeout=1h",
	)
}

// launch starts the server and waits until it is ready. If somebody else takes the
// free port first, it tries another one.
func (i Installation) launch(ctx context.Context, acct account, c *Cluster, opts Options) error {
	for attempt := 0; ; attempt++ {
		port := opts.Port
		if port == 0 {
			var err error
			if port, err = freePort(); err != nil {
				return err
			}
		}
		err := i.launchOn(ctx, acct, c, port)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errPortTaken) || opts.Port != 0 || attempt == 4 {
			return err
		}
	}
}

var errPortTaken = errors.New("the port is in use")

func (i Installation) launchOn(ctx context.Context, acct account, c *Cluster, port int) error {
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()

	args := []string{"-D", c.data()}
	for _, setting := range slices.Concat(settings(port, c.durable), c.settings) {
		args = append(args, "-c", setting)
	}
	// The end of ctx ends the waiting, not the server.
	cmd := acct.command(context.WithoutCancel(ctx), c.dir, filepath.Join(i.Bin, "postgres"), args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(cmd.Env, c.clock...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.watchdog.guard(cmd.Process.Pid)
	c.process, c.port = cmd.Process, port
	exited := make(chan struct{})
	c.exited = exited
	go func() {
		_ = cmd.Wait() // the log says why it ended
		c.watchdog.guard(0)
		close(exited)
	}()
	err = c.awaitReady(ctx)
	if err == nil {
		return nil
	}
	tail := logTail(c.log())
	if strings.Contains(tail, "Address already in use") {
		err = fmt.Errorf("port %d: %w", port, errPortTaken)
	}
	err = fmt.Errorf("%w; the end of PostgreSQL's log:\n%s", err, tail)
	if stopErr := c.stopServer(); stopErr != nil {
		return errors.Join(err, stopErr)
	}
	c.process = nil
	return err
}

// awaitReady waits until the server's pid file says that it accepts connections.
func (c *Cluster) awaitReady(ctx context.Context) error {
	const stateLine = 7 // counted from 0
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("PostgreSQL is not ready after %v", startTimeout))
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.exited:
			return errors.New("PostgreSQL ended at its start")
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		content, _ := os.ReadFile(c.pidFile()) // absent at first
		lines := strings.Split(string(content), "\n")
		if len(lines) > stateLine && strings.TrimSpace(lines[0]) == strconv.Itoa(c.process.Pid) &&
			strings.TrimSpace(lines[stateLine]) == "ready" {
			return nil
		}
	}
}

// clearStalePID handles a pid file left by a server that did not shut down cleanly,
// or whose managing process has just been killed. PostgreSQL refuses to start if
// the number in it now belongs to another process.
func (c *Cluster) clearStalePID(ctx context.Context) error {
	deadline := time.Now().Add(stopTimeout)
	for signalled := false; ; {
		content, err := os.ReadFile(c.pidFile())
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(string(content), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(first))
		if err != nil || pid <= 1 || !servesFrom(pid, c.data()) {
			return os.Remove(c.pidFile())
		}
		// We hold the folder's lock, so no process manages that server any more.
		if !signalled {
			if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("stop the server (pid %d) left in %s: %w", pid, c.dir, err)
			}
			signalled = true
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server (pid %d) left in %s does not end", pid, c.dir)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// servesFrom reports whether the process is a PostgreSQL server on that data
// folder.
func servesFrom(pid int, data string) bool {
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		// No /proc on macOS.
		command, err = exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		if err != nil {
			return false
		}
	}
	return bytes.Contains(command, []byte("postgres")) && bytes.Contains(command, []byte(data))
}

// freePort asks the system for an unused port.
func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// logTail returns the last lines of the server's log.
func logTail(path string) string {
	const lines = 30
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// connect opens a session of the superuser.
func (c *Cluster) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, c.URL(Superuser, database))
}
