package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"mentorpause/local/postgres"
	"mentorpause/supabase"
	"mentorpause/supabase/migrate"
)

// databaseName is the one that Supabase uses.
const databaseName = "postgres"

// database is PostgreSQL, migrated and seeded.
type database struct {
	port    int
	cluster *postgres.Cluster // nil if it belongs to somebody else
	version string
	where   string   // for the banner
	edited  []string // applied migrations whose files have changed since
}

// url is the connection string of a role with the local password.
func (d *database) url(role string) string {
	u := url.URL{
		Scheme: "postgresql", User: url.UserPassword(role, postgres.Password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)), Path: "/" + databaseName, RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (d *database) stop() error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Stop()
}

// ended is closed when the server has ended; a server of somebody else's is not
// watched.
func (d *database) ended() <-chan struct{} {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Done()
}

// startDatabase finds or starts PostgreSQL and prepares it for the functions, which
// connect as those roles. Even with an error, what has been started is returned and
// must be stopped.
func startDatabase(ctx context.Context, s settings, roles []string, terminal *terminal) (*database, error) {
	db := &database{port: s.databasePort}
	dir := filepath.Join(s.dir, "postgres")
	if err := db.findOrStart(ctx, dir, terminal); err != nil {
		return db, err
	}
	if err := db.prepare(ctx, roles, terminal); err != nil {
		if _, ahead := errors.AsType[*migrate.MissingFileError](err); ahead || db.cluster != nil {
			err = fmt.Errorf("%w\n(to start afresh, %s)", err, db.remedy(dir))
		}
		return db, err
	}
	if len(db.edited) > 0 {
		terminal.say("database", fmt.Sprintf("it was made by another text of %s; for what the files say now, stop and %s",
			strings.Join(db.edited, ", "), db.remedy(dir)))
	}
	return db, nil
}

// remedy says how to get a database made by the present migrations.
func (d *database) remedy(dir string) string {
	if d.cluster == nil {
		return "run `supabase db reset`; it erases what is in the database"
	}
	return "remove " + dir + "; what is in the database goes with it"
}

// findOrStart uses the server that answers on the port if it is like Supabase, and
// otherwise starts one with its files in dir.
func (d *database) findOrStart(ctx context.Context, dir string, terminal *terminal) error {
	// A pid file in our folder means that our own server was left behind and may be
	// the one that answers. Starting a cluster handles that.
	_, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
	leftBehind := err == nil
	if !leftBehind {
		if found, err := d.probe(ctx); found || err != nil {
			return err
		}
	}
	if err := d.awaitPort(ctx, terminal, leftBehind); err != nil {
		return err
	}
	installation, err := postgres.Find()
	if err != nil { // make dev has installed it before
		if installation, err = postgres.Ensure(ctx, terminal); err != nil {
			return err
		}
	}
	d.cluster, err = installation.Start(ctx, postgres.Options{Dir: dir, Port: d.port, Durable: true, Log: terminal})
	if err != nil {
		if leftBehind { // long ago, and now another server has the port?
			if found, probeErr := d.probe(ctx); found || probeErr != nil {
				return probeErr
			}
		}
		return err
	}
	d.where = "kept in " + dir
	return nil
}

// install installs PostgreSQL if a server has to be started and none is installed.
func (d *database) install(ctx context.Context, log io.Writer) error {
	if _, err := postgres.Find(); err == nil {
		return nil
	}
	if found, err := d.probe(ctx); found || err != nil {
		return nil // the start says what is wrong
	}
	_, err := postgres.Ensure(ctx, log)
	return err
}

// probe checks whether a server like Supabase answers on the port. Any other server
// is an error.
func (d *database) probe(ctx context.Context) (found bool, err error) {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port))
	if !listens(ctx, address) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	other := func(why string) error {
		return fmt.Errorf("something answers on %s that is not like Supabase (%s); stop it, or choose another port with `make dev DATABASE_PORT=…`", address, why)
	}
	db, err := pgx.Connect(ctx, d.url("postgres"))
	if err != nil {
		if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
			return false, other("PostgreSQL, but postgres:postgres may not connect: " + refused.Message)
		}
		return false, other("not PostgreSQL")
	}
	defer db.Close(context.WithoutCancel(ctx))
	var like bool
	err = db.QueryRow(ctx, `
		select exists (select from pg_catalog.pg_namespace where nspname = 'auth')
			and exists (select from pg_catalog.pg_roles where rolname = 'authenticated')`).Scan(&like)
	if err != nil {
		return false, err
	}
	if !like {
		return false, other("PostgreSQL without the schema auth or the role authenticated")
	}
	d.where = "was running already and stays"
	return true, nil
}

// awaitPort waits while the port is taken although nobody listens on it. It is in
// the range that the system uses for outgoing connections, so any program may hold
// it, and after the end of that connection the system keeps it for another minute.
//
// Somebody who does listen may be our own server that was left behind; nobody else goes away.
func (d *database) awaitPort(ctx context.Context, terminal *terminal, leftBehind bool) error {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port))
	deadline := time.Now().Add(90 * time.Second)
	for told := false; ; {
		listener, err := net.Listen("tcp", address)
		if err == nil {
			return listener.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil // starting the server will find out
		}
		if listens(ctx, address) {
			if leftBehind {
				return nil
			}
			return fmt.Errorf("port %d is in use; choose one for PostgreSQL with `make dev DATABASE_PORT=…`", d.port)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("port %d is held by a connection of another program (`ss -tnp | grep %[1]d` shows it)", d.port)
		}
		if !told {
			terminal.say("database", fmt.Sprintf("waiting for port %d, which an outgoing connection has used; at most a minute or so", d.port))
			told = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// listens reports whether somebody accepts connections there.
func listens(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// prepare migrates and seeds the database and lets the functions' roles log in.
func (d *database) prepare(ctx context.Context, roles []string, terminal *terminal) error {
	db, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	if err := db.QueryRow(ctx, "show server_version").Scan(&d.version); err != nil {
		return err
	}

	pool := stdlib.OpenDB(*db.Config())
	defer pool.Close()
	if err := migrate.Up(ctx, pool); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	states, err := migrate.Status(ctx, pool)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, s := range states {
		if s.Edited {
			d.edited = append(d.edited, s.Version+"_"+s.Name)
		}
	}
	// Migrations create them without a login, so that an operator chooses the
	// password; here it is public.
	for _, role := range roles {
		if _, err := db.Exec(ctx, fmt.Sprintf("alter role %s login password '%s'", role, postgres.Password)); err != nil {
			return fmt.Errorf("let %s log in: %w", role, err)
		}
	}

	var used bool
	if err := db.QueryRow(ctx, "select exists (select from public.profiles)").Scan(&used); err != nil {
		return err
	}
	if !used {
		seed, err := fs.ReadFile(supabase.Files, "seed.sql")
		if err != nil {
			return err
		}
		terminal.say("seed", "an empty database gets the example chapters")
		if _, err := db.PgConn().Exec(ctx, string(seed)).ReadAll(); err != nil { // several statements: one transaction
			return fmt.Errorf("supabase/seed.sql: %w", err)
		}
	}
	if _, err := db.Exec(ctx, appointed); err != nil {
		return fmt.Errorf("appoint the national office: %w", err)
	}
	return nil
}

// appointed makes a person of the seed the first organisation administrator. She is not one in
// the seed itself, which tests have too: who has nobody else to be told would have her.
const appointed = `
	insert into public.organisation_administrators (user_id, started_at)
	select p.id, now() - interval '3 years' from public.profiles p
	where p.id = 'b0000000-0000-4000-8000-000000000021' and not exists (select from public.organisation_administrators)`

func (d *database) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(d.url("postgres"))
	if err != nil {
		return nil, err
	}
	// Migrations change the schema, which breaks prepared statements.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return pgx.ConnectConfig(ctx, config)
}

// user is a person of the seed.
type user struct {
	id, name, role, chapter string
}

// seededUsers returns a coordinator, an administrator and a mentor, if possible of
// one chapter: the first by name with a coordinator and mentors.
func seededUsers(ctx context.Context, d *database) ([]user, error) {
	db, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	rows, err := db.Query(ctx, `
		with people as (
			select m.user_id::text, p.display_name, m.role, c.name as chapter,
				count(*) filter (where m.role = 'mentor') over by_chapter > 0
					and count(*) filter (where m.role = 'coordinator') over by_chapter > 0 as lively
			from public.chapter_memberships m
			join public.profiles p on p.id = m.user_id
			join public.chapters c on c.id = m.chapter_id
			where m.ended_at is null
			window by_chapter as (partition by m.chapter_id)
		)
		select distinct on (role) user_id, display_name, role, chapter
		from people
		-- A mentor who also coordinates would not be refused.
		where role <> 'mentor' or not exists (
			select from public.chapter_memberships o
			where o.user_id = people.user_id::uuid and o.role <> 'mentor' and o.ended_at is null)
		order by role, lively desc, chapter, display_name, user_id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (u user, err error) {
		err = row.Scan(&u.id, &u.name, &u.role, &u.chapter)
		return u, err
	})
}
