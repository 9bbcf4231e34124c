package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mentorpause/local/testdb"
)

// copyProject returns a copy of the project's folder supabase.
func copyProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../supabase")); err != nil {
		t.Fatal(err)
	}
	return dir
}

var tomorrow = time.Date(2099, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))

const tomorrowsVersion = "20990102020405" // in UTC

func contents(t *testing.T, dir, name string) (migration, rollback string) {
	t.Helper()
	var texts [2]string
	for i, folder := range []string{"migrations", "rollbacks"} {
		text, err := os.ReadFile(filepath.Join(dir, folder, tomorrowsVersion+"_"+name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return texts[0], texts[1]
}

func TestNewMigration(t *testing.T) {
	t.Parallel()

	t.Run("is a pair of files to be written", func(t *testing.T) {
		t.Parallel()
		dir := copyProject(t)
		var out strings.Builder
		if err := newMigration(dir, "add_groups", nil, tomorrow, &out); err != nil {
			t.Fatal(err)
		}
		up, down := contents(t, dir, "add_groups")
		if !strings.HasPrefix(up, "-- ") || !strings.HasPrefix(down, "-- ") {
			t.Errorf("got %q and %q", up, down)
		}
		if strings.Count(out.String(), tomorrowsVersion+"_add_groups.sql\n") != 2 {
			t.Errorf("it printed %q", out.String())
		}
	})

	t.Run("has what it replaces as it is now, in the house's style", func(t *testing.T) {
		t.Parallel()
		dir := copyProject(t)
		if err := newMigration(dir, "change_refusals", []string{"private.refusals", "public.mentor_status_on"}, tomorrow, io.Discard); err != nil {
			t.Fatal(err)
		}
		up, down := contents(t, dir, "change_refusals")
		for _, want := range []string{
			"create or replace function private.refusals()",
			"('not_paused', 409, 'The mentor is not paused.')",
			"comment on function private.refusals() is 'The codes",
			"revoke all on function private.refusals() from public;",
			"create or replace function public.mentor_status_on (",
			"grant execute on function public.mentor_status_on(uuid, date, timestamp with time zone) to authenticated;",
		} {
			for file, text := range map[string]string{"migration": up, "rollback": down} {
				if !strings.Contains(text, want) {
					t.Errorf("the %s has no %q:\n%s", file, want, text)
				}
			}
		}
	})

	t.Run("changes nothing until it is edited", func(t *testing.T) {
		t.Parallel()
		dir := copyProject(t)
		var objects []string
		for _, kind := range []string{"private/functions", "public/functions", "public/views"} {
			files, err := filepath.Glob(filepath.Join(dir, schemaFolder, kind, "*.sql"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: %v, %v", kind, files, err)
			}
			for _, path := range files {
				objects = append(objects, filepath.Dir(kind)+"."+strings.TrimSuffix(filepath.Base(path), ".sql"))
			}
		}
		if err := newMigration(dir, "replace_everything", objects, tomorrow, io.Discard); err != nil {
			t.Fatal(err)
		}
		up, down := contents(t, dir, "replace_everything")

		conn := testdb.New(t).Connect(t, "postgres")
		definitions := func() (text string) {
			t.Helper()
			if err := conn.QueryRow(t.Context(), `
				select string_agg(line, chr(10) order by line) from (
					select pg_get_functiondef(p.oid) || p.proacl::text || obj_description(p.oid, 'pg_proc')
					from pg_proc p where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
					union all
					select pg_get_viewdef(c.oid) || c.relacl::text || c.reloptions::text || obj_description(c.oid, 'pg_class')
					from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
				) definitions (line)`).Scan(&text); err != nil {
				t.Fatal(err)
			}
			return text
		}
		before := definitions()
		for _, sql := range []string{up, down} {
			if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
				t.Fatal(err)
			}
			if definitions() != before {
				t.Error("the copied text is not what the database has")
			}
		}
	})
}

func TestNewMigrationIsRefused(t *testing.T) {
	t.Parallel()
	dir := copyProject(t)
	before := listing(t, dir)
	for _, test := range []struct {
		name    string
		file    string
		objects []string
		now     time.Time
		says    string
	}{
		{"without a noun", "roster", nil, tomorrow, "<verb>_<noun>"},
		{"with capitals", "Change_roster", nil, tomorrow, "<verb>_<noun>"},
		{"out of its folder", "../change_roster", nil, tomorrow, "<verb>_<noun>"},
		{"under the name of another", "create_roster", nil, tomorrow, "create_roster.sql has this name already"},
		{"before the newest", "change_roster", nil, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "is not before 20200101000000"},
		{"for an unknown object", "change_roster", []string{"private.refuse", "private.coordinators_roster"}, tomorrow, "private.coordinators_roster"},
		{"for a table", "change_roster", []string{"public.profiles"}, tomorrow, "only these can be replaced"},
		{"for another schema", "change_roster", []string{"auth.users"}, tomorrow, "public.<name> or private.<name>"},
		{"for a path", "change_roster", []string{"private.../functions/refuse"}, tomorrow, "public.<name> or private.<name>"},
	} {
		err := newMigration(dir, test.file, test.objects, test.now, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %q in it", test.name, err, test.says)
		}
	}
	if after := listing(t, dir); after != before {
		t.Errorf("files after the refusals:\n%s", after)
	}
	if err := newMigration(t.TempDir(), "change_roster", nil, tomorrow, io.Discard); err == nil || !strings.Contains(err.Error(), "root folder") {
		t.Errorf("elsewhere: error %v", err)
	}
}

func listing(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(files, "\n")
}
