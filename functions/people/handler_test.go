package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mentorpause/local/endpoint"
	"mentorpause/shared/database"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "people", endpoint.Unsaid{
		// Refused, though OpenAPI finds nothing wrong with it.
		"TestPagesAreRefused/a search for a person": "OpenAPI can't say which parameters belong to which value of another",
		"TestPagesAreRefused/a person in a list":    "the same",
		"TestPagesAreRefused/no person":             "the same",
		"TestBodiesAreStrict/identity number":       "OpenAPI can't say what a national identity number is",
		"TestBodiesAreStrict/unknown kind":          "which kinds there are only the database knows",
		"TestBodiesAreStrict/command twice":         "to a parser of JSON the last one counts",
		"TestPagesAreRefused/altered cursor":        "whether a cursor was altered only its seal tells",
		"TestPagesAreRefused/role twice":            "OpenAPI can't forbid a parameter to be repeated",
		"TestPagesAreRefused/a body that is a form": "a page takes no body, but what is sent is read",
	})
}

// key is an idempotency key.
const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"

// The administrators of every test.
const (
	administrator = "00000000-0000-4000-8000-0000000000d1" // of Oslo
	office        = "00000000-0000-4000-8000-0000000000d2" // of the organisation
)

// fields are a body.
type fields map[string]any

// setup makes the function, with administrators and a certification kind.
func setup(t testing.TB) *endpoint.Bundle {
	t.Helper()
	b := endpoint.New(t, newEndpoint)
	exec(t, b, `
		insert into public.profiles (id, display_name) values ('`+administrator+`', 'Anne Admin'), ('`+office+`', 'Olga Office');
		insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ('`+endpoint.Oslo+`', '`+administrator+`', 'administrator', now() - interval '9 days');
		insert into public.organisation_administrators (user_id) values ('`+office+`')`)
	return b
}

func exec(t testing.TB, b *endpoint.Bundle, statements string) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// text returns the single value of a query.
func text(t testing.TB, b *endpoint.Bundle, query string, args ...any) (value string) {
	t.Helper()
	if err := b.Database.Connect(t, "postgres").QueryRow(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// day is a day from today on.
func day(t testing.TB, b *endpoint.Bundle, n int) string {
	t.Helper()
	return text(t, b, "select (private.today() + $1::int)::text", n)
}

// do carries out a command that succeeds, and returns what it is about.
func do(t testing.TB, b *endpoint.Bundle, user, command, object string, arguments fields) map[string]any {
	t.Helper()
	body := fields{"command": command}
	maps.Copy(body, arguments)
	response := b.Invoke(t, b.Post(user, body))
	var answer map[string]any
	if err := json.Unmarshal([]byte(response.Body), &answer); err != nil || response.StatusCode != 200 {
		t.Fatalf("%s: %d %s", command, response.StatusCode, response.Body)
	}
	about, ok := answer[object].(map[string]any)
	if !ok {
		t.Fatalf("%s answers %s, want a %s", command, response.Body, object)
	}
	return about
}

func TestEveryCommandIsCarriedOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	done := map[string]bool{}
	run := func(user, command, object string, arguments fields) map[string]any {
		t.Helper()
		done[command] = true
		return do(t, b, user, command, object, arguments)
	}
	kind := run(office, "save_certification_kind", "certification_kind", fields{"code": "Grunnkurs", "name_nb": "Grunnkurs", "months_valid": 24, "is_required": false})
	if kind["code"] != "Grunnkurs" || kind["months_valid"] != 24.0 {
		t.Errorf("kind %v", kind)
	}
	chapter := run(office, "save_chapter", "chapter", fields{"name": "Tromsø", "requests_take_effect": true})
	if chapter["name"] != "Tromsø" || chapter["requests_take_effect"] != true {
		t.Errorf("chapter %v", chapter)
	}
	person := run(administrator, "register_person", "person", fields{
		"display_name": "Nils Ny", "chapter_id": endpoint.Oslo, "role": nil, "locale": "nn", "email": "Nils@Example.org", "phone": "91234567",
		"started_on": day(t, b, 0), "coordinator_id": endpoint.Coordinator, "source": "medlem", "external_id": "17",
		"certifications": []fields{{"kind": "grunnkurs", "issued_on": day(t, b, -10)}, {"kind": "course", "issued_on": day(t, b, -9), "expires_on": "never"}}})
	id := person["id"].(string)
	if person["email"] != "nils@example.org" || person["phone"] != "+4791234567" || person["locale"] != "nn" ||
		len(person["certifications"].([]any)) != 2 || len(person["assignments"].([]any)) != 1 || len(person["memberships"].([]any)) != 1 {
		t.Errorf("person %v", person)
	}
	if again := run(office, "register_person", "person", fields{"display_name": "Nils", "chapter_id": endpoint.Bergen, "email": "nils@example.org"}); again["id"] != id || len(again) != 2 {
		t.Errorf("known elsewhere: %v", again)
	}
	if person = run(office, "update_person", "person", fields{"person_id": strings.ToUpper(id), "display_name": "Nils Nytt", "phone": ""}); person["display_name"] != "Nils Nytt" || person["phone"] != nil || person["email"] != "nils@example.org" {
		t.Errorf("renamed: %v", person)
	}
	membership := run(administrator, "start_membership", "membership", fields{"person_id": id, "chapter_id": endpoint.Oslo, "role": "coordinator", "started_on": day(t, b, 0)})
	if ended := run(administrator, "end_membership", "membership", fields{"membership_id": membership["id"], "last_day": day(t, b, 20)}); ended["ended_at"] == nil {
		t.Errorf("ended: %v", ended)
	}
	if back := run(administrator, "end_membership", "membership", fields{"membership_id": membership["id"], "last_day": nil}); back["ended_at"] != nil {
		t.Errorf("taken back: %v", back)
	}
	run(endpoint.Coordinator, "end_assignment", "assignment", fields{"mentor_id": endpoint.Mentor, "coordinator_id": endpoint.Coordinator})
	run(endpoint.Coordinator, "assign_coordinator", "assignment", fields{"mentor_id": endpoint.Mentor, "coordinator_id": endpoint.Coordinator})
	if handed := run(administrator, "hand_over", "hand_over", fields{"from_id": endpoint.Coordinator, "to_id": id}); handed["count"] != 2.0 {
		t.Errorf("handed over: %v", handed)
	}
	certification := run(endpoint.Coordinator, "register_certification", "certification", fields{"mentor_id": endpoint.Expired, "kind": "course", "issued_on": day(t, b, -1), "expires_on": day(t, b, 100)})
	if revoked := run(administrator, "revoke_certification", "certification", fields{"certification_id": certification["id"], "last_valid_on": day(t, b, 50)}); revoked["expires_on"] != day(t, b, 50) {
		t.Errorf("revoked: %v", revoked)
	}
	run(administrator, "remove_certification", "certification", fields{"certification_id": certification["id"]})
	twin := run(administrator, "register_person", "person", fields{"display_name": "Åse Ø", "chapter_id": endpoint.Oslo})
	if kept := run(administrator, "merge_people", "person", fields{"kept_id": endpoint.Mentor, "dropped_id": twin["id"]}); kept["id"] != endpoint.Mentor {
		t.Errorf("joined: %v", kept)
	}
	if appointed := run(office, "appoint_administrator", "administrator", fields{"person_id": administrator}); appointed["person_id"] != administrator {
		t.Errorf("appointed: %v", appointed)
	}
	run(office, "dismiss_administrator", "administrator", fields{"person_id": administrator})
	if erased := run(office, "erase_person", "person", fields{"person_id": id}); len(erased) != 1 || erased["id"] != id {
		t.Errorf("erased: %v", erased)
	}
	if closed := run(office, "close_chapter", "chapter", fields{"chapter_id": chapter["id"], "last_day": day(t, b, 0)}); closed["closed_at"] == nil {
		t.Errorf("closed: %v", closed)
	}

	all := slices.Sorted(maps.Keys(database.PeopleCommands))
	if diff := cmp.Diff(all, slices.Sorted(maps.Keys(done))); diff != "" {
		t.Errorf("commands (-table +tried):\n%s", diff)
	}
	logged := strings.Split(text(t, b, "select string_agg(distinct l.command, ' ' order by l.command) from public.people_log l where l.actor_id is not null"), " ")
	if diff := cmp.Diff(all, logged); diff != "" {
		t.Errorf("commands (-table +logged):\n%s", diff)
	}
}

// Everything but the last three is answered without the database.
func TestBodiesAreStrict(t *testing.T) {
	t.Parallel()
	with, without := setup(t), endpoint.NewWithoutDatabase(t, newEndpoint)
	register := func(more fields) fields {
		body := fields{"command": "register_person", "display_name": "Ny", "chapter_id": endpoint.Oslo}
		maps.Copy(body, more)
		return body
	}
	kind := fields{"command": "save_certification_kind", "code": "x"}
	tests := map[string]struct {
		body  any
		names string // the field, in the details
	}{
		"no body":                        {nil, "command"},
		"no object":                      {`[]`, ""},
		"null":                           {`null`, ""},
		"no command":                     {fields{"person_id": endpoint.Mentor}, "command"},
		"unknown command":                {fields{"command": "people_page"}, "command"},
		"command that is a number":       {fields{"command": 1}, "command"},
		"command twice":                  {`{"command":"erase_person","command":"erase_person","person_id":"` + endpoint.Mentor + `"}`, "command"},
		"unknown field":                  {register(fields{"name": "x"}), "name"},
		"unknown to every command":       {fields{"nonsense": 1}, "nonsense"},
		"another command's":              {fields{"command": "erase_person", "person_id": endpoint.Mentor, "display_name": nil}, "display_name"},
		"request_id":                     {register(fields{"request_id": key}), "request_id"},
		"field in another case":          {register(fields{"Email": "x"}), "Email"},
		"person without id":              {fields{"command": "erase_person"}, "person_id"},
		"person null":                    {fields{"command": "erase_person", "person_id": nil}, "person_id"},
		"id that is none":                {fields{"command": "erase_person", "person_id": "x"}, "person_id"},
		"id that is a number":            {fields{"command": "erase_person", "person_id": 1}, "person_id"},
		"name that is a list":            {register(fields{"display_name": []string{"x"}}), "display_name"},
		"date that is none":              {register(fields{"started_on": "2026-02-30"}), "started_on"},
		"date written otherwise":         {register(fields{"started_on": "1.2.2026"}), "started_on"},
		"months that are text":           {merged(kind, fields{"months_valid": "24"}), "months_valid"},
		"half months":                    {merged(kind, fields{"months_valid": 1.5}), "months_valid"},
		"required that is text":          {merged(kind, fields{"is_required": "yes"}), "is_required"},
		"certifications that are one":    {register(fields{"certifications": fields{"kind": "course", "issued_on": "2026-01-01"}}), "certifications"},
		"certification that is text":     {register(fields{"certifications": []string{"course"}}), "certifications/0"},
		"certification without a kind":   {register(fields{"certifications": []fields{{"issued_on": "2026-01-01"}}}), "certifications/0/kind"},
		"certification without a date":   {register(fields{"certifications": []fields{{"kind": "course"}}}), "certifications/0/issued_on"},
		"certification of unknown field": {register(fields{"certifications": []fields{{"kind": "course", "issued_on": "2026-01-01", "x": 1}}}), "certifications/0/x"},
		"not JSON":                       {`{"command"`, "command"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, without.Invoke(t, without.Post(administrator, test.body)), 400, "invalid_request")
			if got := value(refused.Details); got != test.names {
				t.Errorf("details %q, want %q: %s", got, test.names, refused.Message)
			}
			if test.names != "" && !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q", refused.Message)
			}
		})
	}
	t.Run("identity number", func(t *testing.T) {
		refused := endpoint.WantRefusal(t, with.Invoke(t, with.Post(administrator, register(fields{"display_name": "Kari 010190 10046"}))), 400, "invalid_request")
		if value(refused.Details) != "display_name" || strings.Contains(refused.Message, "10046") || strings.Contains(with.Log.String(), "10046") {
			t.Errorf("%+v, logged %s", refused, with.Log)
		}
	})
	t.Run("unknown kind", func(t *testing.T) {
		refused := endpoint.WantRefusal(t, with.Invoke(t, with.Post(endpoint.Coordinator, fields{"command": "register_certification",
			"mentor_id": endpoint.Mentor, "kind": "no such", "issued_on": "2026-01-01"})), 400, "invalid_request")
		if value(refused.Details) != "kind" {
			t.Errorf("%+v", refused)
		}
	})
}

func merged(a, b fields) fields {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func TestCommandsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dropped := b.Drop(t, endpoint.Mentor)
	exec(t, b, `insert into public.contacts (person_id, email) values ('`+endpoint.Expired+`', 'ola@example.org');
		insert into auth.users (id, email) values ('`+endpoint.Mentor+`', 'aase@example.org')`)
	end := fields{"command": "end_assignment", "mentor_id": endpoint.Mentor, "coordinator_id": endpoint.Coordinator}
	assign := fields{"command": "assign_coordinator", "mentor_id": endpoint.Mentor, "coordinator_id": endpoint.Coordinator}
	erase := fields{"command": "erase_person", "person_id": endpoint.Mentor}
	tests := map[string]struct {
		user    string
		body    fields
		status  int
		code    string
		details string
		hint    string
	}{
		"no coordinator":             {endpoint.Former, end, 403, "not_a_coordinator", "", ""},
		"no administrator":           {endpoint.Coordinator, erase, 403, "not_an_administrator", "", ""},
		"not of the office":          {administrator, fields{"command": "save_chapter", "name": "Ny"}, 403, "not_an_administrator", "", ""},
		"another chapter's mentor":   {endpoint.BergenCoordinator, end, 404, "mentor_not_found", "", ""},
		"another chapter's person":   {administrator, fields{"command": "erase_person", "person_id": endpoint.BergenMentor}, 404, "not_found", "", ""},
		"another chapter":            {administrator, fields{"command": "register_person", "display_name": "Ny", "chapter_id": endpoint.Bergen}, 404, "chapter_not_found", "", ""},
		"nobody":                     {administrator, fields{"command": "erase_person", "person_id": endpoint.Nobody}, 404, "not_found", "", ""},
		"who was joined":             {administrator, fields{"command": "update_person", "person_id": dropped}, 404, "not_found", "", endpoint.Mentor},
		"assigned already":           {endpoint.Coordinator, assign, 409, "already_exists", "", ""},
		"address of somebody else":   {administrator, fields{"command": "update_person", "person_id": endpoint.Mentor, "email": "ola@example.org"}, 409, "in_use", "email", ""},
		"joined with a login":        {administrator, fields{"command": "merge_people", "kept_id": endpoint.Expired, "dropped_id": endpoint.Mentor}, 409, "in_use", "login", ""},
		"organisation administrator": {administrator, fields{"command": "update_person", "person_id": office, "email": "mine@example.org"}, 404, "not_found", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(test.user, test.body)), test.status, test.code)
			if value(refused.Details) != test.details || value(refused.Hint) != test.hint {
				t.Errorf("%+v", refused)
			}
		})
	}
	if n := text(t, b, "select count(*)::text from public.people_log l where l.actor_id is not null"); n != "0" {
		t.Errorf("%s rows of the log after refusals", n)
	}
}

func TestARepeatedCommandGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	register := b.Post(administrator, fields{"command": "register_person", "display_name": "Nils Ny", "chapter_id": endpoint.Oslo, "email": "nils@example.org", "source": "medlem", "external_id": "17"})
	register.Headers["idempotency-key"] = key
	first := b.Invoke(t, register)
	register.Headers["idempotency-key"] = `"` + strings.ToUpper(key) + `"`
	if again := b.Invoke(t, register); again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" || first.Headers["idempotent-replayed"] != "" {
		t.Errorf("%d %s, first %s", again.StatusCode, again.Body, first.Body)
	}
	other := b.Post(administrator, fields{"command": "register_person", "display_name": "Nora Ny", "chapter_id": endpoint.Oslo})
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
	if n := text(t, b, "select count(*)::text from public.profiles p where p.display_name = 'Nils Ny'"); n != "1" {
		t.Errorf("registered %s times", n)
	}

	// Of somebody who was erased since, the kept answer has ids only.
	var answer struct{ Person struct{ ID string } }
	if err := json.Unmarshal([]byte(first.Body), &answer); err != nil {
		t.Fatal(err)
	}
	do(t, b, administrator, "erase_person", "person", fields{"person_id": answer.Person.ID})
	register.Headers["idempotency-key"] = key
	if kept := b.Invoke(t, register); kept.StatusCode != 200 || !strings.Contains(kept.Body, answer.Person.ID) ||
		strings.Contains(kept.Body, "Nils") || strings.Contains(kept.Body, "nils@") || strings.Contains(kept.Body, `"17"`) {
		t.Errorf("%d %s", kept.StatusCode, kept.Body)
	}

	for age, code := range map[time.Duration]string{72*time.Hour + time.Second: "request_expired", 72*time.Hour - time.Minute: ""} {
		event := b.Post(administrator, fields{"command": "update_person", "person_id": endpoint.Mentor, "display_name": "Åse " + age.String()})
		event.Headers["idempotency-key"] = endpoint.KeyMade(time.Now().Add(-age))
		if response := b.Invoke(t, event); response.Headers["sb-error-code"] != code {
			t.Errorf("%s old: %s", age, response.Body)
		}
	}
	event := b.Post(administrator, fields{"command": "update_person", "person_id": endpoint.Mentor})
	event.Headers["idempotency-key"] = "x"
	endpoint.WantRefusal(t, b.Invoke(t, event), 400, "invalid_request")
}

func TestACommandWhoseKeyIsInUseIsInProgress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	release := b.HoldMentor(t, endpoint.Mentor)
	event := b.Post(administrator, fields{"command": "update_person", "person_id": endpoint.Mentor, "display_name": "Åse"})
	event.Headers["idempotency-key"] = key
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() { first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event) }()
	b.AwaitLock(t)

	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")

	release()
	if response := <-first; response.StatusCode != 200 {
		t.Errorf("%d %s", response.StatusCode, response.Body)
	}
}

// page reads a page of people, by name.
func page(t testing.TB, response events.LambdaFunctionURLResponse) (names []string, cursor string) {
	t.Helper()
	var answer struct {
		People []struct {
			DisplayName string `json:"display_name"`
		} `json:"people"`
		NextCursor *string `json:"next_cursor"`
	}
	if err := json.Unmarshal([]byte(response.Body), &answer); err != nil || response.StatusCode != 200 {
		t.Fatalf("%d %s", response.StatusCode, response.Body)
	}
	for _, person := range answer.People {
		names = append(names, person.DisplayName)
	}
	return names, value(answer.NextCursor)
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	oslo := []string{"Anne Admin", "Kari Nordmann", "Ola Utløpt", "Åse Ødegård"} // Siri left it, and belongs there still
	for query, want := range map[string][]string{
		"":                         {"Anne Admin", "Kari Nordmann", "Ola Utløpt", "Siri Før", "Åse Ødegård"},
		"search=&role=&limit=":     {"Anne Admin", "Kari Nordmann", "Ola Utløpt", "Siri Før", "Åse Ødegård"},
		"search=odegard&limit=5":   {"Åse Ødegård"},
		"role=mentor":              {"Ola Utløpt", "Åse Ødegård"},
		"role=coordinator&limit=1": {"Kari Nordmann"},
		"chapter_id=" + endpoint.Oslo + "&role=administrator": {"Anne Admin"},
		"search=nobody": nil,
	} {
		if names, cursor := page(t, b.Invoke(t, b.Get(endpoint.Coordinator, query))); !slices.Equal(names, want) || cursor != "" {
			t.Errorf("%s: %q, next %q, want %q", query, names, cursor, want)
		}
	}
	var walked []string
	for cursor := "-"; cursor != ""; {
		var names []string
		names, cursor = page(t, b.Invoke(t, b.Get(endpoint.Coordinator, "limit=2&cursor="+url.QueryEscape(strings.TrimPrefix(cursor, "-")))))
		walked = append(walked, names...)
	}
	if len(walked) != len(oslo)+1 || !slices.IsSortedFunc(walked[:4], strings.Compare) {
		t.Errorf("page after page: %q", walked)
	}
	if names, _ := page(t, b.Invoke(t, b.Get(office, ""))); len(names) != 8 {
		t.Errorf("the office sees %q", names)
	}
}

func TestPartsAreReadAndReadAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for query, want := range map[string]string{
		"part=person&person_id=" + endpoint.Mentor:              `"display_name": "Åse Ødegård"`,
		"part=duplicates":                                       `"goes_on": false`,
		"part=organisation":                                     `"is_organisation_administrator": false`,
		"part=person&limit=1&person_id=" + endpoint.Mentor + "": `"log": [`,
	} {
		response := b.Invoke(t, b.Get(administrator, query))
		if response.StatusCode != 200 || !strings.Contains(string(endpoint.Body(t, response)), want) {
			t.Errorf("%s: %d %s, want %s", query, response.StatusCode, response.Body, want)
			continue
		}
		again := b.Get(administrator, query)
		again.Headers["if-none-match"] = response.Headers["etag"]
		if response := b.Invoke(t, again); response.StatusCode != 304 {
			t.Errorf("%s again: %d", query, response.StatusCode)
		}
	}
}

func TestPagesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := func(contentType, text string) func(*events.LambdaFunctionURLRequest) {
		return func(event *events.LambdaFunctionURLRequest) {
			event.Headers["content-type"], event.Body = contentType, text
		}
	}
	for name, test := range map[string]struct {
		user   string
		query  string
		change func(*events.LambdaFunctionURLRequest)
		status int
		code   string
	}{
		"no coordinator":        {endpoint.Former, "", nil, 403, "not_a_coordinator"},
		"another chapter":       {endpoint.Coordinator, "chapter_id=" + endpoint.Bergen, nil, 404, "chapter_not_found"},
		"no chapter":            {endpoint.Coordinator, "chapter_id=x", nil, 400, "invalid_request"},
		"unknown role":          {endpoint.Coordinator, "role=boss", nil, 400, "invalid_request"},
		"role twice":            {endpoint.Coordinator, "role=mentor&role=mentor", nil, 400, "invalid_request"},
		"unknown login":         {endpoint.Coordinator, "login=lost", nil, 400, "invalid_request"},
		"unknown part":          {endpoint.Coordinator, "part=boss", nil, 400, "invalid_request"},
		"no person":             {administrator, "part=person", nil, 400, "invalid_request"},
		"a person in a list":    {administrator, "person_id=" + endpoint.Mentor, nil, 400, "invalid_request"},
		"a search for a person": {administrator, "part=person&search=a&person_id=" + endpoint.Mentor, nil, 400, "invalid_request"},
		"somebody else's":       {administrator, "part=person&person_id=" + endpoint.BergenMentor, nil, 404, "not_found"},
		"no administrator":      {endpoint.Coordinator, "part=person&person_id=" + endpoint.Mentor, nil, 403, "not_an_administrator"},
		"doubles elsewhere":     {administrator, "part=duplicates&chapter_id=" + endpoint.Bergen, nil, 404, "chapter_not_found"},
		"limit of 0":            {endpoint.Coordinator, "limit=0", nil, 400, "invalid_request"},
		"limit of 201":          {endpoint.Coordinator, "limit=201", nil, 400, "invalid_request"},
		"limit in words":        {endpoint.Coordinator, "limit=ten", nil, 400, "invalid_request"},
		"altered cursor":        {endpoint.Coordinator, "cursor=x.y", nil, 400, "invalid_request"},
		"a body of 17 KiB":      {endpoint.Coordinator, "", body("application/json", strings.Repeat(" ", 17<<10)), 413, "payload_too_large"},
		"a body that is a form": {endpoint.Coordinator, "", body("text/plain", "x"), 415, "unsupported_media_type"},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Get(test.user, test.query)
			if test.change != nil {
				test.change(&event)
			}
			endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
		})
	}
}

// What every function answers, for both methods.
func TestOtherRequestsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
	requests := func(b *endpoint.Bundle) map[string]events.LambdaFunctionURLRequest {
		return map[string]events.LambdaFunctionURLRequest{
			"GET":  b.Get(administrator, ""),
			"POST": b.Post(administrator, fields{"command": "update_person", "person_id": endpoint.Mentor, "display_name": "Åse"}),
		}
	}
	withoutDatabase, withoutKeys := endpoint.NewWithoutDatabase(t, newEndpoint), endpoint.NewWithoutKeys(t, newEndpoint)
	for method := range requests(b) {
		event := requests(b)[method]
		delete(event.Headers, "authorization")
		endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
		endpoint.WantRefusal(t, withoutDatabase.Invoke(t, requests(withoutDatabase)[method]), 503, "database_unavailable")
		endpoint.WantRefusal(t, withoutKeys.Invoke(t, requests(withoutKeys)[method]), 503, "auth_unavailable")

		release := b.Hold(t, "lock table public.profiles in access exclusive mode")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		endpoint.WantRefusal(t, b.InvokeContext(t, ctx, requests(b)[method]), 504, "deadline_exceeded")
		cancel()
		release()
	}
	event := b.Post(administrator, fields{"command": "erase_person", "person_id": endpoint.Mentor})
	event.RequestContext.HTTP.Method = "DELETE"
	if response := b.Invoke(t, event); response.Headers["allow"] != "GET, POST, OPTIONS" {
		t.Errorf("%v", response.Headers)
	}
	endpoint.WantRefusal(t, b.Invoke(t, event), 405, "method_not_allowed")
	large := fields{"command": "register_person", "display_name": strings.Repeat("x", 17<<10), "chapter_id": endpoint.Oslo}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(administrator, large)), 413, "payload_too_large")
	form := b.Post(administrator, "command=erase_person")
	form.Headers["content-type"] = "application/x-www-form-urlencoded"
	endpoint.WantRefusal(t, b.Invoke(t, form), 415, "unsupported_media_type")

	exec(t, b, "alter table private.settings rename to lost")
	for method := range requests(b) {
		endpoint.WantRefusal(t, b.Invoke(t, requests(b)[method]), 500, "internal_error")
	}
}

// One call of the database for each request.
func TestAnUnknownCommandNeverReachesTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.DB.KeepPeople(t.Context(), b.Claims(administrator), "people_page", nil, uuid.NewString())
	if err == nil || !strings.Contains(fmt.Sprint(err), "no command") {
		t.Error(err)
	}
}
