package schema_test

import (
	"context"
	"encoding/json"
	"flag"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// defaultChecks is how many random scripts a test plays.
const defaultChecks = "12"

func TestMain(m *testing.M) {
	// A hundred random scripts per test, the default, take minutes; and every run
	// should test the same. make test-long plays many more, with -rapid.checks and -rapid.seed.
	for name, value := range map[string]string{"rapid.checks": defaultChecks, "rapid.seed": "20261124"} {
		if err := flag.Set(name, value); err != nil {
			panic(err) // the flag was renamed
		}
	}
	testdb.Main(m)
}

// world is a database with one chapter and its two coordinators, reached as in
// production: RPCs as pause_api, facts as service_role.
type world struct {
	db            *testdb.Database
	owner         *pgx.Conn // postgres: to look behind the scenes
	authenticator *pgx.Conn // for what supabase.rpc would call
	api           *database.DB
	chapter       string
	coordinators  [2]string
	day           string // the organisation's, on which the world was made
}

func newWorld(t *testing.T, options ...testdb.Option) *world {
	t.Helper()
	db := testdb.New(t, options...)
	api, err := database.Open(database.Settings{URL: db.URL("pause_api"), TimeZone: "Europe/Oslo", MaxConnections: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	w := &world{db: db, owner: db.Connect(t, "postgres"), authenticator: db.Connect(t, "authenticator"),
		api: api, chapter: uuid.NewString()}
	if err := w.owner.QueryRow(t.Context(), "select private.today()::text").Scan(&w.day); err != nil {
		t.Fatal(err)
	}
	w.exec(t, "insert into public.chapters (id, name) values ($1, 'Bergen')", w.chapter)
	for i := range w.coordinators {
		w.coordinators[i] = w.person(t, "Kari Koordinator")
		w.join(t, w.coordinators[i], w.chapter, "coordinator")
	}
	return w
}

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) person(t testing.TB, name string) string {
	t.Helper()
	id := uuid.NewString()
	w.exec(t, "insert into public.profiles (id, display_name) values ($1, $2)", id, name)
	return id
}

func (w *world) join(t testing.TB, person, chapter, role string) {
	t.Helper()
	w.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, $3)", chapter, person, role)
}

// mentor creates a mentor of the chapter, with one certification that never ends.
func (w *world) mentor(t testing.TB) string {
	t.Helper()
	id := w.person(t, "Åse Mentor")
	w.join(t, id, w.chapter, "mentor")
	w.certify(t, id, "kurs", -100, 1000)
	return id
}

// certify adds a certification; the dates are days from today in Oslo.
func (w *world) certify(t testing.TB, mentor, kind string, issued, expires int) {
	t.Helper()
	w.exec(t, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		values ($1, $2, private.today() + $3::int, private.today() + $4::int)`, mentor, kind, issued, expires)
}

func claims(user string) []byte {
	encoded, err := json.Marshal(testdb.User(user))
	if err != nil {
		panic(err) // a map of strings and booleans
	}
	return encoded
}

type pauseRecord struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Version int32  `json:"version"`
}

// pause calls the RPC as the function does; on success the code is empty.
func (w *world) pause(ctx context.Context, caller, mentor, reason string, version *int32) (pauseRecord, refusal.Code) {
	reply, err := w.api.PauseMentor(ctx, claims(caller), database.PauseMentorArguments{
		MentorID: mentor, PauseReason: reason, ExpectedVersion: version, RequestID: uuid.NewString(),
	})
	return outcome(reply, err)
}

func (w *world) reactivate(ctx context.Context, caller, mentor string, version *int32) (pauseRecord, refusal.Code) {
	reply, err := w.api.ReactivateMentor(ctx, claims(caller), database.ReactivateMentorArguments{
		MentorID: mentor, ExpectedVersion: version, RequestID: uuid.NewString(),
	})
	return outcome(reply, err)
}

func outcome(reply database.Reply, err error) (pauseRecord, refusal.Code) {
	if err != nil {
		return pauseRecord{}, refusal.From(err).Code
	}
	var answer struct {
		PauseRecord pauseRecord `json:"pause_record"`
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		return pauseRecord{}, refusal.InternalError
	}
	return answer.PauseRecord, ""
}
