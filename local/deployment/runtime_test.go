package deployment_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
	"mentorpause/local/lambda"
)

// urlEvent is the event of a function URL as Lambda documents it, with this test's
// content: the coordinator's token, a method, a query, and a body, in base64 or not.
func urlEvent(t *testing.T, s *deployment.Deployment, method, query, body string, inBase64 bool) []byte {
	t.Helper()
	event := readEvent(t, "function_url.json")
	event["headers"].(map[string]any)["authorization"] = "Bearer " + s.Project.Token(endpoint.Coordinator)
	event["requestContext"].(map[string]any)["http"].(map[string]any)["method"] = method
	event["rawQueryString"] = query
	switch {
	case body == "":
		delete(event, "body") // Lambda leaves it out too
		delete(event["headers"].(map[string]any), "content-type")
	case inBase64:
		event["body"], event["isBase64Encoded"] = base64.StdEncoding.EncodeToString([]byte(body)), true
	default:
		event["body"] = body
	}
	return encode(t, event)
}

func readEvent(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return event
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// invoke starts a function with an event and reads what it answers.
func invoke[T any](t *testing.T, s *deployment.Deployment, name string, event []byte) (answer T) {
	t.Helper()
	raw, err := s.Functions[name].Invoke(t.Context(), event)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, s.Log)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%s answered %s: %v", name, raw, err)
	}
	return answer
}

func TestEventsOfAFunctionURL(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t)
	pause := fmt.Sprintf(`{"mentor_id":%q,"pause_reason":"Permisjon – blåbær"}`, endpoint.Mentor)
	tests := []struct {
		name, function, method, query, body string
		inBase64                            bool
		status                              int
		contains                            string
	}{
		{"a body in base64", "pause", "POST", "", pause, true, 200, "Permisjon – blåbær"},
		{"a body as text", "reactivate", "POST", "", fmt.Sprintf(`{"mentor_id":%q}`, endpoint.Mentor), false, 200, `"status": "active"`},
		{"a query", "roster", "GET", "status=active&search=%C3%85se", "", false, 200, endpoint.Mentor},
		{"no body", "roster", "POST", "", "", false, 200, endpoint.Mentor},
		{"a refusal", "reactivate", "POST", "", fmt.Sprintf(`{"mentor_id":%q}`, endpoint.Mentor), true, 409, `"not_paused"`},
		{"a preflight", "pause", "OPTIONS", "", "", false, 204, ""},
	}
	for _, test := range tests { // in sequence: they build on each other
		t.Run(test.name, func(t *testing.T) {
			got := invoke[events.LambdaFunctionURLResponse](t, s, test.function, urlEvent(t, s, test.method, test.query, test.body, test.inBase64))
			body := got.Body
			if got.IsBase64Encoded {
				body = unzip(t, body)
			}
			if got.StatusCode != test.status || !strings.Contains(compact(body), compact(test.contains)) {
				t.Errorf("%d %s, want %d with %s", got.StatusCode, body, test.status, test.contains)
			}
			if got.Headers["access-control-allow-origin"] != "*" || got.Headers["x-request-id"] == "" || len(got.Cookies) != 0 {
				t.Errorf("headers %v, cookies %v", got.Headers, got.Cookies)
			}
		})
	}
}

// compact removes the spaces that Postgres writes after colons.
func compact(text string) string { return strings.ReplaceAll(text, `": `, `":`) }

func TestEventsOfASchedule(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t, deployment.WithScheduled(), deployment.Timeout(30*time.Second), deployment.Env("LOG_LEVEL=error"))
	type report struct {
		AsOf    string `json:"as_of"`
		Outcome string `json:"outcome"`
		Expired int    `json:"expired"`
	}
	event := readEvent(t, "scheduled_event.json")
	event["time"] = time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	if got := invoke[report](t, s, "nightly-expiry", encode(t, event)); got.Outcome != "completed" || got.Expired != 1 {
		t.Errorf("EventBridge's event: %+v, want 1 expired", got)
	}
	// What EventBridge Scheduler makes of the template's input.
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	want := report{AsOf: now.In(zone).Format(time.DateOnly), Outcome: "completed"}
	if got := invoke[report](t, s, "nightly-expiry", encode(t, map[string]string{"time": now.UTC().Format(time.RFC3339)})); got != want {
		t.Errorf("the template's input: %+v, want %+v", got, want)
	}
	type summary struct{ Claimed, Delivered, Undeliverable int }
	first := invoke[summary](t, s, "dispatch-notifications", encode(t, readEvent(t, "scheduled_event.json")))
	if first.Claimed == 0 || first.Delivered == 0 {
		t.Errorf("dispatched %+v", first)
	}
	if again := invoke[summary](t, s, "dispatch-notifications", []byte(`{}`)); again != (summary{}) {
		t.Errorf("dispatched again: %+v", again)
	}

	// The metrics are there, whatever the level, and name the deployed function.
	for function, metrics := range map[string][]string{
		"nightly-expiry":         {"completed", "missed_nights"},
		"dispatch-notifications": {"undeliverable"},
	} {
		lines := slices.DeleteFunc(strings.Split(s.Log.String(), "\n"), func(line string) bool {
			return !strings.HasPrefix(line, function+" | ") || !strings.Contains(line, `"FunctionName":"`+function+`"`)
		})
		if len(lines) == 0 {
			t.Fatalf("no metrics of %s in\n%s", function, s.Log)
		}
		for _, name := range metrics {
			if !strings.Contains(lines[0], `{"Name":"`+name+`","Unit":"Count"}`) {
				t.Errorf("no metric %s in %s", name, lines[0])
			}
		}
	}
}

func TestFailuresAreErrorsOfTheInvocation(t *testing.T) {
	t.Parallel()
	nowhere := func(string) string { return "postgres://pause_scheduler:secret@127.0.0.1:1/postgres?sslmode=disable" }
	s := deployment.Start(t, deployment.WithScheduled(), deployment.DatabaseURL(nowhere))
	for _, name := range []string{"nightly-expiry", "dispatch-notifications"} {
		_, err := s.Functions[name].Invoke(t.Context(), []byte(`{}`))
		if _, ok := errors.AsType[*lambda.Error](err); !ok {
			t.Errorf("%s without a database: %v, want an error of the invocation", name, err)
		}
	}
	if _, err := s.Functions["nightly-expiry"].Invoke(t.Context(), []byte(`["no event"]`)); err == nil {
		t.Error("nightly-expiry took an event that is none")
	}
	// A function with a URL answers, whatever happens.
	got := invoke[events.LambdaFunctionURLResponse](t, s, "roster", urlEvent(t, s, "GET", "", "", false))
	if got.StatusCode != 503 || got.Headers["sb-error-code"] != "database_unavailable" {
		t.Errorf("roster without a database: %d %s", got.StatusCode, got.Body)
	}
	if strings.Contains(s.Log.String(), "secret") {
		t.Errorf("the log shows the password:\n%s", s.Log)
	}
}

// A page of two hundred mentors with long names and many coordinators is larger than
// Lambda carries as it is.
func TestAPageLargerThanLambdaCarries(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t, deployment.Timeout(30*time.Second))
	const mentors = 200
	if _, err := s.Database.Connect(t, "postgres").Exec(t.Context(), fmt.Sprintf(`
		create temporary table added as
			select gen_random_uuid() as id, n <= %[1]d as is_mentor, n from generate_series(1, %[1]d + 40) n;
		insert into public.profiles (id, display_name) select a.id, repeat('😀', 190) || a.n from added a;
		insert into public.chapter_memberships (chapter_id, user_id, role)
			select '%[2]s', a.id, case when a.is_mentor then 'mentor' else 'coordinator' end from added a;
		insert into public.coordinator_assignments (mentor_id, coordinator_id)
			select m.id, c.id from added m join added c on m.is_mentor and not c.is_mentor`, mentors, endpoint.Oslo)); err != nil {
		t.Fatal(err)
	}
	get := func(encoding string) (*http.Response, []byte) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.FunctionURL("roster")+"?limit=200", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("authorization", "Bearer "+s.Project.Token(endpoint.Coordinator))
		request.Header.Set("accept-encoding", encoding)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, body
	}

	zipped, body := get("gzip")
	if zipped.StatusCode != 200 || zipped.Header.Get("content-encoding") != "gzip" {
		t.Fatalf("with gzip: %d, headers %v", zipped.StatusCode, zipped.Header)
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ Mentors []json.RawMessage }
	if err := json.Unmarshal(page, &read); err != nil || len(read.Mentors) != mentors || len(page) <= lambda.MaxPayload {
		t.Errorf("%d mentors in %d bytes, %v", len(read.Mentors), len(page), err)
	}

	plain, body := get("identity")
	var refused struct{ Code, Hint string }
	if err := json.Unmarshal(body, &refused); err != nil || plain.StatusCode != 413 || refused.Code != "payload_too_large" ||
		!strings.Contains(refused.Hint, "gzip") {
		t.Errorf("without gzip: %d %s", plain.StatusCode, body)
	}
}

// The database's time zone decides, and no function works in another one.
func TestAnotherTimeZoneThanTheDatabases(t *testing.T) {
	t.Parallel()
	const zone = "Arctic/Longyearbyen" // has the same time
	s := deployment.Start(t, deployment.WithScheduled(), deployment.Env("ORGANISATION_TIME_ZONE="+zone))
	bodies := map[string]string{
		"pause":      fmt.Sprintf(`{"mentor_id":%q,"pause_reason":"x"}`, endpoint.Mentor),
		"reactivate": fmt.Sprintf(`{"mentor_id":%q}`, endpoint.Mentor),
		"roster":     "",
	}
	for name, body := range bodies {
		got := invoke[events.LambdaFunctionURLResponse](t, s, name, urlEvent(t, s, "POST", "", body, false))
		if got.StatusCode != 500 || got.Headers["sb-error-code"] != "internal_error" || strings.Contains(got.Body, zone) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.Body)
		}
	}
	for name, event := range map[string]string{"nightly-expiry": `{}`, "nightly-expiry, a dry run": `{"dry_run":true}`, "dispatch-notifications": `{}`} {
		function, _, _ := strings.Cut(name, ",")
		_, err := s.Functions[function].Invoke(t.Context(), []byte(event))
		if failed, ok := errors.AsType[*lambda.Error](err); !ok || failed.Type == lambda.TypeTimedOut {
			t.Errorf("%s: %v, want an error of the invocation", name, err)
		}
	}
	for _, name := range []string{"pause", "reactivate", "roster", "nightly-expiry", "dispatch-notifications"} {
		// What a process has written may still be on its way when it has answered.
		says := func() bool {
			return slices.ContainsFunc(strings.Split(s.Log.String(), "\n"), func(line string) bool {
				return strings.HasPrefix(line, name+" | ") && strings.Contains(line, "ORGANISATION_TIME_ZONE is "+zone)
			})
		}
		for deadline := time.Now().Add(10 * time.Second); !says(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%s doesn't log the variable:\n%s", name, s.Log)
				break
			}
		}
	}

	// The same zone in other letters, as Postgres reads names.
	if _, err := s.Database.Connect(t, "postgres").Exec(t.Context(), "update private.settings set time_zone = lower($1)", zone); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pause", "reactivate", "roster"} {
		if got := invoke[events.LambdaFunctionURLResponse](t, s, name, urlEvent(t, s, "POST", "", bodies[name], false)); got.StatusCode != 200 {
			t.Errorf("%s, in other letters: %d %s", name, got.StatusCode, got.Body)
		}
	}
}

func TestAMissingVariableIsAnErrorOfInit(t *testing.T) {
	t.Parallel()
	dir := deployment.Binaries(t)
	for _, f := range deployment.Template(t).Functions {
		if f.Role == "" {
			continue // it needs no database
		}
		log := &deployment.Log{}
		running, err := lambda.Start(t.Context(), lambda.Config{Name: f.Name, Binary: filepath.Join(dir, f.Name), Output: log})
		if err == nil {
			running.Close()
		}
		if failed, ok := errors.AsType[*lambda.Error](err); !ok || failed.Type != lambda.TypeInit {
			t.Errorf("%s: %v, want an error of init", f.Name, err)
		}
		if !strings.Contains(log.String(), "SUPABASE_DB_URL: is required") {
			t.Errorf("%s doesn't name the variable:\n%s", f.Name, log)
		}
	}
}

// On SIGTERM a function closes its database connection and ends by itself.
func TestSIGTERM(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t, deployment.WithScheduled(), deployment.Timeout(30*time.Second))
	// Every way to start a function, and each request that opens a session.
	bodies := map[string]string{
		"pause":      fmt.Sprintf(`{"mentor_id":%q,"pause_reason":"x"}`, endpoint.Mentor),
		"reactivate": fmt.Sprintf(`{"mentor_id":%q}`, endpoint.Mentor),
		"roster":     "",
	}
	for _, name := range slices.Sorted(maps.Keys(bodies)) { // pause comes before its end
		got := invoke[events.LambdaFunctionURLResponse](t, s, name, urlEvent(t, s, "POST", "", bodies[name], false))
		if got.StatusCode != 200 {
			t.Fatalf("%s: %d %s", name, got.StatusCode, got.Body)
		}
	}
	scheduled := []string{"nightly-expiry", "dispatch-notifications"}
	for _, name := range scheduled {
		invoke[map[string]any](t, s, name, []byte(`{}`))
	}
	asked := len(bodies) + len(scheduled)
	owner := s.Database.Connect(t, "postgres")
	sessions := func() (open, abandoned int) {
		t.Helper()
		err := owner.QueryRow(t.Context(), `
			select count(*) filter (where usename in ('pause_api', 'pause_scheduler')),
				(select d.sessions_abandoned from pg_stat_database d where d.datname = current_database())
			from pg_stat_activity where datname = current_database()`).Scan(&open, &abandoned)
		if err != nil {
			t.Fatal(err)
		}
		return open, abandoned
	}
	open, before := sessions()
	if open != asked {
		t.Fatalf("%d sessions, want one for each of %d functions", open, asked)
	}

	for _, f := range s.Functions {
		f.Close() // sends SIGTERM
	}
	if text := s.Log.String(); strings.Contains(text, "killed") || strings.Contains(text, "Error:") {
		t.Errorf("somebody did not end by itself:\n%s", text)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		open, abandoned := sessions()
		if open == 0 {
			// A session whose client just disappears counts as abandoned.
			if abandoned != before {
				t.Errorf("%d sessions were abandoned, not closed", abandoned-before)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions are still open", open)
		}
	}
}

// What cannot be done in time is answered before Lambda would end it.
func TestDeadline(t *testing.T) {
	t.Parallel()
	t.Run("a request", func(t *testing.T) {
		t.Parallel()
		s := deployment.Start(t, deployment.Timeout(2*time.Second))
		hold(t, s, "lock table private.roster_entries, private.person_locks in access exclusive mode")
		for name, event := range map[string][]byte{
			"roster":     urlEvent(t, s, "GET", "", "", false),
			"pause":      urlEvent(t, s, "POST", "", fmt.Sprintf(`{"mentor_id":%q,"pause_reason":"x"}`, endpoint.Mentor), false),
			"reactivate": urlEvent(t, s, "POST", "", fmt.Sprintf(`{"mentor_id":%q}`, endpoint.Mentor), false),
		} {
			got := invoke[events.LambdaFunctionURLResponse](t, s, name, event)
			if got.StatusCode != 504 || got.Headers["sb-error-code"] != "deadline_exceeded" {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.Body)
			}
		}
	})
	t.Run("the nightly run", func(t *testing.T) {
		t.Parallel()
		s := deployment.Start(t, deployment.WithScheduled(), deployment.Timeout(9*time.Second))
		hold(t, s, fmt.Sprintf("select pg_advisory_xact_lock(private.mentor_lock('%s'))", endpoint.Expired))
		got := invoke[struct {
			Outcome       string
			Expired, Held int
		}](t, s, "nightly-expiry", []byte(`{}`))
		if got.Outcome != "partial" || got.Expired != 0 || got.Held != 1 {
			t.Errorf("%+v, want a partial run that one mentor is left of\n%s", got, s.Log)
		}
		// The log takes another path than the answer, and may arrive later.
		for deadline := time.Now().Add(5 * time.Second); !strings.Contains(s.Log.String(), `"completed":0`); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("a partial run counts as completed:\n%s", s.Log)
			}
		}
	})
	t.Run("dispatching", func(t *testing.T) {
		t.Parallel()
		s := deployment.Start(t, deployment.WithScheduled(), deployment.Timeout(2*time.Second))
		hold(t, s, "lock table public.notifications in access exclusive mode")
		_, err := s.Functions["dispatch-notifications"].Invoke(t.Context(), []byte(`{}`))
		if failed, ok := errors.AsType[*lambda.Error](err); !ok || failed.Type == lambda.TypeTimedOut {
			t.Errorf("%v, want an error of its own before the deadline", err)
		}
	})
}

// hold makes another session hold something until the test ends.
func hold(t *testing.T, s *deployment.Deployment, statement string) {
	t.Helper()
	tx, err := s.Database.Connect(t, "postgres").Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), statement)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unzip reads a body that is compressed and in base64.
func unzip(t *testing.T, body string) string {
	t.Helper()
	reader, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
