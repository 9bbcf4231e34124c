package testdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
)

const kari = "00000000-0000-4000-8000-000000000001"

func TestMain(m *testing.M) { testdb.Main(m) }

// value returns the single value of a query.
func value[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func wantRefused(t *testing.T, err error, sqlstate string) {
	t.Helper()
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != sqlstate {
		t.Errorf("got %v, want SQLSTATE %s", err, sqlstate)
	}
}

const (
	insufficientPrivilege = "42501"
	undefinedTable        = "42P01"
	undefinedDatabase     = "3D000"
)

func TestNewIsMigratedInBothModes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options []testdb.Option
		want    bool // whether anon may read a new table
	}{
		{"auto-expose", nil, true},
		{"no auto-expose", []testdb.Option{testdb.NoAutoExpose()}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := testdb.New(t, test.options...)
			conn := db.Connect(t, "postgres")
			if n := value[int](t, conn, "select count(*) from supabase_migrations.schema_migrations"); n == 0 {
				t.Error("no migration is applied")
			}
			if owner := value[string](t, conn, "select relowner::regrole::text from pg_class where oid = 'public.pause_records'::regclass"); owner == postgres.Superuser {
				t.Errorf("the migrations ran as %s", owner)
			}
			mustExec(t, conn, "create table public.things (id int)")
			if got := value[bool](t, conn, "select has_table_privilege('anon', 'public.things', 'SELECT')"); got != test.want {
				t.Errorf("anon may read a new table: %t, want %t", got, test.want)
			}
		})
	}
}

func TestUnmigratedIsAsANewProject(t *testing.T) {
	t.Parallel()
	for _, options := range [][]testdb.Option{{testdb.Unmigrated()}, {testdb.Unmigrated(), testdb.NoAutoExpose()}} {
		conn := testdb.New(t, options...).Connect(t, "postgres")
		got := value[string](t, conn, "select string_agg(nspname, ' ' order by nspname) from pg_namespace where nspname !~ '^(pg_|information_schema)'")
		if got != "auth extensions public" {
			t.Errorf("schemas: %s", got)
		}
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	var names sync.Map
	t.Run("group", func(t *testing.T) {
		for n := range 6 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				db := testdb.New(t)
				if _, taken := names.LoadOrStore(db.Name, true); taken {
					t.Errorf("%s was given twice", db.Name)
				}
				// A second database with it would refuse this.
				mustExec(t, db.Connect(t, "postgres"), "create table public.mine (id int)")
			})
		}
	})
}

func TestDatabaseIsDroppedAtTheEnd(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("test", func(t *testing.T) {
		db := testdb.New(t)
		url = db.URL("postgres")
		db.Connect(t, "postgres")
	})
	_, err := pgx.Connect(t.Context(), url)
	wantRefused(t, err, undefinedDatabase)
}

func TestRolesThatLogIn(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, role := range []string{"postgres", "supabase_admin", "supabase_auth_admin", "authenticator", "pause_api", "pause_scheduler"} {
		if got := value[string](t, db.Connect(t, role), "select current_user::text"); got != role {
			t.Errorf("connected as %s, want %s", got, role)
		}
	}
}

func TestSessionsFindCarelessSQLOut(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for name, open := range map[string]func() (path, zone string, unqualified error){
		"Connect": func() (path, zone string, unqualified error) {
			conn := db.Connect(t, "postgres")
			_, err := conn.Exec(t.Context(), "select from pause_records")
			return value[string](t, conn, "select current_setting('search_path')"), value[string](t, conn, "select current_setting('TimeZone')"), err
		},
		"SQL": func() (path, zone string, unqualified error) {
			pool := db.SQL(t, "postgres")
			if err := pool.QueryRowContext(t.Context(), "select current_setting('search_path'), current_setting('TimeZone')").Scan(&path, &zone); err != nil {
				t.Fatal(err)
			}
			_, err := pool.ExecContext(t.Context(), "select from pause_records")
			return path, zone, err
		},
	} {
		path, zone, err := open()
		if path != "" || zone != testdb.TimeZone {
			t.Errorf("%s: search_path %q, TimeZone %s", name, path, zone)
		}
		wantRefused(t, err, undefinedTable)
	}
}

func TestAs(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	postgres := db.Connect(t, "postgres")
	mustExec(t, postgres, `
		create table public.seen (who uuid default auth.uid(), role text default current_user);
		alter table public.seen enable row level security;
		create policy insert_own on public.seen for insert to authenticated with check (who = (select auth.uid()))`)

	t.Run("takes the role and the claims", func(t *testing.T) {
		for _, test := range []struct {
			claims testdb.Claims
			want   string
		}{
			{testdb.User(kari), "authenticated " + kari},
			{testdb.Anonymous(), "anon -"},
			{testdb.ServiceRole(), "service_role -"},
		} {
			err := db.As(t, test.claims, func(tx pgx.Tx) error {
				var got string
				err := tx.QueryRow(t.Context(), "select current_user || ' ' || coalesce(auth.uid()::text, '-')").Scan(&got)
				if got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", test.want, err)
			}
		}
	})
	t.Run("commits", func(t *testing.T) {
		err := db.As(t, testdb.User(kari), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "insert into public.seen default values")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := value[string](t, postgres, "select who || ' ' || role from public.seen"); got != kari+" authenticated" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("rolls back and returns the error", func(t *testing.T) {
		broken := errors.New("broken off")
		err := db.As(t, testdb.User(kari), func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "insert into public.seen default values"); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if n := value[int](t, postgres, "select count(*) from public.seen"); n != 1 {
			t.Errorf("%d rows, want the one of before", n)
		}
	})
	t.Run("is under row level security", func(t *testing.T) {
		err := db.As(t, testdb.Anonymous(), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "insert into public.seen (who) values ($1)", kari)
			return err
		})
		wantRefused(t, err, insufficientPrivilege)
	})
}

func TestOwnClusterHasRolesOfItsOwn(t *testing.T) {
	t.Parallel()
	shared := testdb.New(t)
	own := testdb.New(t, testdb.OwnCluster(), testdb.Unmigrated())
	mustExec(t, own.Connect(t, "postgres"), "create role of_its_own")
	if n := value[int](t, shared.Connect(t, "postgres"), "select count(*) from pg_roles where rolname = 'of_its_own'"); n != 0 {
		t.Error("the role is in the shared cluster")
	}
	if n := value[int](t, own.Connect(t, "postgres"), "select count(*) from pg_roles where rolname in ('pause_api', 'pause_scheduler')"); n != 0 {
		t.Errorf("%d roles of the migrations in a new cluster", n)
	}
}

// TestProcessesShareACluster runs this test program again, several at once.
func TestProcessesShareACluster(t *testing.T) {
	t.Parallel()
	installation, err := postgres.Find()
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := installation.Start(t.Context(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var processes sync.WaitGroup
	for range 3 {
		processes.Go(func() {
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestNewIsMigratedInBothModes$", "-test.v")
			cmd.Env = append(os.Environ(), testdb.ClusterVariable+"="+cluster.URL(postgres.Superuser, postgres.Maintenance))
			output, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(output), "--- PASS: TestNewIsMigratedInBothModes") {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
	processes.Wait()

	conn, err := pgx.Connect(t.Context(), cluster.URL(postgres.Superuser, postgres.Maintenance))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	rows, err := conn.Query(t.Context(), "select regexp_replace(datname, '_[0-9a-f]{16}$', '') from pg_database where datname ~ '^(test|template)_' order by 1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"template_expose", "template_no_expose"}, got); diff != "" {
		t.Errorf("databases left in the cluster:\n%s", diff)
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	cluster, err := postgres.Attach(testdb.New(t).URL(postgres.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	name, err := testdb.Template(t.Context(), cluster, postgres.AutoExpose, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("is the same the second time", func(t *testing.T) {
		again, err := testdb.Template(t.Context(), cluster, postgres.AutoExpose, true)
		if err != nil || again != name {
			t.Errorf("got %s (%v), want %s", again, err, name)
		}
	})
	t.Run("differs by mode and by what is applied", func(t *testing.T) {
		for _, other := range []struct {
			mode     postgres.Exposure
			migrated bool
		}{{postgres.NoAutoExpose, true}, {postgres.AutoExpose, false}} {
			got, err := testdb.Template(t.Context(), cluster, other.mode, other.migrated)
			if err != nil || got == name {
				t.Errorf("%v, %t: got %s (%v)", other.mode, other.migrated, got, err)
			}
		}
	})
	t.Run("lets nobody in, who would hinder its copying", func(t *testing.T) {
		const objectNotInPrerequisiteState = "55000"
		_, err := pgx.Connect(t.Context(), cluster.URL(postgres.Superuser, name))
		wantRefused(t, err, objectNotInPrerequisiteState)
	})
}
