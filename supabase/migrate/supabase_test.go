//go:build supabasecli

package migrate_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"mentorpause/local/testdb"
	"mentorpause/supabase"
)

// These tests need the Supabase CLI that package.json pins, so they have a build tag.

// A cli is the Supabase CLI with one set of migrations.
type cli struct {
	binary, workdir, home string
	url                   string
}

func newCLI(t *testing.T, files fs.FS, url string) cli {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	c := cli{
		binary:  filepath.Join(root, "node_modules", ".bin", "supabase"),
		workdir: t.TempDir(),
		home:    t.TempDir(),
		url:     url + "?sslmode=disable",
	}
	if strings.Contains(url, "?") {
		c.url = url + "&sslmode=disable"
	}
	if _, err := os.Stat(c.binary); err != nil {
		t.Fatalf("the Supabase CLI is not installed, run `npm ci` in the repository's root: %v", err)
	}
	// A copy, because the CLI keeps temporary files beside the migrations.
	folder := filepath.Join(c.workdir, "supabase")
	if err := os.CopyFS(folder, files); err != nil {
		t.Fatal(err)
	}
	// With what the configuration names.
	if err := os.CopyFS(folder, supabase.Emails); err != nil {
		t.Fatal(err)
	}
	return c
}

// run executes a command against the database and decodes its result.
func (c cli) run(t *testing.T, result any, args ...string) {
	t.Helper()
	args = append(args, "--remote="+c.url, "--workdir", c.workdir, "--output-format", "json", "--agent", "no", "--yes")
	cmd := exec.CommandContext(t.Context(), c.binary, args...)
	cmd.Dir = c.workdir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.home,
		"SUPABASE_TELEMETRY_DISABLED=1", "DO_NOT_TRACK=1", "SUPABASE_NO_UPDATE_NOTIFIER=1", "SUPABASE_NO_KEYRING=1"}
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("supabase %s: %v\n%s%s", strings.Join(args[:2], " "), err, out, &errors)
	}
	if strings.Contains(errors.String(), "WARN") {
		t.Errorf("supabase %s warns: %s", strings.Join(args[:2], " "), &errors)
	}
	if err := json.Unmarshal(out, result); err != nil {
		t.Fatalf("supabase %s: %v in %s", strings.Join(args[:2], " "), err, out)
	}
}

// list returns `migration list`, one "<file> <ledger>" for each version.
func (c cli) list(t *testing.T) []string {
	t.Helper()
	var result struct {
		Migrations *[]struct{ Local, Remote string }
	}
	c.run(t, &result, "migration", "list")
	if result.Migrations == nil {
		t.Fatal("supabase migration list: no field migrations")
	}
	var all []string
	for _, m := range *result.Migrations {
		all = append(all, m.Local+" "+m.Remote)
	}
	return all
}

// up returns the files that `migration up` applied.
func (c cli) up(t *testing.T) []string {
	t.Helper()
	var result struct{ Applied *[]string }
	c.run(t, &result, "migration", "up")
	if result.Applied == nil {
		t.Fatal("supabase migration up: no field applied")
	}
	var names []string
	for _, path := range *result.Applied {
		names = append(names, filepath.Base(path))
	}
	return names
}

// hasNothingToDo asserts that the CLI sees files and ledger as the same.
func (c cli) hasNothingToDo(t *testing.T, versions []string) {
	t.Helper()
	var want []string
	for _, v := range versions {
		want = append(want, v+" "+v)
	}
	equal(t, "supabase migration list", c.list(t), want)
	equal(t, "supabase migration up", c.up(t), nil)
	var push struct {
		UpToDate   bool
		Migrations *[]string
	}
	c.run(t, &push, "db", "push")
	if !push.UpToDate || push.Migrations == nil || len(*push.Migrations) != 0 {
		t.Errorf("supabase db push: %+v, want up to date", push)
	}
}

// interoperate lets each runner in turn find everything done by the other, and compares their
// ledgers.
func interoperate(t *testing.T, d *testdb.Database, fsys fs.FS) {
	t.Helper()
	db := d.SQL(t, "postgres")
	r := newRunner(t, db, fsys)
	cli := newCLI(t, fsys, d.URL("postgres"))
	states, err := r.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var versions, files []string
	for _, s := range states {
		versions = append(versions, s.Version)
		files = append(files, s.Version+"_"+s.Name+".sql")
	}

	// The CLI first, in a database that neither has seen; then this package.
	equal(t, "applied by the CLI", cli.up(t), files)
	ofCLI, shapeOfCLI := ledger(t, db), shape(t, db)
	if len(ofCLI) != len(files) {
		t.Fatalf("%d rows in the CLI's ledger, want %d", len(ofCLI), len(files))
	}
	got, err := r.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "applied after the CLI", got, nil)
	if states, err = r.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if !s.File || !s.Applied {
			t.Errorf("status after the CLI: %+v, want a file and applied", s)
		}
	}

	// The rollbacks undo what the CLI applied, and the CLI sees that.
	if _, err := r.DownAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	var pending []string
	for _, v := range versions {
		pending = append(pending, v+" ")
	}
	equal(t, "supabase migration list after the rollbacks", cli.list(t), pending)

	// This package first, with a ledger that it makes itself; then the CLI.
	execute(t, db, "drop schema supabase_migrations cascade")
	got, err = newRunner(t, db, fsys).Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "applied before the CLI", got, files)
	equal(t, "ledger, compared with the CLI's", ledger(t, db), ofCLI)
	equal(t, "ledger's shape, compared with the CLI's", shape(t, db), shapeOfCLI)
	cli.hasNothingToDo(t, versions)
	equal(t, "ledger after the CLI", ledger(t, db), ofCLI)

	// By turns.
	if _, err := r.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "applied by the CLI after one rollback", cli.up(t), files[len(files)-1:])
	equal(t, "ledger by turns", ledger(t, db), ofCLI)
	if got, err = r.Up(t.Context()); err != nil || got != nil {
		t.Errorf("up after the CLI: %v, %v; want nothing", got, err)
	}
}

// shape describes the ledger's table.
func shape(t *testing.T, db *sql.DB) []string {
	t.Helper()
	return query(t, db, `
		select format('%s %s %s', attname, format_type(atttypid, atttypmod), attnotnull)
		from pg_attribute where attrelid = 'supabase_migrations.schema_migrations'::regclass and attnum > 0
		union all
		select format('%s %s', conname, pg_get_constraintdef(oid))
		from pg_constraint where conrelid = 'supabase_migrations.schema_migrations'::regclass
		union all
		select pg_get_userbyid(relowner)::text from pg_class where oid = 'supabase_migrations.schema_migrations'::regclass
		order by 1`)
}

func TestProjectSharesItsLedgerWithTheSupabaseCLI(t *testing.T) {
	t.Parallel()
	// Roles are shared by the databases of a server, and the migrations make some.
	interoperate(t, testdb.New(t, testdb.Unmigrated(), testdb.OwnCluster()), supabase.Files)
}

// SQL that is hard to split must be split alike by both.
func TestStatementsAreThoseOfTheSupabaseCLI(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	for i, sql := range []string{
		"\n-- A heading; with a semicolon\n/* block /* nested; */ ; */\ncreate table public.t (id int, ended_at date, note text default 'a;b''c;'); -- behind it\n\n" +
			`create table public."we;ird""x" (id int);; ;` + "\n" + `insert into public.t values (1, null, E'it\'s; \\'), (2, date'2020-01-01', $q$ ; $$ ; $q$);`,
		"create function public.f() returns int language plpgsql as $fn$\nbegin\n  -- ; it's\n  return case when true then 1 else 2 end;\nend $fn$;\n" +
			"create or replace function public.g() returns setof public.t\nlanguage sql\nbegin atomic\n  select * from public.t where ended_at is null;\n" +
			"  select t.* from public.t where case when t.id = 1 then true else false end;\nend;\ncomment on function public.g() is 'pending; end';\n-- no semicolon\nselect 1",
		"create procedure public.p() begin atomic insert into public.t values (1); insert into public.t values (2); end;\nselect 1;\n-- the end; nothing follows\n/* and another */\n",
		"select E'a'\n  'b\\'; c', U&'d\\0061;', B'101', N'n;''';\nselect 'first' -- comment\n 'second;';\nselect 1 as atomic; select 2 as \"begin atomic\";\n" +
			"do $do$ begin execute $x$ select ';' $x$; end $do$;\nselect 3 - -1, 4 / 2, 5 --comment;\n;\nselect '\\'; select a$b$c from (select 1 as a$b$c) s; select 2;\n" +
			"select 'æøå;' as \"blåbær;\", $ø$;$ø$;\ncreate function public.h() returns void language sql begin atomic end;",
	} {
		name := fmt.Sprintf("202601010000%02d_create_case.sql", i+1)
		fsys["migrations/"+name] = file(sql)
		fsys["rollbacks/"+name] = file("drop schema public cascade; create schema public;")
	}
	interoperate(t, testdb.New(t, testdb.Unmigrated()), fsys)
}
