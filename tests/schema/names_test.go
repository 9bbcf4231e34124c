package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// evil is the SQLSTATE raised if a caller's own function was run.
const evil = "EVIL0"

// decoys are statements with which a session creates names that look like PostgreSQL's
// and ours: each type, each relation of the catalogue, and the transition tables of the
// triggers. Code that resolves one of them runs pg_temp.evil, or misses a column.
const decoys = `
create function pg_temp.evil(pg_catalog.anyelement) returns pg_catalog.bool language plpgsql as
	$$ begin raise exception 'ran as %', current_user using errcode = 'EVIL0'; end $$;
do $$
declare
	name pg_catalog.name;
begin
	for name in
		select t.typname from pg_catalog.pg_type t
		where t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace and t.typtype in ('b', 'r', 'm') and t.typcategory <> 'A'
	loop
		execute pg_catalog.format('create domain pg_temp.%1$I as pg_catalog.%1$I check (pg_temp.evil(value))', name);
	end loop;
	for name in
		select c.relname from pg_catalog.pg_class c
		where c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and c.relkind in ('r', 'v')
		union all
		select pg_catalog.unnest(array['new_rows', 'old_rows'])
		union all
		select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('public', 'private') and c.relkind in ('r', 'v')
	loop
		execute pg_catalog.format('create temporary view %I as select pg_temp.evil(true) as decoy', name);
	end loop;
end $$`

// A session opened with a stolen connection string can do what its role may, and nothing
// more: no name that it creates is resolved inside a function of ours, least of all in one
// that runs as its owner. Temporary objects are normally refused; here they are allowed
// again, to test the functions by themselves.
func TestNoNameOfTheCallersIsResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor, paused, coordinator := w.mentor(t), w.mentor(t), w.coordinators[0]
	administrator := w.person(t, "Anne Administrator")
	w.join(t, administrator, w.chapter, "administrator")
	if _, code := w.pause(t.Context(), coordinator, paused, "Eksamen", nil); code != "" {
		t.Fatal(code)
	}
	undelivered, leaver := uuid.NewString(), w.mentor(t)
	w.exec(t, "insert into public.notifications (id, mentor_id, audience, kind, state) values ($1, $2, 'mentor', 'mentor_paused', 'undeliverable')",
		undelivered, mentor)
	w.exec(t, "insert into public.status_discrepancies (mentor_id, kind) values ($1, 'log_missing')", mentor)
	asked := one(t, w, "insert into public.leave_requests (mentor_id, kind, starts_on) values ('"+w.mentor(t)+"', 'pause', current_date + 9) returning id::text")
	// Who may carry out every command, on people of their own.
	w.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", administrator)
	kept, spare, colleague := w.mentor(t), w.mentor(t), w.person(t, "Kari Koordinator")
	w.join(t, colleague, w.chapter, "coordinator")
	certification := one(t, w, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('"+kept+"', 'kurs', '2020-01-01', '2030-01-01') returning id::text")
	mistake := one(t, w, "insert into public.certifications (mentor_id, kind, issued_on) values ('"+kept+"', 'attest', '2020-01-01') returning id::text")
	closing := one(t, w, "insert into public.chapters (name) values ('Et gammelt lag') returning id::text")
	w.exec(t, "alter table public.period_reports disable trigger user")
	report := one(t, w, `insert into public.period_reports (from_date, to_date, chapter_ids, issued_at, issued_by, as_known_at, time_zone, rule_version, rules, sha256, manifest)
		select '2024-01-01', '2024-12-31', array['`+w.chapter+`'::uuid], now(), '`+administrator+`', now(), 'Europe/Oslo', '1', '', encode(sha256(convert_to('{}', 'UTF8')), 'hex'), '{}' returning id::text`)
	w.exec(t, "alter table public.period_reports enable trigger user")
	membership := one(t, w, "select id::text from public.chapter_memberships where user_id = '"+colleague+"'")

	// The arguments with which each function's body does its work. A function that is missing
	// here fails the test.
	id := func(id string) string { return "'" + id + "'" }
	calls := map[string][]string{
		"acknowledge_discrepancy":       {one(t, w, "select max(d.id)::text from public.status_discrepancies d") + ", null"},
		"acknowledge_undelivered":       {id(undelivered) + ", null"},
		"allow_address":                 {id(leaver) + ", null"},
		"appoint_administrator":         {id(colleague) + ", null"},
		"assign_coordinator":            {id(kept) + ", " + id(coordinator) + ", null"},
		"begin_invitation":              {id(mentor) + ", 'invitert@example.org', null"},
		"close_chapter":                 {id(closing) + ", '2026-11-24', null"},
		"dismiss_administrator":         {id(colleague) + ", null"},
		"end_assignment":                {id(kept) + ", " + id(coordinator) + ", null"},
		"end_membership":                {id(membership) + ", '2090-01-01', null"},
		"finish_invitation":             {id(mentor) + ", 'invitert@example.org', null"},
		"follow_up_page":                {"null, null, null", "'" + w.chapter + "', 1, ''"},
		"hand_over":                     {id(coordinator) + ", " + id(colleague) + ", null, null"},
		"import_people":                 {`'{"rows": [{"row": 2, "person": 2, "display_name": "Ny Person", "chapter": "Bergen", "email": "ny2@example.org", "external_id": "7", "coordinator": "Kari", "certifications": [{"kind": "kurs", "issued_on": "2026-01-01"}]}]}', '` + w.chapter + `', 'kilde', null, null`},
		"merge_people":                  {id(kept) + ", " + id(spare) + ", null"},
		"inbox_page":                    {"null, null", "1, ''"},
		"mark_read":                     {"null, true, null"},
		"set_weekly_digest":             {"false, null", "true, null"},
		"request_leave":                 {"'pause', 'Eksamen', null, null, '" + uuid.NewString() + "'"},
		"answer_leave_request":          {"'" + asked + "', 'accept', 'Ja', null, '" + uuid.NewString() + "'"},
		"leave_requests_page":           {"'{open}', null, null", "null, 1, ''"},
		"period_report":                 {"'2024-01-01', '2024-12-31', null, null, null, null, null", "'2024-01-01', '2024-12-31', '" + w.chapter + "', '2026-11-24', 'mentors', null, null", "'2024-01-01', '2024-12-31', null, null, null, 3, 7", "'2024-01-01', '2024-12-31', null, null, 'months', null, null"},
		"issue_period_report":           {"'2024-01-01', '2024-12-31', null, null"},
		"issued_period_report":          {id(report) + ", null, null, null, null", id(report) + ", 'manifest', null, null, null", id(report) + ", null, 'sample', 3, 7"},
		"compare_period_report":         {id(report)},
		"issued_reports_page":           {"null, null", "1, ''"},
		"report_evidence":               {id(kept) + ", '2024-01-01', '2024-12-31', null, null", id(kept) + ", '2024-01-01', '2024-12-31', '" + w.chapter + "', null"},
		"mentor_page":                   {id(paused) + ", null, null", id(paused) + ", 1, ''"},
		"people_page":                   {"'kari', 'mentor', null, 1, null, 'none'", "null, null, '" + w.chapter + "', null, null, null"},
		"person_page":                   {id(kept) + ", null, null", id(coordinator) + ", 1, ''"},
		"possible_duplicates":           {"null", "'" + w.chapter + "'"},
		"organisation_page":             {""},
		"register_certification":        {id(kept) + ", 'kurs', '2026-01-01', null, null"},
		"register_person":               {"'Ny Person', '" + w.chapter + "', 'mentor', 'nb', 'ny@example.org', '91234567', '2026-01-01', '[{\"kind\": \"kurs\", \"issued_on\": \"2026-01-01\"}]', " + id(coordinator) + ", 'kilde', '17', null"},
		"remove_certification":          {id(mistake) + ", null"},
		"revoke_certification":          {id(certification) + ", '2029-01-01', null"},
		"save_certification_kind":       {"'kurs', null, null, null, 24, true, null, null, null"},
		"save_chapter":                  {"null, 'Et nytt lag', true, null"},
		"start_membership":              {id(kept) + ", '" + w.chapter + "', 'coordinator', '2090-01-01', null"},
		"update_person":                 {id(kept) + ", 'Nytt Navn', 'nn', 'kari@example.org', '91234568', null"},
		"claim_notifications":           {"10, 60, true"},
		"coordinator_roster":            {"null, null, null, null, null", "'" + w.chapter + "', '{active,paused}', 'a', 1, null, false, '{overdue,requests,expired}'", "null, null, 'a', 1, null, true"},
		"erase_person":                  {id(leaver) + ", null"},
		"dispatch_backlog":              {"null"},
		"is_of_this_time":               {id(paused) + ", '2026-11-24'"},
		"is_organisation_administrator": {""},
		"mentor_status_on":              {id(paused) + ", '2026-11-24', null", id(paused) + ", '2026-11-24', '2026-11-24'"},
		"my_administered_chapter_ids":   {""},
		"my_chapter_ids":                {""},
		"my_former_mentor_ids":          {""},
		"my_id":                         {""},
		"nightly_begin":                 {"'2026-11-24', true, '" + uuid.NewString() + "'"},
		"nightly_preview":               {"'2027-11-24', true, 'reconcile', null, 100", "'2027-11-24', true, 'mentors', null, 100", "'2027-11-24', true, 'requeue', null, 100"},
		"nightly_step":                  {"(%[1]s), (%[2]s), 100"},
		"nightly_stop":                  {"(%[1]s), (%[2]s)"},
		"amend_pause":                   {id(paused) + ", '{\"expected_return_date\": null}', null, '" + uuid.NewString() + "'"},
		"plan_pause":                    {id(mentor) + ", 'Reise', current_date + 9, null, '" + uuid.NewString() + "'"},
		"amend_planned_pause":           {"'" + uuid.NewString() + "', '{\"pause_reason\": \"Reise\"}', null, '" + uuid.NewString() + "'"},
		"cancel_planned_pause":          {"'" + uuid.NewString() + "', '" + uuid.NewString() + "'"},
		"pause_mentors": {
			"array[" + id(mentor) + "]::pg_catalog.uuid[], 'Eksamen', null, null, true, '" + uuid.NewString() + "'",
			"array[" + id(mentor) + ", " + id(paused) + "]::pg_catalog.uuid[], 'Eksamen', current_date + 9, null, null, '" + uuid.NewString() + "'",
		},
		"pause_mentor":         {id(mentor) + ", 'Eksamen', null, null, '" + uuid.NewString() + "'"},
		"reactivate_mentor":    {id(mentor) + ", null, '" + uuid.NewString() + "'"},
		"record_notifications": {"'" + uuid.NewString() + "', '[]', '[]', array['" + undelivered + "']::pg_catalog.uuid[], null, '[]', null"},
	}
	writes := []string{
		"insert into public.profiles (id, display_name) values ('00000000-0000-4000-8000-00000000d0d0', 'Ny Person')",
		"update public.profiles set display_name = 'Nytt Navn' where id = '" + mentor + "'",
		"insert into public.chapters (id, name) values ('00000000-0000-4000-8000-00000000c0c0', 'Nytt lag')",
		"insert into public.chapter_memberships (chapter_id, user_id, role) values ('" + w.chapter + "', '00000000-0000-4000-8000-00000000d0d0', 'mentor')",
		"update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '00000000-0000-4000-8000-00000000d0d0'",
		"insert into public.certifications (mentor_id, kind, issued_on) values ('" + mentor + "', 'kurs', '2026-01-01')",
		"update public.certifications set expires_on = '2026-01-02' where mentor_id = '" + mentor + "'",
		"delete from public.certifications where mentor_id = '" + mentor + "'",
		"insert into public.coordinator_assignments (mentor_id, coordinator_id) values ('" + mentor + "', '" + coordinator + "')",
		"delete from public.coordinator_assignments where mentor_id = '" + mentor + "'",
		"delete from public.chapter_memberships where user_id = '00000000-0000-4000-8000-00000000d0d0'",
	}

	attackers := []struct {
		login, role string
		users       []string // whose claims it uses, in turn
		writes      []string
	}{
		{login: "pause_api", role: "authenticated", users: []string{administrator, coordinator, mentor}},
		{login: "authenticator", role: "authenticated", users: []string{administrator}},
		{login: "authenticator", role: "anon"},
		{login: "authenticator", role: "service_role", writes: writes},
		{login: "pause_scheduler", role: "pause_scheduler"},
		{login: "supabase_auth_admin", role: "supabase_auth_admin", writes: []string{"delete from auth.users where id = '" + leaver + "'"}},
	}
	w.exec(t, "insert into auth.users (id) values ($1)", leaver)
	// What happens to a function with no pinned path, or an empty one.
	for _, control := range []string{
		"create function public.control_types() returns pg_catalog.date language plpgsql security definer set search_path = '' as $$ declare day date := '2026-01-01'; begin return day; end $$",
		"create function public.control_relations() returns pg_catalog.int8 language plpgsql security definer as $$ begin return (select count(*) from pg_roles where rolname is not null); end $$",
	} {
		w.exec(t, control)
	}

	var refused int
	called := map[string]bool{}
	for _, a := range attackers {
		name := a.login + " as " + a.role
		conn := w.db.Connect(t, a.login)
		run := func(sql string) string {
			_, err := conn.Exec(t.Context(), sql)
			if err == nil {
				return ""
			}
			pgErr, ok := errors.AsType[*pgconn.PgError](err)
			if !ok {
				t.Fatalf("%s: %s: %v", name, sql, err)
			}
			return pgErr.Code
		}
		if code := run("set role " + a.role); code != "" {
			t.Fatalf("%s: %s", name, code)
		}
		if a.role != "supabase_auth_admin" { // the platform's own
			refused++
			if code := run("create temporary table mine ()"); code != "42501" {
				t.Errorf("%s creates a temporary table: %q", name, code)
			}
		}
		w.exec(t, fmt.Sprintf("grant temporary on database %s to public", w.db.Name))
		if code := run(decoys); code != "" {
			t.Fatalf("%s: %s: %s", name, decoys, code)
		}
		for _, control := range []string{"control_types", "control_relations"} {
			if code := run("set search_path = pg_temp, pg_catalog; select public." + control + "()"); code != evil && !strings.HasPrefix(code, "42") {
				t.Errorf("%s: the attack on %s fails (%q): this test proves nothing", name, control, code)
			}
		}
		if code := run("set search_path = ''; select public.control_types()"); code != evil {
			t.Errorf("%s: the attack with an empty search_path fails (%q): this test proves nothing", name, code)
		}
		if code := run("set search_path = pg_temp, pg_catalog"); code != "" {
			t.Fatal(code)
		}

		attack := func(sql string) {
			code := run(sql)
			if code == evil || strings.HasPrefix(code, "42") {
				t.Errorf("%s: %s: SQLSTATE %s", name, sql, code)
			}
		}
		users := a.users
		if users == nil {
			users = []string{""}
		}
		for _, user := range users {
			if user != "" {
				run("select pg_catalog.set_config('request.jwt.claims', '" + string(claims(user)) + "', false)")
			}
			for _, function := range executable(t, w, a.role) {
				arguments, known := calls[function[strings.Index(function, ".")+1:]]
				if !known {
					t.Errorf("%s may execute %s, which this test does not call", a.role, function)
				}
				for _, list := range arguments {
					if strings.Contains(list, "%[") {
						// Of the run begun by nightly_begin; the scheduler reads no table.
						list = fmt.Sprintf(list, one(t, w, "select max(r.id)::text from public.nightly_runs r"),
							one(t, w, "select max(r.fencing_token)::text from public.nightly_runs r"))
					}
					called[function] = true
					attack("select " + function + "(" + list + ")")
				}
			}
		}
		for _, sql := range a.writes {
			attack(sql)
		}
		w.exec(t, fmt.Sprintf("revoke temporary on database %s from public", w.db.Name))
	}
	for name := range calls {
		if !called["public."+name] && !called["private."+name] {
			t.Errorf("nobody may execute %s any more: take it from the list", name)
		}
	}
	if refused != 5 {
		t.Errorf("%d sessions were refused temporary tables", refused)
	}
}

// executable names those of our functions that a role may execute, except for triggers, in an
// order in which they can be called.
func executable(t *testing.T, w *world, role string) []string {
	t.Helper()
	rows, err := w.owner.Query(t.Context(), `
		select p.pronamespace::regnamespace || '.' || p.proname
		from pg_catalog.pg_proc p
		where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
			and p.prorettype <> 'trigger'::regtype and p.proname not like 'control%'
			and has_function_privilege($1, p.oid, 'execute')
			and has_schema_privilege($1, p.pronamespace, 'usage')
			and not exists (select from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
		order by 1`, role)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func one(t *testing.T, w *world, sql string) string {
	t.Helper()
	var value *string
	if err := w.owner.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if value == nil {
		return "null"
	}
	return *value
}
