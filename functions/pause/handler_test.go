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

func TestPauseAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "POST, OPTIONS")
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
		"body of 17 KiB":               {endpoint.Coordinator, with(pausing(endpoint.Mentor), "pause_reason", strings.Repeat("a", 17<<10)), 413, "payload_too_large", ""},
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
		"DELETE":      {method("DELETE"), 405, "method_not_allowed"},
		"form":        {func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" }, 415, "unsupported_media_type"},
		"not JSON":    {func(event *events.LambdaFunctionURLRequest) { event.Body = "x" }, 400, "invalid_request"},
		"key no UUID": {func(event *events.LambdaFunctionURLRequest) { event.Headers["idempotency-key"] = "x" }, 400, "invalid_request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			event := b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))
			test.change(&event)
			response := b.Invoke(t, event)
			endpoint.WantRefusal(t, response, test.status, test.code)
			if test.status == 401 && response.Headers["www-authenticate"] != "Bearer" {
				t.Error("no www-authenticate")
			}
			if test.status == 405 && response.Headers["allow"] != "POST, OPTIONS" {
				t.Errorf("allow %q", response.Headers["allow"])
			}
		})
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

func TestPauseWhoseKeyIsInUseIsInProgress(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	// The first request waits for the mentor's row; the second finds its key held.
	release := b.HoldMentor(t, endpoint.Mentor)
	event := b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))
	event.Headers["idempotency-key"] = key
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() {
		first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event)
	}()
	b.AwaitLock(t)

	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")

	release()
	endpoint.WantPauseRecord(t, <-first)
}

func TestPauseThatMustWaitTooLongIsStopped(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	release := b.HoldMentor(t, endpoint.Mentor)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()

	response := b.InvokeContext(t, ctx, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor)))

	endpoint.WantRefusal(t, response, 504, "deadline_exceeded")
	if ctx.Err() != nil {
		t.Error("answered after the deadline")
	}
	release()
	if live, _ := b.PausesOf(t, endpoint.Mentor); live != 0 {
		t.Error("the mentor was paused after all")
	}
	endpoint.WantPauseRecord(t, b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor))))
}

func TestFaultOfTheDatabaseIsNotTold(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Break(t)

	response := b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor)))

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
}

func TestPauseWithoutDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	response := b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor)))
	endpoint.WantRefusal(t, response, 503, "database_unavailable")
	if response.Headers["retry-after"] == "" {
		t.Error("no retry-after")
	}
}

func TestPauseWithoutKeysToCheckTheTokenIsUnavailable(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutKeys(t, newEndpoint)
	response := b.Invoke(t, b.Post(endpoint.Coordinator, pausing(endpoint.Mentor)))
	endpoint.WantRefusal(t, response, 503, "auth_unavailable")
	if response.Headers["retry-after"] == "" {
		t.Error("no retry-after")
	}
}
