package main

import (
	"bytes"
	"context"
	"encoding/base64"
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
	endpoint.Main(m, "roster", endpoint.Unsaid{
		// Refused, though OpenAPI finds nothing wrong with it.
		"TestRosterIsRefused/chapter twice":               "OpenAPI can't forbid a parameter to be repeated",
		"TestRosterIsRefused/limit twice":                 "the same",
		"TestRosterIsRefused/limit in query and body":     "OpenAPI can't forbid a field in one place because of another",
		"TestRosterIsRefused/search badly escaped":        "to OpenAPI a parameter is what it is when unescaped",
		"TestRosterIsRefused/search not UTF-8":            "the same",
		"TestRosterPages/altered cursor":                  "whether a cursor was altered only its seal tells",
		"TestRosterPages/cursor cut off":                  "the same",
		"TestRosterPages/cursor of other filters":         "the same",
		"TestRosterPages/cursor of another chapter":       "the same",
		"TestRosterPages/cursor of nothing":               "the same",
		"TestRosterPages/cursor of everybody":             "the same",
		"TestRosterPages/cursor of any attention":         "the same",
		"TestRosterIsRefused/mine twice":                  "OpenAPI can't forbid a parameter to be repeated",
		"TestRosterIsRefused/mine in query and body":      "OpenAPI can't forbid a field in one place because of another",
		"TestRosterIsRefused/attention in query and body": "the same",
		// Accepted, though OpenAPI describes one way of writing it.
		"TestRosterFilters/several, spaced":                    "spaces around a status are no part of it",
		"TestRosterFilters/several kinds of attention, spaced": "the same",
	})
}

// methods are those that read a roster; their answers are the same.
var methods = []string{"GET", "POST"}

// page is the answer's shape, with every documented field and no other.
type page struct {
	AsOf    string `json:"as_of"`
	Summary struct {
		Total                    int `json:"total"`
		Active                   int `json:"active"`
		Paused                   int `json:"paused"`
		ExpiredCert              int `json:"expired_cert"`
		ExpiringSoon             int `json:"expiring_soon"`
		ReturnOverdue            int `json:"return_overdue"`
		Returning                int `json:"returning"`
		OpenEnded                int `json:"open_ended"`
		OpenRequests             int `json:"open_requests"`
		Mine                     int `json:"mine"`
		UndeliveredNotifications int `json:"undelivered_notifications"`
		OpenDiscrepancies        int `json:"open_discrepancies"`
	} `json:"summary"`
	Mentors []struct {
		MentorID           string  `json:"mentor_id"`
		DisplayName        string  `json:"display_name"`
		Chapters           []named `json:"chapters"`
		Status             string  `json:"status"`
		PauseRecordID      *string `json:"pause_record_id"`
		Version            *int    `json:"version"`
		PauseReason        *string `json:"pause_reason"`
		PausedAt           *string `json:"paused_at"`
		ExpectedReturnDate *string `json:"expected_return_date"`
		ReturnOverdue      bool    `json:"return_overdue"`
		PlannedPause       *struct {
			ID                 string  `json:"id"`
			StartsOn           string  `json:"starts_on"`
			ExpectedReturnDate *string `json:"expected_return_date"`
		} `json:"planned_pause"`
		OpenRequest *struct {
			ID   string `json:"id"`
			Kind string `json:"kind"`
		} `json:"open_request"`
		CertificationExpiresOn *string `json:"certification_expires_on"`
		CertificationKind      *string `json:"certification_kind"`
		CertificationState     string  `json:"certification_state"`
		Coordinators           []struct {
			ID          string `json:"id"`
			DisplayName string `json:"display_name"`
		} `json:"coordinators"`
	} `json:"mentors"`
	NextCursor *string `json:"next_cursor"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func readPage(t testing.TB, response events.LambdaFunctionURLResponse) page {
	t.Helper()
	if response.StatusCode != 200 || response.Headers["content-type"] != "application/json" {
		t.Fatalf("status %d, content-type %q: %s", response.StatusCode, response.Headers["content-type"], response.Body)
	}
	var read page
	decoder := json.NewDecoder(bytes.NewReader(endpoint.Body(t, response)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		t.Fatalf("body %s: %v", response.Body, err)
	}
	return read
}

// names are a page's mentors, in order.
func names(read page) []string {
	listed := []string{}
	for _, mentor := range read.Mentors {
		listed = append(listed, mentor.DisplayName)
	}
	return listed
}

func TestRosterAnswersTheCallersChapters(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)

	read := readPage(t, b.Invoke(t, b.Get(endpoint.Coordinator, "")))

	if diff := cmp.Diff([]string{"Ola Utløpt", "Åse Ødegård"}, names(read)); diff != "" {
		t.Errorf("mentors (-want +got):\n%s", diff)
	}
	if read.Summary.Total != 2 || read.Summary.Active != 1 || read.Summary.ExpiredCert != 1 || read.NextCursor != nil {
		t.Errorf("%+v", read)
	}
	mentor := read.Mentors[1]
	if diff := cmp.Diff([]named{{endpoint.Oslo, "Oslo"}}, mentor.Chapters); diff != "" {
		t.Errorf("chapters (-want +got):\n%s", diff)
	}
	if mentor.Status != "active" || mentor.CertificationState != "valid" || len(mentor.Coordinators) != 1 ||
		mentor.Coordinators[0].ID != endpoint.Coordinator {
		t.Errorf("%+v", mentor)
	}
}

// Query and body accept the same fields, with either method.
func TestRosterFilters(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	both := []string{"Ola Utløpt", "Åse Ødegård"}
	tests := map[string]struct {
		query string
		body  string
		want  []string
	}{
		"nothing":                            {"", "", both},
		"empty object":                       {"", `{}`, both},
		"nulls":                              {"", `{"chapter_id":null,"status":null,"search":null,"limit":null,"cursor":null,"mine":null,"attention":null}`, both},
		"several, spaced":                    {"status=expired_cert,%20active&search=%20", "", both},
		"parameters left empty":              {"chapter_id=&status=&search=&limit=&cursor=&mine=&attention=", "", both},
		"mine in the query":                  {"mine=true", "", []string{"Åse Ødegård"}},
		"mine in the body":                   {"", `{"mine":true}`, []string{"Åse Ødegård"}},
		"not mine in the query":              {"mine=false", "", both},
		"not mine in the body":               {"", `{"mine":false}`, both},
		"attention in the query":             {"attention=expired", "", []string{"Ola Utløpt"}},
		"several kinds of attention, spaced": {"attention=overdue,%20expired", "", []string{"Ola Utløpt"}},
		"attention repeated in the query":    {"attention=requests&attention[]=expired", "", []string{"Ola Utløpt"}},
		"attention in the body":              {"", `{"attention":"expired"}`, []string{"Ola Utløpt"}},
		"attentions in the body":             {"", `{"attention":["overdue","open_ended","returning","expiring","expired","requests"]}`, []string{"Ola Utløpt"}},
		"no attention in the body's list":    {"", `{"attention":[]}`, both},
		"attention that nobody needs":        {"attention=overdue", "", []string{}},
		"attention and mine":                 {"attention=expired&mine=true", "", []string{}},
		"unknown parameters":                 {"forceFunctionRegion=eu-north-1&forceFunctionRegion=x&Status=x", "", both},
		"chapter in the query":               {"chapter_id=" + endpoint.Oslo, "", both},
		"chapter in the body":                {"", `{"chapter_id":"` + strings.ToUpper(endpoint.Oslo) + `"}`, both},
		"status in the query":                {"status=expired_cert", "", []string{"Ola Utløpt"}},
		"statuses in the query":              {"status=paused,active", "", []string{"Åse Ødegård"}},
		"status repeated in the query":       {"status=active&status=expired_cert", "", both},
		"status in the body":                 {"", `{"status":"active"}`, []string{"Åse Ødegård"}},
		"statuses in the body":               {"", `{"status":["active","expired_cert"]}`, both},
		"no status in the body's list":       {"", `{"status":[]}`, both},
		"status that nobody has":             {"status=paused", "", []string{}},
		"search in the query":                {"search=%C3%98DE", "", []string{"Åse Ødegård"}},
		"search in the body":                 {"", `{"search":"utløp"}`, []string{"Ola Utløpt"}},
		"search for a wildcard":              {"search=%25", "", []string{}},
		"search for quotes and backslash":    {"", `{"search":"'\"\\"}`, []string{}},
		"limit in the query":                 {"limit=1", "", []string{"Ola Utløpt"}},
		"limit in the body":                  {"", `{"limit":1}`, []string{"Ola Utløpt"}},
		"largest limit":                      {"limit=200", "", both},
		"query and body":                     {"status=active", `{"limit":200}`, []string{"Åse Ødegård"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, method := range methods {
				event := b.Post(endpoint.Coordinator, test.body)
				event.RawQueryString = test.query
				event.RequestContext.HTTP.Method = method
				if diff := cmp.Diff(test.want, names(readPage(t, b.Invoke(t, event)))); diff != "" {
					t.Errorf("mentors by %s (-want +got):\n%s", method, diff)
				}
			}
		})
	}
}

func TestRosterPages(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	first := readPage(t, b.Invoke(t, b.Get(endpoint.Coordinator, "limit=1")))
	if first.NextCursor == nil {
		t.Fatal("no cursor to the second page")
	}
	cursor := url.QueryEscape(*first.NextCursor)

	second := readPage(t, b.Invoke(t, b.Get(endpoint.Coordinator, "limit=1&cursor="+cursor)))
	if diff := cmp.Diff([]string{"Åse Ødegård"}, names(second)); diff != "" || second.NextCursor != nil {
		t.Errorf("second page, cursor %v (-want +got):\n%s", second.NextCursor, diff)
	}
	posted := readPage(t, b.Invoke(t, b.Post(endpoint.Coordinator, map[string]any{"limit": 1, "cursor": *first.NextCursor})))
	if diff := cmp.Diff(second, posted); diff != "" {
		t.Errorf("second page by GET and POST (-get +post):\n%s", diff)
	}

	for name, query := range map[string]string{
		"altered cursor":            "cursor=x" + cursor,
		"cursor cut off":            "cursor=" + cursor[:len(cursor)-1],
		"cursor of other filters":   "status=active&cursor=" + cursor,
		"cursor of another chapter": "chapter_id=" + endpoint.Oslo + "&cursor=" + cursor,
		"cursor of nothing":         "cursor=.",
		"cursor of everybody":       "mine=true&cursor=" + cursor,
		"cursor of any attention":   "attention=expired&cursor=" + cursor,
	} {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Get(endpoint.Coordinator, query)), 400, "invalid_request")
			if !strings.Contains(refused.Message, "cursor") {
				t.Errorf("message %q", refused.Message)
			}
		})
	}
}

func TestRosterIsRefused(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	tests := map[string]struct {
		user   string
		query  string
		body   string
		status int
		code   string
		names  string // what the message must name
	}{
		"chapter no UUID":               {endpoint.Coordinator, "chapter_id=oslo", "", 400, "invalid_request", "chapter_id"},
		"chapter empty in the body":     {endpoint.Coordinator, "", `{"chapter_id":""}`, 400, "invalid_request", "chapter_id"},
		"chapter twice":                 {endpoint.Coordinator, "chapter_id=" + endpoint.Oslo + "&chapter_id=" + endpoint.Oslo, "", 400, "invalid_request", "chapter_id"},
		"unknown status":                {endpoint.Coordinator, "status=active,retired", "", 400, "invalid_request", "status"},
		"status with an empty part":     {endpoint.Coordinator, "status=active,", "", 400, "invalid_request", "status"},
		"unknown status in the body":    {endpoint.Coordinator, "", `{"status":["Active"]}`, 400, "invalid_request", "status"},
		"null as status in a list":      {endpoint.Coordinator, "", `{"status":[null]}`, 400, "invalid_request", "status"},
		"status of a number":            {endpoint.Coordinator, "", `{"status":1}`, 400, "invalid_request", "status"},
		"unknown attention":             {endpoint.Coordinator, "attention=overdue,late", "", 400, "invalid_request", "attention"},
		"attention with an empty part":  {endpoint.Coordinator, "attention=overdue,", "", 400, "invalid_request", "attention"},
		"unknown attention in the body": {endpoint.Coordinator, "", `{"attention":["Overdue"]}`, 400, "invalid_request", "attention"},
		"null as attention in a list":   {endpoint.Coordinator, "", `{"attention":[null]}`, 400, "invalid_request", "attention"},
		"attention in query and body":   {endpoint.Coordinator, "attention=overdue", `{"attention":["overdue"]}`, 400, "invalid_request", "attention"},
		"mine in words":                 {endpoint.Coordinator, "mine=yes", "", 400, "invalid_request", "mine"},
		"mine twice":                    {endpoint.Coordinator, "mine=true&mine=true", "", 400, "invalid_request", "mine"},
		"mine in query and body":        {endpoint.Coordinator, "mine=true", `{"mine":true}`, 400, "invalid_request", "mine"},
		"mine as text in the body":      {endpoint.Coordinator, "", `{"mine":"true"}`, 400, "invalid_request", "mine"},
		"search with NUL":               {endpoint.Coordinator, "search=%00", "", 400, "invalid_request", "search"},
		"search not UTF-8":              {endpoint.Coordinator, "search=%ff", "", 400, "invalid_request", "search"},
		"search badly escaped":          {endpoint.Coordinator, "search=%", "", 400, "invalid_request", "search"},
		"search of a number":            {endpoint.Coordinator, "", `{"search":1}`, 400, "invalid_request", "search"},
		"limit 0":                       {endpoint.Coordinator, "limit=0", "", 400, "invalid_request", "limit"},
		"limit 201":                     {endpoint.Coordinator, "limit=201", "", 400, "invalid_request", "limit"},
		"limit negative":                {endpoint.Coordinator, "limit=-1", "", 400, "invalid_request", "limit"},
		"limit in words":                {endpoint.Coordinator, "limit=all", "", 400, "invalid_request", "limit"},
		"limit beyond 32 bits":          {endpoint.Coordinator, "limit=4294967297", "", 400, "invalid_request", "limit"},
		"limit 201 in the body":         {endpoint.Coordinator, "", `{"limit":201}`, 400, "invalid_request", "limit"},
		"limit as text in the body":     {endpoint.Coordinator, "", `{"limit":"1"}`, 400, "invalid_request", "limit"},
		"limit twice":                   {endpoint.Coordinator, "limit=1&limit=2", "", 400, "invalid_request", "limit"},
		"limit in query and body":       {endpoint.Coordinator, "limit=1", `{"limit":1}`, 400, "invalid_request", "limit"},
		"unknown field":                 {endpoint.Coordinator, "", `{"page_limit":1}`, 400, "invalid_request", "page_limit"},
		"mentor":                        {endpoint.Mentor, "", "", 403, "not_a_coordinator", ""},
		"former coordinator":            {endpoint.Former, "", "", 403, "not_a_coordinator", ""},
		"user without a profile":        {endpoint.Nobody, "", "", 403, "not_a_coordinator", ""},
		"another chapter":               {endpoint.Coordinator, "chapter_id=" + endpoint.Bergen, "", 404, "chapter_not_found", ""},
		"chapter that isn't there":      {endpoint.Coordinator, "chapter_id=" + endpoint.Nobody, "", 404, "chapter_not_found", ""},
		"body of 17 KiB":                {endpoint.Coordinator, "", `{"search":"` + strings.Repeat("a", 17<<10) + `"}`, 413, "payload_too_large", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, method := range methods {
				event := b.Post(test.user, test.body)
				event.RawQueryString = test.query
				event.RequestContext.HTTP.Method = method
				refused := endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
				if !strings.Contains(refused.Message, test.names) {
					t.Errorf("message %q to %s doesn't name %s", refused.Message, method, test.names)
				}
			}
		})
	}
}

// An open request shows in its mentor's row and in the counts, and changes the etag.
func TestRosterShowsOpenRequests(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	before := b.Invoke(t, b.Get(endpoint.Coordinator, ""))
	owner := b.Database.Connect(t, "postgres")
	var id string
	if err := owner.QueryRow(t.Context(), `insert into public.leave_requests (mentor_id, kind, created_at)
		values ($1, 'pause', now() - interval '1 day'), ($1, 'return', now()) returning id::text`, endpoint.Mentor).Scan(&id); err != nil {
		t.Fatal(err)
	}

	response := b.Invoke(t, b.Get(endpoint.Coordinator, "attention=requests"))
	read := readPage(t, response)

	if len(read.Mentors) != 1 || read.Mentors[0].MentorID != endpoint.Mentor || read.Summary.OpenRequests != 2 || read.Summary.Mine != 1 {
		t.Errorf("%s", response.Body)
	}
	if asked := read.Mentors[0].OpenRequest; asked == nil || asked.ID != id || asked.Kind != "pause" {
		t.Errorf("the oldest is %s: %s", id, response.Body)
	}
	if after := b.Invoke(t, b.Get(endpoint.Coordinator, "")); after.Headers["etag"] == before.Headers["etag"] {
		t.Error("the etag is that of the roster without requests")
	}
}

func TestRosterRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	tests := map[string]struct {
		methods []string
		change  func(*events.LambdaFunctionURLRequest)
		status  int
		code    string
	}{
		"no token":      {methods, func(event *events.LambdaFunctionURLRequest) { delete(event.Headers, "authorization") }, 401, "unauthenticated"},
		"form":          {methods, func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" }, 415, "unsupported_media_type"},
		"other methods": {[]string{"PUT", "HEAD"}, func(*events.LambdaFunctionURLRequest) {}, 405, "method_not_allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, method := range test.methods {
				event := b.Post(endpoint.Coordinator, `{}`)
				event.RequestContext.HTTP.Method = method
				test.change(&event)
				endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
			}
		})
	}
}

func TestRosterIsRevalidated(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	event := b.Get(endpoint.Coordinator, "status=active,paused")
	first := b.Invoke(t, event)
	readPage(t, first)
	if first.Headers["cache-control"] != "private, no-cache" {
		t.Errorf("cache-control %q", first.Headers["cache-control"])
	}

	for _, method := range methods {
		event.RequestContext.HTTP.Method = method
		event.Headers["if-none-match"] = first.Headers["etag"]
		same := b.Invoke(t, event)
		if same.StatusCode != 304 || same.Body != "" || same.Headers["etag"] != first.Headers["etag"] {
			t.Errorf("%s of an unchanged roster: %d %s", method, same.StatusCode, same.Body)
		}
	}
	event.RequestContext.HTTP.Method = "GET"

	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	changed := b.Invoke(t, event)
	if read := readPage(t, changed); read.Mentors[0].Status != "paused" || changed.Headers["etag"] == first.Headers["etag"] {
		t.Errorf("changed roster: %s, etag %s", changed.Body, changed.Headers["etag"])
	}
	if strings.Contains(b.Log.String(), "Eksamen") {
		t.Errorf("logged the reason: %s", b.Log)
	}
}

func TestRosterOfAFullPageIsCompressed(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	_, err := b.Database.Connect(t, "postgres").Exec(t.Context(), fmt.Sprintf(`
		with added as (
			insert into public.profiles (id, display_name)
			select gen_random_uuid(), 'Mentor ' || md5(n::text) from generate_series(1, 60) n
			returning id
		)
		insert into public.chapter_memberships (chapter_id, user_id, role)
		select '%s', id, 'mentor' from added`, endpoint.Oslo))
	if err != nil {
		t.Fatal(err)
	}
	event := b.Get(endpoint.Coordinator, "")
	plain := b.Invoke(t, event)
	event.Headers["accept-encoding"] = "gzip"

	zipped := b.Invoke(t, event)

	if zipped.Headers["content-encoding"] != "gzip" || !zipped.IsBase64Encoded || plain.IsBase64Encoded {
		t.Fatalf("headers %v", zipped.Headers)
	}
	if diff := cmp.Diff(readPage(t, plain), readPage(t, zipped)); diff != "" {
		t.Errorf("the two forms differ (-plain +zipped):\n%s", diff)
	}
	if len(readPage(t, plain).Mentors) != 50 {
		t.Errorf("%d mentors, want the default of 50", len(readPage(t, plain).Mentors))
	}
	bytesSent := base64.StdEncoding.DecodedLen(len(zipped.Body))
	if 4*bytesSent > len(plain.Body) {
		t.Errorf("%d bytes compressed to %d", len(plain.Body), bytesSent)
	}
	event.Headers["if-none-match"] = zipped.Headers["etag"]
	if same := b.Invoke(t, event); same.StatusCode != 304 {
		t.Errorf("status %d for the compressed form's etag", same.StatusCode)
	}
}

func TestRosterPassesTheAnswerThrough(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	want, err := b.DB.CoordinatorRoster(t.Context(), b.Claims(endpoint.Coordinator), database.CoordinatorRosterArguments{})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Invoke(t, b.Get(endpoint.Coordinator, "")); got.Body != string(want.Body) {
		t.Errorf("body %s, the RPC's %s", got.Body, want.Body)
	}
}

func TestRosterAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
}

// A fault that is not the caller's has its code, whatever the method.
func TestRosterDuringAnOutage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
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
			b.Hold(t, "lock table private.roster_entries in access exclusive mode")
			return b
		}, 504, "deadline_exceeded"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := test.setup(t)
			for _, method := range methods {
				event := b.Get(endpoint.Coordinator, "")
				event.RequestContext.HTTP.Method = method
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				endpoint.WantRefusal(t, b.InvokeContext(t, ctx, event), test.status, test.code)
				cancel()
			}
		})
	}
}
