package clients_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mentorpause/local/endpoint"
	"mentorpause/local/testdb"
)

// formCase is a call by RPC alone, whose refusal is checked for its form.
type formCase struct {
	rpc    string
	claims testdb.Claims
	args   arguments
	code   string
}

// listing is a list of one row.
func listing(list, row arguments) arguments {
	list["rows"] = []any{arguments{"row": 2, "person": 2, "display_name": "Ny Person"}}
	for name, value := range row {
		list["rows"].([]any)[0].(arguments)[name] = value
	}
	return arguments{"list": list}
}

// peopleRefusals are cases for the commands with which people are kept: one for each place that
// refuses. pending is the key of the coordinator's request that is being carried out.
func peopleRefusals(t *testing.T, r *roads, pending string) map[string]formCase {
	t.Helper()
	owner := r.Database.Connect(t, "postgres")
	ids := map[string]string{}
	for _, name := range []string{"office", "closed", "ended", "membership", "coming", "twin", "history", "dropped", "kept",
		"gone", "certification", "shared", "mover", "moving", "other coordinator", "plain", "open", "signed in"} {
		ids[name] = uuid.NewString()
	}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, name := range []string{"office", "coming", "twin", "history", "dropped", "kept", "gone", "shared", "mover", "moving", "other coordinator", "plain", "signed in"} {
		exec("insert into public.profiles (id, display_name) values ($1, $2)", ids[name], name)
	}
	join := func(id, person, chapter, role, started, ended string) {
		t.Helper()
		exec(`insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at, ended_at)
			values ($1, $2, $3, $4, now() + $5::interval, now() + nullif($6, '')::interval)`, id, chapter, ids[person], role, started, ended)
	}
	exec("insert into public.organisation_administrators (user_id) values ($1)", ids["office"])
	exec("insert into public.chapters (id, name, closed_at) values ($1, 'Closed', now() - interval '1 day')", ids["closed"])
	exec("insert into public.chapters (name) values ('Name in use')")
	join(ids["ended"], "plain", endpoint.Oslo, "coordinator", "-2 years", "-1 day")
	join(ids["membership"], "plain", endpoint.Oslo, "mentor", "-1 year", "1 year")
	join(uuid.NewString(), "plain", endpoint.Oslo, "mentor", "2 years", "")
	for _, name := range []string{"twin", "history", "dropped", "kept", "gone", "shared", "signed in"} {
		join(uuid.NewString(), name, endpoint.Oslo, "mentor", "-1 year", "")
	}
	join(uuid.NewString(), "shared", endpoint.Bergen, "mentor", "-1 year", "")
	join(uuid.NewString(), "other coordinator", endpoint.Oslo, "coordinator", "-1 year", "")
	exec("insert into public.pause_records (mentor_id, status) values ($1, 'paused')", ids["history"])
	exec("insert into auth.users (id, email) values ($1, 'twin@example.org')", ids["twin"])
	exec("insert into auth.users (id, email, email_confirmed_at) values ($1, 'in@example.org', now())", ids["signed in"])
	exec("insert into public.certification_kinds (code) values ('rpc kind')")
	exec("insert into public.certifications (id, mentor_id, kind, issued_on, expires_on) values ($1, $2, 'rpc kind', '2026-01-01', '2027-01-01')", ids["certification"], ids["plain"])
	exec("insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", ids["plain"], ids["other coordinator"])
	exec("select private.pseudonymise($1, null)", ids["gone"])
	exec("insert into public.contacts (person_id, email) values ($1, 'plain@example.org')", ids["plain"])
	exec("insert into public.external_ids values ('rpc', '1', $1)", ids["kept"])
	join(uuid.NewString(), "plain", ids["closed"], "mentor", "-2 years", "-1 day")
	exec("insert into public.chapter_memberships (id, chapter_id, user_id, role, ended_at) values ($1, $2, $3, 'mentor', now() + interval '1 day')", ids["open"], ids["closed"], ids["coming"])

	admin, office, nobody := testdb.User(administrator), testdb.User(ids["office"]), testdb.Claims{"role": "authenticated"}
	former, coordinator := testdb.User(endpoint.Former), testdb.User(endpoint.Coordinator)
	r.must(t, administrator, "merge_people", arguments{"kept_id": ids["kept"], "dropped_id": ids["dropped"]})

	// Who has lost every chapter of a person is not told the answer again.
	lost := uuid.NewString()
	join(uuid.NewString(), "moving", endpoint.Bergen, "administrator", "-1 year", "")
	join(uuid.NewString(), "moving", endpoint.Oslo, "administrator", "-1 year", "")
	join(uuid.NewString(), "mover", endpoint.Bergen, "mentor", "-1 year", "")
	r.must(t, ids["moving"], "update_person", arguments{"person_id": ids["mover"], "display_name": "Moved", "request_id": lost})
	exec("update public.chapter_memberships set ended_at = now() where user_id = $1 and chapter_id = $2", ids["moving"], endpoint.Bergen)

	registering := func(more arguments) arguments {
		args := arguments{"display_name": "Ny", "chapter_id": endpoint.Oslo}
		for name, value := range more {
			args[name] = value
		}
		return args
	}
	certifying := func(more arguments) arguments {
		args := arguments{"mentor_id": ids["plain"], "kind": "rpc kind", "issued_on": "2026-05-01"}
		for name, value := range more {
			args[name] = value
		}
		return args
	}
	cases := map[string]formCase{
		"by nobody":                   {"assign_coordinator", nobody, arguments{}, "unauthenticated"},
		"in progress":                 {"assign_coordinator", coordinator, arguments{"request_id": pending}, "request_in_progress"},
		"no coordinator":              {"assign_coordinator", former, arguments{}, "not_a_coordinator"},
		"no administrator":            {"register_person", former, arguments{}, "not_an_administrator"},
		"not of the office":           {"save_chapter", admin, arguments{"name": "Ny"}, "not_an_administrator"},
		"another chapter":             {"register_person", admin, registering(arguments{"chapter_id": endpoint.Bergen}), "chapter_not_found"},
		"no id":                       {"update_person", admin, arguments{}, "invalid_request"},
		"an answer of a lost chapter": {"update_person", testdb.User(ids["moving"]), arguments{"person_id": ids["mover"], "display_name": "Moved", "request_id": lost}, "not_found"},

		"no name":                {"register_person", admin, registering(arguments{"display_name": " "}), "invalid_request"},
		"a long name":            {"register_person", admin, registering(arguments{"display_name": strings.Repeat("x", 201)}), "invalid_request"},
		"an invisible name":      {"register_person", admin, registering(arguments{"display_name": "\u200b"}), "invalid_request"},
		"an identity number":     {"register_person", admin, registering(arguments{"display_name": "Kari 010190 10046"}), "invalid_request"},
		"no role":                {"register_person", admin, registering(arguments{"role": "boss"}), "invalid_request"},
		"no locale":              {"register_person", admin, registering(arguments{"locale": "!"}), "invalid_request"},
		"a number for a locale":  {"register_person", admin, registering(arguments{"locale": "nb-010190-10046"}), "invalid_request"},
		"no address":             {"register_person", admin, registering(arguments{"email": "kari"}), "invalid_request"},
		"no telephone number":    {"register_person", admin, registering(arguments{"phone": "12"}), "invalid_request"},
		"an identity's phone":    {"register_person", admin, registering(arguments{"phone": "01019010046"}), "invalid_request"},
		"a source alone":         {"register_person", admin, registering(arguments{"source": "x"}), "invalid_request"},
		"an impossible day":      {"register_person", admin, registering(arguments{"started_on": "infinity"}), "invalid_request"},
		"a coordinator's one":    {"register_person", admin, registering(arguments{"role": "coordinator", "coordinator_id": endpoint.Coordinator}), "invalid_request"},
		"an unknown coordinator": {"register_person", admin, registering(arguments{"coordinator_id": uuid.NewString()}), "not_found"},
		"number and address":     {"register_person", admin, registering(arguments{"email": "plain@example.org", "source": "rpc", "external_id": "1"}), "already_exists"},
		"registered already":     {"register_person", admin, registering(arguments{"email": "plain@example.org"}), "already_exists"},
		"a closed chapter":       {"register_person", office, registering(arguments{"chapter_id": ids["closed"]}), "invalid_request"},
		"no list":                {"register_person", admin, registering(arguments{"certifications": map[string]any{}}), "invalid_request"},
		"no certification":       {"register_person", admin, registering(arguments{"certifications": []any{1}}), "invalid_request"},
		"one certification twice": {"register_person", admin, registering(arguments{"certifications": []any{
			map[string]any{"kind": "rpc kind", "issued_on": "2026-01-01"}, map[string]any{"kind": "RPC kind", "issued_on": "2026-01-01"}}}), "invalid_request"},
		"no date":          {"register_person", admin, registering(arguments{"certifications": []any{map[string]any{"kind": "rpc kind", "issued_on": "1.1.2026"}}}), "invalid_request"},
		"no possible date": {"register_person", admin, registering(arguments{"certifications": []any{map[string]any{"kind": "rpc kind", "issued_on": "2026-02-30"}}}), "invalid_request"},

		"an address in use":     {"update_person", admin, arguments{"person_id": ids["kept"], "email": "plain@example.org"}, "in_use"},
		"the dropped":           {"update_person", admin, arguments{"person_id": ids["dropped"]}, "not_found"},
		"the erased":            {"update_person", admin, arguments{"person_id": ids["gone"]}, "not_found"},
		"unknown to the office": {"update_person", office, arguments{"person_id": uuid.NewString()}, "not_found"},
		"somebody else's":       {"update_person", admin, arguments{"person_id": endpoint.BergenMentor}, "not_found"},
		"partly else's":         {"update_person", admin, arguments{"person_id": ids["shared"]}, "not_found"},
		"a membership twice":    {"start_membership", admin, arguments{"person_id": ids["plain"], "chapter_id": endpoint.Oslo, "role": "mentor"}, "already_exists"},
		"no membership":         {"end_membership", admin, arguments{"membership_id": uuid.NewString()}, "not_found"},
		"an ended membership":   {"end_membership", admin, arguments{"membership_id": ids["ended"]}, "not_found"},
		"an early last day":     {"end_membership", admin, arguments{"membership_id": ids["membership"], "last_day": "2000-01-01"}, "invalid_request"},
		"a late last day":       {"end_membership", admin, arguments{"membership_id": ids["membership"]}, "already_exists"},
		"taken back, closed":    {"end_membership", office, arguments{"membership_id": ids["open"]}, "invalid_request"},
		"no such mentor":        {"assign_coordinator", coordinator, arguments{"mentor_id": ids["other coordinator"], "coordinator_id": endpoint.Coordinator}, "mentor_not_found"},
		"not coordinating":      {"assign_coordinator", coordinator, arguments{"mentor_id": ids["plain"], "coordinator_id": ids["kept"]}, "not_found"},
		"assigned twice":        {"assign_coordinator", coordinator, arguments{"mentor_id": ids["plain"], "coordinator_id": ids["other coordinator"]}, "already_exists"},
		"not assigned":          {"end_assignment", coordinator, arguments{"mentor_id": ids["plain"], "coordinator_id": endpoint.Coordinator}, "not_found"},
		"handed to oneself":     {"hand_over", admin, arguments{"from_id": endpoint.Coordinator, "to_id": endpoint.Coordinator}, "invalid_request"},
		"from nobody":           {"hand_over", admin, arguments{"from_id": ids["kept"], "to_id": endpoint.Coordinator}, "not_found"},
		"to no coordinator":     {"hand_over", admin, arguments{"from_id": endpoint.Coordinator, "to_id": ids["kept"]}, "invalid_request"},

		"an unknown kind":      {"register_certification", coordinator, certifying(arguments{"kind": "no such"}), "invalid_request"},
		"an end before":        {"register_certification", coordinator, certifying(arguments{"expires_on": "2026-04-30"}), "invalid_request"},
		"certified twice":      {"register_certification", coordinator, certifying(arguments{"issued_on": "2026-01-01", "expires_on": "2027-01-01"}), "already_exists"},
		"no day":               {"register_certification", coordinator, certifying(arguments{"issued_on": nil}), "invalid_request"},
		"no such one":          {"revoke_certification", admin, arguments{"certification_id": uuid.NewString(), "last_valid_on": "2026-05-01"}, "not_found"},
		"revoked before":       {"revoke_certification", admin, arguments{"certification_id": ids["certification"], "last_valid_on": "2025-05-01"}, "invalid_request"},
		"prolonged":            {"revoke_certification", admin, arguments{"certification_id": ids["certification"], "last_valid_on": "2028-05-01"}, "invalid_request"},
		"joined to oneself":    {"merge_people", admin, arguments{"kept_id": ids["kept"], "dropped_id": ids["kept"]}, "invalid_request"},
		"joined with a login":  {"merge_people", admin, arguments{"kept_id": ids["kept"], "dropped_id": ids["twin"]}, "in_use"},
		"joined with history":  {"merge_people", admin, arguments{"kept_id": ids["kept"], "dropped_id": ids["history"]}, "in_use"},
		"an unknown chapter":   {"save_chapter", office, arguments{"chapter_id": uuid.NewString(), "name": "Ny"}, "chapter_not_found"},
		"a chapter twice":      {"save_chapter", office, arguments{"name": "name in use"}, "already_exists"},
		"no chapter closed":    {"close_chapter", office, arguments{"chapter_id": uuid.NewString(), "last_day": "2030-01-01"}, "chapter_not_found"},
		"closed again":         {"close_chapter", office, arguments{"chapter_id": ids["closed"], "last_day": "2030-01-01"}, "invalid_request"},
		"months":               {"save_certification_kind", office, arguments{"code": "rpc kind", "months_valid": -1}, "invalid_request"},
		"months away":          {"save_certification_kind", office, arguments{"code": "rpc kind", "due_after_months_away": -1}, "invalid_request"},
		"an unknown successor": {"save_certification_kind", office, arguments{"code": "rpc kind", "replaced_by": "no such"}, "invalid_request"},
		"its own successor":    {"save_certification_kind", office, arguments{"code": "rpc kind", "replaced_by": "rpc kind"}, "invalid_request"},
		"appointed twice":      {"appoint_administrator", office, arguments{"person_id": ids["office"]}, "already_exists"},
		"the last to dismiss":  {"dismiss_administrator", office, arguments{"person_id": ids["office"]}, "in_use"},
		"the last to erase":    {"erase_person", office, arguments{"person_id": ids["office"]}, "in_use"},
		"not appointed":        {"dismiss_administrator", office, arguments{"person_id": ids["plain"]}, "not_found"},

		"invited nowhere":   {"begin_invitation", admin, arguments{"person_id": ids["kept"]}, "invalid_request"},
		"invited again":     {"begin_invitation", admin, arguments{"person_id": ids["signed in"]}, "already_exists"},
		"invited by nobody": {"finish_invitation", admin, arguments{"person_id": ids["kept"], "email": "kept@example.org"}, "request_in_progress"},

		"a list of nobody's":           {"import_people", nobody, arguments{}, "unauthenticated"},
		"a list, administering none":   {"import_people", former, arguments{"list": arguments{}}, "not_an_administrator"},
		"a list for another chapter":   {"import_people", admin, arguments{"list": arguments{}, "chapter_id": endpoint.Bergen}, "chapter_not_found"},
		"no list of people":            {"import_people", admin, arguments{}, "invalid_request"},
		"headers that are no hash":     {"import_people", admin, listing(arguments{"header_set": "x"}, arguments{}), "invalid_request"},
		"a mapping to no field":        {"import_people", admin, listing(arguments{"mapping": arguments{"Navn": "boss"}}, arguments{}), "invalid_request"},
		"a list without rows":          {"import_people", admin, arguments{"list": arguments{}}, "invalid_request"},
		"an empty list":                {"import_people", admin, arguments{"list": arguments{"rows": []any{}}}, "invalid_request"},
		"a row that can't be stored":   {"import_people", admin, listing(arguments{}, arguments{"phone": "1"}), "invalid_request"},
		"a row without its person":     {"import_people", admin, arguments{"list": arguments{"rows": []any{arguments{"row": 2, "person": 2}, arguments{"row": 2, "person": 2}}}}, "invalid_request"},
		"a certification that is none": {"import_people", admin, listing(arguments{}, arguments{"certifications": arguments{}}), "invalid_request"},
		"a certification without day":  {"import_people", admin, listing(arguments{}, arguments{"certifications": []any{arguments{"kind": "rpc kind"}}}), "invalid_request"},
		"another preview": {"import_people", admin, arguments{"preview": "x", "list": arguments{"rows": []any{
			arguments{"row": 2, "person": 2, "display_name": "Ny Person"}}}}, "preview_outdated"},
		"a page for nobody":          {"people_page", nobody, arguments{}, "unauthenticated"},
		"a page without chapters":    {"people_page", former, arguments{}, "not_a_coordinator"},
		"a page of 0 people":         {"people_page", admin, arguments{"page_limit": 0}, "invalid_request"},
		"a page of another chapter":  {"people_page", admin, arguments{"chapter_id": endpoint.Bergen}, "chapter_not_found"},
		"a page's cursor altered":    {"people_page", admin, arguments{"page_cursor": "x.y"}, "invalid_request"},
		"a page of an unknown role":  {"people_page", admin, arguments{"role": "boss"}, "invalid_request"},
		"a page of an unknown login": {"people_page", admin, arguments{"login": "lost"}, "invalid_request"},
		"a person for nobody":        {"person_page", nobody, arguments{"person_id": ids["kept"]}, "unauthenticated"},
		"a person of a coordinator":  {"person_page", coordinator, arguments{"person_id": ids["kept"]}, "not_an_administrator"},
		"no person":                  {"person_page", admin, arguments{}, "invalid_request"},
		"0 rows of a person":         {"person_page", admin, arguments{"person_id": ids["kept"], "page_limit": 0}, "invalid_request"},
		"a person's cursor altered":  {"person_page", admin, arguments{"person_id": ids["kept"], "page_cursor": "1.y"}, "invalid_request"},
		"a person of another":        {"person_page", admin, arguments{"person_id": endpoint.BergenMentor}, "not_found"},
		"a person who was joined":    {"person_page", admin, arguments{"person_id": ids["dropped"]}, "not_found"},
		"doubles for nobody":         {"possible_duplicates", nobody, arguments{}, "unauthenticated"},
		"doubles of a coordinator":   {"possible_duplicates", coordinator, arguments{}, "not_an_administrator"},
		"doubles of another chapter": {"possible_duplicates", admin, arguments{"chapter_id": endpoint.Bergen}, "chapter_not_found"},
		"what there is for nobody":   {"organisation_page", nobody, arguments{}, "unauthenticated"},
		"what there is, of none":     {"organisation_page", former, arguments{}, "not_a_coordinator"},
		"a mentor's id, joined away": {"pause_mentor", coordinator, arguments{"mentor_id": ids["dropped"], "pause_reason": "Ferie"}, "not_found"},
	}
	named := make(map[string]formCase, len(cases))
	for name, c := range cases {
		named[fmt.Sprintf("people, %s", name)] = c
	}
	return named
}
