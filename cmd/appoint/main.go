// Command appoint makes the person with an e-mail address an organisation administrator. It is
// how the first one comes to be, who then appoints the others. Repeated, it changes nothing.
//
//	SUPABASE_DB_URL=postgresql://postgres:…@…/postgres appoint -email anne@example.org [-name 'Anne Berg']
//
// Without SUPABASE_DB_URL it uses the database of `make dev`. An unknown address is registered, by
// the name given, and refused without one. The exit status is 0 for success, 1 for an error and 2
// for a wrong call.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// localURL is that of a local system, whose passwords are public.
const localURL = "postgresql://postgres:postgres@127.0.0.1:54322/postgres?sslmode=disable"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "appoint:", err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

// nobody is the SQLSTATE with which an unknown address without a name is refused.
const nobody = "P0002"

var errUsage = errors.New("usage: appoint -email <address> [-name <name>]")

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("appoint", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	email := flags.String("email", "", "the address")
	name := flags.String("name", "", "the name by which an unknown person is registered")
	if err := flags.Parse(args); err != nil || *email == "" || flags.NArg() > 0 {
		return errUsage
	}
	url := getenv("SUPABASE_DB_URL")
	if url == "" {
		url = localURL
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx hides the password in the URL that it quotes only if it can parse that URL.
		return errors.New("SUPABASE_DB_URL is malformed: give postgresql://<user>:<password>@<host>:<port>/<database>")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // poolers in transaction mode prepare nothing
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))

	var person, registered string
	var signsIn, was bool
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "select private.appoint_first_administrator($1, $2)::text", *email, *name).Scan(&person); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			select p.display_name, exists (select from auth.users u where u.id = p.id), exists (
				select from public.organisation_administrators o
				where o.user_id = p.id and o.started_at < now() and (o.ended_at is null or o.ended_at > clock_timestamp()))
			from public.profiles p where p.id = $1`, person).Scan(&registered, &signsIn, &was)
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		if refused.Code == nobody {
			return errors.New("nobody has this address: correct it, or name somebody new (make appoint … NAME='Anne Berg')")
		}
		if refused.Hint != "" {
			return fmt.Errorf("%s: %s", refused.Message, refused.Hint)
		}
		return errors.New(refused.Message)
	}
	if err != nil {
		return err
	}
	already := "is"
	if was {
		already = "was already"
	}
	fmt.Fprintf(out, "%s (%s) %s an organisation administrator\n", registered, person, already)
	if !signsIn {
		fmt.Fprintf(out, "without a login so far: make one in Supabase Auth with this id\n")
	}
	return nil
}
