package database_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// The tests of this package are about reaching the RPCs, not about what they do.
// They run against stand-ins with the RPCs' signatures: pause_mentor executes its
// pause_reason as SQL, so that each test says in one place what goes wrong, and
// each stand-in reports its arguments and settings.
const standIns = `
create schema if not exists private;
grant usage on schema private to authenticated;
create sequence public.tries;
create table public.calls (
	request_id uuid not null,
	reason text constraint calls_reason_is_short check (length(reason) < 400)
);
grant usage on sequence public.tries to authenticated;
grant select, insert on public.calls to authenticated;

create or replace function public.die() returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
	select pg_terminate_backend(pg_backend_pid())
$$;
create or replace function public.be_cancelled() returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
	select pg_cancel_backend(pg_backend_pid()); select pg_sleep(5)
$$;

create or replace function public.surroundings() returns jsonb language sql volatile set search_path = pg_catalog, pg_temp as $$
	select jsonb_build_object(
		'role', current_user,
		'login', session_user,
		'claims', current_setting('request.jwt.claims')::jsonb,
		'time_zone', current_setting('mentorpause.time_zone'),
		'statement_timeout', current_setting('statement_timeout'),
		'lock_timeout', current_setting('lock_timeout'),
		'backend', pg_backend_pid())
$$;

create or replace function public.pause_mentor(mentor_id uuid, pause_reason text, expected_return_date date default null,
	expected_version int default null, request_id uuid default null)
returns jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
	insert into public.calls values (request_id, pause_reason);
	if pause_reason <> '' then
		execute pause_reason;
	end if;
	return public.surroundings() || jsonb_build_object('mentor_id', mentor_id, 'pause_reason', pause_reason,
		'expected_return_date', expected_return_date, 'expected_version', expected_version, 'request_id', request_id);
end $$;

create or replace function public.reactivate_mentor(mentor_id uuid, expected_version int default null, request_id uuid default null)
returns jsonb language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
	insert into public.calls values (request_id);
	return public.surroundings() || jsonb_build_object('mentor_id', mentor_id, 'expected_version', expected_version,
		'request_id', request_id);
end $$;

create or replace function private.coordinator_roster(chapter_id uuid, status text[], search text, page_limit int, page_cursor text,
	mine boolean default null, attention text[] default null)
returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
	return public.surroundings() || jsonb_build_object('chapter_id', chapter_id, 'status', status, 'search', search,
		'page_limit', page_limit, 'page_cursor', page_cursor, 'mine', mine, 'attention', attention);
end $$;
`

const anyClaims = `{"sub": "5f0c3a1e-0000-4000-8000-000000000001", "role": "authenticated"}`

func TestMain(m *testing.M) { testdb.Main(m) }

// bundle is what one test works with: its own database, behind a proxy that counts
// and disturbs.
type bundle struct {
	*testdb.Database
	db    *database.DB
	proxy *proxy
	admin *pgx.Conn // superuser, not through the proxy
}

// setup makes a bundle with the stand-ins.
func setup(t *testing.T, maxConnections int32) *bundle {
	t.Helper()
	b := setupReal(t, maxConnections)
	if _, err := b.admin.Exec(t.Context(), standIns); err != nil {
		t.Fatal(err)
	}
	return b
}

// setupReal makes a bundle with the RPCs of the migrations.
func setupReal(t *testing.T, maxConnections int32) *bundle {
	t.Helper()
	b := &bundle{Database: testdb.New(t)}
	b.admin = b.Connect(t, postgres.Superuser)
	b.proxy = newProxy(t, address(t, b.URL("pause_api")))
	b.db = open(t, through(t, b.proxy.address(), b.URL("pause_api")), maxConnections)
	return b
}

func open(t *testing.T, url string, maxConnections int32) *database.DB {
	t.Helper()
	db, err := database.Open(database.Settings{URL: url, MaxConnections: maxConnections})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// address is the host and port of the URL.
func address(t *testing.T, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// through is the URL with another host and port.
func through(t *testing.T, address, rawURL string) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = address
	return u.String()
}

// answer is what the stand-ins report.
type answer struct {
	Role, Login        string
	Claims             map[string]any
	TimeZone           string `json:"time_zone"`
	StatementTimeout   string `json:"statement_timeout"`
	LockTimeout        string `json:"lock_timeout"`
	Backend            int
	MentorID           string  `json:"mentor_id"`
	PauseReason        string  `json:"pause_reason"`
	ExpectedReturnDate *string `json:"expected_return_date"`
	ExpectedVersion    *int32  `json:"expected_version"`
	RequestID          string  `json:"request_id"`
	ChapterID          *string `json:"chapter_id"`
	Status             []string
	Search             *string
	PageLimit          *int32   `json:"page_limit"`
	PageCursor         *string  `json:"page_cursor"`
	Mine               bool     `json:"mine"`
	Attention          []string `json:"attention"`
}

func read(t *testing.T, reply database.Reply, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(reply.Body, &a); err != nil {
		t.Fatalf("%s: %v", reply.Body, err)
	}
	return a
}

// do calls pause_mentor, which executes the SQL.
func do(ctx context.Context, db *database.DB, sql string) (database.Reply, error) {
	return db.PauseMentor(ctx, []byte(anyClaims), doing(sql))
}

func doing(sql string) database.PauseMentorArguments {
	return database.PauseMentorArguments{MentorID: uuid.NewString(), PauseReason: sql, RequestID: uuid.NewString()}
}

func mustDo(t *testing.T, db *database.DB, sql string) answer {
	t.Helper()
	reply, err := do(t.Context(), db, sql)
	return read(t, reply, err)
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// inTime checks that the call returns before its deadline. A busy machine may
// delay any single call, so there are a few tries, each of which must be refused
// with the code.
func inTime(t *testing.T, limit time.Duration, want refusal.Code, call func(ctx context.Context) error) (refused *refusal.Error) {
	t.Helper()
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		refused = wantCode(t, call(ctx), want)
		over := ctx.Err() != nil
		cancel()
		if !over {
			return refused
		}
	}
	t.Errorf("no answer came within %v", limit)
	return refused
}

// wantCode checks that err is a refusal with the code, and that it shows no secrets.
func wantCode(t *testing.T, err error, want refusal.Code) *refusal.Error {
	t.Helper()
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok {
		t.Fatalf("got %v, want the refusal %s", err, want)
	}
	if refused.Code != want {
		t.Fatalf("got %v, want %s", refused, want)
	}
	for _, secret := range []string{"5f0c3a1e", postgres.Password + "@", "insert into"} {
		if strings.Contains(fmt.Sprintf("%v %+v", refused, refused), secret) {
			t.Errorf("the error tells %q: %v", secret, refused)
		}
	}
	return refused
}

func (b *bundle) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := b.admin.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// terminate ends every session of pause_api on the database and waits until
// they are gone.
func (b *bundle) terminate(t *testing.T) int {
	t.Helper()
	const sessions = `from pg_stat_activity where datname = $1 and usename = 'pause_api'`
	n := b.count(t, `select count(pg_terminate_backend(pid)) `+sessions, b.Name)
	for b.count(t, `select count(*) `+sessions, b.Name) > 0 {
		time.Sleep(5 * time.Millisecond)
	}
	return n
}
