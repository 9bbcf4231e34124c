package schema_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
)

// undelivered is the dashboard's count of one chapter.
func (w *world) undelivered(t testing.TB, chapter string) (count int) {
	t.Helper()
	if err := w.owner.QueryRow(t.Context(), "select (private.roster_summary(array[$1::uuid], private.today()) ->> 'undelivered_notifications')::int",
		chapter).Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}

// TestUndeliveredIsCountedWhereTheMentorIs lets a notification become undeliverable
// while its mentor joins a second chapter and leaves the first, whoever comes first:
// afterwards it counts in the second chapter, and in no other.
func TestUndeliveredIsCountedWhereTheMentorIs(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"the dispatcher", "the mentor"} {
		t.Run(first+" comes first", func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			mentor := w.mentor(t)
			other := uuid.NewString()
			w.exec(t, "insert into public.chapters (id, name) values ($1, 'Oslo')", other)
			w.exec(t, "insert into public.notifications (mentor_id, audience, kind) values ($1, 'mentor', 'mentor_paused')", mentor)

			dispatcher, mover := w.db.Connect(t, "postgres"), w.db.Connect(t, "postgres")
			move := func(do func(string, ...any) error) error {
				if err := do("insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'mentor')", other, mentor); err != nil {
					return err
				}
				return do("update public.chapter_memberships set ended_at = now() where chapter_id = $1 and user_id = $2", w.chapter, mentor)
			}
			give := func(do func(string, ...any) error) error {
				return do("update public.notifications set state = 'undeliverable' where mentor_id = $1", mentor)
			}
			begin := func(conn *pgx.Conn) (pgx.Tx, func(string, ...any) error) {
				tx, err := conn.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
				return tx, func(sql string, args ...any) error {
					_, err := tx.Exec(t.Context(), sql, args...)
					return err
				}
			}
			gives, doGive := begin(dispatcher)
			moves, doMove := begin(mover)
			finish := func(tx pgx.Tx) {
				t.Helper()
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if first == "the mentor" {
				if err := move(doMove); err != nil {
					t.Fatal(err)
				}
				// A dispatcher waits for nobody who changes a mentor.
				if err := give(doGive); err != nil {
					t.Fatal(err)
				}
				finish(gives)
				finish(moves)
			} else {
				if err := give(doGive); err != nil {
					t.Fatal(err)
				}
				moved := make(chan error, 1)
				go func() { moved <- move(doMove) }()
				w.awaitBlocked(t, mover)
				finish(gives)
				if err := <-moved; err != nil {
					t.Fatal(err)
				}
				finish(moves)
			}
			check := func(when string) {
				t.Helper()
				if here, there := w.undelivered(t, other), w.undelivered(t, w.chapter); here != 1 || there != 0 {
					t.Errorf("%s: %d where the mentor is, %d where the mentor was; want 1 and 0", when, here, there)
				}
			}
			check("afterwards")
			w.exec(t, "select private.fold_roster_deltas()")
			check("when it was looked up")
			var rows int
			if err := w.owner.QueryRow(t.Context(), "select count(*) from private.unacknowledged where chapter_set_id is not null").Scan(&rows); err != nil {
				t.Fatal(err)
			}
			if rows != 1 {
				t.Errorf("%d rows say where it counts, want 1", rows)
			}
			w.exec(t, "update public.notifications set acknowledged_at = now()")
			if left := w.undelivered(t, other); left != 0 {
				t.Errorf("%d are left when it is acknowledged", left)
			}
		})
	}
}

// TestForeignMattersCostNothing gives other chapters thousands of undeliverable
// notifications and discrepancies: the summary of a chapter looks at as many rows
// as before.
func TestForeignMattersCostNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	exec := func(sql string) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%.80s: %v", sql, err)
		}
	}
	exec(`insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag' from generate_series(0, 400) n`)
	exec(`insert into public.profiles (id, display_name) select md5('mentor ' || n)::uuid, 'Mentor' from generate_series(1, 2000) n`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role)
		select md5('chapter ' || n % 400)::uuid, md5('mentor ' || n)::uuid, 'mentor' from generate_series(1, 2000) n`)
	exec(`insert into public.profiles (id, display_name) values (md5('coordinator')::uuid, 'Kari')`)
	exec(`insert into public.chapter_memberships (chapter_id, user_id, role) values (md5('chapter 0')::uuid, md5('coordinator')::uuid, 'coordinator')`)
	add := func(condition string) {
		t.Helper()
		exec(`insert into public.notifications (mentor_id, audience, kind, state)
			select md5('mentor ' || n)::uuid, 'mentor', 'mentor_paused', 'undeliverable' from generate_series(1, 2000) n where ` + condition)
		exec(`insert into public.status_discrepancies (mentor_id, kind)
			select md5('mentor ' || n)::uuid, 'log_missing' from generate_series(1, 2000) n where ` + condition)
	}
	add("n % 400 = 0")
	// Nobody who never was a mentor may be looked up by everybody.
	exec(`insert into public.profiles (id, display_name) select md5('nobody ' || n)::uuid, 'Nobody' from generate_series(1, 100) n`)
	exec("select private.fold_roster_deltas(100000)")
	exec("vacuum analyze")

	admin := explaining(t, db)
	caller := string(claims(text(t, owner, "select md5('coordinator')::uuid::text")))
	looked := func() (rows, blocks float64, summary string) {
		t.Helper()
		for _, statement := range admin.explain(t, caller, "select private.coordinator_roster(null, null, null, 20, null)") {
			statement.Plan.walk(func(node plan) {
				if node.Relation != "" { // How they are sorted or joined is the version's.
					rows += (node.Rows + node.Removed) * node.Loops
				}
				if node.Relation == "unacknowledged" {
					blocks += node.Hit
				}
				if node.Type == "Seq Scan" && node.Relation != "settings" {
					t.Errorf("a sequential scan of %s in\n%.200s", node.Relation, statement.Query)
				}
			})
		}
		return rows, blocks, text(t, owner, "select private.roster_summary(array[md5('chapter 0')::uuid], private.today())::text")
	}
	before, blocksBefore, summary := looked()
	add("n % 400 > 0")
	exec(`insert into public.notifications (mentor_id, audience, kind, state)
		select md5('nobody ' || n)::uuid, 'mentor', 'mentor_paused', 'undeliverable' from generate_series(1, 100) n`)
	exec("select private.fold_roster_deltas(100000)")
	// Nor are entries stepped over until the next vacuum. (The index is a level deeper now, and
	// whether the chapter's five rows are visible is read from the table, twice.)
	if _, blocks, _ := looked(); blocks > blocksBefore+4+2*5 {
		t.Errorf("%v blocks looked at with what other chapters have, %v without", blocks, blocksBefore)
	}
	exec("vacuum analyze")
	after, _, summaryAfter := looked()
	if before == 0 || after != before {
		t.Errorf("%v rows looked at with what other chapters have, %v without", after, before)
	}
	if summary != summaryAfter {
		t.Errorf("the summary became\n%s from\n%s", summaryAfter, summary)
	}
}
