package testdb

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"mentorpause/local/postgres"
	"mentorpause/supabase"
	"mentorpause/supabase/migrate"
)

// templateLock is the advisory lock, in the maintenance database, held while making
// a template: several test processes share a server.
const templateLock = 0x74656d706c617465

// templateCache remembers which templates this process has seen, and which it could
// not make: then every test fails at once, for the same reason.
type templateCache struct {
	mu    sync.Mutex
	known map[templateKey]templateResult
}

type templateKey struct {
	cluster  *postgres.Cluster
	mode     postgres.Exposure
	migrated bool
}

type templateResult struct {
	name string
	err  error
}

var templates = templateCache{known: map[templateKey]templateResult{}}

func (c *templateCache) get(ctx context.Context, cluster *postgres.Cluster, mode postgres.Exposure, migrated bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := templateKey{cluster, mode, migrated}
	result, ok := c.known[key]
	if !ok {
		// Go on even if the test that happened to be first has ended.
		result.name, result.err = Template(context.WithoutCancel(ctx), cluster, mode, migrated)
		c.known[key] = result
	}
	return result.name, result.err
}

// Template creates the database from which others are cloned, unless it exists, and
// returns its name, which depends on its sources. Nobody can connect to it.
func Template(ctx context.Context, cluster *postgres.Cluster, mode postgres.Exposure, migrated bool) (string, error) {
	name, err := templateName(mode, migrated)
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, cluster.URL(postgres.Superuser, postgres.Maintenance))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // which releases the lock
	if _, err := conn.Exec(ctx, "select pg_catalog.pg_advisory_lock($1)", int64(templateLock)); err != nil {
		return "", fmt.Errorf("lock the templates: %w", err)
	}
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_catalog.pg_database where datname = $1)", name).Scan(&exists); err != nil {
		return "", err
	}
	if exists {
		return name, nil
	}
	// It gets its name when it is finished: an existing one is complete.
	draft := name + "_draft"
	if err := cluster.DropDatabase(ctx, draft); err != nil {
		return "", err
	}
	if err := cluster.CreateDatabase(ctx, draft, mode); err != nil {
		return "", err
	}
	if migrated {
		if err := migrateUp(ctx, cluster, draft); err != nil {
			return "", fmt.Errorf("migrate the template: %w", err)
		}
		if err := letServicesLogIn(ctx, conn); err != nil {
			return "", err
		}
	}
	for _, statement := range []string{
		"alter database " + draft + " with allow_connections false is_template true",
		"alter database " + draft + " rename to " + name,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return "", fmt.Errorf("finish the template: %w", err)
		}
	}
	return name, nil
}

// templateName is derived from what the template is made from.
func templateName(mode postgres.Exposure, migrated bool) (string, error) {
	hash := sha256.New()
	io.WriteString(hash, mode.PlatformSQL())
	if !migrated {
		return fmt.Sprintf("template_%s_empty_%x", mode, hash.Sum(nil)[:8]), nil
	}
	paths, err := fs.Glob(supabase.Files, "migrations/*.sql")
	if err != nil {
		return "", err
	}
	for _, path := range paths {
		content, err := supabase.Files.ReadFile(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s\x00%d\x00%s", path, len(content), content)
	}
	return fmt.Sprintf("template_%s_%x", mode, hash.Sum(nil)[:8]), nil
}

// migrateUp runs the migrations as production does, as the role postgres.
func migrateUp(ctx context.Context, cluster *postgres.Cluster, name string) error {
	config, err := pgx.ParseConfig(cluster.URL("postgres", name))
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	return errors.Join(migrate.Up(ctx, db), db.Close())
}

// letServicesLogIn does the same as an operator after the migrations.
func letServicesLogIn(ctx context.Context, conn *pgx.Conn) error {
	for _, role := range []string{"pause_api", "pause_scheduler"} {
		_, err := conn.Exec(ctx, fmt.Sprintf(
			"do $$ begin if exists (select from pg_roles where rolname = '%[1]s') then alter role %[1]s login password '%[2]s'; end if; end $$",
			role, postgres.Password))
		if err != nil {
			return fmt.Errorf("let %s log in: %w", role, err)
		}
	}
	return nil
}
