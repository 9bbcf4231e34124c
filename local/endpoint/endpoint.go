// Package endpoint runs an HTTP function in a test as in production, with a real
// verifier and a real database with people in it; only Lambda itself is left out.
package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"mentorpause/local/authserver"
	"mentorpause/local/testdb"
	"mentorpause/shared/auth"
	"mentorpause/shared/bootstrap/web"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// The people and chapters of every test.
const (
	Oslo   = "00000000-0000-4000-8000-0000000000a1" // a chapter
	Bergen = "00000000-0000-4000-8000-0000000000a2" // a chapter

	Coordinator       = "00000000-0000-4000-8000-0000000000c1" // of Oslo
	BergenCoordinator = "00000000-0000-4000-8000-0000000000c2"
	Former            = "00000000-0000-4000-8000-0000000000c3" // coordinator of Oslo, until yesterday

	Mentor       = "00000000-0000-4000-8000-0000000000e1" // of Oslo, certified
	Expired      = "00000000-0000-4000-8000-0000000000e2" // of Oslo, with an expired certification
	BergenMentor = "00000000-0000-4000-8000-0000000000e3"
	Nobody       = "00000000-0000-4000-8000-0000000000f0" // an unknown id
)

// People are the statements that insert them, for the role postgres.
const People = `
insert into public.chapters (id, name) values
	('00000000-0000-4000-8000-0000000000a1', 'Oslo'),
	('00000000-0000-4000-8000-0000000000a2', 'Bergen');
insert into public.profiles (id, display_name) values
	('00000000-0000-4000-8000-0000000000c1', 'Kari Nordmann'),
	('00000000-0000-4000-8000-0000000000c2', 'Bjørn Berg'),
	('00000000-0000-4000-8000-0000000000c3', 'Siri Før'),
	('00000000-0000-4000-8000-0000000000e1', 'Åse Ødegård'),
	('00000000-0000-4000-8000-0000000000e2', 'Ola Utløpt'),
	('00000000-0000-4000-8000-0000000000e3', 'Per Bergen');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at) values
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000c1', 'coordinator', now() - interval '9 days', null),
	('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000c2', 'coordinator', now() - interval '9 days', null),
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000c3', 'coordinator', now() - interval '9 days', now() - interval '1 day'),
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000e1', 'mentor', now() - interval '9 days', null),
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000e2', 'mentor', now() - interval '9 days', null),
	('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000e3', 'mentor', now() - interval '9 days', null);
insert into public.certifications (mentor_id, kind, issued_on, expires_on) values
	('00000000-0000-4000-8000-0000000000e1', 'course', private.today() - 100, private.today() + 400),
	('00000000-0000-4000-8000-0000000000e2', 'course', private.today() - 400, private.today() - 10);
insert into public.coordinator_assignments (mentor_id, coordinator_id) values
	('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-0000000000c1');
`

// Bundle is one function with what it runs on.
type Bundle struct {
	Database *testdb.Database
	DB       *database.DB
	Project  *authserver.Project
	Endpoint functionurl.Endpoint
	Log      *bytes.Buffer // what the endpoint logged
}

// nowhere is the URL of a database that does not exist.
const nowhere = "postgres://pause_api@127.0.0.1:1/nowhere?sslmode=disable&connect_timeout=1"

// New makes a function on a database of its own, with the people in it.
func New(t testing.TB, build web.Build) *Bundle {
	t.Helper()
	d := testdb.New(t)
	if _, err := d.Connect(t, "postgres").Exec(t.Context(), People); err != nil {
		t.Fatalf("people: %v", err)
	}
	project := authserver.New("https://project.example.org")
	b := newBundle(t, build, d.URL("pause_api"), project, auth.Settings{SupabaseURL: project.URL, JWKS: string(project.JWKS())})
	b.Database = d
	return b
}

// NewWithoutDatabase makes a function whose database does not exist: unless it
// answers database_unavailable, it has answered by itself.
func NewWithoutDatabase(t testing.TB, build web.Build) *Bundle {
	t.Helper()
	project := authserver.New("https://project.example.org")
	return newBundle(t, build, nowhere, project, auth.Settings{SupabaseURL: project.URL, JWKS: string(project.JWKS())})
}

// NewWithoutKeys makes a function without a key to check a token: nothing listens
// where the keys should be, and none are cached. It has no database either.
func NewWithoutKeys(t testing.TB, build web.Build) *Bundle {
	t.Helper()
	project := authserver.New("http://127.0.0.1:1")
	return newBundle(t, build, nowhere, project, auth.Settings{SupabaseURL: project.URL})
}

func newBundle(t testing.TB, build web.Build, databaseURL string, project *authserver.Project, settings auth.Settings) *Bundle {
	t.Helper()
	db, err := database.Open(database.Settings{URL: databaseURL, TimeZone: "Europe/Oslo"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	verifier, err := auth.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	logged := &bytes.Buffer{}
	log := slog.New(slog.NewJSONHandler(logged, nil))
	return &Bundle{DB: db, Project: project, Endpoint: build(db, verifier, log), Log: logged}
}

// Post is a user's request with a body: a string as it is, nil for none, anything
// else as JSON.
func (b *Bundle) Post(user string, body any) events.LambdaFunctionURLRequest {
	event := events.LambdaFunctionURLRequest{
		Version: "2.0",
		RawPath: "/functions/v1/" + b.Endpoint.Name,
		Headers: map[string]string{"authorization": "Bearer " + b.Project.Token(user)},
	}
	event.RequestContext.HTTP.Method = http.MethodPost
	switch body := body.(type) {
	case nil:
		return event
	case string:
		event.Body = body
	default:
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		event.Body = string(text)
	}
	event.Headers["content-type"] = "application/json"
	return event
}

// Get is a user's request with a query string.
func (b *Bundle) Get(user, query string) events.LambdaFunctionURLRequest {
	event := b.Post(user, nil)
	event.RequestContext.HTTP.Method = http.MethodGet
	event.RawQueryString = query
	return event
}

// Preflight is what a browser sends before a request to another origin.
func (b *Bundle) Preflight() events.LambdaFunctionURLRequest {
	event := events.LambdaFunctionURLRequest{
		Version: "2.0",
		RawPath: "/functions/v1/" + b.Endpoint.Name,
		Headers: map[string]string{
			"origin":                         "https://app.example.org",
			"access-control-request-method":  http.MethodPost,
			"access-control-request-headers": "authorization,content-type",
		},
	}
	event.RequestContext.HTTP.Method = http.MethodOptions
	return event
}

// KeyMade returns an idempotency key that says when it was made: a UUID of version 7.
func KeyMade(at time.Time) string {
	made := fmt.Sprintf("%012x", at.UnixMilli())
	return made[:8] + "-" + made[8:] + "-7abc-8def-0123456789ab"
}

// Claims returns the claims of a user's token.
func (b *Bundle) Claims(user string) []byte {
	return fmt.Appendf(nil, `{"sub":%q,"role":"authenticated"}`, user)
}

// Pause lets a coordinator pause a mentor.
func (b *Bundle) Pause(t testing.TB, coordinator, mentor string) {
	t.Helper()
	_, err := b.DB.PauseMentor(t.Context(), b.Claims(coordinator), database.PauseMentorArguments{
		MentorID: mentor, PauseReason: "Eksamen", RequestID: uuid.NewString(),
	})
	if err != nil {
		t.Fatalf("pause %s: %v", mentor, err)
	}
}

// Drop joins a new profile into a person, and returns its id.
func (b *Bundle) Drop(t testing.TB, kept string) (dropped string) {
	t.Helper()
	dropped = uuid.NewString()
	_, err := b.Database.Connect(t, "postgres").Exec(t.Context(), `
		with profile as (insert into public.profiles (id, display_name) values ($1, 'Dobbelt') returning id)
		insert into private.merged_people (dropped_id, kept_id) select id, $2 from profile`, dropped, kept)
	if err != nil {
		t.Fatal(err)
	}
	return dropped
}

// Break removes a table that every RPC reads.
func (b *Bundle) Break(t testing.TB) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), "alter table private.settings rename to lost"); err != nil {
		t.Fatal(err)
	}
}

// Hold executes a statement in another transaction and keeps that open, with its
// locks, until release is called or the test ends.
func (b *Bundle) Hold(t testing.TB, statement string) (release func()) {
	t.Helper()
	other := b.Database.Connect(t, "postgres")
	for _, text := range []string{"begin", statement} {
		if _, err := other.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return func() {
		t.Helper()
		if _, err := other.Exec(t.Context(), "rollback"); err != nil {
			t.Fatal(err)
		}
	}
}

// HoldMentor holds the lock that a change of this mentor needs, like [Bundle.Hold].
func (b *Bundle) HoldMentor(t testing.TB, mentor string) (release func()) {
	t.Helper()
	return b.Hold(t, "select from private.person_locks where person_id = '"+mentor+"' for update")
}

// AwaitLock returns when a session of the database waits for a lock.
func (b *Bundle) AwaitLock(t testing.TB) {
	t.Helper()
	watcher := b.Database.Connect(t, "postgres")
	for {
		var waiting bool
		err := watcher.QueryRow(t.Context(), `select exists (
			select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatal("nobody waits for a lock")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Invoke calls the function, and fails the test if request or answer are not as
// docs/openapi.yaml says.
func (b *Bundle) Invoke(t testing.TB, event events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	t.Helper()
	return b.InvokeContext(t, t.Context(), event)
}

// InvokeContext is [Bundle.Invoke] with a context.
func (b *Bundle) InvokeContext(t testing.TB, ctx context.Context, event events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	t.Helper()
	response, err := b.Endpoint.Invoke(ctx, event)
	if err != nil {
		t.Fatalf("Invoke: %v", err)
	}
	holdAgainstDocument(t, b.Endpoint.Name, event, response)
	return response
}

// Refusal is an error body.
type Refusal struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Details *string `json:"details"`
	Hint    *string `json:"hint"`
}

// WantRefusal checks status and code of a response, and that header and body have
// the same code.
func WantRefusal(t testing.TB, response events.LambdaFunctionURLResponse, status int, code string) Refusal {
	t.Helper()
	var refused Refusal
	if err := json.Unmarshal([]byte(response.Body), &refused); err != nil {
		t.Fatalf("status %d with body %q: %v", response.StatusCode, response.Body, err)
	}
	if response.StatusCode != status || refused.Code != code || response.Headers["sb-error-code"] != code {
		t.Errorf("%d %s (sb-error-code %s), want %d %s: %s", response.StatusCode, refused.Code,
			response.Headers["sb-error-code"], status, code, response.Body)
	}
	return refused
}

// PauseRecord is a pause record in the answers of pause and reactivate.
type PauseRecord struct {
	ID                 string  `json:"id"`
	MentorID           string  `json:"mentor_id"`
	Status             string  `json:"status"`
	PauseReason        *string `json:"pause_reason"`
	ExpectedReturnDate *string `json:"expected_return_date"`
	PausedAt           *string `json:"paused_at"`
	ReactivatedAt      *string `json:"reactivated_at"`
	CoordinatorID      *string `json:"coordinator_id"`
	Version            int     `json:"version"`
	CreatedAt          string  `json:"created_at"`
	UpdatedAt          string  `json:"updated_at"`
}

// WantPauseRecord reads the record of a success, which may have only the fields of
// [PauseRecord], and hints beside it.
func WantPauseRecord(t testing.TB, response events.LambdaFunctionURLResponse) PauseRecord {
	t.Helper()
	if response.StatusCode != http.StatusOK || response.Headers["content-type"] != "application/json" {
		t.Fatalf("status %d, content-type %q: %s", response.StatusCode, response.Headers["content-type"], response.Body)
	}
	var answer struct {
		PauseRecord PauseRecord `json:"pause_record"`
		Hints       []struct {
			Code string `json:"code"`
			Kind string `json:"kind"`
		} `json:"hints"`
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(response.Body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&answer); err != nil {
		t.Fatalf("body %s: %v", response.Body, err)
	}
	return answer.PauseRecord
}

// PausesOf counts a mentor's live pause records, and the rows of the log.
func (b *Bundle) PausesOf(t testing.TB, mentor string) (live, logged int) {
	t.Helper()
	err := b.Database.Connect(t, "postgres").QueryRow(t.Context(), `select
		(select count(*) from public.pause_records r where r.mentor_id = $1 and r.status <> 'active'),
		(select count(*) from public.pause_status_log l where l.mentor_id = $1)`, mentor).Scan(&live, &logged)
	if err != nil {
		t.Fatal(err)
	}
	return live, logged
}
