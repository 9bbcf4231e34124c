package schema_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
)

// TestMidnightComesWhileALockIsWaitedFor sends three commands before midnight at
// mentors who are held until after it. The day of what they do is that of the
// times that they store; and nothing ends before it began.
func TestMidnightComesWhileALockIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.OwnCluster())
	paused, reactivated, erased := w.mentor(t), w.mentor(t), w.mentor(t)
	if _, code := w.pause(t.Context(), w.coordinators[0], reactivated, "Ferie", nil); code != "" {
		t.Fatal(code)
	}
	const before = 5 * time.Second
	midnight := time.Date(2027, 6, 23, 22, 0, 0, 0, time.UTC)
	w.db.SetClock(t, midnight.Add(-before))
	w.owner = w.db.Connect(t, "postgres")

	holder := w.db.Connect(t, "postgres")
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "select private.lock_live_record(m) from unnest($1::uuid[]) m", []string{paused, reactivated, erased}); err != nil {
		t.Fatal(err)
	}
	var commands sync.WaitGroup
	for _, command := range []struct{ sql, mentor string }{
		{"select public.pause_mentor($1, 'Sykdom')", paused},
		{"select public.reactivate_mentor($1)", reactivated},
		{"select private.pseudonymise($1, null)", erased},
	} {
		conn := w.db.Connect(t, "postgres")
		commands.Go(func() {
			err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), "select set_config('request.jwt.claims', $1, true)", string(claims(w.coordinators[0]))); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), command.sql, command.mentor)
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", command.sql, err)
			}
		})
		w.awaitBlocked(t, conn)
	}
	var now time.Time
	if err := w.owner.QueryRow(t.Context(), "select clock_timestamp()").Scan(&now); err != nil {
		t.Fatal(err)
	}
	if !now.Before(midnight) {
		t.Fatalf("the commands began at %v, after midnight", now)
	}
	if _, err := w.owner.Exec(t.Context(), "select pg_sleep_until($1)", midnight.Add(100*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	// Whoever holds the lock pauses the mentor whose erasure waits.
	if _, err := tx.Exec(t.Context(), "insert into public.pause_records (mentor_id, status, paused_at) values ($1, 'paused', clock_timestamp())", erased); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	commands.Wait()

	for what, sql := range map[string]string{
		"pause":   "select paused_at, effective_on::text from public.pause_records where mentor_id = $1",
		"its log": "select created_at, (select max(effective_on)::text from public.pause_status_log l where l.mentor_id = r.mentor_id) from public.pause_records r where mentor_id = $1",
	} {
		wantDay(t, w, what, sql, paused)
	}
	for _, mentor := range []string{reactivated, erased} {
		wantDay(t, w, "end", "select reactivated_at, effective_on::text from public.pause_records where mentor_id = $1 and status = 'active'", mentor)
	}
}

// wantDay wants a moment after that midnight, and its day.
func wantDay(t *testing.T, w *world, what, sql, mentor string) {
	t.Helper()
	var moment time.Time
	var day string
	if err := w.owner.QueryRow(t.Context(), sql, mentor).Scan(&moment, &day); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if moment.UTC().Hour() != 22 || day != "2027-06-24" {
		t.Errorf("%s: at %v, dated %s; want a time after midnight in Oslo, dated 2027-06-24", what, moment.UTC(), day)
	}
}
