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

// TestErasingWhoeverIsHeld erases people of every kind while their tables are written
// to: as a mentor, as a coordinator, as both, several in one statement. Nobody meets a
// deadlock, and the roster and the log agree with the tables afterwards.
func TestErasingWhoeverIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rounds = 40
	sessions := make([]*pgx.Conn, 7)
	for i := range sessions {
		sessions[i] = w.db.Connect(t, "postgres")
	}
	for round := range rounds {
		// Each is a mentor and a coordinator, and responsible for the next one in the circle.
		var circle []string
		for range 4 {
			person := w.mentor(t)
			w.join(t, person, w.chapter, "coordinator")
			circle = append(circle, person)
		}
		w.exec(t, "insert into auth.users (id) select u from unnest($1::uuid[]) u", circle)
		for i, person := range circle {
			w.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", person, circle[(i+1)%len(circle)])
		}
		var all sync.WaitGroup
		run := func(session int, sql string, args ...any) {
			all.Go(func() {
				if _, err := sessions[session].Exec(t.Context(), sql, args...); err != nil && codeOf(err) != "23001" {
					t.Errorf("round %d: %s: %v", round, sql, err)
				}
			})
		}
		run(0, "delete from auth.users where id = any ($1)", circle[:1+round%2])
		run(1, "update public.profiles set display_name = 'Ny ' || display_name where id = $1", circle[1])
		run(2, "update public.profiles set display_name = 'Ny ' || display_name where id = $1", circle[2])
		run(3, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", circle[3], circle[1])
		run(4, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", circle[1], circle[3])
		run(5, "update public.chapter_memberships set ended_at = now() where user_id = any ($1) and role = 'coordinator'", circle[2:])
		run(6, "update public.coordinator_assignments set ended_at = now() where coordinator_id = any ($1) and ended_at is null", circle[:2])
		all.Wait()
		if t.Failed() {
			return
		}
		w.wantNoDifferences(t, circle)
	}
}

// wantNoDifferences checks that log and read model are what the tables say.
func (w *world) wantNoDifferences(t *testing.T, mentors []string) {
	t.Helper()
	rows, err := w.owner.Query(t.Context(), `
		select d.kind from private.find_log_discrepancies($1::uuid[]) d
		union all
		select d.kind from private.find_roster_differences($1::uuid[]) d`, mentors)
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(kinds) > 0 {
		t.Errorf("differences: %v", kinds)
	}
}

// TestErasingWhatTheClockLeft erases somebody whose pause begins in the future by the
// server's clock: a row that came in with triggers switched off, or before the clock
// was set back.
func TestErasingWhatTheClockLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor := w.mentor(t)
	w.exec(t, "insert into auth.users (id) values ($1)", mentor)
	if _, code := w.pause(t.Context(), w.coordinators[0], mentor, "Ferie", nil); code != "" {
		t.Fatal(code)
	}
	admin := w.db.Connect(t, "supabase_admin")
	if _, err := admin.Exec(t.Context(), `
		set session_replication_role = replica;
		update public.pause_records set paused_at = now() + interval '1 minute' where mentor_id = '`+mentor+`';
		reset session_replication_role`); err != nil {
		t.Fatal(err)
	}
	if _, code := w.reactivate(t.Context(), w.coordinators[0], mentor, nil); code != "" {
		t.Errorf("reactivating: %s", code)
	}
	if _, code := w.pause(t.Context(), w.coordinators[0], mentor, "Reise", nil); code != "" {
		t.Errorf("pausing again: %s", code)
	}
	w.exec(t, "delete from auth.users where id = $1", mentor)
	var reasons int
	if err := w.owner.QueryRow(t.Context(), "select count(pause_reason) from public.pause_records where mentor_id = $1", mentor).Scan(&reasons); err != nil || reasons != 0 {
		t.Errorf("%d reasons are left (%v)", reasons, err)
	}
}

// TestErasingASecondTime erases again whoever came back with triggers switched off:
// what is open ends, and a person who was never anything but a name stays erased too.
func TestErasingASecondTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor, nobody := w.mentor(t), w.person(t, "Slettet person")
	admin := w.db.Connect(t, "supabase_admin")
	erase := func() {
		t.Helper()
		w.exec(t, "insert into auth.users (id) values ($1), ($2)", mentor, nobody)
		w.exec(t, "delete from auth.users where id in ($1, $2)", mentor, nobody)
	}
	erase()
	if _, err := admin.Exec(t.Context(), `
		set session_replication_role = replica;
		update public.chapter_memberships set ended_at = null where user_id = '`+mentor+`';
		update public.profiles set display_name = 'Åse' where id = '`+mentor+`';
		reset session_replication_role`); err != nil {
		t.Fatal(err)
	}
	erase()
	erase()
	for person, want := range map[string]int{mentor: 2, nobody: 1} {
		var erasures, open, names int
		err := w.owner.QueryRow(t.Context(), `select
			(select count(*) from public.erasures where person_id = $1),
			(select count(*) from public.chapter_memberships where user_id = $1 and ended_at is null),
			(select count(*) from public.profiles where id = $1 and display_name <> 'Slettet person')`, person).Scan(&erasures, &open, &names)
		if err != nil {
			t.Fatal(err)
		}
		if erasures != want || open != 0 || names != 0 {
			t.Errorf("%d erasures, want %d; %d open memberships, %d names", erasures, want, open, names)
		}
	}
	if _, err := w.owner.Exec(t.Context(), "update public.profiles set display_name = 'Åse' where id = $1", nobody); codeOf(err) != "23001" {
		t.Errorf("somebody without anything to erase gets a name again: %v", err)
	}
}
