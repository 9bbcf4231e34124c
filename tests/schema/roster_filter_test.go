package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
)

// plainFilter lists the mentors of some chapters with a status and a part of the
// name straight from the tables, in the order of the screen.
const plainFilter = `
	select q.id::text
	from (
		select p.id, p.display_name,
			case
				when (select min(k.until) from (
					select max(coalesce(c.expires_on, 'infinity')) as until from public.certifications c
					where c.mentor_id = p.id and c.issued_on <= private.today() group by c.kind) k) < private.today() then 'expired_cert'
				when exists (select from public.pause_records r where r.mentor_id = p.id and r.status <> 'active' and r.paused_at is not null) then 'paused'
				else 'active' end as status
		from public.profiles p
		where exists (
			select from public.chapter_memberships m
			where m.user_id = p.id and m.role = 'mentor' and m.chapter_id = any ($1::uuid[]))
			and ($3::text = '' or position($3 in lower(translate(p.display_name, 'ØøÅå -', 'ooaa'))) > 0)
	) q
	where $2::text[] is null or q.status = any ($2)
	order by q.display_name collate "nb-x-icu", q.id`

// TestRosterFilters pages through every filter, in a large chapter, in a small
// one and in a hundred at once, and compares with a plain query.
func TestRosterFilters(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	// Chapter 0 has 1,500 mentors, chapter 1 has 120, and a hundred have six each,
	// of whom one is in the next chapter too. In chapter 0 few are paused and many
	// are expired, in chapter 1 it is the other way round.
	exec(`insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(0, 101) n`)
	exec(`create temporary table people as
		select md5('mentor ' || c || ' ' || n)::uuid as id, c as chapter, n,
			(array['Anne', 'Øyvind', 'Åse', 'Per', 'Zara'])[1 + abs(hashtext(c || 'a' || n)) % 5] || ' ' ||
			(array['Hansen', 'Ødegård', 'Lie', 'Berg-Moe'])[1 + abs(hashtext(c || 'b' || n)) % 4] ||
			case when n % 400 = 7 then ' Quist' else '' end as name
		from generate_series(0, 101) c, generate_series(1, case c when 0 then 1500 when 1 then 120 else 6 end) n`)
	exec(`insert into public.profiles (id, display_name) select id, name from people`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role) select md5('chapter ' || chapter)::uuid, id, 'mentor' from people`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role)
		select md5('chapter ' || chapter + 1)::uuid, id, 'mentor' from people where chapter between 2 and 100 and n = 1`)
	exec(`insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		select id, 'kurs', private.today() - 900, private.today() + case when expired then -3 else 90 end
		from (select p.*, case chapter when 0 then n % 2 = 0 when 1 then n = 60 else n = 3 end as expired from people p) p where n % 7 > 0`)
	exec(`insert into public.pause_records (mentor_id, status) select id, 'paused' from people
		where case chapter when 0 then n % 300 < 2 when 1 then n > 2 else n in (1, 3) end`)
	exec(`insert into public.profiles (id, display_name) select md5('caller ' || n)::uuid, 'Kari' from generate_series(0, 2) n`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role)
		select md5('chapter ' || c)::uuid, md5('caller ' || least(c, 2))::uuid, 'coordinator' from generate_series(0, 101) c`)

	session := db.Connect(t, "postgres")
	statuses := [][]string{nil, {"active"}, {"paused"}, {"expired_cert"}, {"active", "paused"}, {"active", "expired_cert"}, {"paused", "expired_cert"}}
	searches := []string{"", "anne", "oyvind", "ode", "quist", "e", "q", "ist", "ase berg moe", "no such name"}
	for caller := range 3 {
		var user string
		var chapters []string
		if err := owner.QueryRow(t.Context(), `select m.user_id::text, array_agg(m.chapter_id::text)
			from public.chapter_memberships m where m.user_id = md5('caller ' || $1::int)::uuid group by 1`, caller).Scan(&user, &chapters); err != nil {
			t.Fatal(err)
		}
		if _, err := session.Exec(t.Context(), "select set_config('request.jwt.claims', $1, false)", string(claims(user))); err != nil {
			t.Fatal(err)
		}
		for _, status := range statuses {
			for _, search := range searches {
				name := fmt.Sprintf("%d chapters, status %v, search %q", len(chapters), status, search)
				rows, err := owner.Query(t.Context(), plainFilter, chapters, status, strings.ReplaceAll(search, " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				want, err := pgx.CollectRows(rows, pgx.RowTo[string])
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				var cursor *string
				for limit := 40; ; limit = 200 {
					var text string
					if err := session.QueryRow(t.Context(), "select private.coordinator_roster(null, $1, $2, $3, $4)", status, search, limit, cursor).Scan(&text); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					var page struct {
						Mentors []struct {
							ID string `json:"mentor_id"`
						}
						Cursor *string `json:"next_cursor"`
					}
					if err := json.Unmarshal([]byte(text), &page); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					for _, mentor := range page.Mentors {
						got = append(got, mentor.ID)
					}
					if cursor = page.Cursor; cursor == nil {
						break
					}
					if len(page.Mentors) != limit {
						t.Fatalf("%s: a page of %d of %d, and another one after it", name, len(page.Mentors), limit)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d mentors, want %d\n%s", name, len(got), len(want), cmp.Diff(want[:min(len(want), 100)], got[:min(len(got), 100)]))
				}
			}
		}
	}
}

// TestASearchWithAStatusReadsTheLists asks the server how it answers a part of a name that
// many have, none of whom has the status: by the lists' index alone, not by looking up
// those who have the name, nor those who have the status.
func TestASearchWithAStatusReadsTheLists(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	// A quarter are called Siri; of the others a fifth are paused and a third expired. In
	// the second chapter the first half by name are expired. In the third a tenth are called
	// Siri, of whom nobody is expired, and of the others a third.
	for _, chapter := range []string{"apart", "behind", "tenth"} {
		exec("insert into public.chapters (id, name) values (md5($1)::uuid, 'Lag')", chapter)
		exec("insert into public.profiles (id, display_name) values (md5('caller ' || $1)::uuid, 'Kari')", chapter)
		exec("insert into public.chapter_memberships (chapter_id, user_id, role) values (md5($1)::uuid, md5('caller ' || $1)::uuid, 'coordinator')", chapter)
		exec(`insert into public.profiles (id, display_name)
			select md5($1 || n)::uuid, case when $1 = 'tenth' and n % 10 <> 2 then 'Anne' when $1 = 'tenth' then 'Siri'
				else (array['Anne', 'Bjørn', 'Siri', 'Åse'])[1 + n % 4] end || ' ' || n from generate_series(1, 2000) n`, chapter)
		exec("insert into public.chapter_memberships (chapter_id, user_id, role) select md5($1)::uuid, md5($1 || n)::uuid, 'mentor' from generate_series(1, 2000) n", chapter)
	}
	exec(`insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		select md5('apart' || n)::uuid, 'kurs', private.today() - 700, private.today() + case when n % 4 <> 2 and n % 3 = 0 then -5 else 90 end from generate_series(1, 2000) n
		union all
		select md5('behind' || n)::uuid, 'kurs', private.today() - 700, private.today() + case when n % 4 < 2 then -5 else 90 end from generate_series(1, 2000) n
		union all
		select md5('tenth' || n)::uuid, 'kurs', private.today() - 700, private.today() + case when n % 10 <> 2 and n % 3 = 0 then -5 else 90 end from generate_series(1, 2000) n`)
	exec("insert into public.pause_records (mentor_id, status) select md5('apart' || n)::uuid, 'paused' from generate_series(1, 2000) n where n % 4 <> 2 and n % 5 = 0")
	exec("select private.fold_roster_deltas(100000)")
	exec("vacuum analyze")

	admin := explaining(t, db)
	for name, asked := range map[string]struct{ chapter, status, search string }{
		"none paused":             {"apart", "paused", "siri"},
		"none expired":            {"apart", "expired_cert", "siri"},
		"none active":             {"behind", "active", "anne"},
		"active behind expired":   {"behind", "active", "i"},
		"expired before active":   {"behind", "expired_cert", "siri"},
		"expired by all letters":  {"behind", "expired_cert", "n"},
		"nobody":                  {"apart", "active,paused,expired_cert", "xyzzy"},
		"a common name, sorted":   {"apart", "expired_cert", "anne"},
		"none of a tenth expired": {"tenth", "expired_cert", "siri"},
		"a tenth, all active":     {"tenth", "active", "siri"},
	} {
		caller := string(claims(text(t, owner, "select md5('caller ' || $1)::uuid::text", asked.chapter)))
		var rows, passed float64
		for _, statement := range admin.explain(t, caller, fmt.Sprintf("select private.coordinator_roster(null, '{%s}', '%s', 50, null)", asked.status, asked.search)) {
			statement.Plan.walk(func(node plan) {
				switch node.Type {
				case "Index Only Scan":
					passed += (node.Rows + node.Removed) * node.Loops
				case "Index Scan", "Bitmap Heap Scan", "Sort":
					rows += (node.Rows + node.Removed) * node.Loops
				case "Seq Scan":
					if node.Relation != "settings" {
						t.Errorf("%s: a sequential scan of %s", name, node.Relation)
					}
				}
			})
		}
		// The page itself looks up some hundreds, the first few by walking 160, and sorts.
		if rows > 900 {
			t.Errorf("%s: %v rows of tables looked at or sorted", name, rows)
		}
		// Half of the 2,000 are certified; the others need not be passed over.
		if name == "none active" && passed > 1500 {
			t.Errorf("%s: %v entries of the lists passed over", name, passed)
		}
		// Nine tenths come before them by name.
		if name == "a tenth, all active" && passed > 500 {
			t.Errorf("%s: %v entries of the lists passed over", name, passed)
		}
	}
}

// TestFiltersReadWhatTheyFind asks the server how it answers filters that few
// meet: in a chapter of 3,000 by reading as many rows as in one of 300.
func TestFiltersReadWhatTheyFind(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	sizes := []int{300, 3000}
	for _, size := range sizes {
		// One is paused and one expired; of a second chapter all but one are paused.
		for nth := range 2 {
			exec(`insert into public.chapters (id, name) values (md5('chapter ' || $1::int || ' ' || $2::int)::uuid, 'Lag')`, size, nth)
			exec(`insert into public.profiles (id, display_name) select md5('caller ' || $1::int || ' ' || $2::int)::uuid, 'Kari'`, size, nth)
			exec(`insert into public.chapter_memberships (chapter_id, user_id, role)
				values (md5('chapter ' || $1::int || ' ' || $2::int)::uuid, md5('caller ' || $1::int || ' ' || $2::int)::uuid, 'coordinator')`, size, nth)
			exec(`insert into public.profiles (id, display_name)
				select md5($1::int || ' ' || $2::int || ' ' || n)::uuid, 'Mentor ' || translate(md5(n::text), '0123456789', 'ghijklmnop') || case when n = 7 then ' Qvist' else '' end
				from generate_series(1, $1::int) n`, size, nth)
			exec(`insert into public.chapter_memberships (chapter_id, user_id, role)
				select md5('chapter ' || $1::int || ' ' || $2::int)::uuid, md5($1::int || ' ' || $2::int || ' ' || n)::uuid, 'mentor' from generate_series(1, $1::int) n`, size, nth)
			exec(`insert into public.certifications (mentor_id, kind, issued_on, expires_on)
				select md5($1::int || ' ' || $2::int || ' ' || n)::uuid, 'kurs', private.today() - 700, private.today() + case when n = 9 then -5 else 90 end
				from generate_series(1, $1::int) n`, size, nth)
			exec(`insert into public.pause_records (mentor_id, status)
				select md5($1::int || ' ' || $2::int || ' ' || n)::uuid, 'paused' from generate_series(1, $1::int) n where (n = 150) <> ($2::int = 1)`, size, nth)
		}
	}
	exec("select private.fold_roster_deltas(100000)")
	exec("vacuum analyze")

	admin := explaining(t, db)
	for name, asked := range map[string]struct {
		nth  int
		call string
	}{
		"one paused":                   {0, "select private.coordinator_roster(null, '{paused}', null, 50, null)"},
		"one expired":                  {0, "select private.coordinator_roster(null, '{expired_cert}', null, 50, null)"},
		"one paused and one expired":   {0, "select private.coordinator_roster(null, '{paused,expired_cert}', null, 50, null)"},
		"one active":                   {1, "select private.coordinator_roster(null, '{active}', null, 50, null)"},
		"one name":                     {0, "select private.coordinator_roster(null, null, 'qvist', 50, null)"},
		"one letter":                   {0, "select private.coordinator_roster(null, null, 'q', 50, null)"},
		"an unknown name":              {0, "select private.coordinator_roster(null, null, 'xyzzy', 50, null)"},
		"an unknown letter":            {0, "select private.coordinator_roster(null, null, 'å', 50, null)"},
		"an unknown name of the rare":  {0, "select private.coordinator_roster(null, '{paused}', 'xyzzy', 50, null)"},
		"an unknown name of the many":  {0, "select private.coordinator_roster(null, '{active}', 'xyzzy', 50, null)"},
		"a common name of the rare":    {0, "select private.coordinator_roster(null, '{expired_cert}', 'mentor', 50, null)"},
		"a common name of the many":    {0, "select private.coordinator_roster(null, '{active}', 'mentor', 50, null)"},
		"a name of one of two paused":  {1, "select private.coordinator_roster(null, '{paused}', 'qvist', 50, null)"},
		"the active of a chapter":      {0, "select private.coordinator_roster(null, '{active}', null, 50, null)"},
		"the paused of a quiet office": {1, "select private.coordinator_roster(null, '{paused}', null, 50, null)"},
	} {
		work := map[int]float64{}
		for _, size := range sizes {
			caller := string(claims(text(t, owner, "select md5('caller ' || $1::int || ' ' || $2::int)::uuid::text", size, asked.nth)))
			var rows float64
			for _, statement := range admin.explain(t, caller, asked.call) {
				statement.Plan.walk(func(node plan) {
					rows += (node.Rows + node.Removed) * node.Loops
					if node.Type == "Seq Scan" && node.Relation != "settings" {
						t.Errorf("%s of %d: a sequential scan of %s in\n%.200s", name, size, node.Relation, statement.Query)
					}
				})
			}
			work[size] = rows
		}
		if work[300] == 0 || work[3000] > work[300]*1.2+20 {
			t.Errorf("%s: %v rows looked at in chapters of these sizes", name, work)
		}
	}
}

// TestNobodysMentorsAreNotLookedUp asks the server how it finds a coordinator's own mentors:
// in the lists, which name those responsible. Only where these are too many to be named is
// somebody looked up.
func TestNobodysMentorsAreNotLookedUp(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	for _, sql := range []string{
		"insert into public.chapters (id, name) values (md5('chapter')::uuid, 'Lag')",
		"insert into public.profiles (id, display_name) select md5('caller ' || n)::uuid, 'Kari' from generate_series(0, 40) n",
		`insert into public.chapter_memberships (chapter_id, user_id, role)
			select md5('chapter')::uuid, md5('caller ' || n)::uuid, 'coordinator' from generate_series(0, 40) n`,
		"insert into public.profiles (id, display_name) select md5('mentor ' || n)::uuid, 'Mentor ' || n from generate_series(1, 900) n",
		"insert into public.chapter_memberships (chapter_id, user_id, role) select md5('chapter')::uuid, md5('mentor ' || n)::uuid, 'mentor' from generate_series(1, 900) n",
		"insert into public.leave_requests (mentor_id, kind) select md5('mentor ' || n)::uuid, 'pause' from generate_series(1, 900, 5) n",
		"insert into public.pause_records (mentor_id, status, expected_return_date) select md5('mentor ' || n)::uuid, 'paused', private.today() - 3 from generate_series(1, 900, 10) n",
		// Most of the last by name; one is everybody's.
		`insert into public.coordinator_assignments (mentor_id, coordinator_id)
			select md5('mentor ' || n)::uuid, md5('caller 0')::uuid from generate_series(300, 900) n
			union all
			select md5('mentor 900')::uuid, md5('caller ' || n)::uuid from generate_series(1, 40) n`,
		"select private.fold_roster_deltas(100000)",
		"vacuum analyze",
	} {
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	admin := explaining(t, db)
	for name, asked := range map[string]struct {
		call, caller string
		looks        int
	}{
		"mine":                  {"null, null, null, null, null, true", "caller 0", 1},
		"mine and overdue":      {"null, null, null, null, null, true, '{overdue}'", "caller 0", 1},
		"mine with requests":    {"null, null, null, null, null, true, '{requests}'", "caller 0", 1},
		"mine by name":          {"null, null, 'mentor', null, null, true", "caller 0", 1},
		"mine, of one of many":  {"null, null, null, null, null, true", "caller 7", 1},
		"not mine, but overdue": {"null, null, null, null, null, null, '{overdue}'", "caller 0", 0},
	} {
		caller := string(claims(text(t, owner, "select md5($1)::uuid::text", asked.caller)))
		looks := 0
		for _, statement := range admin.explain(t, caller, "select private.coordinator_roster("+asked.call+")") {
			if strings.Contains(statement.Query, "e.coordinators @>") {
				looks++
			}
		}
		if looks > asked.looks {
			t.Errorf("%s: %d mentors looked up", name, looks)
		}
	}
}
