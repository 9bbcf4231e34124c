package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mentorpause/local/memberfile"
	"mentorpause/local/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestWrongCalls(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"-x", "f"}, {"a", "b"}} {
		if _, err := run(t.Context(), args, func(string) string { return "" }, console{}); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	path := filepath.Join(t.TempDir(), "people.csv")
	if _, err := run(t.Context(), []string{path}, func(string) string { return "" }, console{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
	if err := os.WriteFile(path, []byte("Navn\nKari\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), []string{path}, func(string) string { return "" }, console{}); err == nil || !strings.Contains(err.Error(), "-yes") {
		t.Errorf("without a terminal: %v", err)
	}
}

// An operator sees what would happen, and what did; the database has it from service_role.
func TestImport(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), `
		insert into public.chapters (name) select unnest($1::text[]);
		`, memberfile.Chapters); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "insert into public.certification_kinds (code) select unnest($1::text[])", memberfile.Kinds); err != nil {
		t.Fatal(err)
	}
	file, err := memberfile.Write(memberfile.Config{Rows: 30, Seed: 4, Dialect: memberfile.XLSX})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "people.xlsx")
	if err := os.WriteFile(path, file.Content, 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string {
		return map[string]string{"SUPABASE_DB_URL": db.URL("postgres")}[name]
	}
	call := func(args ...string) (string, bool) {
		t.Helper()
		var out bytes.Buffer
		complete, err := run(t.Context(), append(args, "-source", "hypersys", path), getenv, console{out: &out, err: &out})
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), complete
	}
	entered := func() (people, logged int) {
		t.Helper()
		err := owner.QueryRow(t.Context(), `select (select count(*) from public.external_ids where source = 'hypersys'),
			(select count(*) from public.people_log where command = 'import' and actor_id is null)`).Scan(&people, &logged)
		if err != nil {
			t.Fatal(err)
		}
		return people, logged
	}

	// Nobody is the coordinator that most rows name.
	said, complete := call("-dry-run")
	if complete || !strings.Contains(said, "nothing was written") || !strings.Contains(said, "coordinator_unknown (") || !strings.Contains(said, "Row ") {
		t.Errorf("%t %s", complete, said)
	}
	if people, _ := entered(); people != 0 {
		t.Errorf("a dry run entered %d", people)
	}
	if said, _ = call("-yes"); !strings.Contains(said, "Entered: ") {
		t.Error(said)
	}
	people, logged := entered()
	if people == 0 || people != logged {
		t.Errorf("%d people, %d rows of the log", people, logged)
	}
	if said, _ = call("-yes"); !strings.Contains(said, "Nothing to enter.") {
		t.Error(said)
	}
	// Numbers without a source, and a name twice, whose second row is left out.
	named := filepath.Join(t.TempDir(), "named.csv")
	if err := os.WriteFile(named, []byte("Navn;Medlemsnr\nKari Nordmann;\nKari Nordmann;\nOla Nordmann;17\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	complete, err = run(t.Context(), []string{"-dry-run", "-chapter", memberfile.Chapters[0], named}, getenv, console{out: &out, err: &out})
	if err != nil || complete || !strings.Contains(out.String(), "Row 3 has the name of a row further up.") || !strings.Contains(out.String(), "no source was given") {
		t.Errorf("%v %t %s", err, complete, out.String())
	}
	_, err = run(t.Context(), []string{"-dry-run", "-chapter", "Atlantis", path}, getenv, console{out: &bytes.Buffer{}})
	if err == nil || !strings.Contains(err.Error(), "Atlantis") {
		t.Errorf("an unknown chapter: %v", err)
	}
}
