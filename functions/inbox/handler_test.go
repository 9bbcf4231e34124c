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
	"github.com/google/uuid"

	"mentorpause/local/endpoint"
	"mentorpause/shared/database"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "inbox", endpoint.Unsaid{
		// Refused, though OpenAPI finds nothing wrong with it.
		"TestInboxIsRefused/limit twice":    "OpenAPI can't forbid a parameter to be repeated",
		"TestInboxIsRefused/field of a GET": "OpenAPI can't forbid a body where it describes none",
		"TestInboxIsRefused/altered cursor": "whether a cursor was altered only its seal tells",
		"TestInboxIsRefused/text by GET":    "the same",
	})
}

type page struct {
	Unread   int `json:"unread"`
	Messages []struct {
		ID     int64   `json:"id"`
		Title  string  `json:"title"`
		ReadAt *string `json:"read_at"`
	} `json:"messages"`
	NextCursor *string `json:"next_cursor"`
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

func titles(read page) []string {
	listed := []string{}
	for _, message := range read.Messages {
		listed = append(listed, message.Title)
	}
	return listed
}

// newInbox makes the function, with three messages for the mentor, of which "Tre" is the
// newest, and one for the coordinator.
func newInbox(t *testing.T) *endpoint.Bundle {
	t.Helper()
	b := endpoint.New(t, newEndpoint)
	deliver(t, b, endpoint.Mentor, "Én", "To", "Tre")
	deliver(t, b, endpoint.Coordinator, "Din")
	return b
}

func deliver(t *testing.T, b *endpoint.Bundle, recipient string, titles ...string) {
	t.Helper()
	owner := b.Database.Connect(t, "postgres")
	for n, title := range titles {
		_, err := owner.Exec(t.Context(), `insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body, created_at)
			values (gen_random_uuid(), $1, $2, 'mentor_paused', $3, 'Tekst', now() + $4 * interval '1 ms')`, recipient, endpoint.Mentor, title, n)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestInboxAnswersOnesOwnMessages(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	for user, want := range map[string][]string{
		endpoint.Mentor:      {"Tre", "To", "Én"},
		endpoint.Coordinator: {"Din"},
		endpoint.Nobody:      {},
	} {
		got := read[page](t, b.Invoke(t, b.Get(user, "")))
		if diff := cmp.Diff(want, titles(got)); diff != "" || got.Unread != len(want) || got.NextCursor != nil {
			t.Errorf("%d unread (-want +got):\n%s", got.Unread, diff)
		}
	}
}

func TestInboxPages(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	first := read[page](t, b.Invoke(t, b.Get(endpoint.Mentor, "limit=2&cursor=&x=y")))
	if diff := cmp.Diff([]string{"Tre", "To"}, titles(first)); diff != "" || first.NextCursor == nil {
		t.Fatalf("first page (-want +got):\n%s", diff)
	}
	second := read[page](t, b.Invoke(t, b.Get(endpoint.Mentor, "limit=2&cursor="+url.QueryEscape(*first.NextCursor))))
	if diff := cmp.Diff([]string{"Én"}, titles(second)); diff != "" || second.NextCursor != nil || second.Unread != 3 {
		t.Errorf("second page (-want +got):\n%s", diff)
	}
}

func TestInboxMarksAsRead(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	messages := read[page](t, b.Invoke(t, b.Get(endpoint.Mentor, ""))).Messages
	type counts struct{ Read, Unread int }
	post := func(body string) events.LambdaFunctionURLResponse {
		event := b.Post(endpoint.Mentor, body)
		event.Headers["idempotency-key"] = uuid.NewString()
		first := b.Invoke(t, event)
		again := b.Invoke(t, event)
		if again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" || first.Headers["idempotent-replayed"] != "" {
			t.Errorf("repeated: %v %s, first %s", again.Headers, again.Body, first.Body)
		}
		return first
	}

	if got := read[counts](t, post(fmt.Sprintf(`{"read":[%d,%d.0]}`, messages[0].ID, messages[2].ID))); got != (counts{2, 1}) {
		t.Errorf("two: %+v", got)
	}
	after := read[page](t, b.Invoke(t, b.Get(endpoint.Mentor, "")))
	if after.Unread != 1 || after.Messages[0].ReadAt == nil || after.Messages[1].ReadAt != nil || after.Messages[2].ReadAt == nil {
		t.Errorf("%+v", after)
	}
	if got := read[counts](t, post(`{"read":"all"}`)); got != (counts{1, 0}) {
		t.Errorf("all: %+v", got)
	}
	if other := read[page](t, b.Invoke(t, b.Get(endpoint.Coordinator, ""))); other.Unread != 1 {
		t.Errorf("somebody else has %d unread", other.Unread)
	}
}

func TestInboxTurnsTheDigestOff(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	owner := b.Database.Connect(t, "postgres")
	for _, wanted := range []bool{false, false, true, true} {
		event := b.Post(endpoint.Coordinator, fmt.Sprintf(`{"weekly_digest":%t}`, wanted))
		event.Headers["idempotency-key"] = uuid.NewString()
		first, again := b.Invoke(t, event), b.Invoke(t, event)
		if got := read[map[string]bool](t, first); len(got) != 1 || got["weekly_digest"] != wanted {
			t.Errorf("%t: %s", wanted, first.Body)
		}
		if again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" {
			t.Errorf("repeated: %v %s, first %s", again.Headers, again.Body, first.Body)
		}
		var refused bool
		if err := owner.QueryRow(t.Context(), "select exists (select from private.digest_refusals where person_id = $1)", endpoint.Coordinator).Scan(&refused); err != nil {
			t.Fatal(err)
		}
		if refused == wanted {
			t.Errorf("%t is stored as %t", wanted, !refused)
		}
	}
}

func TestInboxIsRefused(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	others := read[page](t, b.Invoke(t, b.Get(endpoint.Coordinator, ""))).Messages[0].ID
	used := uuid.NewString()
	event := b.Post(endpoint.Mentor, `{"read":"all"}`)
	event.Headers["idempotency-key"] = used
	b.Invoke(t, event)
	many := strings.TrimSuffix(strings.Repeat("1,", 501), ",")
	for name, test := range map[string]struct {
		method string
		query  string
		body   string
		key    string
		status int
		code   string
		names  string // what the message must name
	}{
		"limit 0":                    {"GET", "limit=0", "", "", 400, "invalid_request", "limit"},
		"limit 201":                  {"GET", "limit=201", "", "", 400, "invalid_request", "limit"},
		"limit twice":                {"GET", "limit=1&limit=1", "", "", 400, "invalid_request", "limit"},
		"altered cursor":             {"GET", "cursor=x.y", "", "", 400, "invalid_request", "cursor"},
		"field of a GET":             {"GET", "", `{"limit":1}`, "", 400, "invalid_request", "limit"},
		"nothing to read":            {"POST", "", `{}`, "", 400, "invalid_request", "read"},
		"no body":                    {"POST", "", "", "", 400, "invalid_request", "read"},
		"another word":               {"POST", "", `{"read":"some"}`, "", 400, "invalid_request", "read"},
		"no ids":                     {"POST", "", `{"read":[]}`, "", 400, "invalid_request", "read"},
		"too many ids":               {"POST", "", `{"read":[` + many + `]}`, "", 400, "invalid_request", "read"},
		"an id that is none":         {"POST", "", `{"read":[0]}`, "", 400, "invalid_request", "read"},
		"an id of a half":            {"POST", "", `{"read":[1.5]}`, "", 400, "invalid_request", "read"},
		"an id as text":              {"POST", "", `{"read":["1"]}`, "", 400, "invalid_request", "read"},
		"null for an id":             {"POST", "", `{"read":[null]}`, "", 400, "invalid_request", "read"},
		"true":                       {"POST", "", `{"read":true}`, "", 400, "invalid_request", "read"},
		"a digest that is null":      {"POST", "", `{"weekly_digest":null}`, "", 400, "invalid_request", "read"},
		"a digest as text":           {"POST", "", `{"weekly_digest":"true"}`, "", 400, "invalid_request", "weekly_digest"},
		"a digest and messages":      {"POST", "", `{"weekly_digest":true,"read":"all"}`, "", 400, "invalid_request", "weekly_digest"},
		"a digest by no key":         {"POST", "", `{"weekly_digest":true}`, "x", 400, "invalid_request", "idempotency-key"},
		"a digest by a used key":     {"POST", "", `{"weekly_digest":true}`, used, 422, "idempotency_key_reused", ""},
		"key that is none":           {"POST", "", `{"read":"all"}`, "x", 400, "invalid_request", "idempotency-key"},
		"somebody else's message":    {"POST", "", fmt.Sprintf(`{"read":[%d]}`, others), "", 404, "not_found", ""},
		"message that isn't there":   {"POST", "", `{"read":[9007199254740991]}`, "", 404, "not_found", ""},
		"a key of another request":   {"POST", "", fmt.Sprintf(`{"read":[%d]}`, others), used, 422, "idempotency_key_reused", ""},
		"a request of last week":     {"POST", "", `{"read":"all"}`, endpoint.KeyMade(time.Now().AddDate(0, 0, -7)), 409, "request_expired", ""},
		"body of 17 KiB":             {"POST", "", `{"read":"` + strings.Repeat("a", 17<<10) + `"}`, "", 413, "payload_too_large", ""},
		"GET with a body of 17 KiB":  {"GET", "", `{"read":"` + strings.Repeat("a", 17<<10) + `"}`, "", 413, "payload_too_large", ""},
		"a method that it hasn't":    {"DELETE", "", "", "", 405, "method_not_allowed", ""},
		"another method, with a key": {"PATCH", "", "", used, 405, "method_not_allowed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Post(endpoint.Mentor, test.body)
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
		event := b.Post(endpoint.Mentor, `{"read":"all"}`)
		event.RequestContext.HTTP.Method = method
		event.Headers["content-type"] = "text/plain"
		t.Run("text by "+method, func(t *testing.T) {
			endpoint.WantRefusal(t, b.Invoke(t, event), 415, "unsupported_media_type")
			delete(event.Headers, "authorization")
			endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
		})
	}
}

// Two at once with one key: the second one hears that the first is being carried out.
func TestInboxTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	key := uuid.NewString()
	release := b.Hold(t, fmt.Sprintf("select pg_advisory_xact_lock(hashtextextended('%s%s', 0))", endpoint.Mentor, key))
	defer release()
	event := b.Post(endpoint.Mentor, `{"read":"all"}`)
	event.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")
}

func TestInboxIsRevalidated(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	event := b.Get(endpoint.Mentor, "")
	first := b.Invoke(t, event)
	if first.Headers["cache-control"] != "private, no-cache" {
		t.Errorf("cache-control %q", first.Headers["cache-control"])
	}
	event.Headers["if-none-match"] = first.Headers["etag"]
	if same := b.Invoke(t, event); same.StatusCode != 304 || same.Body != "" {
		t.Errorf("an unchanged inbox: %d %s", same.StatusCode, same.Body)
	}
	marked := b.Invoke(t, b.Post(endpoint.Mentor, `{"read":"all"}`))
	if marked.Headers["cache-control"] != "no-store" || marked.Headers["etag"] != "" {
		t.Errorf("headers of marking %v", marked.Headers)
	}
	if changed := b.Invoke(t, event); read[page](t, changed).Unread != 0 || changed.Headers["etag"] == first.Headers["etag"] {
		t.Errorf("a changed inbox: %s", changed.Body)
	}
}

func TestInboxPassesTheAnswerThrough(t *testing.T) {
	t.Parallel()
	b := newInbox(t)
	want, err := b.DB.InboxPage(t.Context(), b.Claims(endpoint.Mentor), database.InboxPageArguments{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Invoke(t, b.Get(endpoint.Mentor, "")); got.Body != string(want.Body) {
		t.Errorf("body %s, the RPC's %s", got.Body, want.Body)
	}
}

func TestInboxAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
}

// A fault that is not the caller's has its code.
func TestInboxDuringAnOutage(t *testing.T) {
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
			b := newInbox(t)
			if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), "alter table public.notification_inbox rename to lost"); err != nil {
				t.Fatal(err)
			}
			return b
		}, 500, "internal_error"},
		"a database that lets nobody read": {func(t *testing.T) *endpoint.Bundle {
			b := newInbox(t)
			b.Hold(t, "lock table public.notification_inbox in access exclusive mode")
			return b
		}, 504, "deadline_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := test.setup(t)
			for _, event := range []events.LambdaFunctionURLRequest{b.Get(endpoint.Mentor, ""), b.Post(endpoint.Mentor, `{"read":"all"}`)} {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				endpoint.WantRefusal(t, b.InvokeContext(t, ctx, event), test.status, test.code)
				cancel()
			}
		})
	}
}
