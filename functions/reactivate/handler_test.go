package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"mentorpause/local/endpoint"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "reactivate", nil)
}

const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"

func reactivating(mentor string) map[string]any { return map[string]any{"mentor_id": mentor} }

func TestReactivateAnswersTheClosedRecord(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	body := reactivating(endpoint.Mentor)
	body["expected_version"] = 1

	response := b.Invoke(t, b.Post(endpoint.Coordinator, body))

	got := endpoint.WantPauseRecord(t, response)
	want := endpoint.PauseRecord{
		ID: got.ID, PausedAt: got.PausedAt, CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt, ReactivatedAt: got.ReactivatedAt,
		MentorID: endpoint.Mentor, Status: "active", PauseReason: new("Eksamen"),
		CoordinatorID: new(endpoint.Coordinator), Version: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if got.PausedAt == nil || got.ReactivatedAt == nil {
		t.Errorf("incomplete record %s", response.Body)
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 0 || logged != 2 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
}

func TestReactivateIsRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Expired)
	b.Pause(t, endpoint.BergenCoordinator, endpoint.BergenMentor)
	version := func(body map[string]any, version any) map[string]any {
		body["expected_version"] = version
		return body
	}
	tests := map[string]struct {
		user   string
		body   any
		status int
		code   string
		names  string // what the message must name
	}{
		"no body":                   {endpoint.Coordinator, nil, 400, "invalid_request", "mentor_id"},
		"mentor that isn't a UUID":  {endpoint.Coordinator, reactivating("x"), 400, "invalid_request", "mentor_id"},
		"unknown field":             {endpoint.Coordinator, `{"mentor_id":"` + endpoint.Mentor + `","pause_reason":"a"}`, 400, "invalid_request", "pause_reason"},
		"negative version":          {endpoint.Coordinator, version(reactivating(endpoint.Expired), -1), 409, "version_conflict", ""},
		"version with a fraction":   {endpoint.Coordinator, version(reactivating(endpoint.Expired), 1.5), 400, "invalid_request", "expected_version"},
		"former coordinator":        {endpoint.Former, reactivating(endpoint.Expired), 403, "not_a_coordinator", ""},
		"the mentor":                {endpoint.Expired, reactivating(endpoint.Expired), 403, "not_a_coordinator", ""},
		"mentor of another chapter": {endpoint.Coordinator, reactivating(endpoint.BergenMentor), 404, "mentor_not_found", ""},
		"mentor that isn't there":   {endpoint.Coordinator, reactivating(endpoint.Nobody), 404, "mentor_not_found", ""},
		"mentor who isn't paused":   {endpoint.Coordinator, reactivating(endpoint.Mentor), 409, "not_paused", ""},
		"another version":           {endpoint.Coordinator, version(reactivating(endpoint.Expired), 99), 409, "version_conflict", ""},
		"expired certification":     {endpoint.Coordinator, reactivating(endpoint.Expired), 409, "certification_expired", ""},
		"body of 17 KiB":            {endpoint.Coordinator, `"` + strings.Repeat("a", 17<<10) + `"`, 413, "payload_too_large", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, before := b.PausesOf(t, endpoint.Expired)
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(test.user, test.body)), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
			if live, logged := b.PausesOf(t, endpoint.Expired); live != 1 || logged != before {
				t.Errorf("%d live records, %d rows of the log instead of %d after a refusal", live, logged, before)
			}
		})
	}
}

func TestReactivateRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	tests := map[string]struct {
		change func(*events.LambdaFunctionURLRequest)
		status int
		code   string
	}{
		"no token":    {func(event *events.LambdaFunctionURLRequest) { delete(event.Headers, "authorization") }, 401, "unauthenticated"},
		"GET":         {func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = "GET" }, 405, "method_not_allowed"},
		"form":        {func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" }, 415, "unsupported_media_type"},
		"key no UUID": {func(event *events.LambdaFunctionURLRequest) { event.Headers["idempotency-key"] = "x" }, 400, "invalid_request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			event := b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))
			test.change(&event)
			endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
		})
	}
}

func TestReactivateRepeatedWithItsKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	event := b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	endpoint.WantPauseRecord(t, first)

	again := b.Invoke(t, event)

	if again.Body != first.Body || again.StatusCode != 200 || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%d %s (replayed: %q), want %s", again.StatusCode, again.Body, again.Headers["idempotent-replayed"], first.Body)
	}
	body := reactivating(endpoint.Mentor)
	body["expected_version"] = 1
	other := b.Post(endpoint.Coordinator, body)
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")

	// A new request is checked again.
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))), 409, "not_paused")
}

func TestReactivationOfAnOldKeyIsExpired(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	event := b.Post(endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor})
	event.Headers["idempotency-key"] = endpoint.KeyMade(time.Now().Add(-73 * time.Hour))
	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_expired")
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
}

func TestReactivateWhoseKeyIsInUseIsInProgress(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	// The first request waits for the mentor's row; the second finds its key held.
	release := b.HoldMentor(t, endpoint.Mentor)
	event := b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))
	event.Headers["idempotency-key"] = key
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() { first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event) }()
	b.AwaitLock(t)

	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")

	release()
	endpoint.WantPauseRecord(t, <-first)
}

func TestReactivateThatMustWaitTooLongIsStopped(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	b.HoldMentor(t, endpoint.Mentor)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	endpoint.WantRefusal(t, b.InvokeContext(t, ctx, b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))), 504, "deadline_exceeded")
	if live, _ := b.PausesOf(t, endpoint.Mentor); live != 1 {
		t.Errorf("%d live records", live)
	}
}

func TestReactivateAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "POST, OPTIONS")
}

func TestReactivateHidesAFaultOfTheDatabase(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Break(t)
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))), 500, "internal_error")
}

func TestReactivateWithoutKeysToCheckTheTokenIsUnavailable(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutKeys(t, newEndpoint)
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))), 503, "auth_unavailable")
}

func TestReactivateWithoutDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, reactivating(endpoint.Mentor))), 503, "database_unavailable")
}

// Whoever knows a profile that was joined into another one is told which, if that one is theirs.
func TestReactivateNamesTheProfileThatWasKept(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	mine, hidden := b.Drop(t, endpoint.Mentor), b.Drop(t, endpoint.BergenMentor)
	refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, reactivating(mine))), 404, "not_found")
	if refused.Hint == nil || *refused.Hint != endpoint.Mentor {
		t.Errorf("hint %v", refused.Hint)
	}
	refused = endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, reactivating(hidden))), 404, "mentor_not_found")
	if refused.Hint != nil {
		t.Errorf("hint %q about another chapter's", *refused.Hint)
	}
}
