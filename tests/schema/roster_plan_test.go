package schema_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/local/testdb"
)

// plan is a node of a plan from auto_explain, with what it did.
type plan struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Rows     float64 `json:"Actual Rows"` // of each loop
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Hit      float64 `json:"Shared Hit Blocks"` // in all loops
	Plans    []plan
}

// walk calls visit with the node and everything executed below it.
func (p plan) walk(visit func(plan)) {
	if p.Loops == 0 {
		return
	}
	visit(p)
	for _, below := range p.Plans {
		below.walk(visit)
	}
}

// reads reports whether the node or one below it read rows of the relation.
func (p plan) reads(relation string) (found bool) {
	p.walk(func(node plan) { found = found || node.Relation == relation })
	return found
}

// explained is a statement within a call.
type explained struct {
	Query string `json:"Query Text"`
	Plan  plan
}

// TestRosterPlans checks how the server answers a roster: every table through an
// index, the page in the index's order without a sort, and with as many rows read
// in a chapter of 900 mentors as in one of 90.
func TestRosterPlans(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	sizes := []int{90, 900}
	exec("insert into public.profiles (id, display_name) select md5('coordinator of both')::uuid, 'Anne'")
	for _, size := range sizes {
		exec("insert into public.chapters (id, name) values (md5('chapter ' || $1::int)::uuid, 'Lag')", size)
		exec("insert into public.profiles (id, display_name) select md5('coordinator ' || $1::int)::uuid, 'Kari'", size)
		exec("insert into public.chapter_memberships (chapter_id, user_id, role) values (md5('chapter ' || $1::int)::uuid, md5('coordinator ' || $1::int)::uuid, 'coordinator')", size)
		exec("insert into public.chapter_memberships (chapter_id, user_id, role) values (md5('chapter ' || $1::int)::uuid, md5('coordinator of both')::uuid, 'coordinator')", size)
		exec("insert into public.profiles (id, display_name) select md5($1::int || ' ' || n)::uuid, 'Mentor ' || md5(n::text) from generate_series(1, $1::int) n", size)
		exec("insert into public.chapter_memberships (chapter_id, user_id, role) select md5('chapter ' || $1::int)::uuid, md5($1::int || ' ' || n)::uuid, 'mentor' from generate_series(1, $1::int) n", size)
		exec(`insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			select md5($1::int || ' ' || n)::uuid, 'kurs', private.today() - 700, private.today() - 5 + n % 40 from generate_series(1, $1::int) n`, size)
		exec(`insert into public.pause_records (mentor_id, status, pause_reason, expected_return_date)
			select md5($1::int || ' ' || n)::uuid, 'paused', 'Ferie', private.today() - 5 + n % 40 from generate_series(1, $1::int, 9) n`, size)
	}
	exec("select private.fold_roster_deltas(100000)")
	exec("vacuum analyze")

	admin := explaining(t, db)
	work := map[string][]float64{} // rows that were read, for each size
	for _, size := range sizes {
		coordinator := string(claims(text(t, owner, "select md5('coordinator ' || $1::int)::uuid::text", size)))
		middle := text(t, owner, `select e.display_name from private.roster_entries e where e.chapter_id = md5('chapter ' || $1::int)::uuid
			order by e.display_name offset $1::int / 3 limit 1`, size)
		both := string(claims(text(t, owner, "select md5('coordinator of both')::uuid::text")))
		for name, asked := range map[string]struct{ caller, call string }{
			"first page": {coordinator, "select private.coordinator_roster(null, null, null, 20, null)"},
			"first page of one of two chapters": {both,
				fmt.Sprintf("select private.coordinator_roster(md5('chapter %d')::uuid, null, null, 20, null)", size)},
			"page in the middle": {coordinator, fmt.Sprintf(`select private.coordinator_roster(null, null, null, 20, p || '.' || private.seal_cursor(p,
				jsonb_build_array(auth.uid(), null, null, null)::text, (select s.cursor_key from private.settings s)))
				from (select translate(encode(convert_to('["%s", "00000000-0000-0000-0000-000000000000"]', 'UTF8'), 'base64'), E'+/=\n', '-_') p) q`, middle)},
		} {
			statements := admin.explain(t, asked.caller, asked.call)
			var rows float64
			pages := 0
			for _, statement := range statements {
				isPage := strings.Contains(statement.Query, "roster_entries n")
				ordered := false
				statement.Plan.walk(func(node plan) {
					rows += (node.Rows + node.Removed) * node.Loops
					if node.Type == "Seq Scan" && node.Relation != "settings" { // it has one row
						t.Errorf("%s of %d: a sequential scan of %s in\n%.200s", name, size, node.Relation, statement.Query)
					}
					// Of a row's own chapters, PostgreSQL 16 shows the sort that 15 does inside of the aggregate.
					if isPage && strings.Contains(node.Type, "Sort") && node.reads("roster_entries") {
						t.Errorf("%s of %d: the page is sorted", name, size)
					}
					if node.Index == "roster_entries_in_order" && node.Rows == 21 {
						ordered = true
					}
				})
				if isPage {
					pages++
					if !ordered {
						t.Errorf("%s of %d: the page does not come from the index in its order", name, size)
					}
				}
			}
			if pages != 1 {
				t.Errorf("%s of %d: %d statements read the page, of %d", name, size, pages, len(statements))
			}
			work[name] = append(work[name], rows)
		}
	}
	for name, rows := range work {
		// The same except for those who happen to be paused on the page.
		if rows[0] == 0 || rows[1] > rows[0]*1.05 {
			t.Errorf("%s: %v rows looked at in chapters of %v", name, rows, sizes)
		}
	}
}

func text(t *testing.T, conn *pgx.Conn, sql string, args ...any) (value string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// explainer is a session in which the server reports the plan of each statement,
// including those within functions.
type explainer struct {
	conn  *pgx.Conn
	plans *[]explained
}

func explaining(t *testing.T, db *testdb.Database) explainer {
	t.Helper()
	config, err := pgx.ParseConfig(db.URL("supabase_admin"))
	if err != nil {
		t.Fatal(err)
	}
	var plans []explained
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		_, told, ok := strings.Cut(notice.Message, "plan:\n")
		if !ok {
			return
		}
		var statement explained
		if err := json.Unmarshal([]byte(told), &statement); err != nil {
			t.Errorf("%v in %s", err, told)
		}
		plans = append(plans, statement)
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	e := explainer{conn, &plans}
	for _, setting := range []string{
		"load 'auto_explain'", "set client_min_messages = log", "set auto_explain.log_format = json", "set auto_explain.log_analyze = on",
		"set auto_explain.log_buffers = on", "set auto_explain.log_timing = off",
		"set auto_explain.log_nested_statements = on", "set auto_explain.log_min_duration = 0",
	} {
		if _, err := conn.Exec(t.Context(), setting); err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
	}
	return e
}

// explain makes the call with these claims and returns the statements within it.
func (e explainer) explain(t *testing.T, claims, call string) []explained {
	t.Helper()
	if _, err := e.conn.Exec(t.Context(), "select set_config('request.jwt.claims', $1, false)", claims); err != nil {
		t.Fatal(err)
	}
	*e.plans = nil
	if _, err := e.conn.Exec(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	var inside []explained
	for _, statement := range *e.plans {
		if statement.Query != call {
			inside = append(inside, statement)
		}
	}
	return inside
}
