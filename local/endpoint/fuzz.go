package endpoint

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"mentorpause/local/authserver"
	"mentorpause/shared/bootstrap/web"
	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// Fuzz is a function whose database is in the same state for every input: the only
// mentor of the coordinator's chapter is [Mentor], who is active and never was away.
// [Fuzz.Restore] undoes what an input changed.
type Fuzz struct {
	*Bundle
	SQL *sql.DB // as postgres

	superuser     *sql.DB // without triggers
	authorization string
}

// NewFuzz makes a function for all inputs of one process.
func NewFuzz(f *testing.F, build web.Build) *Fuzz {
	f.Helper()
	b := New(f, build)
	z := &Fuzz{
		Bundle: b,
		SQL:    b.Database.SQL(f, "postgres"),

		superuser: b.Database.SQL(f, "supabase_admin"),
		// One token for all inputs, which outlives the longest run. Signing for each
		// would take random paths through the code, which fuzzing mistakes for new
		// ones.
		authorization: "Bearer " + b.Project.Token(Coordinator, authserver.Expires(time.Now().AddDate(0, 1, 0))),
	}
	z.SQL.SetMaxOpenConns(1)
	for _, statement := range []string{
		"set timezone to 'UTC'", // in which the functions show times
		// An expired mentor can't be reactivated.
		"update public.chapter_memberships set ended_at = now() where user_id = '" + Expired + "'",
	} {
		if _, err := z.SQL.ExecContext(f.Context(), statement); err != nil {
			f.Fatal(err)
		}
	}
	z.superuser.SetMaxOpenConns(1)
	if _, err := z.superuser.ExecContext(f.Context(), "set session_replication_role to replica"); err != nil {
		f.Fatal(err)
	}
	return z
}

// Request is a request of the coordinator's, with some of its parts.
func (z *Fuzz) Request(method, query, body string) events.LambdaFunctionURLRequest {
	event := events.LambdaFunctionURLRequest{
		Version:        "2.0",
		RawQueryString: query,
		Headers:        map[string]string{"authorization": z.authorization, "content-type": "application/json"},
		Body:           body,
	}
	event.RequestContext.HTTP.Method = method
	return event
}

// Answer calls the function and asserts that the answer is no fault of ours. It
// also returns the code of a refusal.
func (z *Fuzz) Answer(t testing.TB, event events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, refusal.Code) {
	t.Helper()
	z.Log.Reset()
	response := z.Invoke(t, event)
	code := WantNoFault(t, response)
	if response.StatusCode >= http.StatusInternalServerError {
		t.Errorf("logged %s", z.Log)
	}
	return response, code
}

// Change sends a request of the coordinator's that may change something, with an
// idempotency key unless that is empty. One that is refused has changed nothing.
// One that is accepted is read into body as the standard library reads it, and
// gets the same answer again under its key.
func (z *Fuzz) Change(t testing.TB, sent, key string, body any) (response events.LambdaFunctionURLResponse, accepted bool) {
	t.Helper()
	before := z.State(t)
	event := z.Request(http.MethodPost, "", sent)
	if key != "" {
		event.Headers["idempotency-key"] = key
	}
	response, code := z.Answer(t, event)
	if code != "" {
		if after := z.State(t); after != before {
			t.Errorf("refused with %s, and changed\n%s\nto\n%s", response.Body, before, after)
		}
		return response, false
	}
	decoder := json.NewDecoder(strings.NewReader(sent))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(body); err != nil {
		t.Fatalf("accepted %q, which the standard library refuses: %v", sent, err)
	}
	if key != "" {
		z.wantRepeatable(t, event, response)
	}
	return response, true
}

// State returns everything that a transition changes, as text for comparison.
func (z *Fuzz) State(t testing.TB) string {
	t.Helper()
	return z.Text(t, `select jsonb_build_array(
		(select jsonb_agg(r order by r.id) from public.pause_records r where r.status <> 'active'),
		(select max(l.id) from public.pause_status_log l),
		(select n.id from public.notifications n order by n.id desc limit 1),
		(select jsonb_agg(i.request_id order by i.request_id) from private.idempotent_requests i))`)
}

// Stored is the row of the pause record in the function's answer.
func (z *Fuzz) Stored(t testing.TB, shown PauseRecord) PauseRecord {
	t.Helper()
	row := z.Text(t, "select to_jsonb(r) - '{effective_on,first_version,certification_kind,planned_pause_id,open_since}'::text[] from public.pause_records r where r.id = $1", shown.ID)
	return WantPauseRecord(t, events.LambdaFunctionURLResponse{
		StatusCode: http.StatusOK,
		Headers:    map[string]string{"content-type": "application/json"},
		Body:       `{"pause_record":` + row + `}`,
	})
}

// wantRepeatable asserts that a request which was answered is stored under its
// idempotency key, and that it gets the same answer again.
func (z *Fuzz) wantRepeatable(t testing.TB, event events.LambdaFunctionURLRequest, answered events.LambdaFunctionURLResponse) {
	t.Helper()
	key := strings.ToLower(strings.Trim(strings.TrimSpace(event.Headers["idempotency-key"]), `"`))
	if z.Text(t, "select count(*) from private.idempotent_requests where caller_id = $1 and request_id::text = $2", Coordinator, key) != "1" {
		t.Errorf("nothing is stored under the key %q", key)
	}
	again, _ := z.Answer(t, event)
	if again.Body != answered.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("repeated: %s, first: %s", again.Body, answered.Body)
	}
}

// Restore ends the mentor's pause and forgets it, and the stored requests: the next
// pause has version 1 again.
func (z *Fuzz) Restore(t testing.TB) {
	t.Helper()
	_, err := z.DB.ReactivateMentor(t.Context(), z.Claims(Coordinator), database.ReactivateMentorArguments{MentorID: Mentor, RequestID: uuid.NewString()})
	if err != nil && refusal.From(err).Code != refusal.NotPaused {
		t.Errorf("restore: %v", err)
	}
	if _, err := z.SQL.ExecContext(t.Context(), "delete from private.idempotent_requests"); err != nil {
		t.Errorf("restore: %v", err)
	}
	if _, err := z.superuser.ExecContext(t.Context(), "delete from public.pause_records where status = 'active'"); err != nil {
		t.Errorf("restore: %v", err)
	}
}

// Text returns the single value of a query by postgres.
func (z *Fuzz) Text(t testing.TB, query string, args ...any) (value string) {
	t.Helper()
	if err := z.SQL.QueryRowContext(t.Context(), query, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Trimmed is how a reason is stored and a search is used: without surrounding
// Unicode white space and byte order marks.
func Trimmed(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' })
}
