package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"mentorpause/local/authserver"
	"mentorpause/local/endpoint"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "pause", endpoint.Unsaid{
		"TestPauseIsRefused/return date in the past":   "OpenAPI doesn't know today",
		"TestPauseIsRefused/return date in the year 0": "the same",
		"TestPauseIsRefused/return date far ahead":     "the same",
		"TestPlanIsRefused/today":                      "the same",
		"TestPlanIsRefused/in two years":               "the same",
		"TestPlanIsRefused/back on the first day":      "OpenAPI compares no dates",
		"TestManyAreRefusedTogether/today":             "OpenAPI doesn't know today",
		"TestManyAreRefusedTogether/back today":        "the same",
		"TestManyAreRefusedTogether/twice":             "ids in capitals are the same ids",
	})
}

const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"

// pausing is a valid body for a mentor.
func pausing(mentor string) map[string]any {
	return map[string]any{"mentor_id": mentor, "pause_reason": " Eksamen "}
}

func with(body map[string]any, field string, value any) map[string]any {
	body[field] = value
	return body
}

func inDays(days int) string { return time.Now().AddDate(0, 0, days).Format(time.DateOnly) }

func TestPauseAnswersTheRecord(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	back := inDays(30)

	response := b.Invoke(t, b.Post(endpoint.Coordinator, with(pausing(strings.ToUpper(endpoint.Mentor)), "expected_return_date", back)))

	got := endpoint.WantPauseRecord(t, response)
	want := endpoint.PauseRecord{
		ID: got.ID, PausedAt: got.PausedAt, CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt,
		MentorID: endpoint.Mentor, Status: "paused", PauseReason: new("Eksamen"), ExpectedReturnDate: &back,
		CoordinatorID: new(endpoint.Coordinator), Version: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if got.ID == "" || got.PausedAt == nil || got.CreatedAt == "" {
		t.Errorf("incomplete record %s", response.Body)
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
	if strings.Contains(b.Log.String(), "Eksamen") {
		t.Errorf("logged the reason: %s", b.Log)
	}
}

func TestPauseAmendsTheVersionSeen(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	first := endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))))
	amended := with(with(pausing(endpoint.Mentor), "pause_reason", "Permisjon"), "expected_version", 1)

	got := endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, amended)))

	if got.ID != first.ID || got.Version != 2 || *got.PauseReason != "Permisjon" || *got.PausedAt != *first.PausedAt {
		t.Errorf("amended to %+v", got)
	}
	refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, amended)), 409, "version_conflict")
	if refused.Details == nil || *refused.Details != "2" {
		t.Errorf("details %v, want the current version", refused.Details)
	}
}

// patch is a request that amends.
func patch(b *endpoint.Bundle, user string, body any) events.LambdaFunctionURLRequest {
	return by("PATCH", b.Post(user, body))
}

// plan is the id of the plan that is taken back.
const plan = "00000000-0000-4000-8000-0000000000f1"

// methods are what the function can be asked, each by a valid request.
var methods = map[string]func(b *endpoint.Bundle, user, mentor string) events.LambdaFunctionURLRequest{
	"POST": func(b *endpoint.Bundle, user, mentor string) events.LambdaFunctionURLRequest {
		return b.Post(user, pausing(mentor))
	},
	"PATCH": func(b *endpoint.Bundle, user, mentor string) events.LambdaFunctionURLRequest {
		return by("PATCH", b.Post(user, pausing(mentor)))
	},
	"DELETE": func(b *endpoint.Bundle, user, _ string) events.LambdaFunctionURLRequest {
		return by("DELETE", b.Post(user, map[string]any{"planned_pause_id": plan}))
	},
}

func by(method string, event events.LambdaFunctionURLRequest) events.LambdaFunctionURLRequest {
	event.RequestContext.HTTP.Method = method
	return event
}

// prepare makes the request of a method one that can be carried out.
func prepare(t *testing.T, b *endpoint.Bundle, method string) {
	t.Helper()
	switch method {
	case "PATCH":
		b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	case "DELETE":
		addPlan(t, b, plan, endpoint.Mentor)
	}
}

func addPlan(t *testing.T, b *endpoint.Bundle, id, mentor string) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(),
		"insert into public.planned_pauses (id, mentor_id, starts_on) values ($1, $2, private.today() + 9)", id, mentor); err != nil {
		t.Fatal(err)
	}
}

// An amendment leaves what it doesn't name, by either method.
func TestAmendmentChangesTheFieldsThatItNames(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PATCH"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := endpoint.New(t, newEndpoint)
			back, later := inDays(30), inDays(60)
			endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", back))))
			version := 1
			want := func(changes map[string]any, reason string, date *string) {
				t.Helper()
				body := map[string]any{"mentor_id": endpoint.Mentor, "expected_version": version}
				for field, value := range changes {
					body[field] = value
				}
				event := b.Post(endpoint.Coordinator, body)
				event.RequestContext.HTTP.Method = method
				got := endpoint.WantPauseRecord(t, b.Invoke(t, event))
				version++
				if got.Version != version || *got.PauseReason != reason {
					t.Errorf("version %d, reason %q", got.Version, *got.PauseReason)
				}
				if diff := cmp.Diff(date, got.ExpectedReturnDate); diff != "" {
					t.Errorf("return date after %v (-want +got):\n%s", changes, diff)
				}
			}
			want(map[string]any{"expected_return_date": later}, "Eksamen", &later)
			want(map[string]any{"pause_reason": "Permisjon"}, "Permisjon", &later)
			want(map[string]any{"expected_return_date": nil}, "Permisjon", nil)
			want(map[string]any{"pause_reason": "Reise", "expected_return_date": back}, "Reise", &back)
		})
	}
}

func TestAmendmentIsRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))))
	amending := func(mentor string, fields ...any) map[string]any {
		body := map[string]any{"mentor_id": mentor}
		for i := 0; i < len(fields); i += 2 {
			body[fields[i].(string)] = fields[i+1]
		}
		return body
	}
	tests := map[string]struct {
		user   string
		body   any
		status int
		code   string
	}{
		"no field":                {endpoint.Coordinator, amending(endpoint.Mentor, "expected_version", 1), 400, "invalid_request"},
		"reason null":             {endpoint.Coordinator, amending(endpoint.Mentor, "pause_reason", nil), 400, "invalid_request"},
		"reason blank":            {endpoint.Coordinator, amending(endpoint.Mentor, "pause_reason", " "), 400, "invalid_request"},
		"date in words":           {endpoint.Coordinator, amending(endpoint.Mentor, "expected_return_date", "tomorrow"), 400, "invalid_request"},
		"unknown field":           {endpoint.Coordinator, amending(endpoint.Mentor, "pause_reason", "a", "status", "paused"), 400, "invalid_request"},
		"another version":         {endpoint.Coordinator, amending(endpoint.Mentor, "pause_reason", "a", "expected_version", 2), 409, "version_conflict"},
		"an expired one":          {endpoint.Coordinator, amending(endpoint.Expired, "pause_reason", "a"), 409, "not_paused"},
		"another chapter's":       {endpoint.Coordinator, amending(endpoint.BergenMentor, "pause_reason", "a"), 404, "mentor_not_found"},
		"a mentor":                {endpoint.Mentor, amending(endpoint.Mentor, "pause_reason", "a"), 403, "not_a_coordinator"},
		"somebody who isn't away": {endpoint.BergenCoordinator, amending(endpoint.BergenMentor, "pause_reason", "a"), 409, "not_paused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			endpoint.WantRefusal(t, b.Invoke(t, patch(b, test.user, test.body)), test.status, test.code)
		})
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log after refusals", live, logged)
	}
}

func TestAmendmentRepeatedWithItsKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))))
	event := patch(b, endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor, "expected_return_date": inDays(9)})
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	endpoint.WantPauseRecord(t, first)
	if again := b.Invoke(t, event); again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%s, want %s", again.Body, first.Body)
	}
	// Null is another thing than nothing.
	other := patch(b, endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor, "expected_return_date": inDays(9), "pause_reason": "Eksamen"})
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
	if _, logged := b.PausesOf(t, endpoint.Mentor); logged != 2 {
		t.Errorf("%d rows of the log", logged)
	}
}

func wantSuccess(t *testing.T, response events.LambdaFunctionURLResponse) {
	t.Helper()
	if response.StatusCode != 200 {
		t.Errorf("%d %s", response.StatusCode, response.Body)
	}
}

// plannedPause is a plan in the answers of pause.
type plannedPause struct {
	ID                 string  `json:"id"`
	MentorID           string  `json:"mentor_id"`
	StartsOn           string  `json:"starts_on"`
	PauseReason        *string `json:"pause_reason"`
	ExpectedReturnDate *string `json:"expected_return_date"`
	CoordinatorID      *string `json:"coordinator_id"`
	Version            int     `json:"version"`
}

func wantPlan(t *testing.T, response events.LambdaFunctionURLResponse) plannedPause {
	t.Helper()
	wantSuccess(t, response)
	var answer struct {
		PlannedPause plannedPause `json:"planned_pause"`
	}
	decoder := json.NewDecoder(strings.NewReader(response.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&answer); err != nil {
		t.Fatalf("body %s: %v", response.Body, err)
	}
	return answer.PlannedPause
}

func TestPauseIsPlannedChangedAndTakenBack(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	first, later, back := inDays(30), inDays(40), inDays(60)

	planned := wantPlan(t, b.Invoke(t, b.Post(endpoint.Coordinator,
		with(with(pausing(endpoint.Mentor), "starts_on", first), "expected_return_date", back))))
	want := plannedPause{ID: planned.ID, MentorID: endpoint.Mentor, StartsOn: first, PauseReason: new("Eksamen"),
		ExpectedReturnDate: &back, CoordinatorID: new(endpoint.Coordinator), Version: 1}
	if diff := cmp.Diff(want, planned); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 0 || logged != 0 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, with(pausing(endpoint.Mentor), "starts_on", later))), 409, "already_exists")

	moved := wantPlan(t, b.Invoke(t, patch(b, endpoint.Coordinator,
		map[string]any{"planned_pause_id": strings.ToUpper(planned.ID), "starts_on": later, "expected_version": 1})))
	want.StartsOn, want.Version = later, 2
	if diff := cmp.Diff(want, moved); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	endpoint.WantRefusal(t, b.Invoke(t, patch(b, endpoint.Coordinator,
		map[string]any{"planned_pause_id": planned.ID, "pause_reason": "Reise", "expected_version": 1})), 409, "version_conflict")

	event := by("DELETE", b.Post(endpoint.Coordinator, map[string]any{"planned_pause_id": planned.ID}))
	event.Headers["idempotency-key"] = key
	taken := b.Invoke(t, event)
	if diff := cmp.Diff(want, wantPlan(t, taken)); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	if again := b.Invoke(t, event); again.Body != taken.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("again: %s", again.Body)
	}
	other := by("DELETE", b.Post(endpoint.Coordinator, map[string]any{"planned_pause_id": plan}))
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
	endpoint.WantRefusal(t, b.Invoke(t, by("DELETE", b.Post(endpoint.Coordinator, map[string]any{"planned_pause_id": planned.ID}))), 404, "not_found")
}

func TestPlanThatHasBegunIsAPause(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	addPlan(t, b, plan, endpoint.Mentor)
	// Its day comes.
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), `
		alter table public.planned_pauses disable trigger planned_pauses_guard;
		update public.planned_pauses set starts_on = private.today(), created_at = now() - interval '9 days';
		alter table public.planned_pauses enable trigger planned_pauses_guard`); err != nil {
		t.Fatal(err)
	}
	endpoint.WantRefusal(t, b.Invoke(t, methods["DELETE"](b, endpoint.Coordinator, "")), 409, "already_paused")
	endpoint.WantRefusal(t, b.Invoke(t, patch(b, endpoint.Coordinator, map[string]any{"planned_pause_id": plan, "pause_reason": "Reise"})), 409, "already_paused")
	got := endpoint.WantPauseRecord(t, b.Invoke(t, patch(b, endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor, "pause_reason": "Reise"})))
	if got.Version != 2 || got.Status != "paused" {
		t.Errorf("%+v", got)
	}
}

func TestPlanIsRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	addPlan(t, b, plan, endpoint.Mentor)
	endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.BergenCoordinator, pausing(endpoint.BergenMentor))))
	planning := func(mentor string, fields ...any) map[string]any {
		body := with(pausing(mentor), "starts_on", inDays(9))
		for i := 0; i < len(fields); i += 2 {
			body[fields[i].(string)] = fields[i+1]
		}
		return body
	}
	changing := func(fields ...any) map[string]any {
		body := map[string]any{"planned_pause_id": plan}
		for i := 0; i < len(fields); i += 2 {
			body[fields[i].(string)] = fields[i+1]
		}
		return body
	}
	tests := map[string]struct {
		method, user string
		body         any
		status       int
		code         string
		names        string
	}{
		"today":                       {"POST", endpoint.Coordinator, planning(endpoint.Expired, "starts_on", inDays(0)), 400, "invalid_request", "starts_on"},
		"in two years":                {"POST", endpoint.Coordinator, planning(endpoint.Expired, "starts_on", inDays(800)), 400, "invalid_request", "starts_on"},
		"no day":                      {"POST", endpoint.Coordinator, planning(endpoint.Expired, "starts_on", "2027-02-30"), 400, "invalid_request", "starts_on"},
		"back on the first day":       {"POST", endpoint.Coordinator, planning(endpoint.Expired, "expected_return_date", inDays(9)), 400, "invalid_request", "expected_return_date"},
		"no reason":                   {"POST", endpoint.Coordinator, planning(endpoint.Expired, "pause_reason", nil), 400, "invalid_request", "pause_reason"},
		"a version":                   {"POST", endpoint.Coordinator, planning(endpoint.Expired, "expected_version", 1), 400, "invalid_request", "expected_version"},
		"a plan's id":                 {"POST", endpoint.Coordinator, planning(endpoint.Expired, "planned_pause_id", plan), 400, "invalid_request", "planned_pause_id"},
		"during a pause":              {"POST", endpoint.BergenCoordinator, planning(endpoint.BergenMentor), 409, "already_paused", ""},
		"another chapter's":           {"POST", endpoint.Coordinator, planning(endpoint.BergenMentor), 404, "mentor_not_found", ""},
		"changed: nothing":            {"PATCH", endpoint.Coordinator, changing(), 400, "invalid_request", "pause_reason"},
		"changed: no first day":       {"PATCH", endpoint.Coordinator, changing("starts_on", nil), 400, "invalid_request", "starts_on"},
		"changed: a day in words":     {"PATCH", endpoint.Coordinator, changing("starts_on", "tomorrow"), 400, "invalid_request", "starts_on"},
		"changed: and a mentor":       {"PATCH", endpoint.Coordinator, changing("mentor_id", endpoint.Mentor, "starts_on", inDays(20)), 400, "invalid_request", "mentor_id"},
		"changed: no id":              {"PATCH", endpoint.Coordinator, changing("planned_pause_id", "x", "starts_on", inDays(20)), 400, "invalid_request", "planned_pause_id"},
		"a pause's first day":         {"PATCH", endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor, "starts_on": inDays(20)}, 400, "invalid_request", "starts_on"},
		"changed: another chapter's":  {"PATCH", endpoint.BergenCoordinator, changing("starts_on", inDays(20)), 404, "not_found", ""},
		"taken back: another's":       {"DELETE", endpoint.BergenCoordinator, changing(), 404, "not_found", ""},
		"taken back: by the mentor":   {"DELETE", endpoint.Mentor, changing(), 403, "not_a_coordinator", ""},
		"taken back: none":            {"DELETE", endpoint.Coordinator, nil, 400, "invalid_request", "planned_pause_id"},
		"taken back: an unknown name": {"DELETE", endpoint.Coordinator, changing("mentor_id", endpoint.Mentor), 400, "invalid_request", "mentor_id"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, by(test.method, b.Post(test.user, test.body))), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
	if got := wantPlan(t, b.Invoke(t, methods["DELETE"](b, endpoint.Coordinator, ""))); got.Version != 1 {
		t.Errorf("after refusals: %+v", got)
	}
}

func TestPauseUnderAnExpiredCertification(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	got := endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Expired))))
	if got.Status != "expired_cert" || got.PausedAt == nil {
		t.Errorf("%+v", got)
	}
}

func TestPauseTakesTheLongestReason(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	longest := strings.Repeat("å", 499) + "😀"
	got := endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator,
		with(pausing(endpoint.Mentor), "pause_reason", "\u2003\ufeff\r\n"+longest+"\u0085\u3000 "))))
	if *got.PauseReason != longest {
		t.Errorf("reason %q", *got.PauseReason)
	}
}

func TestPauseTakes32KiB(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	body, err := json.Marshal(pausing(endpoint.Mentor))
	if err != nil {
		t.Fatal(err)
	}
	largest := string(body) + strings.Repeat(" ", 32<<10-len(body))
	refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, largest+" ")), 413, "payload_too_large")
	if refused.Hint == nil || !strings.Contains(*refused.Hint, "32 KiB") {
		t.Errorf("hint %v", refused.Hint)
	}
	endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, largest)))
	endpoint.WantRefusal(t, b.Invoke(t, patch(b, endpoint.Coordinator, largest+" ")), 413, "payload_too_large")
	endpoint.WantPauseRecord(t, b.Invoke(t, patch(b, endpoint.Coordinator, largest)))
	endpoint.WantRefusal(t, b.Invoke(t, by("DELETE", b.Post(endpoint.Coordinator, largest+" "))), 413, "payload_too_large")
}

func TestPauseAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "POST, PATCH, DELETE, OPTIONS")
}

func TestPauseIsRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.BergenCoordinator, pausing(endpoint.BergenMentor))))
	tests := map[string]struct {
		user   string
		body   any
		status int
		code   string
		names  string // what the message must name
	}{
		"no body":                      {endpoint.Coordinator, nil, 400, "invalid_request", "mentor_id"},
		"no mentor":                    {endpoint.Coordinator, map[string]any{"pause_reason": "a"}, 400, "invalid_request", "mentor_id"},
		"null for a mentor":            {endpoint.Coordinator, with(pausing(""), "mentor_id", nil), 400, "invalid_request", "mentor_id"},
		"mentor that isn't a UUID":     {endpoint.Coordinator, pausing("1"), 400, "invalid_request", "mentor_id"},
		"no reason":                    {endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor}, 400, "invalid_request", "pause_reason"},
		"blank reason":                 {endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", " \u00a0\n"), 400, "invalid_request", "pause_reason"},
		"reason of 501 characters":     {endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", strings.Repeat("å", 501)), 400, "invalid_request", "pause_reason"},
		"reason with NUL":              {endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", "a\x00"), 400, "invalid_request", "pause_reason"},
		"return date in the past":      {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", inDays(-1)), 400, "invalid_request", "expected_return_date"},
		"reason of 501, spaced":        {endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", "\u2029 "+strings.Repeat("å", 501)), 400, "invalid_request", "pause_reason"},
		"return date far ahead":        {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", inDays(4*366)), 400, "invalid_request", "expected_return_date"},
		"return date that isn't a day": {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", "2027-02-29"), 400, "invalid_request", "expected_return_date"},
		"return date in the year 0":    {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", "0000-01-01"), 400, "invalid_request", "expected_return_date"},
		"return date in words":         {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", "tomorrow"), 400, "invalid_request", "expected_return_date"},
		"return date with a time":      {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", "2027-02-01T00:00:00Z"), 400, "invalid_request", "expected_return_date"},
		"return date empty":            {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_return_date", ""), 400, "invalid_request", "expected_return_date"},
		"version 0":                    {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_version", 0), 409, "version_conflict", ""},
		"version as text":              {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_version", "1"), 400, "invalid_request", "expected_version"},
		"unknown field":                {endpoint.Coordinator, with(pausing(endpoint.Mentor), "status", "paused"), 400, "invalid_request", "status"},
		"former coordinator":           {endpoint.Former, pausing(endpoint.Mentor), 403, "not_a_coordinator", ""},
		"mentor":                       {endpoint.Mentor, pausing(endpoint.Mentor), 403, "not_a_coordinator", ""},
		"user without a profile":       {endpoint.Nobody, pausing(endpoint.Mentor), 403, "not_a_coordinator", ""},
		"mentor of another chapter":    {endpoint.Coordinator, pausing(endpoint.BergenMentor), 404, "mentor_not_found", ""},
		"mentor that isn't there":      {endpoint.Coordinator, pausing(endpoint.Nobody), 404, "mentor_not_found", ""},
		"somebody who is no mentor":    {endpoint.Coordinator, pausing(endpoint.Coordinator), 404, "mentor_not_found", ""},
		"mentor paused already":        {endpoint.BergenCoordinator, pausing(endpoint.BergenMentor), 409, "already_paused", ""},
		"version of no record":         {endpoint.Coordinator, with(pausing(endpoint.Mentor), "expected_version", 1), 409, "version_conflict", ""},
		"body of 33 KiB":               {endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", strings.Repeat("a", 33<<10)), 413, "payload_too_large", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(test.user, test.body)), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 0 || logged != 0 {
		t.Errorf("%d live records, %d rows of the log after refusals", live, logged)
	}
}

// A hidden mentor and an absent one can't be told apart.
func TestMentorOfAnotherChapterIsAsIfAbsent(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	hidden := b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.BergenMentor)))
	absent := b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Nobody)))
	if hidden.Body != absent.Body || hidden.StatusCode != absent.StatusCode {
		t.Errorf("hidden: %s, absent: %s", hidden.Body, absent.Body)
	}
}

func TestPauseRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	foreign := authserver.New(b.Project.URL)
	confused := func() string { // signed with the public key, as if it were a secret
		public, err := b.Project.PublicKey(jose.ES256).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		thief := authserver.New(b.Project.URL)
		thief.Secret = string(public)
		return thief.Token(endpoint.Coordinator, authserver.Signed(jose.HS256))
	}
	token := func(token string) func(*events.LambdaFunctionURLRequest) {
		return func(event *events.LambdaFunctionURLRequest) { event.Headers["authorization"] = "Bearer " + token }
	}
	coordinator := func(options ...authserver.Option) func(*events.LambdaFunctionURLRequest) {
		return token(b.Project.Token(endpoint.Coordinator, options...))
	}
	method := func(name string) func(*events.LambdaFunctionURLRequest) {
		return func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = name }
	}
	tests := map[string]struct {
		change func(*events.LambdaFunctionURLRequest)
		status int
		code   string
	}{
		"no token":              {func(event *events.LambdaFunctionURLRequest) { delete(event.Headers, "authorization") }, 401, "unauthenticated"},
		"expired token":         {coordinator(authserver.Expires(time.Now().Add(-time.Minute))), 401, "unauthenticated"},
		"token for others":      {coordinator(authserver.Claim("aud", "other")), 401, "unauthenticated"},
		"token from elsewhere":  {coordinator(authserver.Claim("iss", "https://other.example.org/auth/v1")), 401, "unauthenticated"},
		"token of another role": {coordinator(authserver.Claim("role", "service_role")), 401, "unauthenticated"},
		"anonymous token":       {coordinator(authserver.Anonymous()), 401, "unauthenticated"},
		"foreign key":           {token(foreign.Token(endpoint.Coordinator)), 401, "unauthenticated"},
		"key confusion":         {token(confused()), 401, "unauthenticated"},
		"service_role key":      {token(b.Project.APIKey("service_role")), 401, "unauthenticated"},
		"anon key":              {token(b.Project.APIKey("anon")), 401, "unauthenticated"},
		"unsigned token": {token("eyJhbGciOiJub25lIn0." + strings.Split(b.Project.Token(endpoint.Coordinator), ".")[1] + "."),
			401, "unauthenticated"},
		"GET":         {method("GET"), 405, "method_not_allowed"},
		"PUT":         {method("PUT"), 405, "method_not_allowed"},
		"form":        {func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" }, 415, "unsupported_media_type"},
		"not JSON":    {func(event *events.LambdaFunctionURLRequest) { event.Body = "x" }, 400, "invalid_request"},
		"key no UUID": {func(event *events.LambdaFunctionURLRequest) { event.Headers["idempotency-key"] = "x" }, 400, "invalid_request"},
	}
	for name, test := range tests {
		for method, request := range methods {
			t.Run(method+"/"+name, func(t *testing.T) {
				event := request(b, endpoint.Coordinator, endpoint.Mentor)
				test.change(&event)
				response := b.Invoke(t, event)
				endpoint.WantRefusal(t, response, test.status, test.code)
				if test.status == 401 && response.Headers["www-authenticate"] != "Bearer" {
					t.Error("no www-authenticate")
				}
				if test.status == 405 && response.Headers["allow"] != "POST, PATCH, DELETE, OPTIONS" {
					t.Errorf("allow %q", response.Headers["allow"])
				}
			})
		}
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 0 || logged != 0 {
		t.Errorf("%d live records, %d rows of the log after refusals", live, logged)
	}
}

func TestPauseRepeatedWithItsKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	event := b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	endpoint.WantPauseRecord(t, first)
	if _, replayed := first.Headers["idempotent-replayed"]; replayed {
		t.Error("the first answer says that it is replayed")
	}

	event.Headers["idempotency-key"] = `"` + strings.ToUpper(key) + `"`
	again := b.Invoke(t, event)

	if again.Body != first.Body || again.StatusCode != 200 || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%d %s (replayed: %q), want %s", again.StatusCode, again.Body, again.Headers["idempotent-replayed"], first.Body)
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}

	other := b.Post(endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", "Annet"))
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
}

func TestPauseOfAnOldKeyIsExpired(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	made := func(user, mentor string, ago time.Duration) events.LambdaFunctionURLResponse {
		event := b.Post(user, pausing(mentor))
		event.Headers["idempotency-key"] = `"` + endpoint.KeyMade(time.Now().Add(-ago)) + `"`
		return b.Invoke(t, event)
	}
	const promised = 72 * time.Hour
	endpoint.WantRefusal(t, made(endpoint.Coordinator, endpoint.Mentor, promised+time.Second), 409, "request_expired")
	endpoint.WantRefusal(t, made(endpoint.Coordinator, endpoint.BergenMentor, promised+time.Second), 404, "mentor_not_found")
	endpoint.WantRefusal(t, made(endpoint.Former, endpoint.Mentor, promised+time.Second), 403, "not_a_coordinator")
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 0 || logged != 0 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
	endpoint.WantPauseRecord(t, made(endpoint.Coordinator, endpoint.Mentor, promised-time.Minute))
	amending := patch(b, endpoint.Coordinator, pausing(endpoint.Mentor))
	amending.Headers["idempotency-key"] = endpoint.KeyMade(time.Now().Add(-promised - time.Second))
	endpoint.WantRefusal(t, b.Invoke(t, amending), 409, "request_expired")
	addPlan(t, b, plan, endpoint.Mentor)
	cancelling := methods["DELETE"](b, endpoint.Coordinator, "")
	cancelling.Headers["idempotency-key"] = endpoint.KeyMade(time.Now().Add(-promised - time.Second))
	endpoint.WantRefusal(t, b.Invoke(t, cancelling), 409, "request_expired")
	// The clock of a phone may be ahead.
	endpoint.WantPauseRecord(t, made(endpoint.Coordinator, endpoint.Expired, -promised))
}

func TestPauseWhoseKeyIsInUseIsInProgress(t *testing.T) {
	t.Parallel()
	for method, request := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := endpoint.New(t, newEndpoint)
			prepare(t, b, method)
			// The first request waits for the mentor's row; the second finds its key held.
			release := b.HoldMentor(t, endpoint.Mentor)
			event := request(b, endpoint.Coordinator, endpoint.Mentor)
			event.Headers["idempotency-key"] = key
			first := make(chan events.LambdaFunctionURLResponse, 1)
			go func() {
				first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event)
			}()
			b.AwaitLock(t)

			endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")

			release()
			wantSuccess(t, <-first)
		})
	}
}

func TestPauseThatMustWaitTooLongIsStopped(t *testing.T) {
	t.Parallel()
	for method, request := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := endpoint.New(t, newEndpoint)
			prepare(t, b, method)
			_, before := b.PausesOf(t, endpoint.Mentor)
			release := b.HoldMentor(t, endpoint.Mentor)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()

			response := b.InvokeContext(t, ctx, request(b, endpoint.Coordinator, endpoint.Mentor))

			endpoint.WantRefusal(t, response, 504, "deadline_exceeded")
			if ctx.Err() != nil {
				t.Error("answered after the deadline")
			}
			release()
			if _, logged := b.PausesOf(t, endpoint.Mentor); logged != before {
				t.Error("it was carried out after all")
			}
			wantSuccess(t, b.Invoke(t, request(b, endpoint.Coordinator, endpoint.Mentor)))
		})
	}
}

func TestFaultOfTheDatabaseIsNotTold(t *testing.T) {
	t.Parallel()
	for method, request := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := endpoint.New(t, newEndpoint)
			prepare(t, b, method)
			b.Break(t)

			response := b.Invoke(t, request(b, endpoint.Coordinator, endpoint.Mentor))

			got := endpoint.WantRefusal(t, response, 500, "internal_error")
			if diff := cmp.Diff(endpoint.Refusal{Code: "internal_error", Message: "Something went wrong on our side."}, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			var line map[string]any
			if err := json.Unmarshal(b.Log.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if cause, _ := line["cause"].(string); !strings.Contains(cause, "42P01") || line["request_id"] != response.Headers["x-request-id"] {
				t.Errorf("logged %s", b.Log)
			}
		})
	}
}

func TestPauseWithoutDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	for method, request := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := endpoint.NewWithoutDatabase(t, newEndpoint)
			response := b.Invoke(t, request(b, endpoint.Coordinator, endpoint.Mentor))
			endpoint.WantRefusal(t, response, 503, "database_unavailable")
			if response.Headers["retry-after"] == "" {
				t.Error("no retry-after")
			}
		})
	}
}

func TestPauseWithoutKeysToCheckTheTokenIsUnavailable(t *testing.T) {
	t.Parallel()
	for method, request := range methods {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := endpoint.NewWithoutKeys(t, newEndpoint)
			response := b.Invoke(t, request(b, endpoint.Coordinator, endpoint.Mentor))
			endpoint.WantRefusal(t, response, 503, "auth_unavailable")
			if response.Headers["retry-after"] == "" {
				t.Error("no retry-after")
			}
		})
	}
}

// Whoever knows a profile that was joined into another one is told which, if that one is theirs.
func TestPauseNamesTheProfileThatWasKept(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	mine, hidden := b.Drop(t, endpoint.Mentor), b.Drop(t, endpoint.BergenMentor)
	for method, request := range methods {
		if method == "DELETE" {
			continue // which is about a plan
		}
		refused := endpoint.WantRefusal(t, b.Invoke(t, request(b, endpoint.Coordinator, mine)), 404, "not_found")
		if refused.Hint == nil || *refused.Hint != endpoint.Mentor {
			t.Errorf("%s: hint %v", method, refused.Hint)
		}
	}
	refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, pausing(hidden))), 404, "mentor_not_found")
	if refused.Hint != nil {
		t.Errorf("hint %q about another chapter's", *refused.Hint)
	}
}
