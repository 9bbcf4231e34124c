package migrate_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the process that gets killed

	"mentorpause/local/testdb"
	"mentorpause/supabase/migrate"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(killedRunnerURL); url != "" {
		runUntilKilled(url)
	}
	testdb.Main(m)
}

// files are two migrations with their rollbacks.
func files() fstest.MapFS {
	return fstest.MapFS{
		"migrations/20260101000001_create_towns.sql": file("-- Where people live.\ncreate table public.towns (id int primary key);\ninsert into public.towns values (1);\n"),
		"rollbacks/20260101000001_create_towns.sql":  file("drop table public.towns;"),
		"migrations/20260101000002_create_roads.sql": file("create table public.roads (id int primary key, town_id int references public.towns (id));"),
		"rollbacks/20260101000002_create_roads.sql":  file("drop table public.roads;"),
	}
}

func file(sql string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(sql)} }

// setup returns a pool on an empty database, as the role that migrates in production.
func setup(t *testing.T) *sql.DB {
	t.Helper()
	return testdb.New(t, testdb.Unmigrated()).SQL(t, "postgres")
}

func newRunner(t *testing.T, db *sql.DB, fsys fs.FS) *migrate.Runner {
	t.Helper()
	r, err := migrate.New(db, fsys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustUp(t *testing.T, db *sql.DB, fsys fs.FS) {
	t.Helper()
	if _, err := newRunner(t, db, fsys).Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// query returns the only column of a query's rows.
func query(t *testing.T, db *sql.DB, q string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q, args...)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		all = append(all, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return all
}

// ledger returns each row of the ledger: version, name, statements.
func ledger(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return query(t, db, `
		select format('%s|%s|%s', version, name, array_to_string(statements, '|', 'null'))
		from supabase_migrations.schema_migrations order by version collate "C"`)
}

// tables returns the tables of the schema public.
func tables(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return query(t, db, "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1")
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestUpAndDown(t *testing.T) {
	t.Parallel()
	db := setup(t)
	r := newRunner(t, db, files())
	const (
		first  = "20260101000001_create_towns.sql"
		second = "20260101000002_create_roads.sql"
	)
	check := func(step string, got []string, err error, wantFiles, wantTables []string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		equal(t, step+": files", got, wantFiles)
		equal(t, step+": tables", tables(t, db), wantTables)
	}

	got, err := r.Up(t.Context())
	check("up", got, err, []string{first, second}, []string{"roads", "towns"})
	equal(t, "ledger", ledger(t, db), []string{
		"20260101000001|create_towns|-- Where people live.\ncreate table public.towns (id int primary key)|insert into public.towns values (1)",
		"20260101000002|create_roads|create table public.roads (id int primary key, town_id int references public.towns (id))",
	})
	got, err = r.Up(t.Context())
	check("up again", got, err, nil, []string{"roads", "towns"})
	got, err = r.Down(t.Context())
	check("down", got, err, []string{second}, []string{"towns"})
	got, err = r.Up(t.Context())
	check("up after down", got, err, []string{second}, []string{"roads", "towns"})
	got, err = r.DownAll(t.Context())
	check("down all", got, err, []string{second, first}, nil)
	equal(t, "ledger after down all", ledger(t, db), nil)
	got, err = r.DownAll(t.Context())
	check("down all again", got, err, nil, nil)
	got, err = r.Down(t.Context())
	check("down with nothing applied", got, err, nil, nil)
	got, err = newRunner(t, db, files()).Up(t.Context())
	check("up after down all", got, err, []string{first, second}, []string{"roads", "towns"})
}

// The pool of a caller may be limited to one connection.
func TestUpWithOneConnection(t *testing.T) {
	t.Parallel()
	db := setup(t)
	db.SetMaxOpenConns(1)
	mustUp(t, db, files())
	equal(t, "tables", tables(t, db), []string{"roads", "towns"})
}

func TestStatus(t *testing.T) {
	t.Parallel()

	t.Run("of an empty database lists the files and changes nothing", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		got, err := newRunner(t, db, files()).Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []migrate.State{
			{Version: "20260101000001", Name: "create_towns", File: true},
			{Version: "20260101000002", Name: "create_roads", File: true},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
		equal(t, "schemas", query(t, db, "select nspname::text from pg_namespace where nspname = 'supabase_migrations'"), nil)
	})

	t.Run("tells of a file that was edited since it was applied", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		mustUp(t, db, files())
		fsys := files()
		fsys["migrations/20260101000001_create_towns.sql"] = file("create table public.towns (id bigint primary key);")
		roads := fsys["migrations/20260101000002_create_roads.sql"]
		roads.Data = append([]byte("\n"), roads.Data...)
		want := []migrate.State{
			{Version: "20260101000001", Name: "create_towns", File: true, Applied: true, Edited: true},
			{Version: "20260101000002", Name: "create_roads", File: true, Applied: true},
		}
		for range 2 {
			got, err := newRunner(t, db, fsys).Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			// Older versions of the CLI recorded no statements.
			execute(t, db, "update supabase_migrations.schema_migrations set statements = null")
			want[0].Edited = false
		}
	})

	t.Run("lists ledger rows without a file too", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		mustUp(t, db, files())
		execute(t, db, "delete from supabase_migrations.schema_migrations where version = '20260101000002'")
		execute(t, db, "insert into supabase_migrations.schema_migrations (version, name) values ('20260101000003', 'create_bridges'), ('7', null), ('x', '')")
		got, err := newRunner(t, db, files()).Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []migrate.State{
			{Version: "20260101000001", Name: "create_towns", File: true, Applied: true},
			{Version: "20260101000002", Name: "create_roads", File: true},
			{Version: "20260101000003", Name: "create_bridges", Applied: true},
			{Version: "7", Applied: true},
			{Version: "x", Applied: true},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	})
}

func TestLedgerOfAnOlderCLIIsCompleted(t *testing.T) {
	t.Parallel()
	db := setup(t)
	execute(t, db, "create schema supabase_migrations")
	execute(t, db, "create table supabase_migrations.schema_migrations (version text not null primary key)")
	execute(t, db, "insert into supabase_migrations.schema_migrations values ('20260101000001')")
	execute(t, db, "create table public.towns (id int primary key)")
	r := newRunner(t, db, files())
	states, err := r.Status(t.Context())
	if err != nil || len(states) != 2 || !states[0].Applied || states[1].Applied {
		t.Errorf("status: %+v, %v; want the first of two applied", states, err)
	}
	got, err := r.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "files", got, []string{"20260101000002_create_roads.sql"})
	equal(t, "versions", query(t, db, "select version from supabase_migrations.schema_migrations order by 1"),
		[]string{"20260101000001", "20260101000002"})
}

func TestVersionWithoutAFileIsNamed(t *testing.T) {
	t.Parallel()
	for name, version := range map[string]string{
		"newer":    "20260101000003",
		"older":    "20250101000001",
		"short":    "1",
		"padded":   "020260101000002",
		"zero":     "0",
		"no digit": "baseline",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			mustUp(t, db, files())
			execute(t, db, "insert into supabase_migrations.schema_migrations (version, name) values ($1, 'create_bridges')", version)
			r := newRunner(t, db, files())
			for step, act := range map[string]func(context.Context) ([]string, error){"up": r.Up, "down": r.Down, "down all": r.DownAll} {
				_, err := act(t.Context())
				missing, ok := errors.AsType[*migrate.MissingFileError](err)
				if !ok {
					t.Fatalf("%s: error %v, want a MissingFileError", step, err)
				}
				equal(t, step+": versions", missing.Versions, []string{version + "_create_bridges"})
			}
			equal(t, "tables", tables(t, db), []string{"roads", "towns"})
		})
	}
}

func TestDatabaseOfARewrittenHistoryIsRecognised(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rows string
		want bool
	}{
		{"the same beginning under older versions", "('20250101000001', 'create_towns'), ('20250101000002', 'widen_towns')", true},
		{"the beginning alone", "('20250101000001', 'create_towns')", true},
		{"somebody else's migrations", "('20250101000001', 'create_boats'), ('20250101000002', 'create_towns')", false},
		{"one that is newer than a file", "('20250101000001', 'create_towns'), ('20260101000003', 'create_bridges')", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			mustUp(t, db, files())
			execute(t, db, "delete from supabase_migrations.schema_migrations")
			execute(t, db, "insert into supabase_migrations.schema_migrations (version, name) values "+test.rows)
			r := newRunner(t, db, files())
			for step, act := range map[string]func(context.Context) ([]string, error){"up": r.Up, "down": r.Down, "down all": r.DownAll} {
				_, err := act(t.Context())
				missing, ok := errors.AsType[*migrate.MissingFileError](err)
				if !ok || missing.Rewritten != test.want {
					t.Errorf("%s: error %v, want a MissingFileError, rewritten %t", step, err, test.want)
				}
			}
			equal(t, "tables", tables(t, db), []string{"roads", "towns"})
		})
	}
}

func TestPendingFileOlderThanAnAppliedOneIsRefused(t *testing.T) {
	t.Parallel()
	db := setup(t)
	r := newRunner(t, db, files())
	if _, err := r.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	execute(t, db, "delete from supabase_migrations.schema_migrations where version = '20260101000001'")
	_, err := r.Up(t.Context())
	late, ok := errors.AsType[*migrate.OutOfOrderError](err)
	if !ok {
		t.Fatalf("error %v, want an OutOfOrderError", err)
	}
	if diff := cmp.Diff(&migrate.OutOfOrderError{Versions: []string{"20260101000001_create_towns"}, Newest: "20260101000002_create_roads"}, late); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	// What is applied can still be undone.
	got, err := r.DownAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "undone", got, []string{"20260101000002_create_roads.sql"})
}

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(fstest.MapFS)
		want   []string
	}{
		"migration without rollback": {
			func(f fstest.MapFS) { delete(f, "rollbacks/20260101000002_create_roads.sql") },
			[]string{"migrations/20260101000002_create_roads.sql: has no rollback"}},
		"rollback without migration": {
			func(f fstest.MapFS) { delete(f, "migrations/20260101000002_create_roads.sql") },
			[]string{"rollbacks/20260101000002_create_roads.sql: has no migration"}},
		"two of one version": {
			func(f fstest.MapFS) {
				f["migrations/20260101000002_drop_roads.sql"] = file("")
				f["rollbacks/20260101000002_drop_roads.sql"] = file("")
			},
			[]string{"migrations/20260101000002_drop_roads.sql: has the same version as 20260101000002_create_roads.sql"}},
		"bad names": {
			func(f fstest.MapFS) {
				for _, bad := range []string{"2026_create_x.sql", "20260101000003.sql", "20260101000003_Create_x.sql",
					"20260101000003_create_x.up.sql", "20260101000003_create_.sql", "00000000000000_create_x.sql", "README.md", "folder/20260101000003_create_x.sql"} {
					f["migrations/"+bad] = file("select 1")
				}
			},
			[]string{"migrations/2026_create_x.sql: not a file named", "migrations/20260101000003.sql: not a file named",
				"migrations/20260101000003_Create_x.sql: not a file named", "migrations/20260101000003_create_x.up.sql: not a file named",
				"migrations/20260101000003_create_.sql: not a file named", "migrations/00000000000000_create_x.sql: the version must be above zero",
				"migrations/README.md: not a file named", "migrations/folder: not a file named"}},
		"folder with the name of a migration": {
			func(f fstest.MapFS) {
				f["migrations/20260101000003_create_x.sql/y"] = file("")
				f["rollbacks/20260101000003_create_x.sql"] = file("")
			},
			[]string{"migrations/20260101000003_create_x.sql: not a file named"}},
		"not UTF-8": {
			func(f fstest.MapFS) { f["rollbacks/20260101000002_create_roads.sql"] = file("-- \xff") },
			[]string{"rollbacks/20260101000002_create_roads.sql: not UTF-8"}},
		"commit within a file": {
			func(f fstest.MapFS) {
				f["migrations/20260101000002_create_roads.sql"] = file("select 1;\n-- now\nCOMMIT;")
			},
			[]string{"migrations/20260101000002_create_roads.sql:3: commit: a file is one transaction already"}},
		"transaction within a rollback": {
			func(f fstest.MapFS) {
				f["rollbacks/20260101000002_create_roads.sql"] = file("begin; drop table public.roads; end;")
			},
			[]string{"rollbacks/20260101000002_create_roads.sql:1: begin: a file is one transaction already"}},
		"no migrations": {
			func(f fstest.MapFS) {
				clear(f)
				f["migrations"] = &fstest.MapFile{Mode: fs.ModeDir}
				f["rollbacks"] = &fstest.MapFile{Mode: fs.ModeDir}
			},
			[]string{"migrations: no migrations"}},
		"no folder": {
			func(f fstest.MapFS) { clear(f) },
			[]string{"read migrations: open migrations: file does not exist"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fsys := files()
			test.change(fsys)
			_, err := migrate.New(new(sql.DB), fsys)
			if err == nil {
				t.Fatal("accepted")
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) != len(test.want) {
				t.Errorf("%d complaints, want %d", len(got), len(test.want))
			}
			for _, want := range test.want {
				if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, want) }) {
					t.Errorf("nothing begins with %q in:\n%v", want, err)
				}
			}
		})
	}

	t.Run("but takes savepoints and prepared statements", func(t *testing.T) {
		t.Parallel()
		fsys := files()
		fsys["migrations/20260101000002_create_roads.sql"] = file("savepoint a; rollback to savepoint a; rollback work to a; release a; prepare q as select 1; deallocate q;")
		if _, err := migrate.New(new(sql.DB), fsys); err != nil {
			t.Error(err)
		}
	})
}

func TestFailureNamesFileAndLineAndLeavesNothing(t *testing.T) {
	t.Parallel()
	const path = "migrations/20260101000002_create_roads.sql"
	const begin = "create table public.roads (id int);\n" // line 1
	for name, test := range map[string]struct {
		sql      string
		line     int
		state    string
		contains []string
	}{
		"syntax": {"-- æøå\nselect\n  1 1;", 4, "42601", []string{`syntax error at or near "1"`}},
		"statement without a position": {
			"\n-- why\ncreate table public.towns (\n  id int\n);", 4, "42P07", []string{`relation "towns" already exists`}},
		"unknown column": {"\n\nselect id,\n  nope\nfrom public.roads;", 5, "42703", []string{`column "nope" does not exist`}},
		"detail":         {"insert into public.towns\nvalues (1);", 2, "23505", []string{"detail: Key (id)=(1) already exists."}},
		"hint":           {"\nselect nope(1);", 3, "42883", []string{"hint: No function matches"}},
		"body of a function": {
			"create function public.f() returns void language plpgsql as $$\nbegin\n  perfrom 1;\nend $$;", 4, "42601", []string{"perfrom"}},
		"running a block": {
			"do $$\nbegin\n  perform 1;\n  perform 1 / 0;\nend $$;", 2, "22012", []string{"division by zero", "PL/pgSQL function inline_code_block line 4 at PERFORM"}},
		"not in a transaction": {"\nvacuum public.roads;", 3, "25001", []string{"VACUUM"}},
		"deferred constraint": {
			"alter table public.roads add constraint roads_id_fkey foreign key (id) references public.towns deferrable initially deferred;\ninsert into public.roads values (99);",
			0, "23503", []string{"roads_id_fkey"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t)
			fsys := files()
			fsys[path] = file(begin + test.sql)
			got, err := newRunner(t, db, fsys).Up(t.Context())
			equal(t, "files before the failure", got, []string{"20260101000001_create_towns.sql"})

			failed, ok := err.(*migrate.Error) // all of it, not only within
			if !ok {
				t.Fatalf("error %#v, want a *migrate.Error", err)
			}
			if failed.File != path || failed.Line != test.line {
				t.Errorf("at %s:%d, want %s:%d: %v", failed.File, failed.Line, path, test.line, err)
			}
			refused, ok := errors.AsType[*pgconn.PgError](err)
			if !ok || refused.Code != test.state {
				t.Errorf("cause %v, want SQLSTATE %s", err, test.state)
			}
			place := path + ": "
			if test.line > 0 {
				place = fmt.Sprintf("%s:%d: ", path, test.line)
			}
			for _, want := range append(test.contains, place, "(SQLSTATE "+test.state+")") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in: %v", want, err)
				}
			}

			equal(t, "tables", tables(t, db), []string{"towns"})
			equal(t, "versions", query(t, db, "select version from supabase_migrations.schema_migrations"), []string{"20260101000001"})
			mustUp(t, db, files())
			equal(t, "tables after the repair", tables(t, db), []string{"roads", "towns"})
		})
	}

	t.Run("of a rollback", func(t *testing.T) {
		t.Parallel()
		db := setup(t)
		fsys := files()
		fsys["rollbacks/20260101000001_create_towns.sql"] = file("drop table public.towns;\ndrop table public.nope;")
		r := newRunner(t, db, fsys)
		if _, err := r.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := r.DownAll(t.Context())
		equal(t, "undone before the failure", got, []string{"20260101000002_create_roads.sql"})
		failed, ok := err.(*migrate.Error)
		if !ok || failed.File != "rollbacks/20260101000001_create_towns.sql" || failed.Line != 2 {
			t.Errorf("error %v, want one at rollbacks/20260101000001_create_towns.sql:2", err)
		}
		equal(t, "tables", tables(t, db), []string{"towns"})
		equal(t, "versions", query(t, db, "select version from supabase_migrations.schema_migrations"), []string{"20260101000001"})
	})
}

func TestSettingsOfOneFileDoNotReachTheNext(t *testing.T) {
	t.Parallel()
	db := setup(t)
	fsys := files()
	fsys["migrations/20260101000001_create_towns.sql"] = file("create table public.towns (id int primary key); set search_path = auth; set check_function_bodies = off;")
	fsys["migrations/20260101000002_create_roads.sql"] = file(
		"create table public.roads as select current_setting('search_path') as path, current_setting('check_function_bodies') as bodies;")
	mustUp(t, db, fsys)
	equal(t, "settings", query(t, db, "select format('%s|%s', path, bodies) from public.roads"), []string{"|on"})
}

// slow is like files, but each migration takes its time, so that runners overlap.
func slow(d time.Duration) fstest.MapFS {
	fsys := files()
	for name, f := range fsys {
		if strings.HasPrefix(name, "migrations/") {
			fsys[name] = file(fmt.Sprintf("%s;\nselect pg_sleep(%f);", f.Data, d.Seconds()))
		}
	}
	return fsys
}

func TestRunnersAtOnceApplyEverythingOnce(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated()) // the ledger does not exist yet either
	const runners = 4
	var (
		wg      sync.WaitGroup
		applied [runners][]string
		errs    [runners]error
		start   = make(chan struct{})
	)
	for i := range runners {
		r := newRunner(t, d.SQL(t, "postgres"), slow(200*time.Millisecond))
		wg.Go(func() {
			<-start
			applied[i], errs[i] = r.Up(t.Context())
		})
	}
	close(start)
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Error(err)
	}
	all := slices.Concat(applied[:]...)
	slices.Sort(all)
	equal(t, "applied by all together", all, []string{"20260101000001_create_towns.sql", "20260101000002_create_roads.sql"})
	db := d.SQL(t, "postgres")
	equal(t, "versions", query(t, db, "select version from supabase_migrations.schema_migrations order by 1"), []string{"20260101000001", "20260101000002"})
	equal(t, "locks left", query(t, db, "select pid::text from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"), nil)
}

// waitForSleep waits until a session of the database is within the second migration.
func waitForSleep(t *testing.T, db *sql.DB) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if len(query(t, db, `
			select pid::text from pg_stat_activity
			where datname = current_database() and wait_event = 'PgSleep'`)) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no runner got to the second migration within 20 s")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// slowSecond is like files, but the second migration takes long after its first statement.
func slowSecond(d time.Duration) fstest.MapFS {
	fsys := files()
	const path = "migrations/20260101000002_create_roads.sql"
	fsys[path] = file(fmt.Sprintf("%s\nselect pg_sleep(%f);", fsys[path].Data, d.Seconds()))
	return fsys
}

// checkOnlyFirst asserts that nothing of the second migration exists, and that the next runner
// succeeds.
func checkOnlyFirst(t *testing.T, db *sql.DB) {
	t.Helper()
	equal(t, "tables", tables(t, db), []string{"towns"})
	equal(t, "versions", query(t, db, "select version from supabase_migrations.schema_migrations"), []string{"20260101000001"})
	got, err := newRunner(t, db, files()).Up(t.Context())
	if err != nil {
		t.Fatalf("the next runner: %v", err)
	}
	equal(t, "the next runner's files", got, []string{"20260101000002_create_roads.sql"})
	equal(t, "tables after the next runner", tables(t, db), []string{"roads", "towns"})
}

func TestInterruptedRunnerLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated())
	db := d.SQL(t, "postgres")
	r := newRunner(t, d.SQL(t, "postgres"), slowSecond(time.Minute))
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := r.Up(ctx)
		done <- err
	}()
	waitForSleep(t, db)
	interrupt()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("error %v, want one that says it was interrupted", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("still running 20 s after the interruption")
	}
	checkOnlyFirst(t, db)
}

func TestLostConnectionLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated())
	db := d.SQL(t, "postgres")
	r := newRunner(t, d.SQL(t, "postgres"), slowSecond(time.Minute))
	done := make(chan error, 1)
	go func() {
		_, err := r.Up(t.Context())
		done <- err
	}()
	waitForSleep(t, db)
	execute(t, db, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")
	failed, ok := (<-done).(*migrate.Error)
	if !ok || failed.File != "migrations/20260101000002_create_roads.sql" || failed.Line != 2 {
		t.Errorf("error %v, want one at migrations/20260101000002_create_roads.sql:2", failed)
	}
	checkOnlyFirst(t, db)
}

func TestWaitingRunnerCanBeInterrupted(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated())
	db := d.SQL(t, "postgres")
	holder := newRunner(t, d.SQL(t, "postgres"), slowSecond(time.Minute))
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := holder.Up(ctx)
		done <- err
	}()
	waitForSleep(t, db)
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := newRunner(t, d.SQL(t, "postgres"), files()).Up(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting runner: %v, want a deadline", err)
	}
	if len(done) != 0 {
		t.Error("the waiting runner went on only when the other one had ended")
	}
	interrupt()
	<-done
	checkOnlyFirst(t, db)
}

// killedRunnerURL tells this test's binary to be a runner on that database.
const killedRunnerURL = "MIGRATE_TEST_KILLED_RUNNER_URL"

func runUntilKilled(url string) {
	db, err := sql.Open("pgx", url)
	if err == nil {
		var r *migrate.Runner
		if r, err = migrate.New(db, slowSecond(3*time.Second)); err == nil {
			_, err = r.Up(context.Background())
		}
	}
	fmt.Fprintln(os.Stderr, "not killed:", err)
	os.Exit(1)
}

func TestKilledRunnerLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated())
	db := d.SQL(t, "postgres")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	runner := exec.CommandContext(t.Context(), self)
	runner.Env = append(os.Environ(), killedRunnerURL+"="+d.URL("postgres"))
	runner.Stderr = os.Stderr
	if err := runner.Start(); err != nil {
		t.Fatal(err)
	}
	waitForSleep(t, db)
	if err := runner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := runner.Wait(); err == nil || runner.ProcessState.Exited() {
		t.Fatalf("the runner ended by itself: %v", err)
	}
	// Its server process finishes the statement, notices, and lets go of the lock only then.
	checkOnlyFirst(t, db)
}

// The functions for the project's own files.
func TestProject(t *testing.T) {
	t.Parallel()
	// Roles are shared by the databases of a server, and the migrations make some.
	db := testdb.New(t, testdb.Unmigrated(), testdb.OwnCluster()).SQL(t, "postgres")
	count := func(applied bool) (n int) {
		t.Helper()
		states, err := migrate.Status(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		if len(states) == 0 {
			t.Fatal("no migrations")
		}
		for _, s := range states {
			if !s.File {
				t.Errorf("%s has no file", s.Version)
			}
			if s.Applied == applied {
				n++
			}
		}
		return n
	}
	total := count(false)
	if err := migrate.Up(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if n := count(true); n != total {
		t.Errorf("%d applied after up, want %d", n, total)
	}
	if err := migrate.Down(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if n := count(true); n != total-1 {
		t.Errorf("%d applied after down, want %d", n, total-1)
	}
	if err := migrate.DownAll(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	equal(t, "ledger after down all", ledger(t, db), nil)
	if err := migrate.Up(t.Context(), db); err != nil {
		t.Fatalf("up after down all: %v", err)
	}
	if n := count(true); n != total {
		t.Errorf("%d applied after the second up, want %d", n, total)
	}
}
