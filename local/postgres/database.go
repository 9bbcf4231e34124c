package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed supabase/roles.sql
var rolesSQL string

//go:embed supabase/database.sql
var databaseSQL string

//go:embed supabase/no_auto_expose.sql
var noAutoExposeSQL string

// Exposure is the project setting that decides what the API's roles may do with
// tables, sequences and functions that postgres creates in the schema public.
type Exposure int

const (
	AutoExpose   Exposure = iota // everything; the platform's default
	NoAutoExpose                 // nearly nothing
)

// String returns a word for use in names of databases.
func (e Exposure) String() string {
	if e == NoAutoExpose {
		return "no_expose"
	}
	return "expose"
}

// PlatformSQL is what [Cluster.CreateDatabase] runs, for a fingerprint.
func (e Exposure) PlatformSQL() string {
	if e == NoAutoExpose {
		return databaseSQL + noAutoExposeSQL
	}
	return databaseSQL
}

// Maintenance is the database that every cluster has, for work on others.
const Maintenance = "postgres"

// becomeSupabase creates the roles and sets up the database postgres, unless an
// earlier start of a durable cluster has. Both are one transaction.
func (c *Cluster) becomeSupabase(ctx context.Context) error {
	conn, err := c.connect(ctx, Maintenance)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var done bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_catalog.pg_roles where rolname = 'authenticator')").Scan(&done); err != nil {
		return err
	}
	if done {
		return nil
	}
	return execute(ctx, conn, "begin;"+rolesSQL+databaseSQL+"alter database postgres owner to postgres; commit;")
}

// CreateDatabase creates a database like that of a new Supabase project, owned by
// postgres. The database [Maintenance] exists already, with auto-expose on.
func (c *Cluster) CreateDatabase(ctx context.Context, name string, mode Exposure) error {
	if err := c.create(ctx, name, "template0", "postgres"); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	if err := c.furnish(ctx, name, mode); err != nil {
		return errors.Join(fmt.Errorf("set up database %s: %w", name, err), c.DropDatabase(ctx, name))
	}
	return nil
}

func (c *Cluster) furnish(ctx context.Context, name string, mode Exposure) error {
	conn, err := c.connect(ctx, name)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return execute(ctx, conn, "begin;"+mode.PlatformSQL()+"commit;")
}

// CloneDatabase creates a copy of template, owned by postgres. PostgreSQL does not
// copy a database in use, so it waits a few seconds for sessions on the template
// to end.
func (c *Cluster) CloneDatabase(ctx context.Context, template, name string) error {
	for attempt := 1; ; attempt++ {
		err := c.create(ctx, name, template, "postgres")
		if err == nil {
			return c.copyPrivileges(ctx, template, name)
		}
		const objectInUse = "55006"
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != objectInUse || attempt == 3 {
			return fmt.Errorf("clone database %s as %s: %w", template, name, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// copyPrivileges gives a database the privileges that its template has as a
// database, which PostgreSQL does not copy.
func (c *Cluster) copyPrivileges(ctx context.Context, template, name string) error {
	conn, err := c.connect(ctx, Maintenance)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `
		select pg_catalog.format('grant %s on database %I to %s', g.privilege_type, $2::text,
			case g.grantee when 0 then 'public' else pg_catalog.quote_ident(g.grantee::pg_catalog.regrole::text) end)
		from pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) g
		where d.datname = $1 and g.grantee <> d.datdba`, template, name)
	if err != nil {
		return err
	}
	grants, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(grants) == 0 { // none: those of every new database
		return err
	}
	if err := execute(ctx, conn, "revoke all on database "+quote(name)+" from public; "+strings.Join(grants, "; ")); err != nil {
		return errors.Join(fmt.Errorf("privileges of database %s: %w", name, err), c.DropDatabase(ctx, name))
	}
	return nil
}

// DropDatabase removes a database and ends the sessions on it. A database that
// does not exist is no error.
func (c *Cluster) DropDatabase(ctx context.Context, name string) error {
	conn, err := c.connect(ctx, Maintenance)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if err := execute(ctx, conn, "drop database if exists "+quote(name)+" with (force)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

func (c *Cluster) create(ctx context.Context, name, template, owner string) error {
	conn, err := c.connect(ctx, Maintenance)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return execute(ctx, conn, "create database "+quote(name)+" template "+quote(template)+" owner "+quote(owner)+" strategy file_copy")
}

// execute runs statements that return nothing.
func execute(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

func quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }
