package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mentorpause/local/endpoint"
)

// result is what became of one of many.
type result struct {
	MentorID    string  `json:"mentor_id"`
	Outcome     string  `json:"outcome"`
	Code        *string `json:"code"`
	PauseRecord *struct {
		ID     string
		Status string
	} `json:"pause_record"`
}

func results(t *testing.T, body string) (short []string) {
	t.Helper()
	var answer struct{ Results []result }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	for _, r := range answer.Results {
		text := r.MentorID + " " + r.Outcome
		if r.Code != nil {
			text += " " + *r.Code
		}
		if r.PauseRecord != nil {
			text += " " + r.PauseRecord.Status
		}
		short = append(short, text)
	}
	return short
}

func atOnce(ids []string, more ...any) map[string]any {
	body := map[string]any{"mentor_ids": ids, "pause_reason": "Sommer"}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

func TestManyArePausedAtOnce(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	unknown := uuid.NewString()
	ids := []string{endpoint.BergenMentor, endpoint.Mentor, unknown, strings.ToUpper(endpoint.Expired)}

	dry := b.Invoke(t, b.Post(endpoint.Coordinator, atOnce(ids, "dry_run", true)))
	wantSuccess(t, dry)
	want := []string{endpoint.BergenMentor + " refused mentor_not_found", endpoint.Mentor + " paused", unknown + " refused mentor_not_found", endpoint.Expired + " paused"}
	if diff := cmp.Diff(want, results(t, dry.Body)); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}
	if live, logged := b.PausesOf(t, endpoint.Mentor); live != 0 || logged != 0 {
		t.Errorf("the dry run: %d live records, %d rows of the log", live, logged)
	}

	event := b.Post(endpoint.Coordinator, atOnce(ids))
	event.Headers["idempotency-key"] = key
	real := b.Invoke(t, event)
	wantSuccess(t, real)
	want[1], want[3] = endpoint.Mentor+" paused paused", endpoint.Expired+" paused expired_cert"
	if diff := cmp.Diff(want, results(t, real.Body)); diff != "" {
		t.Errorf("the real run (-want +got):\n%s", diff)
	}
	if again := b.Invoke(t, event); again.Body != real.Body || again.Headers["idempotent-replayed"] != "" {
		t.Errorf("again: %s %s, want %s", again.Body, again.Headers["idempotent-replayed"], real.Body)
	}
	fewer := b.Post(endpoint.Coordinator, atOnce([]string{endpoint.Expired, endpoint.Mentor}))
	fewer.Headers["idempotency-key"] = key
	repeated := b.Invoke(t, fewer)
	if diff := cmp.Diff([]string{want[3], want[1]}, results(t, repeated.Body)); diff != "" || repeated.Headers["idempotent-replayed"] != "true" {
		t.Errorf("a few taken out: %s %s", repeated.Headers["idempotent-replayed"], diff)
	}
	other := b.Post(endpoint.Coordinator, atOnce(ids, "pause_reason", "Ferie"))
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")

	planned := b.Invoke(t, b.Post(endpoint.BergenCoordinator, atOnce([]string{endpoint.BergenMentor, endpoint.Mentor}, "starts_on", inDays(9), "expected_return_date", nil)))
	if diff := cmp.Diff([]string{endpoint.BergenMentor + " planned", endpoint.Mentor + " refused mentor_not_found"}, results(t, planned.Body)); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
}

func TestManyPlansAreMadeAtOnce(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	planned := b.Invoke(t, b.Post(endpoint.Coordinator, atOnce([]string{endpoint.Mentor}, "starts_on", inDays(9), "expected_return_date", inDays(20))))
	if diff := cmp.Diff([]string{endpoint.Mentor + " planned"}, results(t, planned.Body)); diff != "" {
		t.Errorf("planned (-want +got):\n%s", diff)
	}
}

func TestManyAreRefusedTogether(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	ids := []string{endpoint.Mentor}
	var tooMany []string
	for range 501 {
		tooMany = append(tooMany, uuid.NewString())
	}
	for name, test := range map[string]struct {
		user   string
		body   any
		status int
		code   string
		names  string
	}{
		"nobody":           {endpoint.Coordinator, atOnce([]string{}), 400, "invalid_request", "mentor_ids"},
		"too many":         {endpoint.Coordinator, atOnce(tooMany), 400, "invalid_request", "mentor_ids"},
		"twice":            {endpoint.Coordinator, atOnce([]string{endpoint.Mentor, strings.ToUpper(endpoint.Mentor)}), 400, "invalid_request", "mentor_ids"},
		"no id":            {endpoint.Coordinator, atOnce([]string{"x"}), 400, "invalid_request", "mentor_ids"},
		"a null":           {endpoint.Coordinator, map[string]any{"mentor_ids": []any{nil}, "pause_reason": "a"}, 400, "invalid_request", "mentor_ids"},
		"and one":          {endpoint.Coordinator, atOnce(ids, "mentor_id", endpoint.Mentor), 400, "invalid_request", "mentor_id"},
		"a version":        {endpoint.Coordinator, atOnce(ids, "expected_version", 1), 400, "invalid_request", "expected_version"},
		"no reason":        {endpoint.Coordinator, map[string]any{"mentor_ids": ids}, 400, "invalid_request", "pause_reason"},
		"no day":           {endpoint.Coordinator, atOnce(ids, "starts_on", "2027-02-30"), 400, "invalid_request", "starts_on"},
		"today":            {endpoint.Coordinator, atOnce(ids, "starts_on", inDays(0)), 400, "invalid_request", "starts_on"},
		"back today":       {endpoint.Coordinator, atOnce(ids, "expected_return_date", inDays(0)), 400, "invalid_request", "expected_return_date"},
		"dry run of one":   {endpoint.Coordinator, map[string]any{"mentor_id": endpoint.Mentor, "pause_reason": "a", "dry_run": true}, 400, "invalid_request", "dry_run"},
		"by a mentor":      {endpoint.Mentor, atOnce(ids), 403, "not_a_coordinator", ""},
		"a word":           {endpoint.Coordinator, atOnce(ids, "dry_run", "yes"), 400, "invalid_request", "dry_run"},
		"more than 32 KiB": {endpoint.Coordinator, atOnce(ids, "pause_reason", strings.Repeat("a", 33<<10)), 413, "payload_too_large", ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Post(test.user, test.body)), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
	// As many as there may be fit.
	full := b.Invoke(t, b.Post(endpoint.Coordinator, atOnce(slices.Clone(tooMany[:500]), "pause_reason", strings.Repeat("å", 500))))
	if got := results(t, full.Body); len(got) != 500 || got[499] != tooMany[499]+" refused mentor_not_found" {
		t.Errorf("%d results: %s", len(got), fmt.Sprint(full.StatusCode))
	}
}
