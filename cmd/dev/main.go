// Command dev runs the whole system on this machine, and leaves nothing outside the
// checkout when it ends:
//
//   - PostgreSQL: a private cluster on 127.0.0.1:54322 with its data in
//     .dev/postgres, or whatever already runs there and is like Supabase
//     (`supabase start`), migrated and seeded;
//   - every function of functions/, built with the flags of `make build` and run
//     as on Lambda, at http://127.0.0.1:8787/functions/v1/<name>;
//   - as much of Supabase Auth as the functions and the console need (keys, invitations,
//     codes for signing in), unless `supabase start` runs the real one;
//   - a mail server that writes e-mails to .dev/mail and shows them, unless SMTP_URL
//     names another one;
//   - the schedules of template.yaml.
//
// It prints curl lines with tokens for a coordinator, an administrator and a
// mentor of the seed. Ctrl-C or SIGTERM stops everything. It is for development
// only: its tokens are public.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"mentorpause/local/checkout"
	"mentorpause/local/lambda"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal has its usual effect, for those who cannot wait.
	context.AfterFunc(ctx, stop)

	var s settings
	flag.IntVar(&s.port, "port", 8787, "port of the functions on 127.0.0.1; also $PORT")
	flag.IntVar(&s.databasePort, "database-port", 54322, "port of PostgreSQL on 127.0.0.1 (make dev DATABASE_PORT=…)")
	flag.StringVar(&s.dir, "dir", ".dev", "folder for the database and the built functions")
	install := flag.Bool("install", false, "only install PostgreSQL, if one has to be started and none is installed")
	if text := os.Getenv("PORT"); text != "" {
		if err := flag.Set("port", text); err != nil {
			fmt.Fprintf(os.Stderr, "dev: PORT=%s is not a port\n", text)
			os.Exit(2)
		}
	}
	flag.Parse()

	do := func() error { return run(ctx, s, os.Stdout) }
	if *install {
		do = func() error { return (&database{port: s.databasePort}).install(ctx, os.Stderr) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

// patience is how long requests may still take at the end.
const patience = 10 * time.Second

type settings struct {
	port         int
	databasePort int
	dir          string
}

// run starts everything, reports it on out, and stops everything when ctx ends,
// which is no error.
func run(ctx context.Context, s settings, out io.Writer) (err error) {
	began := time.Now()
	terminal := newTerminal(out)
	var stopped error // what went wrong while stopping
	defer func() {
		if ctx.Err() != nil { // an interrupted start has not failed
			err = nil
		}
		err = errors.Join(err, stopped)
	}()

	root, err := checkout.Root()
	if err != nil {
		return err
	}
	if !filepath.IsAbs(s.dir) {
		s.dir = filepath.Join(root, s.dir)
	}
	// First, because it is the most likely to be in use and the quickest to check.
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is in use, perhaps by another `make dev`; choose one with `make dev PORT=…`", s.port)
	} else if err != nil {
		return err
	}
	defer listener.Close()
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}

	mail, err := startMailCatcher(filepath.Join(s.dir, "mail"), terminal)
	if err != nil {
		return err
	}
	defer mail.close()
	functions, err := readFunctions(root, mail)
	if err != nil {
		return err
	}

	// Compiling and the database are independent of each other.
	built, builtDir := make(chan error, 1), filepath.Join(s.dir, "functions")
	building, stopBuilding := context.WithCancel(ctx)
	defer stopBuilding()
	go func() {
		slow := time.AfterFunc(2*time.Second, func() { terminal.say("functions", "compiling") })
		defer slow.Stop()
		built <- lambda.Build(building, root, builtDir, functions.Names(nil)...)
	}()
	db, err := startDatabase(ctx, s, functions.Roles(), terminal)
	if db != nil {
		defer func() { stopped = errors.Join(stopped, db.stop()) }()
	}
	if err != nil {
		stopBuilding()
		<-built
		return err
	}
	if err := <-built; err != nil {
		return err
	}

	auth, err := chooseAuth(ctx, db, "http://"+listener.Addr().String(), mail)
	if err != nil {
		return err
	}
	defer auth.close()
	running, err := functions.start(ctx, builtDir, db, auth, out)
	if err != nil {
		return err
	}
	defer running.Close()

	server := &http.Server{Handler: running, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		// Requests in progress still get their answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		stopped = errors.Join(stopped, server.Shutdown(ctx))
	}()

	users, err := seededUsers(ctx, db)
	if err != nil {
		return err
	}
	examples, err := newExamples(ctx, auth, users)
	if err != nil {
		return err
	}
	examples = append(examples, dryRun(auth.base))
	scheduling, stopScheduling := context.WithCancel(ctx)
	scheduled := startSchedules(scheduling, functions.schedules, running.Functions, terminal)
	defer scheduled.Wait()
	defer stopScheduling()
	terminal.banner(banner{
		took: time.Since(began), base: auth.base, functions: functions, database: db, auth: auth, mail: mail, examples: examples,
	})

	select {
	case <-ctx.Done():
		terminal.say("stopping", "the functions, then PostgreSQL")
		return nil
	case err := <-served:
		return err
	case <-db.ended():
		return errors.New("PostgreSQL has ended; its log is in " + filepath.Join(s.dir, "postgres"))
	}
}
