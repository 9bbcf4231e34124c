package schema_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/local/testdb"
	"mentorpause/shared/memberlist"
)

// The functions and the database know the same national identity numbers: on the examples,
// and on texts put together of their parts.
func TestIdentityNumbersAreTheFunctions(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../shared/memberlist/testdata/identity_numbers.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct{ Text string }
	if err := json.Unmarshal(file, &examples); err != nil {
		t.Fatal(err)
	}
	texts := make([]string, 0, 4000)
	for _, e := range examples {
		texts = append(texts, e.Text)
	}
	given := len(texts)
	parts := []string{"158190", "500", "15", "81", "90", "0", "1", "7", "-", " ", ".", "/", "x", "å", "\u200b", "\u0301", "\u2013", "\u00a0", "\n", "１", "²", "½"}
	random := rand.New(rand.NewPCG(2026, 11))
	for len(texts) < cap(texts) {
		var b strings.Builder
		if whole := []rune(texts[random.IntN(given)]); len(whole) < 100 {
			at := random.IntN(len(whole) + 1)
			b.WriteString(string(whole[:at]) + parts[random.IntN(len(parts))] + string(whole[at:]))
		}
		for range random.IntN(6) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		texts = append(texts, b.String())
	}
	rows, err := testdb.New(t).Connect(t, "postgres").Query(t.Context(),
		"select private.contains_identity_number(x) from unnest($1::text[]) with ordinality u (x, place) order by place", texts)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, text := range texts {
		want := memberlist.HasIdentityNumber(text)
		if answers[i] != want {
			t.Errorf("%+q: the database says %t, the functions %t", text, answers[i], want)
		}
		if want {
			found++
		}
	}
	if found < 500 || len(texts)-found < 500 {
		t.Errorf("of %d texts %d have a number", len(texts), found)
	}
}

// Each text that a client may send is refused with a national identity number in it, by its
// name, if it is stored; and nothing of the number is in the answer, in the error with all
// that PostgreSQL adds to it, or in any table. The arguments are found in the catalogue.
func TestNoIdentityNumberIsTaken(t *testing.T) {
	t.Parallel()
	const number = "010180\u200b99957"
	w := newWorld(t)
	caller, mentor, paused, asking := w.person(t, "Anne Administrator"), w.mentor(t), w.mentor(t), w.mentor(t)
	w.join(t, caller, w.chapter, "administrator")
	w.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", caller)
	if _, code := w.pause(t.Context(), caller, paused, "Ferie", nil); code != "" {
		t.Fatal(code)
	}
	plan, asked := uuid.NewString(), uuid.NewString()
	w.exec(t, "insert into public.planned_pauses (id, mentor_id, starts_on, pause_reason) values ($1, $2, private.today() + 20, 'Reise')", plan, mentor)
	w.exec(t, "insert into public.leave_requests (id, mentor_id, kind, state) values ($1, $2, 'pause', 'open')", asked, asking)
	w.exec(t, "insert into public.certification_kinds (code) values ('grunnkurs')")

	register := "public.register_person(display_name => %s, chapter_id => '" + w.chapter + "', %s)"
	registered := func(argument string) string { return fmt.Sprintf(register, "'Ola'", argument) }
	list := func(row string) string {
		return "public.import_people(list => jsonb_build_object('rows', jsonb_build_array(jsonb_build_object('row', 2, 'person', 2, " + row + "))))"
	}
	// By function and argument; $1 is the text, and the refusal names what is before the colon.
	stored := map[string][]string{
		"pause_mentor.pause_reason":           {"pause_reason: public.pause_mentor('" + mentor + "', $1)"},
		"amend_pause.changes":                 {"pause_reason: public.amend_pause('" + paused + "', jsonb_build_object('pause_reason', $1))"},
		"plan_pause.pause_reason":             {"pause_reason: public.plan_pause('" + mentor + "', $1, current_date + 9)"},
		"amend_planned_pause.changes":         {"pause_reason: public.amend_planned_pause('" + plan + "', jsonb_build_object('pause_reason', $1))"},
		"pause_mentors.pause_reason":          {"pause_reason: public.pause_mentors(array['" + mentor + "']::uuid[], $1)"},
		"request_leave.reason":                {"reason: public.request_leave('pause', $1)"},
		"answer_leave_request.message":        {"message: public.answer_leave_request('" + asked + "', 'decline', $1)"},
		"register_person.display_name":        {"display_name: " + fmt.Sprintf(register, "$1", "role => 'mentor'")},
		"register_person.locale":              {"locale: " + registered("locale => 'nb-' || replace(substr($1, 4), E'\\u200b', '-')")},
		"register_person.email":               {"email: " + registered("email => $1 || '@example.org'")},
		"register_person.phone":               {"phone: " + registered("phone => $1")},
		"register_person.certifications":      {"kind: " + registered("certifications => jsonb_build_array(jsonb_build_object('kind', $1, 'issued_on', '2026-01-01'))")},
		"register_person.source":              {"source: " + registered("source => $1, external_id => '17'")},
		"register_person.external_id":         {"external_id: " + registered("source => 'kilde', external_id => $1")},
		"update_person.display_name":          {"display_name: public.update_person('" + mentor + "', display_name => $1)"},
		"update_person.locale":                {"locale: public.update_person('" + mentor + "', locale => 'nn-' || replace(substr($1, 4), E'\\u200b', '-'))"},
		"update_person.email":                 {"email: public.update_person('" + mentor + "', email => $1 || '@example.org')"},
		"update_person.phone":                 {"phone: public.update_person('" + mentor + "', phone => $1)"},
		"register_certification.kind":         {"kind: public.register_certification('" + mentor + "', $1, '2026-01-01')"},
		"save_chapter.name":                   {"name: public.save_chapter(name => $1)"},
		"save_certification_kind.code":        {"code: public.save_certification_kind(code => $1)"},
		"save_certification_kind.name_nb":     {"name_nb: public.save_certification_kind(code => 'grunnkurs', name_nb => $1)"},
		"save_certification_kind.name_nn":     {"name_nn: public.save_certification_kind(code => 'grunnkurs', name_nn => $1)"},
		"save_certification_kind.name_en":     {"name_en: public.save_certification_kind(code => 'grunnkurs', name_en => $1)"},
		"save_certification_kind.replaced_by": {"replaced_by: public.save_certification_kind(code => 'grunnkurs', replaced_by => $1)"},
		"begin_invitation.email":              {"email: public.begin_invitation('" + mentor + "', $1 || '@example.org')"},
		"finish_invitation.email":             {"email: public.finish_invitation('" + mentor + "', $1 || '@example.org')"},
		"import_people.source":                {"source: public.import_people(list => '{}', source => $1)"},
		"import_people.list": {
			"list: " + list("'display_name', $1"), "list: " + list("'display_name', 'Ola', 'external_id', $1"), "list: " + list("'display_name', 'Ola', 'chapter', $1"),
			"list: " + list("'display_name', 'Ola', 'coordinator', $1"), "list: " + list("'email', $1 || '@example.org'"),
			"list: " + list("'display_name', 'Ola', 'locale', 'nb-' || replace(substr($1, 4), E'\\u200b', '-')"),
			"list: " + list("'display_name', 'Ola', 'certifications', jsonb_build_array(jsonb_build_object('kind', $1, 'issued_on', '2026-01-01'))"),
			"mapping: public.import_people(list => jsonb_build_object('mapping', jsonb_build_object($1, 'email')))",
		},
	}
	// These are compared with what is there, or with a list, and kept nowhere.
	compared := map[string]string{}
	for _, argument := range []string{"coordinator_roster.status", "coordinator_roster.search", "coordinator_roster.page_cursor", "coordinator_roster.attention",
		"register_person.role", "start_membership.role", "register_certification.expires_on", "people_page.search", "people_page.role",
		"people_page.page_cursor", "people_page.login", "import_people.preview", "request_leave.kind", "answer_leave_request.answer",
		"leave_requests_page.state", "leave_requests_page.page_cursor", "mentor_page.page_cursor", "person_page.page_cursor", "inbox_page.page_cursor",
		"follow_up_page.page_cursor", "period_report.detail", "issued_period_report.part", "issued_period_report.detail", "issued_reports_page.page_cursor"} {
		compared[argument] = ""
	}

	rows, err := w.owner.Query(t.Context(), `
		select p.proname, a.name, a.type::regtype::text from pg_proc p
		cross join lateral unnest(p.proargnames, p.proargtypes::oid[]) a (name, type)
		where p.pronamespace = 'public'::regnamespace and a.type in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
			and has_function_privilege('authenticated', p.oid, 'execute')
		order by 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	type argument struct{ function, name, kind string }
	arguments, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a argument, err error) {
		return a, row.Scan(&a.function, &a.name, &a.kind)
	})
	if err != nil || len(arguments) < len(stored) {
		t.Fatalf("%d arguments, %v", len(arguments), err)
	}

	tells := func(text string) bool { return strings.Contains(text, "99957") }
	call := func(sql string) (answer string, failed *pgconn.PgError) {
		t.Helper()
		user := caller
		if strings.Contains(sql, "request_leave(") && !strings.Contains(sql, "answer_") {
			user = mentor
		}
		err := w.db.As(t, testdb.User(user), func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), "select coalesce(("+strings.ReplaceAll(sql, "$1", "$1::text")+")::text, '')", "Se "+number).Scan(&answer)
		})
		if err != nil {
			var ok bool
			if failed, ok = err.(*pgconn.PgError); !ok {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		return answer, failed
	}
	for _, a := range arguments {
		name := a.function + "." + a.name
		calls, ok := stored[name]
		if !ok {
			if _, ok := compared[name]; !ok {
				t.Errorf("%s has no case", name)
				continue
			}
			value := "$1"
			if a.kind == "text[]" {
				value = "array[$1]"
			}
			answer, failed := call(fmt.Sprintf("public.%s(%s => %s)", a.function, a.name, value))
			if tells(answer) || failed != nil && tells(fmt.Sprintf("%+v", *failed)) {
				t.Errorf("%s: the answer tells of it: %s %+v", name, answer, failed)
			}
			continue
		}
		for _, c := range calls {
			field, sql, _ := strings.Cut(c, ": ")
			answer, failed := call(sql)
			if failed == nil {
				t.Errorf("%s: taken: %s", sql, answer)
				continue
			}
			var refused struct{ Code, Details, Message string }
			if err := json.Unmarshal([]byte(failed.Message), &refused); err != nil || refused.Code != "invalid_request" || refused.Details != field {
				t.Errorf("%s: %+v", sql, failed)
			}
			// Not for another fault that the text has besides; a list's fault is only said to be one.
			if field != "list" && field != "mapping" && !strings.Contains(refused.Message, "national identity number") {
				t.Errorf("%s: %s", sql, refused.Message)
			}
			if tells(fmt.Sprintf("%+v", *failed)) {
				t.Errorf("%s: the error tells of it: %+v", sql, *failed)
			}
		}
	}

	var tables []string
	if err := w.owner.QueryRow(t.Context(), `select array_agg(format('%I.%I', table_schema, table_name)) from information_schema.tables
		where table_schema in ('public', 'private', 'auth') and table_type = 'BASE TABLE'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var rows int
		if err := w.owner.QueryRow(t.Context(), "select count(*) from "+table+" t where t::text like '%99957%'").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows > 0 {
			t.Errorf("%s has it in %d rows", table, rows)
		}
	}
}
