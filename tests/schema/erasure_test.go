package schema_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestErasingTwoAtOnce erases two people who are both in each other's inbox. The
// first erasure has to wait for somebody; it holds nothing meanwhile, so that the
// second one ends before it.
func TestErasingTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bo, cy := w.mentor(t), w.mentor(t), w.mentor(t)
	w.exec(t, "insert into auth.users (id) values ($1), ($2)", ada, bo)
	w.exec(t, `
		insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body, created_at)
		select gen_random_uuid(), recipient, mentor, 'paused', 'Hemmelig', 'Hemmelig', now()
		from (values ($3::uuid, $1::uuid), ($2, $1), ($1, $2)) i (recipient, mentor)`, ada, bo, cy)

	// The row in Cy's inbox is Ada's first, in every plan's order.
	holder := w.db.Connect(t, "postgres")
	tx, err := holder.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "select from public.notification_inbox where recipient_id = $1 for update", cy); err != nil {
		t.Fatal(err)
	}
	var erasing sync.WaitGroup
	conn := w.db.Connect(t, "postgres")
	erasing.Go(func() {
		if _, err := conn.Exec(t.Context(), "delete from auth.users where id = $1", ada); err != nil {
			t.Error(err)
		}
	})
	w.awaitBlocked(t, conn)
	w.exec(t, "delete from auth.users where id = $1", bo)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	erasing.Wait()

	var left, erased int
	err = w.owner.QueryRow(t.Context(), `select
		(select count(*) from public.notification_inbox where title <> 'Slettet person' or body <> ''),
		(select count(*) from public.erasures where person_id in ($1, $2))`, ada, bo).Scan(&left, &erased)
	if err != nil {
		t.Fatal(err)
	}
	if left != 0 || erased != 2 {
		t.Errorf("%d names left in inboxes, %d people erased; want 0 and 2", left, erased)
	}
}

// awaitBlocked returns when the session is waiting for another one.
func (w *world) awaitBlocked(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	pid := conn.PgConn().PID()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var blocked bool
		// An erasure waits by trying again.
		if err := w.owner.QueryRow(t.Context(), `select cardinality(pg_blocking_pids($1::int)) > 0
			or exists (select from pg_stat_activity where pid = $1::int and wait_event = 'PgSleep')`, int32(pid)).Scan(&blocked); err != nil {
			t.Fatal(err)
		}
		if blocked {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("session %d waits for nobody", pid)
		}
	}
}
