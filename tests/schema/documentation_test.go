package schema_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/checkout"
	"mentorpause/local/testdb"
)

// docs/database.md names every RPC with its arguments, every rule that a trigger keeps,
// and every phase of the nightly run.
func TestThePageOnTheDatabaseIsComplete(t *testing.T) {
	t.Parallel()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "database.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	rows := func(query string) [][2]string {
		t.Helper()
		found, err := testdb.New(t).Connect(t, "postgres").Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (pair [2]string, err error) {
			return pair, row.Scan(&pair[0], &pair[1])
		})
		if err != nil || len(all) == 0 {
			t.Fatalf("%d rows, %v", len(all), err)
		}
		return all
	}

	for _, rpc := range rows(`select p.proname::text, coalesce(array_to_string(p.proargnames, ' '), '') from pg_proc p
		where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
			and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`) {
		row := regexp.MustCompile("(?m)^\\| `" + rpc[0] + "[`(].*$").FindString(page)
		for _, argument := range strings.Fields(rpc[1]) {
			if !regexp.MustCompile(`\b` + argument + ` \w`).MatchString(row) {
				t.Errorf("%s has no argument %s in its row %q", rpc[0], argument, row)
			}
		}
	}
	for _, raised := range rows(`select distinct r[1], p.proname::text from pg_proc p
			cross join lateral regexp_matches(p.prosrc, 'constraint = ''(\w+)''', 'g') r
		where p.pronamespace = 'private'::regnamespace and p.proname not like 'nightly%'`) {
		if !strings.Contains(page, "`"+raised[0]+"`") {
			t.Errorf("nothing about %s, which %s raises", raised[0], raised[1])
		}
	}
	for _, phase := range rows(`select r[1], '' from pg_constraint c
			cross join lateral regexp_matches(pg_get_constraintdef(c.oid), '''(\w+)''::text', 'g') r
		where c.conname = 'nightly_runs_phase_known'`) {
		if !strings.Contains(page, "`"+phase[0]+"`") {
			t.Errorf("nothing about the phase %s", phase[0])
		}
	}
}

// docs/operations.md says of every table what removes its rows, so that none grows without
// anybody knowing.
func TestThePageOnOperationsSaysWhatIsRemoved(t *testing.T) {
	t.Parallel()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(text), "| table | removed |\n| --- | --- |\n")
	list, _, ends := strings.Cut(list, "\n\n")
	if !found || !ends {
		t.Fatal("there is no list of what is removed")
	}
	named := map[string]int{}
	for row := range strings.Lines(list) {
		tables, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for table := range strings.SplitSeq(tables, ", ") {
			named[strings.Trim(table, "`")]++
		}
	}
	rows, err := testdb.New(t).Connect(t, "postgres").Query(t.Context(), `
		select case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('public', 'private') and c.relkind in ('r', 'p')
			and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if named[table] != 1 {
			t.Errorf("%s stands %d times in the list", table, named[table])
		}
		delete(named, table)
	}
	for table := range named {
		t.Errorf("%s is no table", table)
	}
}
