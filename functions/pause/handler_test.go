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
	servicetest.Main(m, "pause", servicetest.Unsaid{
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
	b := servicetest.New(t, newEndpoint)
	back := inDays(30)

	response := b.Invoke(t, b.Post(servicetest.Coordinator, with(pausing(strings.ToUpper(servicetest.Mentor)), "expected_return_date", back)))

	got := servicetest.WantPauseRecord(t, response)
	want := servicetest.PauseRecord{
		ID: got.ID, PausedAt: got.PausedAt, CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt,
		MentorID: servicetest.Mentor, Status: "paused", PauseReason: new("Eksamen"), ExpectedReturnDate: &back,
		CoordinatorID: new(servicetest.Coordinator), Version: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if got.ID == "" || got.PausedAt == nil || got.CreatedAt == "" {
		t.Errorf("incomplete record %s", response.Body)
	}
	if live, logged := b.PausesOf(t, servicetest.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}
	if strings.Contains(b.Log.String(), "Eksamen") {
		t.Errorf("logged the reason: %s", b.Log)
	}
}

func TestPauseAmendsTheVersionSeen(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	first := servicetest.WantPauseRecord(t, b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Mentor))))
	amended := with(with(pausing(servicetest.Mentor), "pause_reason", "Permisjon"), "expected_version", 1)

	got := servicetest.WantPauseRecord(t, b.Invoke(t, b.Post(servicetest.Coordinator, amended)))

	if got.ID != first.ID || got.Version != 2 || *got.PauseReason != "Permisjon" || *got.PausedAt != *first.PausedAt {
		t.Errorf("amended to %+v", got)
	}
	refused := servicetest.WantRefusal(t, b.Invoke(t, b.Post(servicetest.Coordinator, amended)), 409, "version_conflict")
	if refused.Details == nil || *refused.Details != "2" {
		t.Errorf("details %v, want the current version", refused.Details)
	}
}

func TestPauseUnderAnExpiredCertification(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	got := servicetest.WantPauseRecord(t, b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Expired))))
	if got.Status != "expired_cert" || got.PausedAt == nil {
		t.Errorf("%+v", got)
	}
}

func TestPauseTakesTheLongestReason(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	longest := strings.Repeat("å", 499) + "😀"
	got := servicetest.WantPauseRecord(t, b.Invoke(t, b.Post(servicetest.Coordinator,
		with(pausing(servicetest.Mentor), "pause_reason", "\u2003\ufeff\r\n"+longest+"\u0085\u3000 "))))
	if *got.PauseReason != longest {
		t.Errorf("reason %q", *got.PauseReason)
	}
}

func TestPauseAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := servicetest.NewWithoutDatabase(t, newEndpoint)
	response := b.Invoke(t, b.Preflight())
	if response.StatusCode != 204 || response.Headers["access-control-allow-methods"] != "POST, OPTIONS" {
		t.Errorf("status %d, headers %v", response.StatusCode, response.Headers)
	}
}

func TestPauseIsRefused(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	servicetest.WantPauseRecord(t, b.Invoke(t, b.Post(servicetest.BergenCoordinator, pausing(servicetest.BergenMentor))))
	tests := map[string]struct {
		user   string
		body   any
		status int
		code   string
		names  string // what the message has to name
	}{
		"no body":                      {servicetest.Coordinator, nil, 400, "invalid_request", "mentor_id"},
		"no mentor":                    {servicetest.Coordinator, map[string]any{"pause_reason": "a"}, 400, "invalid_request", "mentor_id"},
		"null for a mentor":            {servicetest.Coordinator, with(pausing(""), "mentor_id", nil), 400, "invalid_request", "mentor_id"},
		"mentor that isn't a UUID":     {servicetest.Coordinator, pausing("1"), 400, "invalid_request", "mentor_id"},
		"no reason":                    {servicetest.Coordinator, map[string]any{"mentor_id": servicetest.Mentor}, 400, "invalid_request", "pause_reason"},
		"blank reason":                 {servicetest.Coordinator, with(pausing(servicetest.Mentor), "pause_reason", " \u00a0\n"), 400, "invalid_request", "pause_reason"},
		"reason of 501 characters":     {servicetest.Coordinator, with(pausing(servicetest.Mentor), "pause_reason", strings.Repeat("å", 501)), 400, "invalid_request", "pause_reason"},
		"reason with NUL":              {servicetest.Coordinator, with(pausing(servicetest.Mentor), "pause_reason", "a\x00"), 400, "invalid_request", "pause_reason"},
		"return date in the past":      {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", inDays(-1)), 400, "invalid_request", "expected_return_date"},
		"reason of 501, spaced":        {servicetest.Coordinator, with(pausing(servicetest.Mentor), "pause_reason", "\u2029 "+strings.Repeat("å", 501)), 400, "invalid_request", "pause_reason"},
		"return date far ahead":        {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", inDays(4*366)), 400, "invalid_request", "expected_return_date"},
		"return date that isn't a day": {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", "2027-02-29"), 400, "invalid_request", "expected_return_date"},
		"return date in the year 0":    {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", "0000-01-01"), 400, "invalid_request", "expected_return_date"},
		"return date in words":         {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", "tomorrow"), 400, "invalid_request", "expected_return_date"},
		"return date with a time":      {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", "2027-02-01T00:00:00Z"), 400, "invalid_request", "expected_return_date"},
		"return date empty":            {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_return_date", ""), 400, "invalid_request", "expected_return_date"},
		"version 0":                    {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_version", 0), 409, "version_conflict", ""},
		"version as text":              {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_version", "1"), 400, "invalid_request", "expected_version"},
		"unknown field":                {servicetest.Coordinator, with(pausing(servicetest.Mentor), "status", "paused"), 400, "invalid_request", "status"},
		"former coordinator":           {servicetest.Former, pausing(servicetest.Mentor), 403, "not_a_coordinator", ""},
		"mentor":                       {servicetest.Mentor, pausing(servicetest.Mentor), 403, "not_a_coordinator", ""},
		"user without a profile":       {servicetest.Nobody, pausing(servicetest.Mentor), 403, "not_a_coordinator", ""},
		"mentor of another chapter":    {servicetest.Coordinator, pausing(servicetest.BergenMentor), 404, "mentor_not_found", ""},
		"mentor that isn't there":      {servicetest.Coordinator, pausing(servicetest.Nobody), 404, "mentor_not_found", ""},
		"somebody who is no mentor":    {servicetest.Coordinator, pausing(servicetest.Coordinator), 404, "mentor_not_found", ""},
		"mentor paused already":        {servicetest.BergenCoordinator, pausing(servicetest.BergenMentor), 409, "already_paused", ""},
		"version of no record":         {servicetest.Coordinator, with(pausing(servicetest.Mentor), "expected_version", 1), 409, "version_conflict", ""},
		"body of 17 KiB":               {servicetest.Coordinator, with(pausing(servicetest.Mentor), "pause_reason", strings.Repeat("a", 17<<10)), 413, "payload_too_large", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			refused := servicetest.WantRefusal(t, b.Invoke(t, b.Post(test.user, test.body)), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
	if live, logged := b.PausesOf(t, servicetest.Mentor); live != 0 || logged != 0 {
		t.Errorf("%d live records, %d rows of the log after refusals", live, logged)
	}
}

// A hidden mentor and an absent one can't be told apart.
func TestMentorOfAnotherChapterIsAsIfAbsent(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	hidden := b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.BergenMentor)))
	absent := b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Nobody)))
	if hidden.Body != absent.Body || hidden.StatusCode != absent.StatusCode {
		t.Errorf("hidden: %s, absent: %s", hidden.Body, absent.Body)
	}
}

func TestPauseRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	foreign := authtest.New(b.Project.URL)
	confused := func() string { // signed with the public key, as if it were a secret
		public, err := b.Project.PublicKey(jose.ES256).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		thief := authtest.New(b.Project.URL)
		thief.Secret = string(public)
		return thief.Token(servicetest.Coordinator, authtest.Signed(jose.HS256))
	}
	token := func(token string) func(*events.LambdaFunctionURLRequest) {
		return func(event *events.LambdaFunctionURLRequest) { event.Headers["authorization"] = "Bearer " + token }
	}
	coordinator := func(options ...authtest.Option) func(*events.LambdaFunctionURLRequest) {
		return token(b.Project.Token(servicetest.Coordinator, options...))
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
		"expired token":         {coordinator(authtest.Expires(time.Now().Add(-time.Minute))), 401, "unauthenticated"},
		"token for others":      {coordinator(authtest.Claim("aud", "other")), 401, "unauthenticated"},
		"token from elsewhere":  {coordinator(authtest.Claim("iss", "https://other.example.org/auth/v1")), 401, "unauthenticated"},
		"token of another role": {coordinator(authtest.Claim("role", "service_role")), 401, "unauthenticated"},
		"anonymous token":       {coordinator(authtest.Anonymous()), 401, "unauthenticated"},
		"foreign key":           {token(foreign.Token(servicetest.Coordinator)), 401, "unauthenticated"},
		"key confusion":         {token(confused()), 401, "unauthenticated"},
		"service_role key":      {token(b.Project.APIKey("service_role")), 401, "unauthenticated"},
		"anon key":              {token(b.Project.APIKey("anon")), 401, "unauthenticated"},
		"unsigned token": {token("eyJhbGciOiJub25lIn0." + strings.Split(b.Project.Token(servicetest.Coordinator), ".")[1] + "."),
			401, "unauthenticated"},
		"GET":         {method("GET"), 405, "method_not_allowed"},
		"DELETE":      {method("DELETE"), 405, "method_not_allowed"},
		"form":        {func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" }, 415, "unsupported_media_type"},
		"not JSON":    {func(event *events.LambdaFunctionURLRequest) { event.Body = "x" }, 400, "invalid_request"},
		"key no UUID": {func(event *events.LambdaFunctionURLRequest) { event.Headers["idempotency-key"] = "x" }, 400, "invalid_request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			event := b.Post(servicetest.Coordinator, pausing(servicetest.Mentor))
			test.change(&event)
			response := b.Invoke(t, event)
			servicetest.WantRefusal(t, response, test.status, test.code)
			if test.status == 401 && response.Headers["www-authenticate"] != "Bearer" {
				t.Error("no www-authenticate")
			}
			if test.status == 405 && response.Headers["allow"] != "POST, OPTIONS" {
				t.Errorf("allow %q", response.Headers["allow"])
			}
		})
	}
	if live, logged := b.PausesOf(t, servicetest.Mentor); live != 0 || logged != 0 {
		t.Errorf("%d live records, %d rows of the log after refusals", live, logged)
	}
}

func TestPauseRepeatedWithItsKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	event := b.Post(servicetest.Coordinator, pausing(servicetest.Mentor))
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	servicetest.WantPauseRecord(t, first)
	if _, replayed := first.Headers["idempotent-replayed"]; replayed {
		t.Error("the first answer says that it is replayed")
	}

	event.Headers["idempotency-key"] = `"` + strings.ToUpper(key) + `"`
	again := b.Invoke(t, event)

	if again.Body != first.Body || again.StatusCode != 200 || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%d %s (replayed: %q), want %s", again.StatusCode, again.Body, again.Headers["idempotent-replayed"], first.Body)
	}
	if live, logged := b.PausesOf(t, servicetest.Mentor); live != 1 || logged != 1 {
		t.Errorf("%d live records, %d rows of the log", live, logged)
	}

	other := b.Post(servicetest.Coordinator, with(pausing(servicetest.Mentor), "pause_reason", "Annet"))
	other.Headers["idempotency-key"] = key
	servicetest.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
}

func TestPauseWhoseKeyIsInUseIsInProgress(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	// The first request waits for the mentor's row; the second finds its key held.
	release := b.HoldMentor(t, servicetest.Mentor)
	event := b.Post(servicetest.Coordinator, pausing(servicetest.Mentor))
	event.Headers["idempotency-key"] = key
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() {
		first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event)
	}()
	b.AwaitLock(t)

	servicetest.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")

	release()
	servicetest.WantPauseRecord(t, <-first)
}

func TestPauseThatMustWaitTooLongIsStopped(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	release := b.HoldMentor(t, servicetest.Mentor)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()

	response := b.InvokeContext(t, ctx, b.Post(servicetest.Coordinator, pausing(servicetest.Mentor)))

	servicetest.WantRefusal(t, response, 504, "deadline_exceeded")
	if ctx.Err() != nil {
		t.Error("answered after the deadline")
	}
	release()
	if live, _ := b.PausesOf(t, servicetest.Mentor); live != 0 {
		t.Error("the mentor was paused after all")
	}
	servicetest.WantPauseRecord(t, b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Mentor))))
}

func TestFaultOfTheDatabaseIsNotTold(t *testing.T) {
	t.Parallel()
	b := servicetest.New(t, newEndpoint)
	b.Break(t)

	response := b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Mentor)))

	got := servicetest.WantRefusal(t, response, 500, "internal_error")
	if diff := cmp.Diff(servicetest.Refusal{Code: "internal_error", Message: "Something went wrong on our side."}, got); diff != "" {
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
	b := servicetest.NewWithoutDatabase(t, newEndpoint)
	response := b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Mentor)))
	servicetest.WantRefusal(t, response, 503, "database_unavailable")
	if response.Headers["retry-after"] == "" {
		t.Error("no retry-after")
	}
}

func TestPauseWithoutKeysToCheckTheTokenIsUnavailable(t *testing.T) {
	t.Parallel()
	b := servicetest.NewWithoutKeys(t, newEndpoint)
	response := b.Invoke(t, b.Post(servicetest.Coordinator, pausing(servicetest.Mentor)))
	servicetest.WantRefusal(t, response, 503, "auth_unavailable")
	if response.Headers["retry-after"] == "" {
		t.Error("no retry-after")
	}
}
