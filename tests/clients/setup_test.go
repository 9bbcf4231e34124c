// Package clients_test calls the built functions with the clients that people use:
// the official supabase-js in Node and in a browser; and it calls the same RPCs
// through both APIs. The clients' own tests are in JavaScript, next to this file.
// The Go code starts what they call, and each of their tests becomes a subtest.
package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
)

func TestMain(m *testing.M) { deployment.Main(m) }

// publishableKey has the form of a new project's. It is no secret and grants
// nothing; clients send it in the header apikey.
const publishableKey = "sb_publishable_4tHxJ9mQpLr2vWc8NdYs0A_7kZbXe3F"

// given is what a client's test knows about the system that it calls, as JSON in
// the environment variable CLIENT_TEST.
type given struct {
	URL string `json:"url"`
	Key string `json:"key"`

	Coordinator   string            `json:"coordinator"` // access tokens
	Former        string            `json:"former"`
	Administrator string            `json:"administrator,omitempty"`
	Mentor        string            `json:"mentor,omitempty"`
	Refused       map[string]string `json:"refused"` // tokens that nobody may accept, by their fault

	Oslo         string   `json:"oslo"` // ids
	Bergen       string   `json:"bergen"`
	Expired      string   `json:"expired"`
	BergenMentor string   `json:"bergen_mentor"`
	Nobody       string   `json:"nobody"`
	Mentors      []string `json:"mentors"` // active ones of Oslo, one for each test
	MentorID     string   `json:"mentor_id,omitempty"`

	Email string `json:"email,omitempty"` // who was invited
	Code  string `json:"code,omitempty"`  // what was sent

	Browser         string   `json:"browser,omitempty"`          // path
	Page            string   `json:"page,omitempty"`             // URL of the page, on an origin of its own
	WithoutDatabase *project `json:"without_database,omitempty"` // whose database is unavailable
}

// project is another project that a client may call.
type project struct {
	URL         string `json:"url"`
	Coordinator string `json:"coordinator"`
}

// people describes package endpoint's people to a client.
func people(s *deployment.Deployment, token func(user string) string, mentors []string) given {
	return given{
		URL: s.URL, Key: publishableKey,
		Coordinator: token(endpoint.Coordinator), Former: token(endpoint.Former),
		Oslo: endpoint.Oslo, Bergen: endpoint.Bergen,
		Expired: endpoint.Expired, BergenMentor: endpoint.BergenMentor, Nobody: endpoint.Nobody,
		Mentors: mentors,
	}
}

// administrator of Oslo, in addition to package endpoint's people.
const administrator = "00000000-0000-4000-8000-0000000000d1"

func addAdministrator(t *testing.T, s *deployment.Deployment) {
	t.Helper()
	_, err := s.Database.Connect(t, "postgres").Exec(t.Context(), `
		with named as (insert into public.profiles (id, display_name) values ($1, 'Anne Admin') returning id)
		insert into public.chapter_memberships (chapter_id, user_id, role) select $2, id, 'administrator' from named`,
		administrator, endpoint.Oslo)
	if err != nil {
		t.Fatalf("administrator: %v", err)
	}
}

// addMentors puts certified mentors into Oslo, and returns their ids.
func addMentors(t *testing.T, s *deployment.Deployment, n int) []string {
	t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("00000000-0000-4000-8000-%012x", 0xe000+i))
	}
	_, err := s.Database.Connect(t, "postgres").Exec(t.Context(), `
		with mentors as (select id, n from unnest($1::uuid[]) with ordinality _(id, n)),
		named as (insert into public.profiles (id, display_name) select id, format('Mentor %s', chr(64 + n::int)) from mentors),
		joined as (insert into public.chapter_memberships (chapter_id, user_id, role) select $2::uuid, id, 'mentor' from mentors)
		insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		select id, 'course', private.today() - 100, private.today() + 400 from mentors`, ids, endpoint.Oslo)
	if err != nil {
		t.Fatalf("mentors: %v", err)
	}
	return ids
}

// runNode runs a file of Node's tests, and makes each a subtest. NAMED in the environment, a
// regular expression, chooses some by their names.
func runNode(t *testing.T, file string, g any) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("Node.js is missing: make test installs it, or says what to install")
	}
	if _, err := os.Stat(nodeModule("@supabase/supabase-js")); err != nil {
		t.Fatal("supabase-js is missing: run make node_modules/.package-lock.json, as make test does")
	}
	encoded, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}

	limit := 8 * time.Minute
	if os.Getenv("CONSOLE") == "all" {
		limit = 35 * time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit) // in case one hangs
	defer cancel()
	report := filepath.Join(t.TempDir(), "report")
	args := []string{"--test-reporter=./reporter.mjs", "--test-reporter-destination=" + report}
	if names := os.Getenv("NAMED"); names != "" {
		args = append(args, "--test-name-pattern="+names)
	}
	cmd := exec.CommandContext(ctx, "node", append(args, file)...)
	cmd.Env = append(os.Environ(), "CLIENT_TEST="+string(encoded))
	// With some time it also stops its browser.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	output, failure := cmd.CombinedOutput()

	lines, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("%s: %v, %v\n%s", file, failure, err, output)
	}
	passed, failed := 0, 0
	for line := range bytes.Lines(lines) {
		var test struct {
			Name    string  `json:"name"`
			Seconds float64 `json:"seconds"`
			Passed  bool    `json:"passed"`
			Failure string  `json:"failure"`
		}
		if err := json.Unmarshal(line, &test); err != nil {
			t.Fatalf("%s: report %q: %v", file, line, err)
		}
		t.Run(test.Name, func(t *testing.T) {
			t.Logf("%.3f s in Node", test.Seconds)
			if test.Passed {
				passed++
				return
			}
			failed++
			t.Error(test.Failure)
		})
	}
	if failed > 0 || failure != nil || passed == 0 {
		t.Errorf("%s: %d passed, %d failed, %v\n%s", file, passed, failed, failure, output)
	}
}

// logErrors shows why functions failed, if the test has failed.
func logErrors(t *testing.T, s *deployment.Deployment) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for line := range strings.Lines(s.Log.String()) {
		if !strings.Contains(line, `"level":"INFO"`) {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// nodeModule returns the path of something that npm installed.
func nodeModule(path string) string {
	return filepath.Join("..", "..", "node_modules", filepath.FromSlash(path))
}

// exchange is a request and its answer, as the server saw them; header names
// are in lower case.
type exchange struct {
	Method   string              `json:"method"`
	Path     string              `json:"path"`
	Query    string              `json:"query"`
	Request  map[string][]string `json:"request"`
	Status   int                 `json:"status"`
	Response map[string][]string `json:"response"`
}

// record records what goes through a server, in the order of the answers.
type record struct {
	mu        sync.Mutex
	exchanges []exchange
}

func (r *record) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		e := exchange{Method: request.Method, Path: request.URL.Path, Query: request.URL.RawQuery, Request: lowerCase(request.Header)}
		seen := &answer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, request)
		e.Status, e.Response = seen.status, lowerCase(w.Header())
		r.mu.Lock()
		defer r.mu.Unlock()
		r.exchanges = append(r.exchanges, e)
	})
}

func (r *record) all() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.exchanges)
}

// count returns how many requests of a kind there were.
func (r *record) count(kind func(exchange) bool) int {
	n := 0
	for _, e := range r.all() {
		if kind(e) {
			n++
		}
	}
	return n
}

type answer struct {
	http.ResponseWriter
	status int
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func lowerCase(header http.Header) map[string][]string {
	lower := map[string][]string{}
	for name, values := range header {
		if len(values) > 0 {
			lower[strings.ToLower(name)] = slices.Clone(values)
		}
	}
	return lower
}
