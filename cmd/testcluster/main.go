// Command testcluster runs a command with a throwaway PostgreSQL server that
// behaves like Supabase, and stops the server when the command has ended.
//
//	go run ./cmd/testcluster [-set name=value …] [-clock '2027-06-23 23:59:50'] -- go test ./...
//
// With -clock, the server's clock shows that instant when the command starts, and
// runs on; the databases are made in the minute before it. The instant is in
// Europe/Oslo unless it says otherwise: 2027-06-23T21:59:50Z.
//
// If PostgreSQL is missing and it may, it installs it. The command finds in its
// environment:
//
//	MENTORPAUSE_TEST_CLUSTER     the superuser's URL, for local/testdb
//	MENTORPAUSE_PGTAP_EXPOSE     a migrated database, as role postgres, auto-expose on,
//	                             with the sample data, as supabase db reset leaves it
//	MENTORPAUSE_PGTAP_NO_EXPOSE  the same with auto-expose off and no data
//	PATH                         with the server's own psql first
//
// Signals are passed on to the command and everything that it started. The exit
// status is the command's, or 128 plus the number of the signal that ended it; 1 if
// the server could not be started or stopped, 2 for a wrong call.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // for Oslo, where the system has no zones

	"github.com/jackc/pgx/v5"

	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
	"mentorpause/supabase"
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: testcluster [-set name=value …] [-clock instant] [--] command [argument …]")
		flag.PrintDefaults()
	}
	var opts options
	flag.Func("set", "a setting of the server, name=value", func(setting string) error {
		opts.settings = append(opts.settings, setting)
		return nil
	})
	flag.Func("clock", "what the server's clock shows when the command starts: an `instant`, in Oslo unless it says otherwise", func(instant string) (err error) {
		opts.clock, err = parseInstant(instant)
		return err
	})
	install := flag.Bool("install", false, "only install PostgreSQL where it is missing and that is allowed")
	flag.Parse()
	if *install {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		if _, err := postgres.Ensure(ctx, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "testcluster:", err)
			stop()
			os.Exit(1)
		}
		return
	}
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	code, err := run(signals, opts, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "testcluster:", err)
	}
	os.Exit(code)
}

// options are the values of the flags.
type options struct {
	settings []string
	clock    time.Time // zero: the machine's
}

// parseInstant reads a date and time, by default in the organisation's zone.
func parseInstant(text string) (time.Time, error) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		return time.Time{}, err
	}
	for _, layout := range []string{time.DateTime, time.DateTime + "Z07:00", time.RFC3339} {
		if instant, err := time.ParseInLocation(layout, text, oslo); err == nil {
			return instant, nil
		}
	}
	return time.Time{}, fmt.Errorf("want 2027-06-23 23:59:50, of Oslo, or 2027-06-23T21:59:50Z")
}

// interruption is a signal that came before the command was started.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return "interrupted: " + i.signal.String() }

// run returns the exit status, even with an error.
func run(signals <-chan os.Signal, opts options, command []string) (code int, err error) {
	cluster, env, err := prepare(signals, opts)
	if cluster != nil {
		defer func() {
			if stopErr := cluster.Stop(); stopErr != nil {
				code, err = max(code, 1), errors.Join(err, stopErr)
			}
		}()
	}
	if err != nil {
		if i, ok := errors.AsType[interruption](err); ok {
			return 128 + int(i.signal), err
		}
		return 1, err
	}

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	// In its own process group: a Ctrl-C at the terminal comes only here, and is
	// passed on once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			// It fails only if the whole group has ended.
			_ = syscall.Kill(-cmd.Process.Pid, s.(syscall.Signal))
		case err := <-ended:
			return exitCode(err)
		}
	}
}

// prepare starts the server and creates the databases; a signal interrupts it. Even
// with an error, the cluster is returned and must be stopped.
func prepare(signals <-chan os.Signal, opts options) (*postgres.Cluster, []string, error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	prepared := make(chan struct{})
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case s := <-signals:
			cancel(interruption{s.(syscall.Signal)})
		case <-prepared:
		}
	}()
	cluster, env, err := makeCluster(ctx, opts)
	close(prepared)
	<-watching
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return cluster, env, err
}

func makeCluster(ctx context.Context, opts options) (*postgres.Cluster, []string, error) {
	installation, err := postgres.Ensure(ctx, os.Stderr)
	if err != nil {
		return nil, nil, err
	}
	cluster, err := installation.Start(ctx, postgres.Options{Settings: opts.settings})
	if err != nil {
		return nil, nil, err
	}
	if !opts.clock.IsZero() {
		if err := cluster.SetClock(ctx, opts.clock.Add(-time.Minute)); err != nil {
			return cluster, nil, err
		}
	}
	env := []string{
		testdb.ClusterVariable + "=" + cluster.URL(postgres.Superuser, postgres.Maintenance),
		"PATH=" + installation.Bin + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
	for _, database := range []struct {
		name, variable string
		mode           postgres.Exposure
	}{
		{"pgtap_expose", "MENTORPAUSE_PGTAP_EXPOSE", postgres.AutoExpose},
		{"pgtap_no_expose", "MENTORPAUSE_PGTAP_NO_EXPOSE", postgres.NoAutoExpose},
	} {
		// So the Go tests find the templates finished.
		template, err := testdb.Template(ctx, cluster, database.mode, true)
		if err != nil {
			return cluster, nil, err
		}
		if err := cluster.CloneDatabase(ctx, template, database.name); err != nil {
			return cluster, nil, err
		}
		url := cluster.URL("postgres", database.name)
		if database.mode == postgres.AutoExpose {
			if err := seed(ctx, url); err != nil {
				return cluster, nil, err
			}
		}
		env = append(env, database.variable+"="+url)
	}
	if !opts.clock.IsZero() {
		if err := cluster.SetClock(ctx, opts.clock); err != nil {
			return cluster, nil, err
		}
	}
	return cluster, env, nil
}

func seed(ctx context.Context, url string) error {
	sql, err := supabase.Files.ReadFile("seed.sql")
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.PgConn().Exec(ctx, string(sql)).ReadAll(); err != nil {
		return fmt.Errorf("supabase/seed.sql: %w", err)
	}
	return nil
}

// exitCode returns what a shell would.
func exitCode(err error) (int, error) {
	if err == nil {
		return 0, nil
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return 1, err
	}
	if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}
