// Command backup copies what the database of $SUPABASE_DB_URL knows into a file, and a file into
// an empty database that has the same migrations.
//
//	backup save <file>      never overwrites
//	backup restore <file>   all or nothing; refuses a database in which there are people
//
// The file has the rows of our tables and of the logins, in the custom format of pg_dump, whose
// programs must be installed in the server's version or a later one. What is not data (functions,
// rights, triggers, those on auth.users too) comes from the migrations: dumps of the schema leave
// out what lies in Supabase's own schemas. Passwords of roles and secrets of the functions are in
// no dump.
//
// The URL must reach PostgreSQL itself or a pooler in session mode, as the role postgres. The exit
// code is 0 for success, 1 for an error, 2 for a wrong call.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	neturl "net/url"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

const databaseURL = "SUPABASE_DB_URL"

// What a backup has. Of Supabase Auth the people, how they sign in and their second factors, where
// its version knows them, and no session: everybody signs in again. The ledger of the migrations
// says to what the rows belong.
var tables = []string{
	"public.*", "private.*", "auth.users", "auth.identities", "auth.mfa_factors", "supabase_migrations.schema_migrations",
}

// before begins the transaction in which everything is restored, after ends it.
var (
	//go:embed before.sql
	before string
	//go:embed after.sql
	after string
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "backup:", err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

var errUsage = errors.New("usage: backup save <file> | restore <file>")

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	if len(args) != 2 {
		return errUsage
	}
	if args[0] != "save" && args[0] != "restore" {
		return errUsage
	}
	if args[0] == "restore" {
		if _, err := os.Stat(args[1]); err != nil {
			return err
		}
	}
	url := getenv(databaseURL)
	if url == "" {
		return fmt.Errorf("%s is not set: give the URL of the database, with the role postgres", databaseURL)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		// pgx hides the password in the URL that it quotes only if it can parse that URL.
		return fmt.Errorf("%s is malformed: give postgresql://<user>:<password>@<host>:<port>/<database>", databaseURL)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	address, err := neturl.Parse(url)
	if err != nil || address.User == nil {
		return fmt.Errorf("%s is not a URL: give postgresql://<user>:<password>@<host>:<port>/<database>", databaseURL)
	}
	d := server{conn: conn, password: config.Password}
	address.User = neturl.User(config.User)
	d.url = address.String()
	if err := d.requirePrograms(ctx, getenv); err != nil {
		return err
	}
	if args[0] == "save" {
		return d.save(ctx, args[1], out)
	}
	return d.restore(ctx, args[1], out)
}

type server struct {
	conn     *pgx.Conn
	url      string // without the password
	password string
	bin      string // the folder of pg_dump, with a slash, or empty: that of $PATH
}

// requirePrograms looks for a pg_dump that can read this server. $PGBIN names its folder.
func (d *server) requirePrograms(ctx context.Context, getenv func(string) string) error {
	if bin := getenv("PGBIN"); bin != "" {
		d.bin = strings.TrimRight(bin, "/") + "/"
	}
	got, err := exec.CommandContext(ctx, d.bin+"pg_dump", "--version").Output()
	if err != nil {
		return fmt.Errorf("pg_dump: %w: install PostgreSQL's client programs, or name their folder in PGBIN", err)
	}
	words := strings.Fields(string(got)) // pg_dump (PostgreSQL) 15.18 (Debian …)
	if len(words) < 3 {
		return fmt.Errorf("pg_dump says %q", got)
	}
	ours, err := strconv.Atoi(strings.Split(words[2], ".")[0])
	if err != nil {
		return fmt.Errorf("pg_dump says %q", got)
	}
	server, err := strconv.Atoi(strings.Split(d.conn.PgConn().ParameterStatus("server_version"), ".")[0])
	if err != nil {
		return err
	}
	if ours < server {
		return fmt.Errorf("pg_dump is of version %d and the server of %d: install version %d or later, or name its folder in PGBIN", ours, server, server)
	}
	return nil
}

// program prepares one of PostgreSQL's. The password goes by the environment, where no list of
// processes shows it.
func (d *server) program(ctx context.Context, name string, args ...string) (cmd *exec.Cmd, problems *bytes.Buffer) {
	cmd = exec.CommandContext(ctx, d.bin+name, args...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+d.password, "PGOPTIONS=", "PGCLIENTENCODING=UTF8")
	problems = new(bytes.Buffer)
	cmd.Stderr = problems
	return cmd, problems
}

func failure(name string, err error, problems *bytes.Buffer) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(problems.String()))
}

// save writes a new file, which only its owner may read. An incomplete one is removed.
func (d *server) save(ctx context.Context, name string, out io.Writer) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	args := []string{"--format=custom", "--data-only", "--no-password", "--dbname=" + d.url}
	for _, table := range tables {
		args = append(args, "--table="+table)
	}
	dump, problems := d.program(ctx, "pg_dump", args...)
	dump.Stdout = file
	if err := failure("pg_dump", dump.Run(), problems); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "saved", name)
	return err
}

// restore does everything in one transaction, which is committed after the last row of a file that
// could be read to its end.
func (d *server) restore(ctx context.Context, name string, out io.Writer) error {
	var isMigrated bool
	if err := d.conn.QueryRow(ctx, "select pg_catalog.to_regclass('private.settings') is not null").Scan(&isMigrated); err != nil {
		return err
	}
	if !isMigrated {
		return errors.New("this database has no tables of ours: run `make migrate` first")
	}
	psql, refused := d.program(ctx, "psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--dbname="+d.url)
	read, unreadable := d.program(ctx, "pg_restore", "--data-only", "--file=-", name)
	in, err := psql.StdinPipe()
	if err != nil {
		return err
	}
	if err := psql.Start(); err != nil {
		return err
	}
	// Where psql has ended, what is written to it fails too; its own words say why.
	write := func() error {
		defer in.Close()
		if _, err := io.WriteString(in, before); err != nil {
			return err
		}
		read.Stdout = in
		if err := failure("pg_restore", read.Run(), unreadable); err != nil {
			return err
		}
		_, err := io.WriteString(in, after)
		return err
	}
	writeErr := write()
	if err := failure("psql", psql.Wait(), refused); err != nil {
		return err
	}
	if writeErr != nil {
		return fmt.Errorf("nothing was restored: %w", writeErr)
	}
	_, err = fmt.Fprintln(out, "restored", name)
	return err
}
