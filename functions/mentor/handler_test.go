package main

import (
	"bytes"
	"context"
	"encoding/json"
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
	endpoint.Main(m, "mentor", endpoint.Unsaid{
		// Refused, though OpenAPI finds nothing wrong with it.
		"TestMentorIsRefused/mentor twice":         "OpenAPI can't forbid a parameter to be repeated",
		"TestMentorIsRefused/limit twice":          "the same",
		"TestMentorIsRefused/field in a body":      "OpenAPI can't forbid a body where it describes none",
		"TestMentorRefusesOtherRequests/form":      "the same",
		"TestMentorPages/altered cursor":           "whether a cursor was altered only its seal tells",
		"TestMentorPages/cursor cut off":           "the same",
		"TestMentorPages/cursor of another mentor": "the same",
	})
}

// page is the part of the answer that the tests look at; the document is held against all.
type page struct {
	Profile struct {
		ID          string `json:"id"`
		DisplayName string `json:"display_name"`
	} `json:"profile"`
	Status      string                `json:"status"`
	Recipients  []map[string]string   `json:"recipients"`
	PauseRecord *endpoint.PauseRecord `json:"pause_record"`
	Timeline    []struct {
		ToStatus  string  `json:"to_status"`
		ActorName *string `json:"actor_name"`
	} `json:"timeline"`
	ClosedPauses []endpoint.PauseRecord `json:"closed_pauses"`
	NextCursor   *string                `json:"next_cursor"`
}

func readPage(t testing.TB, response events.LambdaFunctionURLResponse) (read page) {
	t.Helper()
	if response.StatusCode != 200 || response.Headers["content-type"] != "application/json" {
		t.Fatalf("status %d, content-type %q: %s", response.StatusCode, response.Headers["content-type"], response.Body)
	}
	if err := json.Unmarshal(endpoint.Body(t, response), &read); err != nil {
		t.Fatalf("body %s: %v", response.Body, err)
	}
	return read
}

func ofMentor(id string) string { return "mentor_id=" + id }

func TestMentorAnswersThePage(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)

	read := readPage(t, b.Invoke(t, b.Get(endpoint.Coordinator, ofMentor(strings.ToUpper(endpoint.Mentor))+"&limit=200&cursor=&x=y")))

	if read.Profile.DisplayName != "Åse Ødegård" || read.Status != "paused" || read.PauseRecord == nil || *read.PauseRecord.PauseReason != "Eksamen" {
		t.Errorf("%+v", read)
	}
	want := []map[string]string{{"id": endpoint.Coordinator, "display_name": "Kari Nordmann", "role": "coordinator"}}
	if diff := cmp.Diff(want, read.Recipients); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if len(read.Timeline) != 1 || *read.Timeline[0].ActorName != "Kari Nordmann" {
		t.Errorf("timeline %+v", read.Timeline)
	}
	if strings.Contains(b.Log.String(), "Eksamen") {
		t.Errorf("logged the reason: %s", b.Log)
	}
}

// One's own page, and every kind of mentor, in the document's shape.
func TestMentorAnswersEverybody(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	for name, test := range map[string]struct{ user, mentor, status string }{
		"oneself":                 {endpoint.Mentor, endpoint.Mentor, "active"},
		"who never was a mentor":  {endpoint.Former, endpoint.Former, "not_a_mentor"},
		"an expired one":          {endpoint.Coordinator, endpoint.Expired, "expired_cert"},
		"a profile joined in one": {endpoint.Coordinator, b.Drop(t, endpoint.Mentor), "active"},
	} {
		t.Run(name, func(t *testing.T) {
			if read := readPage(t, b.Invoke(t, b.Get(test.user, ofMentor(test.mentor)))); read.Status != test.status {
				t.Errorf("status %s, want %s", read.Status, test.status)
			}
		})
	}
	if dropped := readPage(t, b.Invoke(t, b.Get(endpoint.Coordinator, ofMentor(b.Drop(t, endpoint.Mentor))))); dropped.Profile.ID != endpoint.Mentor {
		t.Errorf("a dropped id is read as %s", dropped.Profile.ID)
	}
}

func TestMentorPages(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	for range 2 {
		b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
		_, err := b.DB.ReactivateMentor(t.Context(), b.Claims(endpoint.Coordinator),
			database.ReactivateMentorArguments{MentorID: endpoint.Mentor, RequestID: endpoint.KeyMade(time.Now())})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // another key
	}
	var statuses []string
	var closed []string
	cursor := ""
	var first string
	for range 4 {
		read := readPage(t, b.Invoke(t, b.Get(endpoint.Coordinator, ofMentor(endpoint.Mentor)+"&limit=1&cursor="+cursor)))
		for _, change := range read.Timeline {
			statuses = append(statuses, change.ToStatus)
		}
		for _, record := range read.ClosedPauses {
			closed = append(closed, record.ID)
		}
		if read.NextCursor == nil {
			break
		}
		cursor = url.QueryEscape(*read.NextCursor)
		if first == "" {
			first = cursor
		}
	}
	if diff := cmp.Diff([]string{"active", "paused", "active", "paused"}, statuses); diff != "" || len(closed) != 2 || closed[0] == closed[1] {
		t.Errorf("closed pauses %v, timeline (-want +got):\n%s", closed, diff)
	}

	for name, query := range map[string]string{
		"altered cursor":           ofMentor(endpoint.Mentor) + "&cursor=x" + first,
		"cursor cut off":           ofMentor(endpoint.Mentor) + "&cursor=" + first[:len(first)-1],
		"cursor of another mentor": ofMentor(endpoint.Expired) + "&cursor=" + first,
	} {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Get(endpoint.Coordinator, query)), 400, "invalid_request")
			if !strings.Contains(refused.Message, "cursor") {
				t.Errorf("message %q", refused.Message)
			}
		})
	}
}

func TestMentorIsRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	mentor := ofMentor(endpoint.Mentor)
	for name, test := range map[string]struct {
		user   string
		query  string
		body   string
		status int
		code   string
		names  string // what the message must name
	}{
		"no mentor":                  {endpoint.Coordinator, "", "", 400, "invalid_request", "mentor_id"},
		"mentor no UUID":             {endpoint.Coordinator, "mentor_id=kari", "", 400, "invalid_request", "mentor_id"},
		"mentor twice":               {endpoint.Coordinator, mentor + "&" + mentor, "", 400, "invalid_request", "mentor_id"},
		"limit 0":                    {endpoint.Coordinator, mentor + "&limit=0", "", 400, "invalid_request", "limit"},
		"limit 201":                  {endpoint.Coordinator, mentor + "&limit=201", "", 400, "invalid_request", "limit"},
		"limit in words":             {endpoint.Coordinator, mentor + "&limit=all", "", 400, "invalid_request", "limit"},
		"limit beyond 32 bits":       {endpoint.Coordinator, mentor + "&limit=4294967297", "", 400, "invalid_request", "limit"},
		"limit twice":                {endpoint.Coordinator, mentor + "&limit=2&limit=2", "", 400, "invalid_request", "limit"},
		"field in a body":            {endpoint.Coordinator, mentor, `{"limit":1}`, 400, "invalid_request", "limit"},
		"another mentor":             {endpoint.Mentor, ofMentor(endpoint.Expired), "", 403, "not_a_coordinator", ""},
		"former coordinator":         {endpoint.Former, mentor, "", 403, "not_a_coordinator", ""},
		"mentor of another chapter":  {endpoint.BergenCoordinator, mentor, "", 404, "mentor_not_found", ""},
		"mentor who isn't there":     {endpoint.Coordinator, ofMentor(endpoint.Nobody), "", 404, "mentor_not_found", ""},
		"oneself without a profile":  {endpoint.Nobody, ofMentor(endpoint.Nobody), "", 404, "mentor_not_found", ""},
		"another without a profile":  {endpoint.Nobody, mentor, "", 403, "not_a_coordinator", ""},
		"coordinator, not a mentor":  {endpoint.Coordinator, ofMentor(endpoint.Former), "", 404, "mentor_not_found", ""},
		"dropped, of another's":      {endpoint.BergenCoordinator, ofMentor(b.Drop(t, endpoint.Mentor)), "", 404, "mentor_not_found", ""},
		"body of 17 KiB":             {endpoint.Coordinator, mentor, `{"a":"` + strings.Repeat("a", 17<<10) + `"}`, 413, "payload_too_large", ""},
		"mentor empty":               {endpoint.Coordinator, "mentor_id=", "", 400, "invalid_request", "mentor_id"},
		"mentor with a NUL":          {endpoint.Coordinator, "mentor_id=%00", "", 400, "invalid_request", "mentor_id"},
		"coordinator of no chapters": {endpoint.BergenMentor, mentor, "", 403, "not_a_coordinator", ""},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Get(test.user, test.query)
			event.Body, event.Headers["content-type"] = test.body, "application/json"
			refused := endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
}

func TestMentorRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	for name, test := range map[string]struct {
		change func(*events.LambdaFunctionURLRequest)
		status int
		code   string
	}{
		"no token": {func(event *events.LambdaFunctionURLRequest) { delete(event.Headers, "authorization") }, 401, "unauthenticated"},
		"form": {func(event *events.LambdaFunctionURLRequest) {
			event.Body, event.Headers["content-type"] = "{}", "text/plain"
		}, 415, "unsupported_media_type"},
		"a post": {func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = "POST" }, 405, "method_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Get(endpoint.Coordinator, ofMentor(endpoint.Mentor))
			test.change(&event)
			endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
		})
	}
}

func TestMentorIsRevalidated(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	event := b.Get(endpoint.Coordinator, ofMentor(endpoint.Mentor))
	first := b.Invoke(t, event)
	readPage(t, first)
	if first.Headers["cache-control"] != "private, no-cache" {
		t.Errorf("cache-control %q", first.Headers["cache-control"])
	}

	event.Headers["if-none-match"] = first.Headers["etag"]
	same := b.Invoke(t, event)
	if same.StatusCode != 304 || same.Body != "" || same.Headers["etag"] != first.Headers["etag"] {
		t.Errorf("an unchanged page: %d %s", same.StatusCode, same.Body)
	}

	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	changed := b.Invoke(t, event)
	if readPage(t, changed).Status != "paused" || changed.Headers["etag"] == first.Headers["etag"] {
		t.Errorf("changed page: %s, etag %s", changed.Body, changed.Headers["etag"])
	}

	event.Headers["accept-encoding"] = "gzip"
	zipped := b.Invoke(t, event)
	if zipped.Headers["content-encoding"] != "gzip" || !bytes.Equal(endpoint.Body(t, zipped), []byte(changed.Body)) {
		t.Errorf("headers %v, body %s", zipped.Headers, endpoint.Body(t, zipped))
	}
}

func TestMentorPassesTheAnswerThrough(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	want, err := b.DB.MentorPage(t.Context(), b.Claims(endpoint.Coordinator), database.MentorPageArguments{MentorID: endpoint.Mentor})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Invoke(t, b.Get(endpoint.Coordinator, ofMentor(endpoint.Mentor))); got.Body != string(want.Body) {
		t.Errorf("body %s, the RPC's %s", got.Body, want.Body)
	}
}

func TestMentorAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, OPTIONS")
}

// A fault that is not the caller's has its code.
func TestMentorDuringAnOutage(t *testing.T) {
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
			b.Break(t)
			return b
		}, 500, "internal_error"},
		"a database that lets nobody read": {func(t *testing.T) *endpoint.Bundle {
			b := endpoint.New(t, newEndpoint)
			b.Hold(t, "lock table public.pause_records in access exclusive mode")
			return b
		}, 504, "deadline_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := test.setup(t)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			endpoint.WantRefusal(t, b.InvokeContext(t, ctx, b.Get(endpoint.Coordinator, ofMentor(endpoint.Mentor))), test.status, test.code)
		})
	}
}
