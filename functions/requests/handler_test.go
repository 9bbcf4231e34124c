package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"mentorpause/local/endpoint"
	"mentorpause/shared/database"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "requests", endpoint.Unsaid{
		"TestRequestsAreRefused/from today":           "OpenAPI doesn't know today",
		"TestRequestsAreRefused/from in two years":    "the same",
		"TestRequestsAreRefused/back today":           "the same",
		"TestRequestsAreRefused/back in four years":   "the same",
		"TestRequestsAreRefused/back the first day":   "OpenAPI compares no dates",
		"TestRequestsAreRefused/limit twice":          "OpenAPI can't forbid a parameter to be repeated",
		"TestRequestsAreRefused/field of a GET":       "OpenAPI can't forbid a body where it describes none",
		"TestRequestsAreRefused/altered cursor":       "whether a cursor was altered only its seal tells",
		"TestRequestsAreRefused/text by GET":          "the same",
		"TestRequestsAreRefused/the date there is":    "what is stored OpenAPI doesn't know",
		"TestRequestsAreRefused/an invisible reason":  "which characters can be seen OpenAPI doesn't know",
		"TestRequestsAreRefused/an invisible message": "the same",
	})
}

const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"

func inDays(days int) string { return time.Now().AddDate(0, 0, days).Format(time.DateOnly) }

type leaveRequest struct {
	ID                 string  `json:"id"`
	MentorID           string  `json:"mentor_id"`
	MentorName         string  `json:"mentor_name"`
	Kind               string  `json:"kind"`
	State              string  `json:"state"`
	Reason             *string `json:"reason"`
	StartsOn           *string `json:"starts_on"`
	ExpectedReturnDate *string `json:"expected_return_date"`
	AnsweredBy         *string `json:"answered_by"`
	AnsweredByName     *string `json:"answered_by_name"`
	AnsweredAt         *string `json:"answered_at"`
	Message            *string `json:"message"`
	PauseRecordID      *string `json:"pause_record_id"`
	PlannedPauseID     *string `json:"planned_pause_id"`
	CreatedAt          string  `json:"created_at"`
}

type answer struct {
	LeaveRequest leaveRequest          `json:"leave_request"`
	PauseRecord  *endpoint.PauseRecord `json:"pause_record"`
	PlannedPause *struct {
		ID          string  `json:"id"`
		StartsOn    string  `json:"starts_on"`
		PauseReason *string `json:"pause_reason"`
		Version     int     `json:"version"`
	} `json:"planned_pause"`
	Hints []any `json:"hints"`
}

type page struct {
	LeaveRequests []leaveRequest `json:"leave_requests"`
	NextCursor    *string        `json:"next_cursor"`
}

func read[T any](t testing.TB, response events.LambdaFunctionURLResponse) (answer T) {
	t.Helper()
	if response.StatusCode != 200 || response.Headers["content-type"] != "application/json" {
		t.Fatalf("status %d, content-type %q: %s", response.StatusCode, response.Headers["content-type"], response.Body)
	}
	if err := json.Unmarshal(endpoint.Body(t, response), &answer); err != nil {
		t.Fatalf("body %s: %v", response.Body, err)
	}
	return answer
}

// body is a request's, of names and values by turns.
func body(fields ...any) map[string]any {
	all := map[string]any{}
	for i := 0; i < len(fields); i += 2 {
		all[fields[i].(string)] = fields[i+1]
	}
	return all
}

func ask(t testing.TB, b *endpoint.Bundle, mentor, kind string, fields ...any) answer {
	t.Helper()
	asked := body(fields...)
	asked["kind"] = kind
	return read[answer](t, b.Invoke(t, b.Post(mentor, asked)))
}

func answering(id, answer string, fields ...any) map[string]any {
	given := body(fields...)
	given["request_id"], given["answer"] = id, answer
	return given
}

// trust lets requests of the chapter take effect at once.
func trust(t testing.TB, b *endpoint.Bundle, chapter string) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), "update public.chapters set requests_take_effect = true where id = $1", chapter); err != nil {
		t.Fatal(err)
	}
}

func TestAskingAndAnswering(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	first, back := inDays(30), inDays(60)

	asked := ask(t, b, endpoint.Mentor, "pause", "reason", " Eksamen ", "starts_on", first, "expected_return_date", back)
	want := leaveRequest{ID: asked.LeaveRequest.ID, MentorID: endpoint.Mentor, MentorName: "Åse Ødegård", Kind: "pause", State: "open", Reason: new("Eksamen"),
		StartsOn: &first, ExpectedReturnDate: &back, CreatedAt: asked.LeaveRequest.CreatedAt}
	if diff := cmp.Diff(want, asked.LeaveRequest); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if live, _ := b.PausesOf(t, endpoint.Mentor); live != 0 {
		t.Errorf("asking alone has paused")
	}
	listed := read[page](t, b.Invoke(t, b.Get(endpoint.Coordinator, "state=open")))
	if diff := cmp.Diff([]leaveRequest{want}, listed.LeaveRequests); diff != "" {
		t.Errorf("a coordinator's list (-want +got):\n%s", diff)
	}

	accepted := read[answer](t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(strings.ToUpper(want.ID), "accept", "message", "God tur!"))))
	if p := accepted.PlannedPause; p == nil || p.StartsOn != first || p.PauseReason == nil || *p.PauseReason != "Eksamen" || accepted.PauseRecord != nil {
		t.Errorf("accepting made %+v", accepted)
	}
	want.State, want.AnsweredBy, want.AnsweredByName, want.Message = "accepted", new(endpoint.Coordinator), new("Kari Nordmann"), new("God tur!")
	want.AnsweredAt, want.PlannedPauseID = accepted.LeaveRequest.AnsweredAt, &accepted.PlannedPause.ID
	if diff := cmp.Diff(want, accepted.LeaveRequest); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(want.ID, "decline"))), 409, "already_answered")
	refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Mentor, body("kind", "pause", "starts_on", inDays(9)))), 409, "already_exists")
	if refused.Details == nil || *refused.Details != "planned_pause" {
		t.Errorf("details %v", refused.Details)
	}

	// The mentor takes it back, asks for a pause now, without a reason, and is declined.
	if taken := read[answer](t, b.Invoke(t, b.Post(endpoint.Mentor, answering(want.ID, "withdraw")))); taken.LeaveRequest.State != "withdrawn" {
		t.Errorf("withdrawn: %+v", taken)
	}
	now := ask(t, b, endpoint.Mentor, "pause", "reason", nil).LeaveRequest
	refused = endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Mentor, body("kind", "pause"))), 409, "already_exists")
	if refused.Details == nil || *refused.Details != "leave_request" {
		t.Errorf("details %v", refused.Details)
	}
	if declined := read[answer](t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(now.ID, "decline", "message", "Ring meg.")))); declined.LeaveRequest.State != "declined" ||
		*declined.LeaveRequest.Message != "Ring meg." || declined.PauseRecord != nil {
		t.Errorf("declined: %+v", declined)
	}

	// Asked again, and accepted; then another date, none, and the return.
	now = ask(t, b, endpoint.Mentor, "pause").LeaveRequest
	if got := read[answer](t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(now.ID, "accept", "expected_version", nil)))).PauseRecord; got == nil || got.Status != "paused" ||
		got.PauseReason != nil || got.Version != 1 {
		t.Errorf("paused: %+v", got)
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Mentor, body("kind", "pause"))), 409, "already_paused")
	longer := ask(t, b, endpoint.Mentor, "change_return", "expected_return_date", back).LeaveRequest
	refused = endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(longer.ID, "accept", "expected_version", 7))), 409, "version_conflict")
	if refused.Details == nil || *refused.Details != "1" {
		t.Errorf("details %v", refused.Details)
	}
	if got := read[answer](t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(longer.ID, "accept", "expected_version", 1)))).PauseRecord; *got.ExpectedReturnDate != back || got.Version != 2 {
		t.Errorf("another date: %+v", got)
	}
	open := ask(t, b, endpoint.Mentor, "change_return", "expected_return_date", nil).LeaveRequest
	if got := read[answer](t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(open.ID, "accept")))).PauseRecord; got.ExpectedReturnDate != nil {
		t.Errorf("no date: %+v", got)
	}
	home := ask(t, b, endpoint.Mentor, "return").LeaveRequest
	if got := read[answer](t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(home.ID, "accept")))); got.PauseRecord.Status != "active" || got.Hints == nil {
		t.Errorf("returned: %+v", got)
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Mentor, body("kind", "return"))), 409, "not_paused")
	for _, secret := range []string{"Eksamen", "God tur", "Ring meg"} {
		if strings.Contains(b.Log.String(), secret) {
			t.Errorf("logged %q: %s", secret, b.Log)
		}
	}
}

func TestRequestsThatTakeEffectAtOnce(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	trust(t, b, endpoint.Oslo)
	got := ask(t, b, endpoint.Mentor, "pause", "reason", "Ferie", "expected_return_date", inDays(9))
	if got.LeaveRequest.State != "accepted" || got.LeaveRequest.AnsweredBy != nil || got.PauseRecord == nil || got.PauseRecord.CoordinatorID != nil {
		t.Errorf("%+v", got)
	}
	// Over an expired certification the pause is recorded, and the return stays open.
	if got = ask(t, b, endpoint.Expired, "pause"); got.PauseRecord == nil || got.PauseRecord.Status != "expired_cert" {
		t.Errorf("%+v", got)
	}
	got = ask(t, b, endpoint.Expired, "return")
	if got.LeaveRequest.State != "open" || got.PauseRecord != nil {
		t.Errorf("%+v", got)
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, answering(got.LeaveRequest.ID, "accept"))), 409, "certification_expired")
}

func TestRequestRepeatedWithItsKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	event := b.Post(endpoint.Mentor, body("kind", "pause"))
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	id := read[answer](t, first).LeaveRequest.ID
	if again := b.Invoke(t, event); again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%s, want %s", again.Body, first.Body)
	}
	other := b.Post(endpoint.Mentor, body("kind", "pause", "expected_return_date", inDays(9)))
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")

	accept := b.Post(endpoint.Coordinator, answering(id, "accept"))
	accept.Headers["idempotency-key"] = key // another caller's key is another one
	first = b.Invoke(t, accept)
	if again := b.Invoke(t, accept); again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%s, want %s", again.Body, first.Body)
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
	// Whoever lost the right is told so, whatever was answered before.
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), "update public.chapter_memberships set ended_at = now() where user_id = $1", endpoint.Coordinator); err != nil {
		t.Fatal(err)
	}
	endpoint.WantRefusal(t, b.Invoke(t, accept), 403, "not_a_coordinator")
}

func TestRequestsInPages(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	var ids []string
	for range 5 {
		asked := ask(t, b, endpoint.Mentor, "pause").LeaveRequest
		read[answer](t, b.Invoke(t, b.Post(endpoint.Mentor, answering(asked.ID, "withdraw"))))
		ids = append([]string{asked.ID}, ids...)
	}
	open := ask(t, b, endpoint.Mentor, "pause").LeaveRequest.ID
	other := ask(t, b, endpoint.BergenMentor, "pause").LeaveRequest.ID
	all := append([]string{open}, ids...)

	listed := func(user, query string) (found []string) {
		t.Helper()
		for cursor := ""; ; {
			p := read[page](t, b.Invoke(t, b.Get(user, query+"&cursor="+url.QueryEscape(cursor))))
			for _, l := range p.LeaveRequests {
				found = append(found, l.ID)
			}
			if p.NextCursor == nil {
				return found
			}
			cursor = *p.NextCursor
		}
	}
	for name, test := range map[string]struct {
		user, query string
		want        []string
	}{
		"the coordinator's":  {endpoint.Coordinator, "limit=2", all},
		"the mentor's":       {endpoint.Mentor, "limit=1", all},
		"all on a page":      {endpoint.Coordinator, "", all},
		"open ones":          {endpoint.Coordinator, "state=open", []string{open}},
		"of two states":      {endpoint.Coordinator, "limit=4&state=withdrawn,open", all},
		"of states as lists": {endpoint.Coordinator, "state[]=open&state[]=declined", []string{open}},
		"of another chapter": {endpoint.BergenCoordinator, "", []string{other}},
		"another mentor's":   {endpoint.BergenMentor, "", []string{other}},
		"somebody's":         {endpoint.Nobody, "", nil},
		"whoever was one":    {endpoint.Former, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, listed(test.user, test.query)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequestsAreRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	open := ask(t, b, endpoint.Mentor, "pause").LeaveRequest.ID
	b.Pause(t, endpoint.BergenCoordinator, endpoint.BergenMentor)
	ask(t, b, endpoint.BergenMentor, "return")
	m, c := endpoint.Mentor, endpoint.Coordinator
	for name, test := range map[string]struct {
		method, user string
		query        string
		body         any
		key          string
		status       int
		code         string
		names        string // what the message must name
	}{
		"nothing":                      {"POST", m, "", body(), "", 400, "invalid_request", "kind"},
		"no body":                      {"POST", m, "", nil, "", 400, "invalid_request", "kind"},
		"another kind":                 {"POST", m, "", body("kind", "holiday"), "", 400, "invalid_request", "kind"},
		"an unknown field":             {"POST", m, "", body("kind", "pause", "mentor_id", m), "", 400, "invalid_request", "mentor_id"},
		"a blank reason":               {"POST", m, "", body("kind", "pause", "reason", " "), "", 400, "invalid_request", "reason"},
		"an invisible reason":          {"POST", m, "", body("kind", "pause", "reason", "\u200b"), "", 400, "invalid_request", "reason"},
		"a long reason":                {"POST", m, "", body("kind", "pause", "reason", strings.Repeat("å", 501)), "", 400, "invalid_request", "reason"},
		"a number for a reason":        {"POST", m, "", body("kind", "pause", "reason", 1), "", 400, "invalid_request", "reason"},
		"a day in words":               {"POST", m, "", body("kind", "pause", "starts_on", "tomorrow"), "", 400, "invalid_request", "starts_on"},
		"a date that is none":          {"POST", m, "", body("kind", "pause", "expected_return_date", "2027-02-30"), "", 400, "invalid_request", "expected_return_date"},
		"from today":                   {"POST", m, "", body("kind", "pause", "starts_on", inDays(0)), "", 400, "invalid_request", "starts_on"},
		"from in two years":            {"POST", m, "", body("kind", "pause", "starts_on", inDays(800)), "", 400, "invalid_request", "starts_on"},
		"back today":                   {"POST", m, "", body("kind", "pause", "expected_return_date", inDays(0)), "", 400, "invalid_request", "expected_return_date"},
		"back in four years":           {"POST", m, "", body("kind", "pause", "expected_return_date", inDays(1500)), "", 400, "invalid_request", "expected_return_date"},
		"back the first day":           {"POST", m, "", body("kind", "pause", "starts_on", inDays(9), "expected_return_date", inDays(9)), "", 400, "invalid_request", "expected_return_date"},
		"another date, but none":       {"POST", m, "", body("kind", "change_return"), "", 400, "invalid_request", "expected_return_date"},
		"another date, and a day":      {"POST", m, "", body("kind", "change_return", "expected_return_date", inDays(9), "starts_on", inDays(5)), "", 400, "invalid_request", "starts_on"},
		"the date there is":            {"POST", endpoint.BergenMentor, "", body("kind", "change_return", "expected_return_date", nil), "", 400, "invalid_request", "expected_return_date"},
		"a return with a date":         {"POST", m, "", body("kind", "return", "expected_return_date", inDays(9)), "", 400, "invalid_request", "expected_return_date"},
		"a return from a day":          {"POST", m, "", body("kind", "return", "starts_on", inDays(9)), "", 400, "invalid_request", "starts_on"},
		"asking with a message":        {"POST", m, "", body("kind", "pause", "message", "a"), "", 400, "invalid_request", "message"},
		"asking with a version":        {"POST", m, "", body("kind", "pause", "expected_version", 1), "", 400, "invalid_request", "expected_version"},
		"asking as a coordinator":      {"POST", c, "", body("kind", "pause"), "", 403, "not_a_mentor", ""},
		"asking as nobody":             {"POST", endpoint.Nobody, "", body("kind", "pause"), "", 403, "not_a_mentor", ""},
		"a second return":              {"POST", endpoint.BergenMentor, "", body("kind", "return"), "", 409, "already_exists", ""},
		"an answer to nothing":         {"POST", c, "", body("answer", "accept"), "", 400, "invalid_request", "request_id"},
		"an id that is none":           {"POST", c, "", answering("x", "accept"), "", 400, "invalid_request", "request_id"},
		"no answer":                    {"POST", c, "", body("request_id", open), "", 400, "invalid_request", "answer"},
		"another answer":               {"POST", c, "", answering(open, "perhaps"), "", 400, "invalid_request", "answer"},
		"an answer with a kind":        {"POST", c, "", answering(open, "accept", "kind", "pause"), "", 400, "invalid_request", "kind"},
		"an answer with a reason":      {"POST", c, "", answering(open, "accept", "reason", "a"), "", 400, "invalid_request", "reason"},
		"an answer with a day":         {"POST", c, "", answering(open, "accept", "starts_on", inDays(9)), "", 400, "invalid_request", "starts_on"},
		"an answer with a date":        {"POST", c, "", answering(open, "accept", "expected_return_date", nil), "", 400, "invalid_request", "expected_return_date"},
		"a blank message":              {"POST", c, "", answering(open, "decline", "message", " "), "", 400, "invalid_request", "message"},
		"an invisible message":         {"POST", c, "", answering(open, "decline", "message", "\u200b"), "", 400, "invalid_request", "message"},
		"a long message":               {"POST", c, "", answering(open, "decline", "message", strings.Repeat("a", 501)), "", 400, "invalid_request", "message"},
		"a version that is none":       {"POST", c, "", answering(open, "accept", "expected_version", "1"), "", 400, "invalid_request", "expected_version"},
		"withdrawing with a message":   {"POST", m, "", answering(open, "withdraw", "message", "a"), "", 400, "invalid_request", "message"},
		"withdrawing with a version":   {"POST", m, "", answering(open, "withdraw", "expected_version", 1), "", 400, "invalid_request", "expected_version"},
		"answering oneself":            {"POST", m, "", answering(open, "accept"), "", 403, "not_a_coordinator", ""},
		"answering as another mentor":  {"POST", endpoint.BergenMentor, "", answering(open, "accept"), "", 403, "not_a_coordinator", ""},
		"answering as whoever was one": {"POST", endpoint.Former, "", answering(open, "accept"), "", 403, "not_a_coordinator", ""},
		"another chapter's":            {"POST", endpoint.BergenCoordinator, "", answering(open, "accept"), "", 404, "not_found", ""},
		"one that isn't there":         {"POST", c, "", answering(endpoint.Nobody, "decline"), "", 404, "not_found", ""},
		"withdrawing another's":        {"POST", endpoint.BergenMentor, "", answering(open, "withdraw"), "", 404, "not_found", ""},
		"a coordinator withdraws":      {"POST", c, "", answering(open, "withdraw"), "", 404, "not_found", ""},
		"key that is none":             {"POST", m, "", body("kind", "pause"), "x", 400, "invalid_request", "idempotency-key"},
		"a request of last week":       {"POST", m, "", body("kind", "pause"), endpoint.KeyMade(time.Now().AddDate(0, 0, -7)), 409, "request_expired", ""},
		"body of 17 KiB":               {"POST", m, "", body("kind", "pause", "reason", strings.Repeat("a", 17<<10)), "", 413, "payload_too_large", ""},
		"limit 0":                      {"GET", m, "limit=0", "", "", 400, "invalid_request", "limit"},
		"limit 201":                    {"GET", m, "limit=201", "", "", 400, "invalid_request", "limit"},
		"limit twice":                  {"GET", m, "limit=1&limit=1", "", "", 400, "invalid_request", "limit"},
		"another state":                {"GET", m, "state=lost", "", "", 400, "invalid_request", "state"},
		"a state and another one":      {"GET", m, "state=open,lost", "", "", 400, "invalid_request", "state"},
		"altered cursor":               {"GET", m, "cursor=x.y", "", "", 400, "invalid_request", "cursor"},
		"field of a GET":               {"GET", m, "", `{"limit":1}`, "", 400, "invalid_request", "limit"},
		"GET with a body of 17 KiB":    {"GET", m, "", `{"state":"` + strings.Repeat("a", 17<<10) + `"}`, "", 413, "payload_too_large", ""},
		"a method that it hasn't":      {"DELETE", m, "", "", "", 405, "method_not_allowed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Post(test.user, test.body)
			event.RequestContext.HTTP.Method = test.method
			event.RawQueryString = test.query
			if test.key != "" {
				event.Headers["idempotency-key"] = test.key
			}
			refused := endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
	for _, method := range []string{"GET", "POST"} {
		event := b.Post(m, body("kind", "pause"))
		event.RequestContext.HTTP.Method = method
		event.Headers["content-type"] = "text/plain"
		t.Run("text by "+method, func(t *testing.T) {
			endpoint.WantRefusal(t, b.Invoke(t, event), 415, "unsupported_media_type")
			delete(event.Headers, "authorization")
			endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
		})
	}
	if p := read[page](t, b.Invoke(t, b.Get(c, "state=open"))); len(p.LeaveRequests) != 1 {
		t.Errorf("after refusals: %+v", p)
	}
}

// Two at once with one key: the second one hears that the first is being carried out.
func TestRequestTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	release := b.Hold(t, fmt.Sprintf("select pg_advisory_xact_lock(hashtextextended('%s%s', 0))", endpoint.Mentor, key))
	defer release()
	event := b.Post(endpoint.Mentor, body("kind", "pause"))
	event.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")
}

func TestRequestsAreRevalidated(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	event := b.Get(endpoint.Coordinator, "")
	first := b.Invoke(t, event)
	if first.Headers["cache-control"] != "private, no-cache" {
		t.Errorf("cache-control %q", first.Headers["cache-control"])
	}
	event.Headers["if-none-match"] = first.Headers["etag"]
	if same := b.Invoke(t, event); same.StatusCode != 304 || same.Body != "" {
		t.Errorf("an unchanged list: %d %s", same.StatusCode, same.Body)
	}
	asked := b.Invoke(t, b.Post(endpoint.Mentor, body("kind", "pause")))
	if asked.Headers["cache-control"] != "no-store" || asked.Headers["etag"] != "" {
		t.Errorf("headers of asking %v", asked.Headers)
	}
	if changed := b.Invoke(t, event); len(read[page](t, changed).LeaveRequests) != 1 || changed.Headers["etag"] == first.Headers["etag"] {
		t.Errorf("a changed list: %s", changed.Body)
	}
}

func TestRequestsPassTheAnswerThrough(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	ask(t, b, endpoint.Mentor, "pause", "reason", "Å reise")
	want, err := b.DB.LeaveRequestsPage(t.Context(), b.Claims(endpoint.Mentor), database.LeaveRequestsPageArguments{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Invoke(t, b.Get(endpoint.Mentor, "")); got.Body != string(want.Body) {
		t.Errorf("body %s, the RPC's %s", got.Body, want.Body)
	}
}

func TestRequestsAnswerPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
}

// A fault that is not the caller's has its code.
func TestRequestsDuringAnOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setup  func(*testing.T) *endpoint.Bundle
		status int
		code   string
	}{
		"no database": {func(t *testing.T) *endpoint.Bundle {
			return endpoint.NewWithoutDatabase(t, newEndpoint)
		}, 503, "database_unavailable"},
		"no keys to check the token": {func(t *testing.T) *endpoint.Bundle {
			return endpoint.NewWithoutKeys(t, newEndpoint)
		}, 503, "auth_unavailable"},
		"a fault of the database": {func(t *testing.T) *endpoint.Bundle {
			b := endpoint.New(t, newEndpoint)
			if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), "alter table public.leave_requests rename to lost"); err != nil {
				t.Fatal(err)
			}
			return b
		}, 500, "internal_error"},
		"a database that lets nobody read": {func(t *testing.T) *endpoint.Bundle {
			b := endpoint.New(t, newEndpoint)
			b.Hold(t, "lock table public.leave_requests in access exclusive mode")
			return b
		}, 504, "deadline_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := test.setup(t)
			for _, event := range []events.LambdaFunctionURLRequest{b.Get(endpoint.Mentor, ""), b.Post(endpoint.Mentor, body("kind", "pause"))} {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				endpoint.WantRefusal(t, b.InvokeContext(t, ctx, event), test.status, test.code)
				cancel()
			}
		})
	}
}
