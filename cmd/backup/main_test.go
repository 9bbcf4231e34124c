package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
	"mentorpause/supabase"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// backup runs the program on a database.
func backup(t *testing.T, db *testdb.Database, args ...string) error {
	t.Helper()
	return run(t.Context(), args, func(name string) string {
		if name == databaseURL {
			return db.URL("postgres")
		}
		return os.Getenv(name)
	}, io.Discard)
}

func rows[T any](t *testing.T, conn *pgx.Conn, query string) []T {
	t.Helper()
	r, err := conn.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	got, err := pgx.CollectRows(r, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return got
}

// everything is what a database knows: of each table how many rows and what they are, and where
// its sequences stand.
func everything(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	got := make(map[string]string)
	for _, table := range rows[string](t, conn, `
		select c.oid::regclass::text from pg_class c
		where (c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
			or c.oid in ('auth.users'::regclass, 'supabase_migrations.schema_migrations'::regclass))
			and c.relkind = 'r'`) {
		got[table] = rows[string](t, conn, "select count(*) || ' ' || coalesce(md5(string_agg(r::text, '|' order by r::text collate \"C\")), '') from "+table+" r")[0]
	}
	for _, sequence := range rows[string](t, conn, "select c.oid::regclass::text from pg_class c where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind = 'S'") {
		got[sequence] = rows[string](t, conn, "select last_value || ' ' || is_called from "+sequence)[0]
	}
	return got
}

// The rehearsal of docs/operations.md: an organisation with a history, an issued report and an
// erased mentor is saved, restored into an empty platform, and goes on.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	old, new := testdb.New(t), testdb.New(t)
	owner := old.Connect(t, "postgres")
	exec := func(conn *pgx.Conn, sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	seed, err := supabase.Files.ReadFile("seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	exec(owner, string(seed))
	night := func(db *testdb.Database, full bool) nightly.Report {
		t.Helper()
		connection, err := database.Open(database.Settings{URL: db.URL("pause_scheduler"), TimeZone: "Europe/Oslo", MaxConnections: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		report, err := nightly.Run(t.Context(), connection, nightly.Request{AsOf: rows[string](t, owner, "select private.today()::text")[0], Full: full}, nil)
		if err != nil || report.Outcome != nightly.Completed {
			t.Fatalf("%+v, %v", report, err)
		}
		return report
	}
	night(old, false)
	administrator := rows[string](t, owner, `insert into public.organisation_administrators (user_id)
		select m.user_id from public.chapter_memberships m where m.role = 'administrator' order by 1 limit 1 returning user_id::text`)[0]
	as := func(conn *pgx.Conn, call string) string {
		t.Helper()
		var answer string
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `select set_config('role', 'authenticated', true),
				set_config('request.jwt.claims', jsonb_build_object('sub', $1::text, 'role', 'authenticated', 'aud', 'authenticated')::text, true)`, administrator); err != nil {
				return err
			}
			return tx.QueryRow(t.Context(), "select to_jsonb("+call+")::text").Scan(&answer)
		})
		if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		return answer
	}
	last := time.Now().AddDate(-1, 0, 0).Year()
	as(owner, "public.issue_period_report('"+time.Date(last, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)+"', '"+time.Date(last, 12, 31, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)+"')")
	erased := rows[string](t, owner, `select m.user_id::text from public.chapter_memberships m join public.pause_records r on r.mentor_id = m.user_id
		where m.role = 'mentor' and m.ended_at is null order by 1 limit 1`)[0]
	as(owner, "public.erase_person('"+erased+"')")

	file := filepath.Join(t.TempDir(), "monday.dump")
	if err := backup(t, old, "save", file); err != nil {
		t.Fatal(err)
	}
	if mode, err := os.Stat(file); err != nil || mode.Mode().Perm() != 0o600 {
		t.Errorf("everybody may read the backup: %v, %v", mode.Mode(), err)
	}
	if err := backup(t, old, "save", file); !errors.Is(err, os.ErrExist) {
		t.Errorf("a backup was overwritten: %v", err)
	}
	want := everything(t, owner)
	restored := new.Connect(t, "postgres")
	empty := everything(t, restored)
	maps.DeleteFunc(empty, func(name, _ string) bool { return strings.HasSuffix(name, "_seq") })

	// What is not whole changes nothing; that a sequence goes back no transaction can promise.
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	unchanged := func(what string) {
		t.Helper()
		now := everything(t, restored)
		maps.DeleteFunc(now, func(name, _ string) bool { return strings.HasSuffix(name, "_seq") })
		if diff := cmp.Diff(empty, now); diff != "" {
			t.Fatalf("%s has changed something:\n%s", what, diff)
		}
	}
	for name, content := range map[string][]byte{
		"no dump":   []byte("select 1;\n"),
		"cut short": whole[:len(whole)*2/3],
		"damaged":   bytes.Replace(whole, whole[len(whole)/2:len(whole)/2+64], make([]byte, 64), 1),
	} {
		broken := filepath.Join(t.TempDir(), "broken.dump")
		if err := os.WriteFile(broken, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := backup(t, new, "restore", broken); err == nil {
			t.Errorf("%s: was restored", name)
		}
		unchanged(name)
	}
	exec(restored, "insert into supabase_migrations.schema_migrations (version) values ('20990101000000')")
	if err := backup(t, new, "restore", file); err == nil || !strings.Contains(err.Error(), "came after the backup: 20990101000000") {
		t.Errorf("into a newer one: %v", err)
	}
	exec(restored, "delete from supabase_migrations.schema_migrations where version = '20990101000000'")
	unchanged("a refusal")

	if err := backup(t, new, "restore", file); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, everything(t, restored)); diff != "" {
		t.Errorf("restored otherwise than saved (-saved +restored):\n%s", diff)
	}
	if disabled := rows[string](t, restored, "select tgname::text from pg_trigger where not tgisinternal and tgenabled <> 'O'"); len(disabled) > 0 {
		t.Errorf("switched off since: %q", disabled)
	}
	if err := backup(t, new, "restore", file); err == nil || !strings.Contains(err.Error(), "there are people") {
		t.Errorf("restored over people: %v", err)
	}

	// It goes on: nothing to repair, the report's bytes are those that were issued, and who
	// deletes a login erases the person.
	exec(restored, "select private.rebuild_roster()")
	if report := night(new, true); report.Discrepancies != 0 || report.RosterRepaired != 0 || report.CountsRepaired != 0 || report.Reconciled == 0 {
		t.Errorf("the full night found %+v", report)
	}
	issued := "select r.manifest || string_agg(p.content, '' order by p.chapter_id) from public.period_reports r join private.period_report_parts p on p.report_id = r.id group by r.id"
	if got, want := rows[string](t, restored, issued), rows[string](t, owner, issued); len(got) != 1 || got[0] != want[0] {
		t.Errorf("the issued report is %q, was %q", got, want)
	}
	login := rows[string](t, restored, "select u.id::text from auth.users u join public.profiles p on p.id = u.id where p.id <> '"+administrator+"' order by 1 limit 1")[0]
	exec(restored, "delete from auth.users where id = $1", login)
	if gone := rows[bool](t, restored, "select exists (select from public.erasures where person_id = '"+login+"')"); !gone[0] {
		t.Error("the trigger on auth.users is not there: a deleted user was not erased")
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"save"}, {"dump", "x"}, {"save", "x", "y"}} {
		if err := run(t.Context(), args, os.Getenv, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	for _, url := range []string{"", "postgresql://u:secret@h:x/", "host=127.0.0.1 password=secret"} {
		err := run(t.Context(), []string{"save", "x"}, func(string) string { return url }, io.Discard)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing.dump")
	if err := run(t.Context(), []string{"restore", missing}, func(string) string { return "" }, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
}

// Whoever restores before the migrations is told what comes first.
func TestRestoreBeforeMigrating(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), "drop schema private cascade"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "some.dump")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backup(t, db, "restore", file); err == nil || !strings.Contains(err.Error(), "make migrate") {
		t.Errorf("%v", err)
	}
}
