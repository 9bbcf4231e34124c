// Command migrate applies the SQL migrations to the database of $SUPABASE_DB_URL, undoes them,
// or lists them. It can be used in turn with the Supabase CLI; both keep one ledger.
//
//	migrate up          apply every pending migration
//	migrate down        undo the newest applied one with its rollback
//	migrate down -all   undo every one
//	migrate status      list the versions of the files and of the ledger
//	migrate new <verb>_<noun> [<schema>.<name> …]
//	                    write the next migration and its rollback, with the present text of the
//	                    functions and views that it is to replace; needs no database
//	migrate freeze      write the checksums of all migrations, which from then on must not change
//	migrate frozen      check them; neither needs a database
//
// The URL must reach PostgreSQL itself or a pooler in session mode, as the role postgres. The
// exit code is 0 for success, 1 for an error, 2 for a wrong call.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"mentorpause/shared/version"
	"mentorpause/supabase"
	"mentorpause/supabase/migrate"
)

const databaseURL = "SUPABASE_DB_URL"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "migrate:", err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

var errUsage = errors.New("usage: migrate up | down [-all] | status | new <verb>_<noun> [<schema>.<name> …] | freeze | frozen")

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == "new" {
		if len(args) == 1 {
			return errUsage
		}
		return newMigration("supabase", args[1], args[2:], time.Now(), out)
	}
	switch {
	case len(args) > 1:
	case args[0] == "freeze":
		return freeze("supabase", version.Number(), out)
	case args[0] == "frozen":
		return checkFrozen("supabase", version.Number())
	}
	flags := flag.NewFlagSet("migrate "+args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	all := new(bool)
	if args[0] == "down" {
		all = flags.Bool("all", false, "undo every applied migration")
	}
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return errUsage
	}

	var act func(context.Context, *migrate.Runner, io.Writer) error
	switch {
	case args[0] == "up":
		act = up
	case args[0] == "down" && *all:
		act = downAll
	case args[0] == "down":
		act = down
	case args[0] == "status":
		act = status
	default:
		return errUsage
	}

	db, err := open(getenv(databaseURL))
	if err != nil {
		return err
	}
	defer db.Close()
	runner, err := migrate.New(db, supabase.Files)
	if err != nil {
		return err
	}
	err = act(ctx, runner, out)
	if missing, ok := errors.AsType[*migrate.MissingFileError](err); ok && missing.Rewritten {
		err = fmt.Errorf("%w\n%s", err, afresh)
	}
	if err == nil && (args[0] == "up" || args[0] == "status") {
		err = requireLoginTriggers(ctx, db)
	}
	return err
}

// afresh is what to do with a database of an earlier history. Before the first release there is
// none whose content had to be kept.
const afresh = "nothing was changed; use an empty project, or empty this one with `supabase db reset --remote=…`, " +
	"which erases everything in it, and apply the migrations then"

// open parses the URL and returns a pool that has not connected yet. Neither its errors nor those
// of later connections show the password.
func open(url string) (*sql.DB, error) {
	if url == "" {
		return nil, fmt.Errorf("%s is not set: give the URL of the database, with the role postgres", databaseURL)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx hides the password in the URL that it quotes only if it can parse that URL.
		return nil, fmt.Errorf("%s is malformed: give postgresql://<user>:<password>@<host>:<port>/<database>", databaseURL)
	}
	if config.Port == 6543 {
		return nil, fmt.Errorf("%s: port 6543 is a pooler in transaction mode, which can't hold the lock "+
			"against a second runner: give the direct connection or the session pooler (port 5432)", databaseURL)
	}
	// No statement is prepared: some poolers can't, and the schema changes under the statements.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return stdlib.OpenDB(*config), nil
}

func up(ctx context.Context, runner *migrate.Runner, out io.Writer) error {
	files, err := runner.Up(ctx)
	return report(out, "applied", files, "nothing to apply", err)
}

func down(ctx context.Context, runner *migrate.Runner, out io.Writer) error {
	files, err := runner.Down(ctx)
	return report(out, "undone", files, "nothing to undo", err)
}

func downAll(ctx context.Context, runner *migrate.Runner, out io.Writer) error {
	files, err := runner.DownAll(ctx)
	return report(out, "undone", files, "nothing to undo", err)
}

// report prints what was done, even if something failed afterwards.
func report(out io.Writer, done string, files []string, nothing string, err error) error {
	for _, file := range files {
		if _, printErr := fmt.Fprintln(out, done, file); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	if err == nil && len(files) == 0 {
		_, err = fmt.Fprintln(out, nothing)
	}
	return err
}

func status(ctx context.Context, runner *migrate.Runner, out io.Writer) error {
	states, err := runner.Status(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VERSION\tNAME\tAPPLIED")
	for _, s := range states {
		applied := "no"
		switch {
		case !s.File:
			applied = "yes, but there is no file"
		case s.Edited:
			applied = "yes, but its file was edited since"
		case s.Applied:
			applied = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Version, s.Name, applied)
	}
	return table.Flush()
}
