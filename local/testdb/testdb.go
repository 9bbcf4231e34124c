// Package testdb gives each Go test a PostgreSQL database of its own, with the
// migrations applied, on a server that behaves like Supabase.
//
// The server is the one that cmd/testcluster started for the whole test run,
// or a throwaway one of the test process. Databases are copies of a template,
// so a fresh one costs some 50 ms.
//
// Tests connect as in production: [Database.As] runs statements as a signed-in
// user, [Database.Connect] as a role that logs in. Sessions have an empty
// search_path and an unusual time zone, so that an unqualified name or a naive time
// fails.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"mentorpause/local/postgres"
)

// ClusterVariable names the environment variable with the superuser's URL of
// the server to use.
const ClusterVariable = "MENTORPAUSE_TEST_CLUSTER"

// TimeZone of the tests' sessions: offset by half an hour, and with another date
// than Oslo for a good part of the day.
const TimeZone = "America/St_Johns"

// Database is the database of one test.
type Database struct {
	Name    string
	cluster *postgres.Cluster
	own     bool // the cluster has no other test's database
}

// Option changes what [New] makes.
type Option func(*options)

type options struct {
	mode       postgres.Exposure
	unmigrated bool
	ownCluster bool
}

// NoAutoExpose makes the database like that of a project with auto-expose off.
func NoAutoExpose() Option { return func(o *options) { o.mode = postgres.NoAutoExpose } }

// Unmigrated makes the database like that of a new project.
func Unmigrated() Option { return func(o *options) { o.unmigrated = true } }

// OwnCluster makes the database on a server of its own, which takes about two
// seconds: for tests that drop or change roles, which are shared by all databases
// of a server.
func OwnCluster() Option { return func(o *options) { o.ownCluster = true } }

// New returns a fresh database, which is dropped when the test ends. Parallel
// tests may all call it. Most tests ask more than once what day it is: in the
// last half minute before midnight in Oslo, New waits for it.
func New(t testing.TB, opts ...Option) *Database {
	t.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	ctx := t.Context()
	cluster := clusterFor(t, o)
	template, err := templates.get(ctx, cluster, o.mode, !o.unmigrated)
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	if err := awaitMidnight(ctx, cluster); err != nil {
		t.Fatalf("test database: %v", err)
	}
	d := &Database{Name: "test_" + strings.ToLower(rand.Text()[:16]), cluster: cluster, own: o.ownCluster}
	if err := cluster.CloneDatabase(ctx, template, d.Name); err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := cluster.DropDatabase(context.WithoutCancel(ctx), d.Name); err != nil {
			t.Errorf("test database: %v", err)
		}
	})
	return d
}

// awaitMidnight returns at once, except in the last half minute of the
// organisation's day: then when the next one has begun, by the server's clock.
func awaitMidnight(ctx context.Context, cluster *postgres.Cluster) error {
	conn, err := pgx.Connect(ctx, cluster.URL(postgres.Superuser, postgres.Maintenance))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `
		select pg_catalog.pg_sleep(extract(epoch from c.clock::date + 1 - c.clock))
		from (select pg_catalog.clock_timestamp() at time zone 'Europe/Oslo' as clock) c
		where (c.clock + interval '30 seconds')::date > c.clock::date`); err != nil {
		return fmt.Errorf("wait for midnight: %w", err)
	}
	return nil
}

// clusterFor returns the server for a test's database.
func clusterFor(t testing.TB, o options) *postgres.Cluster {
	t.Helper()
	if !o.ownCluster {
		cluster, err := shared.get(t.Context())
		if err != nil {
			t.Fatalf("test database: %v", err)
		}
		return cluster
	}
	cluster, err := startCluster(t.Context())
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Errorf("stop the test's cluster: %v", err)
		}
	})
	return cluster
}

// Main is for TestMain of a package that uses this one: it runs the tests, a
// [testing.M] say, and stops the test process's own server, if there is one,
// before the process ends. (Without it, the server ends just after.)
func Main(m interface{ Run() int }) { MainAfter(m, nil) }

// MainAfter is [Main] with a clean-up of the package's own; its error fails the
// run.
func MainAfter(m interface{ Run() int }, cleanUp func() error) {
	code := m.Run()
	if cleanUp != nil {
		if err := cleanUp(); err != nil {
			fmt.Fprintln(os.Stderr, "clean up:", err)
			code = max(code, 1)
		}
	}
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the test cluster:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// URL is the connection string of a role that logs in: postgres,
// supabase_admin, supabase_auth_admin, authenticator, or, in a migrated
// database, pause_api and pause_scheduler.
func (d *Database) URL(role string) string { return d.cluster.URL(role, d.Name) }

// Restart stops the server of a database with [OwnCluster] and starts it again;
// whileDown, if not nil, runs in between. After a crash, only commits of sessions
// with synchronous_commit on are still there.
func (d *Database) Restart(t testing.TB, crash bool, whileDown func()) {
	t.Helper()
	if !d.own {
		t.Fatal("restart: other tests use this server")
	}
	if err := d.cluster.Restart(t.Context(), crash, whileDown); err != nil {
		t.Fatalf("restart: %v", err)
	}
}

// SetClock gives the server of a database with [OwnCluster] a clock that shows
// the instant and runs. Sessions end.
func (d *Database) SetClock(t testing.TB, at time.Time) {
	t.Helper()
	if !d.own {
		t.Fatal("set the clock: other tests use this server")
	}
	if err := d.cluster.SetClock(t.Context(), at); err != nil {
		t.Fatal(err)
	}
}

// MoveClock moves a clock that [Database.SetClock] has set ahead; sessions go on.
func (d *Database) MoveClock(t testing.TB, at time.Time) {
	t.Helper()
	if err := d.cluster.MoveClock(at); err != nil {
		t.Fatal(err)
	}
}

// Connect opens a session of a role that logs in, closed when the test ends.
func (d *Database) Connect(t testing.TB, role string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), d.session(t, role))
	if err != nil {
		t.Fatalf("connect as %s: %v", role, err)
	}
	t.Cleanup(func() {
		// A test may have closed the session itself, or have broken it.
		_ = conn.Close(context.Background())
	})
	return conn
}

// SQL opens a pool for code that wants database/sql, closed when the test
// ends. Its sessions are like those of [Database.Connect].
func (d *Database) SQL(t testing.TB, role string) *sql.DB {
	t.Helper()
	db := stdlib.OpenDB(*d.session(t, role))
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the pool: %v", err)
		}
	})
	return db
}

// session makes careless SQL fail: only pg_catalog is searched, and the time zone
// is one that nobody expects.
func (d *Database) session(t testing.TB, role string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig(d.URL(role))
	if err != nil {
		t.Fatalf("connect as %s: %v", role, err)
	}
	config.RuntimeParams["search_path"] = ""
	config.RuntimeParams["timezone"] = TimeZone
	return config
}

// Claims are those of an access token, usually sub and role.
type Claims map[string]any

// User returns the claims of a signed-in user's token.
func User(id string) Claims {
	return Claims{"sub": id, "role": "authenticated", "aud": "authenticated", "is_anonymous": false}
}

// Anonymous returns the claims of the project's anon key.
func Anonymous() Claims { return Claims{"role": "anon"} }

// ServiceRole returns the claims of the project's service_role key.
func ServiceRole() Claims { return Claims{"role": "service_role"} }

// As calls run in a transaction with the role that the claims name, as the API
// does: a session of authenticator, with role and claims set for the transaction
// only. It commits, or if run fails, rolls back and returns the error. Several may
// run at once.
func (d *Database) As(t testing.TB, claims Claims, run func(tx pgx.Tx) error) error {
	t.Helper()
	encoded, err := json.Marshal(claims)
	if err != nil {
		t.Fatalf("claims: %v", err)
	}
	conn := d.Connect(t, "authenticator")
	defer conn.Close(context.WithoutCancel(t.Context()))
	return pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(),
			"select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('request.jwt.claims', $2, true)",
			claims["role"], string(encoded))
		if err != nil {
			return fmt.Errorf("take the role and claims: %w", err)
		}
		return run(tx)
	})
}

// cluster is the process's server, started when first needed.
type cluster struct {
	once    sync.Once
	cluster *postgres.Cluster
	err     error
}

var shared cluster

func (c *cluster) get(ctx context.Context) (*postgres.Cluster, error) {
	c.once.Do(func() {
		if url := os.Getenv(ClusterVariable); url != "" {
			if c.cluster, c.err = postgres.Attach(url); c.err != nil {
				c.err = fmt.Errorf("%s: %w", ClusterVariable, c.err)
			}
			return
		}
		// Not the context of the test that happens to be first.
		c.cluster, c.err = startCluster(context.WithoutCancel(ctx))
	})
	return c.cluster, c.err
}

func (c *cluster) stop() error {
	c.once.Do(func() {}) // from now on nobody starts one
	if c.cluster == nil {
		return nil
	}
	return c.cluster.Stop()
}

// startCluster installs nothing: a test run should not change the machine.
func startCluster(ctx context.Context) (*postgres.Cluster, error) {
	installation, err := postgres.Find()
	if err != nil {
		return nil, err
	}
	return installation.Start(ctx, postgres.Options{Log: io.Discard})
}
