package schema_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Nothing impossible is entered, whoever enters it: each column for a date, a time or a
// text of every table in which people's facts are kept refuses what is none. The columns
// are found in the catalogue, so that a new one has to have its rule.
func TestNothingImpossibleIsEntered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor := w.mentor(t)
	w.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", mentor, w.coordinators[0])
	w.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", w.coordinators[0])
	w.exec(t, "insert into public.contacts (person_id) values ($1)", mentor)
	w.exec(t, "insert into public.external_ids values ('kilde', '17', $1)", mentor)
	w.exec(t, "insert into public.planned_pauses (mentor_id, starts_on, pause_reason) values ($1, private.today() + 30, 'Reise')", w.mentor(t))
	w.exec(t, "insert into public.leave_requests (mentor_id, kind, starts_on, reason) values ($1, 'pause', private.today() + 30, 'Reise')", w.mentor(t))
	if _, code := w.pause(t.Context(), w.coordinators[0], mentor, "Ferie", nil); code != "" {
		t.Fatal(code)
	}
	impossible := map[string][]string{
		"date":                     {"infinity", "-infinity", "1899-12-31", "10000-01-01", "20206-05-01"},
		"timestamp with time zone": {"infinity", "-infinity", "1899-12-31 22:00+00", "10000-01-01 00:00+00"},
		"text":                     {"", " ", "\u00a0\t", "\u200b\u2060", "\u00ad", "\ufeff\u3164"},
	}
	rows, err := w.owner.Query(t.Context(), `
		select c.table_name::text, c.column_name::text, c.data_type::text from information_schema.columns c
		where c.table_schema = 'public'
			and c.table_name in ('profiles', 'chapters', 'chapter_memberships', 'certifications', 'coordinator_assignments', 'pause_records',
				'organisation_administrators', 'certification_kinds', 'contacts', 'external_ids', 'planned_pauses', 'leave_requests')
			and c.data_type in ('date', 'timestamp with time zone', 'text')
			-- The database writes these itself, or has a list of what they may be.
			and c.column_name not in ('created_at', 'updated_at', 'locale', 'role', 'status', 'match_key', 'certification_kind', 'open_since')
			-- Of a kind the code is fixed, and its successor is one of the others.
			and (c.table_name, c.column_name) not in (('certification_kinds', 'code'), ('certification_kinds', 'replaced_by'))
			-- A request is one of three kinds, and in one of five states.
			and (c.table_name, c.column_name) not in (('leave_requests', 'kind'), ('leave_requests', 'state'))
		order by 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	type column struct{ table, name, kind string }
	columns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c column, err error) {
		return c, row.Scan(&c.table, &c.name, &c.kind)
	})
	if err != nil || len(columns) < 12 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	attempt := func(sql string, args ...any) (code, table string) {
		t.Helper()
		tx, err := w.owner.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.WithoutCancel(t.Context()))
		tag, err := tx.Exec(t.Context(), sql, args...)
		if err == nil && tag.RowsAffected() == 0 {
			t.Fatalf("%s: there is no row", sql)
		}
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
			table = pgErr.TableName
		}
		return codeOf(err), table
	}
	for _, c := range columns {
		set := fmt.Sprintf("update public.%s set %s = $1::text::%s", c.table, c.name, c.kind)
		if c.name == "reactivated_at" {
			set += ", status = 'active'"
		}
		if c.table == "leave_requests" && slices.Contains([]string{"message", "answered_at"}, c.name) {
			set += ", state = 'declined'" // only what is answered has one
			if c.name == "message" {
				set += ", answered_at = now()"
			}
		}
		for _, value := range impossible[c.kind] {
			// A certification can't be prolonged, not even for ever: that is another rule.
			code, table := attempt(set, value)
			// Its own table refuses it, not one that something is copied to; a kind is made first.
			own := c.table
			if c.table == "certifications" && c.name == "kind" {
				own = "certification_kinds"
			}
			if (code != "23514" || table != own) && !(c.table == "certifications" && c.name == "expires_on" && code == "23001") {
				t.Errorf("%s.%s takes %q (%s, by %q)", c.table, c.name, value, code, table)
			}
		}
	}

	for _, asOf := range impossible["date"] {
		_, err := w.owner.Exec(t.Context(), "select public.nightly_begin($1::text::date, false, gen_random_uuid())", asOf)
		if code := codeOf(err); code != "invalid_request" {
			t.Errorf("a nightly run as of %s: %q", asOf, code)
		}
	}

	tomorrow := "now() + interval '1 day'"
	for what, sql := range map[string]string{
		"a pause that begins in the future": "insert into public.pause_records (mentor_id, status, paused_at) select id, 'paused', " + tomorrow + " from public.profiles where id not in (select mentor_id from public.pause_records) limit 1",
		"a pause that ends in the future":   "update public.pause_records set status = 'active', reactivated_at = " + tomorrow,
		"a pause that ends before it began": "update public.pause_records set status = 'active', reactivated_at = paused_at - interval '1 second'",
		"a membership that ends before":     "update public.chapter_memberships set ended_at = started_at - interval '1 second'",
		"an assignment that ends before":    "update public.coordinator_assignments set ended_at = started_at - interval '1 second'",
		"a plan that ends before":           "update public.planned_pauses set expected_return_date = starts_on",
		"a request that ends before":        "update public.leave_requests set expected_return_date = starts_on",
		"a record of a year without end":    "insert into public.pause_records (mentor_id, status, created_at) select id, 'expired_cert', '-infinity' from public.profiles where id not in (select mentor_id from public.pause_records) limit 1",
		"a message that was never read":     "insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body, read_at) values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'mentor_paused', 'Pause', '', 'infinity')",
		"a reminder of no date":             "insert into public.notifications (mentor_id, audience, kind, reminder, reference_on) values (gen_random_uuid(), 'mentor', 'return_due', 'return_today', 'infinity')",
		"a change from no day on":           "insert into public.pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on) values (gen_random_uuid(), gen_random_uuid(), 'active', 'paused', 'system', 1, '-infinity')",
		"a certification that ends before":  "insert into public.certifications (mentor_id, kind, issued_on, expires_on) select id, 'kurs', '2026-02-01', '2026-01-31' from public.profiles limit 1",
	} {
		if code, _ := attempt(sql); code != "23514" {
			t.Errorf("%s is entered (%s)", what, code)
		}
	}
	for what, sql := range map[string]string{
		"a membership with a known last day": "update public.chapter_memberships set ended_at = " + tomorrow,
		"an assignment that was yesterday's": "update public.coordinator_assignments set started_at = now() - interval '2 days', ended_at = now() - interval '1 day'",
		"a name of one letter":               "update public.profiles set display_name = 'Å'",
		"a name in another script":           "update public.profiles set display_name = '王'",
	} {
		if code, _ := attempt(sql); code != "" {
			t.Errorf("%s is refused (%s)", what, code)
		}
	}
}

// Deleting a user succeeds whatever else is going on: it waits for nobody while it holds
// what they want, so that no circle forms.
func TestErasingFormsNoCircle(t *testing.T) {
	t.Parallel()
	const rounds = 25
	w := newWorld(t)
	conns := map[string]*pgx.Conn{}
	for _, name := range []string{"memberships", "assignments", "names", "certifications"} {
		conns[name] = w.db.Connect(t, "postgres")
	}
	auth, night := w.db.Connect(t, "supabase_auth_admin"), w.db.Connect(t, "postgres")
	for range rounds {
		leaver := w.person(t, "Kari Slutter")
		w.join(t, leaver, w.chapter, "coordinator")
		w.exec(t, "insert into auth.users (id) values ($1)", leaver)
		mentors := []string{w.mentor(t), w.mentor(t), w.mentor(t)}
		everybody := append([]string{leaver}, mentors...)
		for _, mentor := range mentors[:2] {
			w.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", mentor, leaver)
		}
		var all sync.WaitGroup
		run := func(what string, conn *pgx.Conn, allowed string, sql string, args ...any) {
			all.Go(func() {
				if _, err := conn.Exec(t.Context(), sql, args...); err != nil && codeOf(err) != allowed {
					t.Errorf("%s: %v", what, err)
				}
			})
		}
		run("delete the user", auth, "", "delete from auth.users where id = $1", leaver)
		run("end memberships", conns["memberships"], "23001", "update public.chapter_memberships set ended_at = now() where user_id = any ($1) and ended_at is null", everybody)
		run("assign", conns["assignments"], "23001", "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", mentors[2], leaver)
		run("rename", conns["names"], "23001", "update public.profiles set display_name = display_name || ' igjen' where id = any ($1)", mentors)
		run("certify", conns["certifications"], "", "insert into public.certifications (mentor_id, kind, issued_on) select u, 'politiattest', '2026-01-01' from unnest($1::uuid[]) u", mentors)
		run("the night", night, "", "select private.judge_mentors($1::uuid[], private.today() - 1, private.today())", mentors)
		all.Go(func() { w.pause(t.Context(), w.coordinators[0], mentors[0], "Ferie", nil) })
		all.Wait()

		var wrong int
		err := w.owner.QueryRow(t.Context(), `select
			(select count(*) from private.find_roster_differences($1::uuid[]))
			+ (select count(*) from private.find_log_discrepancies($1::uuid[]))
			+ (select count(*) from public.chapter_memberships m where m.user_id = $2 and m.ended_at is null)
			+ (select count(*) from public.coordinator_assignments a where a.coordinator_id = $2 and a.ended_at is null)
			+ (select 1 - count(*) from public.erasures e where e.person_id = $2)`, mentors, leaver).Scan(&wrong)
		if err != nil {
			t.Fatal(err)
		}
		if wrong != 0 {
			t.Fatalf("%d things are wrong after a round", wrong)
		}
	}
}

// Erased is final: no role brings the person back, and a login that is made under the
// id later is told nothing.
func TestErasedIsFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	administrator, mentor := w.person(t, "Anne Administrator"), w.mentor(t)
	w.join(t, administrator, w.chapter, "administrator")
	w.exec(t, "insert into auth.users (id, email) values ($1, 'hemmelig@example.org')", mentor)
	if _, code := w.pause(t.Context(), administrator, mentor, "Sykdom", nil); code != "" {
		t.Fatal(code)
	}
	erase := func(key string) string {
		return codeOf(w.db.As(t, map[string]any{"sub": administrator, "role": "authenticated"}, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "select public.erase_person($1, $2)", mentor, key)
			return err
		}))
	}
	key := uuid.NewString()
	for range 2 { // repeated, it changes nothing
		if code := erase(key); code != "" {
			t.Fatal(code)
		}
	}
	if code := erase(uuid.NewString()); code != "not_found" {
		t.Errorf("erased again: %q", code)
	}
	for what, query := range map[string]string{
		"logins":                   "select count(*) from auth.users where id = $1",
		"names":                    "select count(*) from public.profiles where id = $1 and display_name <> 'Slettet person'",
		"reasons":                  "select count(*) from public.pause_records where mentor_id = $1 and pause_reason is not null",
		"stored answers":           "select count(*) from private.idempotent_requests where caller_id = $1 or mentor_id = $1 and response ? 'pause_record' and response -> 'pause_record' ? 'pause_reason'",
		"rows too many of the log": "select count(*) - 1 from public.erasures where person_id = $1",
	} {
		var left int
		if err := w.owner.QueryRow(t.Context(), query, mentor).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d %s are left (%v)", left, what, err)
		}
	}

	returns := []string{
		"insert into public.profiles (id, display_name) values ('%[1]s', 'Åse') on conflict (id) do update set display_name = excluded.display_name",
		"update public.profiles set locale = 'nn' where id = '%[1]s'",
		"insert into public.chapter_memberships (chapter_id, user_id, role) values ('%[2]s', '%[1]s', 'mentor')",
		"update public.chapter_memberships set ended_at = null where user_id = '%[1]s'",
		"insert into public.certifications (mentor_id, kind, issued_on) values ('%[1]s', 'kurs', '2026-01-01')",
		"insert into public.coordinator_assignments (mentor_id, coordinator_id) values ('%[1]s', '%[3]s')",
		"insert into public.coordinator_assignments (mentor_id, coordinator_id) values ('%[3]s', '%[1]s')",
		"update public.chapter_memberships set started_at = started_at - interval '1 day' where user_id = '%[1]s'",
		"update public.chapter_memberships set user_id = '%[3]s', role = 'administrator' where user_id = '%[1]s'",
		"delete from public.chapter_memberships where user_id = '%[1]s'",
		"delete from public.certifications where mentor_id = '%[1]s'",
	}
	for _, statement := range returns {
		sql := fmt.Sprintf(statement, mentor, w.chapter, w.coordinators[0])
		for _, as := range []string{"service_role", "postgres", "supabase_admin"} {
			var err error
			if as == "service_role" {
				err = w.db.As(t, map[string]any{"role": as}, func(tx pgx.Tx) error {
					_, err := tx.Exec(t.Context(), sql)
					return err
				})
			} else {
				_, err = w.db.Connect(t, as).Exec(t.Context(), sql)
			}
			if code := codeOf(err); code != "23001" {
				t.Errorf("%s: %s: %q, want 23001", as, sql, code)
			}
		}
	}

	if _, err := w.owner.Exec(t.Context(), "insert into public.pause_records (mentor_id, status) values ($1, 'paused')", mentor); codeOf(err) != "23001" {
		t.Errorf("a record of the erased was entered: %v", err)
	}

	// Somebody signs up under the id again.
	w.exec(t, "insert into auth.users (id, email) values ($1, 'ny@example.org')", mentor)
	w.exec(t, `insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body) values ($1, $2, $2, 'mentor_paused', 'Pause', '')`,
		uuid.NewString(), mentor)
	err := w.db.As(t, map[string]any{"sub": mentor, "role": "authenticated"}, func(tx pgx.Tx) error {
		for _, table := range []string{"profiles", "chapters", "chapter_memberships", "certifications", "coordinator_assignments", "pause_records",
			"pause_status_log", "notifications", "notification_inbox", "notification_attempts", "status_discrepancies", "erasures", "undelivered_notifications",
			"contacts", "external_ids", "organisation_administrators", "certification_kinds", "people_log"} {
			var read int
			if err := tx.QueryRow(t.Context(), "select count(*) from public."+table).Scan(&read); err != nil {
				return err
			}
			if read != 0 {
				t.Errorf("a login under the erased id reads %d rows of %s", read, table)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A transaction that has begun before a row did, and ends it as of its own time, ends
// it with its beginning: now() is older than what others have committed since.
func TestEndingWhatBeganMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor := w.mentor(t)
	tx, err := w.db.Connect(t, "postgres").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "select now()"); err != nil {
		t.Fatal(err)
	}
	w.join(t, mentor, w.chapter, "coordinator")
	w.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", mentor, w.coordinators[0])
	for _, sql := range []string{
		"update public.chapter_memberships set ended_at = now() where user_id = $1 and role = 'coordinator'",
		"update public.coordinator_assignments set ended_at = now() where mentor_id = $1",
	} {
		if tag, err := tx.Exec(t.Context(), sql, mentor); err != nil || tag.RowsAffected() != 1 {
			t.Errorf("%s: %v, %v", sql, tag, err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Whatever was entered of a person by every command that takes a text is gone when they are
// erased: no row of any table names them, their addresses, or what was said of them.
func TestNothingOfTheErasedIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	administrator := administrators(t, w, 1)[0]
	session := w.db.Connect(t, "authenticator")
	as := func(person, call string, arguments ...any) (answer json.RawMessage) {
		t.Helper()
		for _, setting := range []string{"set role authenticated", "select set_config('request.jwt.claims', '" + string(claims(person)) + "', false)"} {
			if _, err := session.Exec(t.Context(), setting); err != nil {
				t.Fatal(err)
			}
		}
		call = fmt.Sprintf(call, arguments...)
		if err := session.QueryRow(t.Context(), "select public."+call).Scan(&answer); err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		return answer
	}
	key := uuid.NewString
	register := func(name, address, phone, number string) string {
		t.Helper()
		var answer struct{ Person struct{ ID string } }
		found := as(administrator.person, "register_person('%s', '%s', email => '%s@example.org', phone => '%s', source => 'kilde', external_id => '%s', request_id => '%s')",
			name, w.chapter, address, phone, number, key())
		if err := json.Unmarshal(found, &answer); err != nil {
			t.Fatal(err)
		}
		return answer.Person.ID
	}
	coordinator, colleague := w.coordinators[0], w.mentor(t)
	person := register("Zxqvik Åse", "zxqvik", "98765432", "zxqvik-1")
	double := register("Zxqvik Åse Dobbel", "zxqvik.to", "+4798765433", "zxqvik-2")
	w.exec(t, "insert into auth.users (id, email, invited_at) values ($1, 'zxqvik@example.org', now())", person)

	as(administrator.person, "finish_invitation('%s', null, '%s')", person, key())
	as(administrator.person, "update_person('%s', 'Zxqvik Åse Marie', request_id => '%s')", person, key())
	as(administrator.person, "start_membership('%s', '%s', 'coordinator', request_id => '%s')", person, w.chapter, key())
	as(administrator.person, "assign_coordinator('%s', '%s', '%s')", person, coordinator, key())
	as(administrator.person, "assign_coordinator('%s', '%s', '%s')", colleague, person, key())
	as(administrator.person, "hand_over('%s', '%s', null, '%s')", coordinator, w.coordinators[1], key())
	as(administrator.person, "merge_people('%s', '%s', '%s')", person, double, key())
	imported := `import_people('{"rows": [{"row": 2, "person": 2, "display_name": "Zxqvik Åse", "email": "zxqvik@example.org", "phone": "+4798765432"}]}', '%s', 'kilde', %s, '%s')`
	var seen struct{ Preview string }
	if err := json.Unmarshal(as(administrator.person, imported, w.chapter, "null", key()), &seen); err != nil {
		t.Fatal(err)
	}
	as(administrator.person, imported, w.chapter, "'"+seen.Preview+"'", key())
	as(coordinator, "pause_mentor('%s', 'zxqvik er syk', request_id => '%s')", person, key())
	as(coordinator, "amend_pause('%s', '{\"pause_reason\": \"zxqvik er sykere\"}', request_id => '%s')", person, key())
	var asked struct {
		Request struct{ ID string } `json:"leave_request"`
	}
	ask := func(kind string) string {
		t.Helper()
		if err := json.Unmarshal(as(person, "request_leave('%s', 'zxqvik ber', request_id => '%s')", kind, key()), &asked); err != nil {
			t.Fatal(err)
		}
		return asked.Request.ID
	}
	as(coordinator, "answer_leave_request('%s', 'decline', 'nei, zxqvik', request_id => '%s')", ask("return"), key())
	as(coordinator, "reactivate_mentor('%s', request_id => '%s')", person, key())
	as(coordinator, "pause_mentors(array['%s']::uuid[], 'zxqvik reiser', current_date + 60, request_id => '%s')", person, key())
	as(coordinator, "cancel_planned_pause('%s', '%s')", queryOne(t, w, "select id::text from public.planned_pauses where mentor_id = $1", person), key())
	as(coordinator, "plan_pause('%s', 'zxqvik reiser', current_date + 90, null, '%s')", person, key())
	as(coordinator, "pause_mentor('%s', 'zxqvik er syk igjen', request_id => '%s')", person, key())
	w.exec(t, `insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
		values (gen_random_uuid(), $1, $2, 'mentor_paused', 'Zxqvik Åse har pause', 'Zxqvik kommer tilbake.')`, coordinator, person)
	w.exec(t, "insert into private.refused_addresses (person_id, address_hash, refused_at) values ($1, private.hash_address('zxqvik@example.org'), now())", person)

	// left names the rows that say something of the person, or of the profile joined into it.
	left := func() (places []string) {
		t.Helper()
		rows, err := w.db.Connect(t, "supabase_admin").Query(t.Context(), `
			select c.relnamespace::regnamespace || '.' || c.relname from pg_catalog.pg_class c
			where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace, 'auth'::regnamespace) and c.relkind = 'r'
				and (xpath('/row/n/text()', query_to_xml(format(
					$$select count(*) as n from %s x where x::text ~* 'zxqvik|9876543'$$, c.oid::regclass), true, true, '')))[1]::text::int > 0
			order by 1`)
		if err != nil {
			t.Fatal(err)
		}
		places, err = pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return places
	}
	if before := left(); len(before) < 12 {
		t.Fatalf("this test proves little: only %v say something of the person", before)
	}
	as(administrator.person, "erase_person('%s', '%s')", person, key())
	if after := left(); len(after) > 0 {
		t.Errorf("%v still say something of the person", after)
	}
}
