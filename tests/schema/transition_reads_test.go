package schema_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
)

// A transition reads as many rows when much has been stored as when little has: answers
// given before, history, colleagues, whatever waits to be counted. It is what keeps an
// organisation's ten thousandth pause as quick as its tenth. Rows are counted, not
// milliseconds.
func TestATransitionReadsAsMuchHoweverMuchIsStored(t *testing.T) {
	t.Parallel()
	little, much := rowsReadByTransitions(t, 20), rowsReadByTransitions(t, 2000)
	for name, rows := range little {
		if much[name] > rows+8 { // an index may be a level deeper, a page of it may hold dead rows
			t.Errorf("%s: %d rows read with 2,000 of everything, %d with 20", name, much[name], rows)
		}
	}
}

// rowsReadByTransitions returns how many rows, of tables and of indexes, a pause and a
// return read when there are so many other mentors, each with a history, and so many
// stored answers. The requests are of those that also prune.
func rowsReadByTransitions(t *testing.T, stored int) map[string]int {
	t.Helper()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	for _, sql := range []string{
		"insert into public.chapters (id, name) values (md5('chapter')::uuid, 'Bergen')",
		"insert into public.profiles (id, display_name) values (md5('coordinator')::uuid, 'Kari')",
		"insert into public.profiles (id, display_name) select md5(n::text)::uuid, 'Mentor ' || n from generate_series(1, $1::int) n",
		"insert into public.chapter_memberships (chapter_id, user_id, role) values (md5('chapter')::uuid, md5('coordinator')::uuid, 'coordinator')",
		"insert into public.chapter_memberships (chapter_id, user_id, role) select md5('chapter')::uuid, md5(n::text)::uuid, 'mentor' from generate_series(1, $1::int) n",
		"insert into public.certifications (mentor_id, kind, issued_on, expires_on) select md5(n::text)::uuid, 'kurs', private.today() - 10, private.today() + 500 from generate_series(1, $1::int) n",
		"insert into public.pause_records (mentor_id, status, pause_reason) select md5(n::text)::uuid, 'paused', 'Ferie' from generate_series(1, $1::int) n",
		"update public.pause_records set status = 'active'",
		`insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
			select md5('coordinator')::uuid, gen_random_uuid(), sha256(''), md5(n::text)::uuid, '{}' from generate_series(1, $1::int) n`,
		"select private.fold_roster_deltas(100000)",
	} {
		arguments := []any{}
		if strings.Contains(sql, "$1") {
			arguments = append(arguments, stored)
		}
		if _, err := owner.Exec(t.Context(), sql, arguments...); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	if _, err := owner.Exec(t.Context(), "vacuum analyze"); err != nil {
		t.Fatal(err)
	}

	coordinator := text(t, owner, "select md5('coordinator')::uuid::text")
	mentor := text(t, owner, "select md5('7')::uuid::text")
	const pruningKey = "select i::text from (select gen_random_uuid() as i from generate_series(1, 10000)) c where uuid_hash(i) & 63 = 0 limit 1"
	reading := map[string]int{}
	session := db.Connect(t, "postgres")
	// In this order each time: the first of a session reads some rows more than the second.
	for _, transition := range [][2]string{
		{"pause", "select private.pause_mentor($1, 'Eksamen', null, null, $2), private.reactivate_mentor($1, null, gen_random_uuid())"},
		{"return", "select private.pause_mentor($1, 'Eksamen', null, null, gen_random_uuid()), private.reactivate_mentor($1, null, $2)"},
	} {
		name, call := transition[0], transition[1]
		tx, err := session.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "select set_config('request.jwt.claims', $1, true)", string(claims(coordinator))); err != nil {
			t.Fatal(err)
		}
		// The server's counters of a transaction go on over those before it that the session
		// has not reported yet, which it does at most once a second.
		before := rowsRead(t, tx)
		if _, err := tx.Exec(t.Context(), call, mentor, text(t, owner, pruningKey)); err != nil {
			t.Fatal(err)
		}
		reading[name] = rowsRead(t, tx) - before
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if reading[name] == 0 {
			t.Fatalf("%s read nothing", name)
		}
	}
	return reading
}

// rowsRead returns how many rows of our tables and indexes the session has read and not
// reported yet.
func rowsRead(t *testing.T, tx pgx.Tx) (rows int) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), `select sum(pg_stat_get_xact_tuples_returned(c.oid))::int
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('public', 'private') and c.relkind in ('r', 'i')`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
