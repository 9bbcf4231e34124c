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
	endpoint.Main(m, "follow-up", endpoint.Unsaid{
		// Refused, though OpenAPI finds nothing wrong with it.
		"TestFollowUpIsRefused/limit twice":    "OpenAPI can't forbid a parameter to be repeated",
		"TestFollowUpIsRefused/field of a GET": "OpenAPI can't forbid a body where it describes none",
		"TestFollowUpIsRefused/altered cursor": "whether a cursor was altered only its seal tells",
		"TestFollowUpIsRefused/text by GET":    "the same as for a field",
	})
}

const administrator = "00000000-0000-4000-8000-0000000000d1" // of Oslo

type page struct {
	Counts struct {
		Undelivered   int `json:"undelivered_notifications"`
		Discrepancies int `json:"open_discrepancies"`
		Refused       int `json:"refused_addresses"`
	} `json:"counts"`
	Undelivered []struct {
		ID         string `json:"id"`
		MentorName string `json:"mentor_name"`
	} `json:"undelivered"`
	Discrepancies []struct {
		ID int64 `json:"id"`
	} `json:"discrepancies"`
	RefusedAddresses []struct {
		PersonID string `json:"person_id"`
	} `json:"refused_addresses"`
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

// bundle is the function with an administrator of Oslo and, in Oslo, two notifications
// that reached nobody, two discrepancies, an e-mail that is stuck, and the coordinator's
// address refused; the same in Bergen, where nobody administers.
type bundle struct {
	*endpoint.Bundle
	undelivered, bergenUndelivered string
	discrepancy, bergenDiscrepancy int64
}

func newFollowUp(t *testing.T) bundle {
	t.Helper()
	b := bundle{Bundle: endpoint.New(t, newEndpoint), undelivered: uuid.NewString(), bergenUndelivered: uuid.NewString()}
	owner := b.Database.Connect(t, "postgres")
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	exec(`insert into public.profiles (id, display_name) values ($1, 'Anne Administrator')`, administrator)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'administrator')`, endpoint.Oslo, administrator)
	for n, about := range []struct{ id, mentor string }{
		{b.undelivered, endpoint.Mentor}, {uuid.NewString(), endpoint.Expired}, {b.bergenUndelivered, endpoint.BergenMentor},
	} {
		exec(`insert into public.notifications (id, mentor_id, audience, kind, state, created_at)
			values ($1, $2, 'coordinator', 'mentor_paused', 'undeliverable', now() - $3 * interval '1 hour')`, about.id, about.mentor, n)
		exec(`insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason)
			values ($1, $2, 'mentor_paused', 'inbox', 'no_recipient', 'the mentor is active in no chapter')`, about.id, about.mentor)
		exec(`insert into public.status_discrepancies (mentor_id, kind) values ($1, 'log_missing')`, about.mentor)
		exec(`insert into public.notifications (mentor_id, audience, kind, created_at, due_at)
			values ($1, 'mentor', 'mentor_paused', now() - interval '1 day', now() - interval '1 day')`, about.mentor)
	}
	for person, address := range map[string]string{endpoint.Coordinator: "kari@example.org", endpoint.BergenCoordinator: "berg@example.org"} {
		exec(`insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at)
			values ($1, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', $2, now())`, person, address)
		exec(`insert into private.refused_addresses (person_id, address_hash, refused_at) values ($1, private.hash_address($2), now())`, person, address)
		exec(`insert into public.notification_attempts
				(notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because)
			values (gen_random_uuid(), $1, 'mentor_paused', $2, 'coordinator', 'email', 'failed', '550 no; the address was refused', 'x')`, endpoint.Mentor, person)
	}
	exec(`insert into public.nightly_runs (as_of, is_full, outcome, finished_at, lease_until, holder, fencing_token)
		values (private.today(), false, 'completed', now(), now(), gen_random_uuid(), 1)`)
	for mentor, id := range map[string]*int64{endpoint.Mentor: &b.discrepancy, endpoint.BergenMentor: &b.bergenDiscrepancy} {
		if err := owner.QueryRow(t.Context(), "select id from public.status_discrepancies where mentor_id = $1", mentor).Scan(id); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b bundle) page(t testing.TB, query string) page {
	t.Helper()
	return read[page](t, b.Invoke(t, b.Get(administrator, query)))
}

func TestFollowUpAnswersWhatIsTheAdministrators(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	for _, query := range []string{"", "chapter_id=" + endpoint.Oslo, "chapter_id=&limit=&cursor=&x=y"} {
		got := b.page(t, query)
		names := []string{}
		for _, row := range got.Undelivered {
			names = append(names, row.MentorName)
		}
		if diff := cmp.Diff([]string{"Åse Ødegård", "Ola Utløpt"}, names); diff != "" {
			t.Errorf("%q (-want +got):\n%s", query, diff)
		}
		if got.Counts.Undelivered != 2 || got.Counts.Discrepancies != 2 || got.Counts.Refused != 1 || got.NextCursor != nil {
			t.Errorf("%q: %+v", query, got)
		}
	}
}

func TestFollowUpPages(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	first := b.page(t, "limit=1")
	if len(first.Undelivered) != 1 || len(first.Discrepancies) != 1 || first.NextCursor == nil {
		t.Fatalf("first page %+v", first)
	}
	second := b.page(t, "limit=1&cursor="+url.QueryEscape(*first.NextCursor))
	if len(second.Undelivered) != 1 || second.Undelivered[0].ID == first.Undelivered[0].ID || second.NextCursor != nil || second.Counts != first.Counts {
		t.Errorf("second page %+v", second)
	}
}

func TestFollowUpSettles(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	for name, test := range map[string]struct {
		body string
		left func(page) int // of what this is about
		want int
	}{
		"a notification": {fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, b.undelivered), func(p page) int { return p.Counts.Undelivered }, 1},
		"a discrepancy":  {fmt.Sprintf(`{"acknowledge":{"discrepancy_id":%d}}`, b.discrepancy), func(p page) int { return p.Counts.Discrepancies }, 1},
		"an address":     {fmt.Sprintf(`{"allow_address":{"person_id":%q}}`, endpoint.Coordinator), func(p page) int { return p.Counts.Refused }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Post(administrator, test.body)
			event.Headers["idempotency-key"] = uuid.NewString()
			first := b.Invoke(t, event)
			if diff := cmp.Diff(read[any](t, events.LambdaFunctionURLResponse{StatusCode: 200, Body: test.body,
				Headers: map[string]string{"content-type": "application/json"}}), read[any](t, first)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if left := test.left(b.page(t, "")); left != test.want {
				t.Errorf("%d are left, want %d", left, test.want)
			}
			again := b.Invoke(t, event)
			if again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" || first.Headers["idempotent-replayed"] != "" {
				t.Errorf("repeated: %v %s, first %s", again.Headers, again.Body, first.Body)
			}
			// Without the key it is done again, which changes nothing.
			anew := b.Invoke(t, b.Post(administrator, test.body))
			if anew.Body != first.Body || anew.Headers["idempotent-replayed"] != "" || test.left(b.page(t, "")) != test.want {
				t.Errorf("a second time: %v %s", anew.Headers, anew.Body)
			}
		})
	}
}

func TestFollowUpIsRefused(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	used := uuid.NewString()
	event := b.Post(administrator, fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, b.undelivered))
	event.Headers["idempotency-key"] = used
	b.Invoke(t, event)
	mine := fmt.Sprintf(`{"acknowledge":{"discrepancy_id":%d}}`, b.discrepancy)
	absent := uuid.NewString()
	for name, test := range map[string]struct {
		method string
		query  string
		body   string
		key    string
		status int
		code   string
		names  string // what the message must name
	}{
		"limit 0":                      {"GET", "limit=0", "", "", 400, "invalid_request", "limit"},
		"limit 201":                    {"GET", "limit=201", "", "", 400, "invalid_request", "limit"},
		"limit twice":                  {"GET", "limit=1&limit=1", "", "", 400, "invalid_request", "limit"},
		"altered cursor":               {"GET", "cursor=x.y", "", "", 400, "invalid_request", "cursor"},
		"chapter that is none":         {"GET", "chapter_id=x", "", "", 400, "invalid_request", "chapter_id"},
		"another chapter":              {"GET", "chapter_id=" + endpoint.Bergen, "", "", 404, "chapter_not_found", ""},
		"chapter that isn't there":     {"GET", "chapter_id=" + absent, "", "", 404, "chapter_not_found", ""},
		"field of a GET":               {"GET", "", `{"limit":1}`, "", 400, "invalid_request", "limit"},
		"nothing":                      {"POST", "", `{}`, "", 400, "invalid_request", "acknowledge"},
		"no body":                      {"POST", "", "", "", 400, "invalid_request", "acknowledge"},
		"another field":                {"POST", "", `{"forget":{}}`, "", 400, "invalid_request", "forget"},
		"acknowledge as text":          {"POST", "", `{"acknowledge":"all"}`, "", 400, "invalid_request", "acknowledge"},
		"acknowledge nothing":          {"POST", "", `{"acknowledge":{}}`, "", 400, "invalid_request", "acknowledge/notification_id"},
		"acknowledge two":              {"POST", "", fmt.Sprintf(`{"acknowledge":{"notification_id":%q,"discrepancy_id":1}}`, b.undelivered), "", 400, "invalid_request", "acknowledge/discrepancy_id"},
		"acknowledge and allow":        {"POST", "", fmt.Sprintf(`{"acknowledge":{"discrepancy_id":1},"allow_address":{"person_id":%q}}`, endpoint.Coordinator), "", 400, "invalid_request", "allow_address"},
		"notification that is none":    {"POST", "", `{"acknowledge":{"notification_id":"x"}}`, "", 400, "invalid_request", "acknowledge/notification_id"},
		"discrepancy 0":                {"POST", "", `{"acknowledge":{"discrepancy_id":0}}`, "", 400, "invalid_request", "acknowledge/discrepancy_id"},
		"discrepancy of a half":        {"POST", "", `{"acknowledge":{"discrepancy_id":1.5}}`, "", 400, "invalid_request", "acknowledge/discrepancy_id"},
		"discrepancy as text":          {"POST", "", `{"acknowledge":{"discrepancy_id":"1"}}`, "", 400, "invalid_request", "a whole number from 1 on"},
		"address of nobody":            {"POST", "", `{"allow_address":{}}`, "", 400, "invalid_request", "allow_address/person_id"},
		"person that is none":          {"POST", "", `{"allow_address":{"person_id":"x"}}`, "", 400, "invalid_request", "allow_address/person_id"},
		"key that is none":             {"POST", "", mine, "x", 400, "invalid_request", "idempotency-key"},
		"another chapter's":            {"POST", "", fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, b.bergenUndelivered), "", 404, "not_found", ""},
		"another chapter's difference": {"POST", "", fmt.Sprintf(`{"acknowledge":{"discrepancy_id":%d}}`, b.bergenDiscrepancy), "", 404, "not_found", ""},
		"another chapter's address":    {"POST", "", fmt.Sprintf(`{"allow_address":{"person_id":%q}}`, endpoint.BergenCoordinator), "", 404, "not_found", ""},
		"absent notification":          {"POST", "", fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, absent), "", 404, "not_found", ""},
		"absent discrepancy":           {"POST", "", `{"acknowledge":{"discrepancy_id":9007199254740991}}`, "", 404, "not_found", ""},
		"absent person":                {"POST", "", fmt.Sprintf(`{"allow_address":{"person_id":%q}}`, absent), "", 404, "not_found", ""},
		"a key of another request":     {"POST", "", mine, used, 422, "idempotency_key_reused", ""},
		"a request of last week":       {"POST", "", mine, endpoint.KeyMade(time.Now().AddDate(0, 0, -7)), 409, "request_expired", ""},
		"body of 17 KiB":               {"POST", "", `{"acknowledge":"` + strings.Repeat("a", 17<<10) + `"}`, "", 413, "payload_too_large", ""},
		"GET with a body of 17 KiB":    {"GET", "", `{"acknowledge":"` + strings.Repeat("a", 17<<10) + `"}`, "", 413, "payload_too_large", ""},
		"a method that it hasn't":      {"DELETE", "", "", "", 405, "method_not_allowed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Post(administrator, test.body)
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
		event := b.Post(administrator, mine)
		event.RequestContext.HTTP.Method = method
		event.Headers["content-type"] = "text/plain"
		t.Run("text by "+method, func(t *testing.T) {
			endpoint.WantRefusal(t, b.Invoke(t, event), 415, "unsupported_media_type")
			delete(event.Headers, "authorization")
			endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
		})
	}
	if got := b.page(t, ""); got.Counts.Undelivered != 1 || got.Counts.Discrepancies != 2 || got.Counts.Refused != 1 {
		t.Errorf("what was refused changed something: %+v", got.Counts)
	}
}

func TestFollowUpIsForAdministrators(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	for _, user := range []string{endpoint.Coordinator, endpoint.Mentor, endpoint.Former, endpoint.Nobody} {
		for _, event := range []events.LambdaFunctionURLRequest{
			b.Get(user, ""), b.Get(user, "chapter_id="+endpoint.Oslo),
			b.Post(user, fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, b.undelivered)),
			b.Post(user, fmt.Sprintf(`{"acknowledge":{"discrepancy_id":%d}}`, b.discrepancy)),
			b.Post(user, fmt.Sprintf(`{"allow_address":{"person_id":%q}}`, endpoint.Coordinator)),
		} {
			endpoint.WantRefusal(t, b.Invoke(t, event), 403, "not_an_administrator")
		}
	}
}

// Two at once with one key: the second one hears that the first is being carried out.
func TestFollowUpTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	key := uuid.NewString()
	release := b.Hold(t, fmt.Sprintf("select pg_advisory_xact_lock(hashtextextended('%s%s', 0))", administrator, key))
	defer release()
	for _, body := range []string{
		fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, b.undelivered), fmt.Sprintf(`{"acknowledge":{"discrepancy_id":%d}}`, b.discrepancy),
		fmt.Sprintf(`{"allow_address":{"person_id":%q}}`, endpoint.Coordinator),
	} {
		event := b.Post(administrator, body)
		event.Headers["idempotency-key"] = key
		endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")
	}
}

func TestFollowUpIsRevalidated(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	event := b.Get(administrator, "")
	first := b.Invoke(t, event)
	if first.Headers["cache-control"] != "private, no-cache" {
		t.Errorf("cache-control %q", first.Headers["cache-control"])
	}
	event.Headers["if-none-match"] = first.Headers["etag"]
	if same := b.Invoke(t, event); same.StatusCode != 304 || same.Body != "" {
		t.Errorf("when nothing has changed: %d %s", same.StatusCode, same.Body)
	}
	settled := b.Invoke(t, b.Post(administrator, fmt.Sprintf(`{"acknowledge":{"notification_id":%q}}`, b.undelivered)))
	if settled.Headers["cache-control"] != "no-store" || settled.Headers["etag"] != "" {
		t.Errorf("headers of acknowledging %v", settled.Headers)
	}
	if changed := b.Invoke(t, event); read[page](t, changed).Counts.Undelivered != 1 || changed.Headers["etag"] == first.Headers["etag"] {
		t.Errorf("after a change: %s", changed.Body)
	}
}

func TestFollowUpPassesTheAnswerThrough(t *testing.T) {
	t.Parallel()
	b := newFollowUp(t)
	want, err := b.DB.FollowUpPage(t.Context(), b.Claims(administrator), database.FollowUpPageArguments{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Invoke(t, b.Get(administrator, "")); got.Body != string(want.Body) {
		t.Errorf("body %s, the RPC's %s", got.Body, want.Body)
	}
}

func TestFollowUpAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
}

// A fault that is not the caller's has its code.
func TestFollowUpDuringAnOutage(t *testing.T) {
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
			b := newFollowUp(t).Bundle
			if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), "alter table public.chapter_memberships rename to lost"); err != nil {
				t.Fatal(err)
			}
			return b
		}, 500, "internal_error"},
		"a database that lets nobody read": {func(t *testing.T) *endpoint.Bundle {
			b := newFollowUp(t).Bundle
			b.Hold(t, "lock table public.chapter_memberships in access exclusive mode")
			return b
		}, 504, "deadline_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := test.setup(t)
			for _, event := range []events.LambdaFunctionURLRequest{
				b.Get(administrator, ""), b.Post(administrator, `{"acknowledge":{"discrepancy_id":1}}`),
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				endpoint.WantRefusal(t, b.InvokeContext(t, ctx, event), test.status, test.code)
				cancel()
			}
		})
	}
}
