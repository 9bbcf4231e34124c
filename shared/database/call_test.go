package database_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

func TestArgumentsArriveUnchanged(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	mentor, request := uuid.NewString(), uuid.NewString()

	t.Run("pause_mentor", func(t *testing.T) {
		sql := "select 'Å''ø — \"\\' || $q$\n$q$"
		reply, err := b.db.PauseMentor(t.Context(), []byte(anyClaims), database.PauseMentorArguments{
			MentorID: mentor, PauseReason: sql, ExpectedReturnDate: new("2027-02-28"), ExpectedVersion: new(int32(7)), RequestID: request,
		})
		a := read(t, reply, err)
		if a.MentorID != mentor || a.PauseReason != sql || *a.ExpectedReturnDate != "2027-02-28" || *a.ExpectedVersion != 7 || a.RequestID != request {
			t.Errorf("got %s", reply.Body)
		}
	})
	t.Run("pause_mentor with nulls", func(t *testing.T) {
		reply, err := b.db.PauseMentor(t.Context(), []byte(anyClaims), database.PauseMentorArguments{MentorID: mentor, RequestID: request})
		a := read(t, reply, err)
		if a.ExpectedReturnDate != nil || a.ExpectedVersion != nil || a.PauseReason != "" {
			t.Errorf("got %s", reply.Body)
		}
	})
	t.Run("reactivate_mentor", func(t *testing.T) {
		reply, err := b.db.ReactivateMentor(t.Context(), []byte(anyClaims),
			database.ReactivateMentorArguments{MentorID: mentor, ExpectedVersion: new(int32(-1)), RequestID: request})
		a := read(t, reply, err)
		if a.MentorID != mentor || *a.ExpectedVersion != -1 || a.RequestID != request {
			t.Errorf("got %s", reply.Body)
		}
	})
	t.Run("coordinator_roster", func(t *testing.T) {
		in := database.CoordinatorRosterArguments{
			ChapterID: new(mentor), Search: new("50%_\\"), PageLimit: new(int32(200)), PageCursor: new("c=="),
			Status: []string{"active", `a"b`, `\`, "a,b", "null", "", " ", "{}", "æ"}, Mine: true, Attention: []string{"overdue", "x"},
		}
		reply, err := b.db.CoordinatorRoster(t.Context(), []byte(anyClaims), in)
		a := read(t, reply, err)
		got := database.CoordinatorRosterArguments{ChapterID: a.ChapterID, Status: a.Status, Search: a.Search, PageLimit: a.PageLimit, PageCursor: a.PageCursor, Mine: a.Mine, Attention: a.Attention}
		if diff := cmp.Diff(in, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("coordinator_roster with nulls", func(t *testing.T) {
		reply, err := b.db.CoordinatorRoster(t.Context(), []byte(anyClaims), database.CoordinatorRosterArguments{})
		a := read(t, reply, err)
		if a.ChapterID != nil || a.Status != nil || a.Search != nil || a.PageLimit != nil || a.PageCursor != nil || a.Mine || a.Attention != nil {
			t.Errorf("got %s", reply.Body)
		}
	})
	t.Run("an empty list of statuses stays a list", func(t *testing.T) {
		reply, err := b.db.CoordinatorRoster(t.Context(), []byte(anyClaims), database.CoordinatorRosterArguments{Status: []string{}})
		if a := read(t, reply, err); a.Status == nil || len(a.Status) != 0 {
			t.Errorf("got %s", reply.Body)
		}
	})
}

func TestBodyIsTheRPCsByteForByte(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	const body = `{"b": 1.10, "aa": "Ærlig <&> \"\\", "long": 12345678901234567890}`
	if _, err := b.admin.Exec(t.Context(), fmt.Sprintf(`create or replace function public.reactivate_mentor(mentor_id uuid, expected_version int default null,
		request_id uuid default null) returns jsonb language sql as $$ select '%s'::jsonb $$`, body)); err != nil {
		t.Fatal(err)
	}
	reply, err := b.db.ReactivateMentor(t.Context(), []byte(anyClaims), database.ReactivateMentorArguments{MentorID: uuid.NewString(), RequestID: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
	if string(reply.Body) != body {
		t.Errorf("got  %s\nwant %s", reply.Body, body)
	}
}

func TestReplayedIsReadFromTheResponseHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	for _, c := range []struct {
		name, sql string
		want      bool
	}{
		{"never set", ``, false},
		{"set", `select set_config('response.headers', '[{"idempotent-replayed": "true"}]', true)`, true},
		{"gone with the next call", ``, false},
		{"among others, in other case", `select set_config('response.headers', '[{"x-a": "b"}, {"Idempotent-Replayed": "true"}]', true)`, true},
		{"others only", `select set_config('response.headers', '[{"x-a": "true"}]', true)`, false},
		{"false", `select set_config('response.headers', '[{"idempotent-replayed": "false"}]', true)`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			reply, err := do(t.Context(), b.db, c.sql)
			if err != nil {
				t.Fatal(err)
			}
			if reply.Replayed != c.want {
				t.Errorf("replayed: got %v, want %v", reply.Replayed, c.want)
			}
		})
	}
	t.Run("malformed is a fault", func(t *testing.T) {
		_, err := do(t.Context(), b.db, `select set_config('response.headers', 'x', true)`)
		wantCode(t, err, refusal.InternalError)
	})
}

func TestEachCallIsTheCallerAloneAndOnlyForItsTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	first := mustDo(t, b.db, ``)
	if first.Role != "authenticated" || first.Login != "pause_api" || first.TimeZone != "" {
		t.Errorf("got %+v", first)
	}
	if first.Claims["sub"] != "5f0c3a1e-0000-4000-8000-000000000001" {
		t.Errorf("claims: got %v", first.Claims)
	}
	reply, err := b.db.CoordinatorRoster(t.Context(), []byte(`{"sub": "other"}`), database.CoordinatorRosterArguments{})
	second := read(t, reply, err)
	if second.Backend != first.Backend {
		t.Fatalf("the connection was not reused: backends %d and %d", first.Backend, second.Backend)
	}
	if diff := cmp.Diff(map[string]any{"sub": "other"}, second.Claims); diff != "" {
		t.Errorf("claims: %s", diff)
	}
	for _, sql := range []string{``, `do $$ begin raise sqlstate '23514'; end $$`} {
		_, _ = do(t.Context(), b.db, sql)
		left := database.LeftOnIdleConnection(t, b.db, `select concat_ws('|', current_user, current_setting('role'),
			'claims:' || current_setting('request.jwt.claims', true), 'zone:' || current_setting('mentorpause.time_zone', true),
			current_setting('statement_timeout'), current_setting('lock_timeout'), pg_backend_pid())`)
		if left != fmt.Sprintf("pause_api|none|claims:|zone:|0|0|%d", first.Backend) {
			t.Errorf("after %q the connection is %s", sql, left)
		}
	}
}

func TestAnErrorRollsEverythingBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sql string
		want      refusal.Code
	}{
		{"a refusal", `do $$ begin raise sqlstate 'PGRST' using message = '{"code": "not_paused", "message": "m"}', detail = '{"status": 409}'; end $$`, refusal.NotPaused},
		{"a fault", `select 1 / 0`, refusal.InternalError},
		{"a fault at commit", `create temporary table twice (n int primary key deferrable initially deferred) on commit drop;
			insert into twice values (1), (1)`, refusal.InternalError},
		{"a dead backend, twice", `select public.die()`, refusal.DatabaseUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			_, err := do(t.Context(), b.db, c.sql)
			wantCode(t, err, c.want)
			if n := b.count(t, `select count(*) from public.calls`); n != 0 {
				t.Errorf("%d rows were left behind", n)
			}
			mustDo(t, b.db, ``)
			if n := b.count(t, `select count(*) from public.calls`); n != 1 {
				t.Errorf("the next call left %d rows, want 1", n)
			}
		})
	}
}

func TestACallIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	calls := map[string]func() (database.Reply, error){
		"pause_mentor": func() (database.Reply, error) { return do(t.Context(), b.db, ``) },
		"reactivate_mentor": func() (database.Reply, error) {
			return b.db.ReactivateMentor(t.Context(), []byte(anyClaims), database.ReactivateMentorArguments{MentorID: uuid.NewString(), RequestID: uuid.NewString()})
		},
		"coordinator_roster": func() (database.Reply, error) {
			return b.db.CoordinatorRoster(t.Context(), []byte(anyClaims), database.CoordinatorRosterArguments{Status: []string{"active"}})
		},
		"a refused pause_mentor": func() (database.Reply, error) {
			_, err := do(t.Context(), b.db, `do $$ begin raise sqlstate 'PGRST' using message = '{"code": "not_paused"}'; end $$`)
			wantCode(t, err, refusal.NotPaused)
			return database.Reply{}, nil
		},
	}
	mustDo(t, b.db, ``)
	b.proxy.passed()
	for name, call := range calls {
		for _, idle := range []time.Duration{0, 1500 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s after %v", name, idle), func(t *testing.T) {
				time.Sleep(idle)
				if _, err := call(); err != nil {
					t.Fatal(err)
				}
				if connections, trips, _ := b.proxy.passed(); trips != 1 || connections != 0 {
					t.Errorf("%d round trips and %d new connections, want 1 and 0", trips, connections)
				}
			})
		}
	}
	t.Run("nothing passes between calls", func(t *testing.T) {
		time.Sleep(1500 * time.Millisecond)
		if connections, trips, _ := b.proxy.passed(); trips != 0 || connections != 0 {
			t.Errorf("%d round trips and %d new connections, want none", trips, connections)
		}
	})
}

func TestManyGoroutinesEachGetTheirOwnAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, 4)
	hammer(t, b.db, 32, 10)
	if connections, _, cancels := b.proxy.passed(); connections > 4 || cancels != 0 {
		t.Errorf("%d connections and %d cancel requests, want at most 4 and none", connections, cancels)
	}
}

// hammer makes calls from many goroutines, some refused, and checks that each
// answer is the answer to its own request and caller.
func hammer(t *testing.T, db *database.DB, goroutines, calls int) {
	t.Helper()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for n := range calls {
				sub := uuid.NewString()
				in := doing(``)
				if n%5 == 4 {
					in.PauseReason = fmt.Sprintf(`do $$ begin raise sqlstate 'PGRST' using message = '{"code": "version_conflict", "details": "%s"}'; end $$`, sub)
				}
				reply, err := db.PauseMentor(t.Context(), fmt.Appendf(nil, `{"sub": %q}`, sub), in)
				if n%5 == 4 {
					if refused := refusal.From(err); refused == nil || refused.Code != refusal.VersionConflict || refused.Details == nil || *refused.Details != sub {
						t.Errorf("got %v", err)
					}
					continue
				}
				if err != nil {
					t.Error(err)
					continue
				}
				if a := read(t, reply, err); a.RequestID != in.RequestID || a.MentorID != in.MentorID || a.Claims["sub"] != sub || a.Role != "authenticated" {
					t.Errorf("got somebody else's answer: %s", reply.Body)
				}
			}
		})
	}
	wg.Wait()
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "localhost:5432", "host=localhost password=geheim", "http://u:geheim@h/d",
		"postgres://u:geheim@h:port/d", "postgres://u:ge:he@im@h:x/d", "postgres://u:geheim@h/d?sslmode=geheim",
		"postgresql://u:geheim@h/d?connect_timeout=geheim", "postgres://u:%zz-geheim@h/d",
	} {
		_, err := database.Open(database.Settings{URL: bad})
		if err == nil {
			t.Errorf("%q was accepted", bad)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, "SUPABASE_DB_URL: ") || strings.Contains(text, "geheim") || strings.Contains(text, "ge:he") {
			t.Errorf("%q: got %q", bad, text)
		}
	}
}

func TestOpenDoesNotConnect(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	if connections, _, _ := b.proxy.passed(); connections != 0 {
		t.Errorf("%d connections before the first call", connections)
	}
	mustDo(t, b.db, ``)
	if connections, _, _ := b.proxy.passed(); connections != 1 {
		t.Errorf("%d connections after the first call, want 1", connections)
	}
}

func TestSettingsReachTheServer(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	db, err := database.Open(database.Settings{URL: b.URL("pause_api"), TimeZone: "America/St_Johns"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if a := mustDo(t, db, ``); a.TimeZone != "America/St_Johns" {
		t.Errorf("time zone: got %q", a.TimeZone)
	}
	names := []string{}
	rows, _ := b.admin.Query(t.Context(), `select application_name from pg_stat_activity where datname = $1 and usename = 'pause_api'`, b.Name)
	names, err = pgx.AppendRows(names, rows, pgx.RowTo[string])
	if err != nil || !slices.Equal(names, []string{"mentorpause"}) {
		t.Errorf("application names: %q, %v", names, err)
	}
}

func TestAfterCloseNothingIsLeftAndNothingHangs(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	done := make(chan error, 1)
	go func() {
		_, err := do(context.Background(), b.db, `select pg_sleep(0.5)`)
		done <- err
	}()
	mustDo(t, b.db, ``)
	for b.count(t, `select count(*) from pg_stat_activity where datname = $1 and usename = 'pause_api' and state = 'active'`, b.Name) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	b.db.Close()
	_, err := do(t.Context(), b.db, ``)
	wantCode(t, err, refusal.DatabaseUnavailable)
	if err := <-done; err != nil {
		t.Errorf("the call under way failed: %v", err)
	}
	for deadline := time.Now().Add(5 * time.Second); b.count(t, `select count(*) from pg_stat_activity where datname = $1 and usename = 'pause_api'`, b.Name) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("connections were left open")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
