package schema_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// race runs all of them at once and counts the outcomes by code; the empty code is
// success.
func race(callers int, call func(i int) refusal.Code) map[refusal.Code]int {
	var mu sync.Mutex
	outcomes := map[refusal.Code]int{}
	var everybody sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		everybody.Go(func() {
			<-start
			code := call(i)
			mu.Lock()
			defer mu.Unlock()
			outcomes[code]++
		})
	}
	close(start)
	everybody.Wait()
	return outcomes
}

// TestOneWinsEachTime lets two coordinators and a scheduler change one mentor from
// many goroutines, repeatedly: of all pauses, amendments of one version and
// reactivations exactly one succeeds, the others learn why not, and the log has
// every version once.
func TestOneWinsEachTime(t *testing.T) {
	t.Parallel()
	const callers, rounds = 12, 8
	w := newWorld(t)
	mentor := w.mentor(t)

	// Meanwhile the scheduler brings the status up to date, like the nightly run, in
	// short transactions of its own.
	scheduler := w.db.Connect(t, "postgres")
	stop := make(chan struct{})
	var background sync.WaitGroup
	background.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			_, err := scheduler.Exec(t.Context(),
				"select private.bring_up_to_date($1, private.lock_live_record($1), private.today())", mentor)
			if err != nil {
				t.Errorf("scheduler: %v", err)
				return
			}
		}
	})

	expect := func(round int, what string, got map[refusal.Code]int, loser refusal.Code) {
		t.Helper()
		if got[""] != 1 || got[loser] != callers-1 {
			t.Errorf("round %d, %s: %v, want one success and %d %s", round, what, got, callers-1, loser)
		}
	}
	for round := range rounds {
		expect(round, "pause", race(callers, func(i int) refusal.Code {
			_, code := w.pause(t.Context(), w.coordinators[i%2], mentor, fmt.Sprintf("Grunn %d", i), nil)
			return code
		}), refusal.AlreadyPaused)
		var version int32
		if err := w.owner.QueryRow(t.Context(), "select version from public.pause_records where mentor_id = $1 and status <> 'active'", mentor).Scan(&version); err != nil {
			t.Fatal(err)
		}
		expect(round, "amend", race(callers, func(i int) refusal.Code {
			_, code := w.pause(t.Context(), w.coordinators[i%2], mentor, fmt.Sprintf("Ny grunn %d", i), &version)
			return code
		}), refusal.VersionConflict)
		// The pause goes on under an expired certification until that is renewed.
		kind := fmt.Sprintf("kurs %d", round)
		w.certify(t, mentor, kind, -90, -3)
		if got := race(callers, func(i int) refusal.Code {
			_, code := w.reactivate(t.Context(), w.coordinators[i%2], mentor, nil)
			return code
		}); got[refusal.CertificationExpired] != callers {
			t.Errorf("round %d, reactivate while expired: %v", round, got)
		}
		w.certify(t, mentor, kind, -1, 700)
		expect(round, "reactivate", race(callers, func(i int) refusal.Code {
			_, code := w.reactivate(t.Context(), w.coordinators[i%2], mentor, nil)
			return code
		}), refusal.NotPaused)
	}
	close(stop)
	background.Wait()

	var records, live, incomplete, outOfStep, disorderly int
	err := w.owner.QueryRow(t.Context(), `
		select
			(select count(*) from public.pause_records where mentor_id = $1),
			(select count(*) from public.pause_records where mentor_id = $1 and status <> 'active'),
			(select count(*) from public.pause_records r where r.mentor_id = $1
				and (select array_agg(l.record_version order by l.id) from public.pause_status_log l where l.pause_record_id = r.id)
					is distinct from (select array_agg(v) from generate_series(r.first_version, r.version) v)),
			(select count(*) from public.pause_records r where r.mentor_id = $1
				and r.status is distinct from (select l.to_status from public.pause_status_log l
					where l.pause_record_id = r.id order by l.id desc limit 1)),
			(select count(*) from (
				select l.occurred_at < lag(l.occurred_at) over (order by l.id) as earlier,
					l.from_status is distinct from coalesce(lag(l.to_status) over (order by l.id), 'active') as broken
				from public.pause_status_log l where l.mentor_id = $1) s where s.earlier or s.broken)`,
		mentor).Scan(&records, &live, &incomplete, &outOfStep, &disorderly)
	if err != nil {
		t.Fatal(err)
	}
	if records != rounds || live != 0 || incomplete != 0 || outOfStep != 0 || disorderly != 0 {
		t.Errorf("%d records (want %d), %d live, %d with an incomplete log, %d that differ from it, %d log rows out of order",
			records, rounds, live, incomplete, outOfStep, disorderly)
	}
}

// TestTheSameKeyAtOnce repeats one request from many goroutines: each gets
// request_in_progress or the one answer, and the change is made once.
func TestTheSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	const callers = 16
	w := newWorld(t)
	mentor := w.mentor(t)
	request := database.PauseMentorArguments{MentorID: mentor, PauseReason: "Eksamen", RequestID: uuid.NewString()}

	var mu sync.Mutex
	answers := map[string]int{}
	fresh := 0
	outcomes := race(callers, func(int) refusal.Code {
		reply, err := w.api.PauseMentor(t.Context(), claims(w.coordinators[0]), request)
		if err != nil {
			return refusal.From(err).Code
		}
		mu.Lock()
		defer mu.Unlock()
		answers[string(reply.Body)]++
		if !reply.Replayed {
			fresh++
		}
		return ""
	})
	if outcomes[""] < 1 || outcomes[""]+outcomes[refusal.RequestInProgress] != callers {
		t.Errorf("outcomes %v", outcomes)
	}
	if len(answers) != 1 || fresh != 1 {
		t.Errorf("%d different answers, %d of them fresh", len(answers), fresh)
	}
	var versions int
	if err := w.owner.QueryRow(t.Context(),
		"select count(*) from public.pause_status_log where mentor_id = $1", mentor).Scan(&versions); err != nil {
		t.Fatal(err)
	}
	if versions != 1 {
		t.Errorf("%d rows in the log, want 1", versions)
	}
}

// TestReconcilingWaitsForNobodyWhoFolds repairs a count while a transaction that
// has folded goes on to change the mentor: neither may hold what the other needs.
func TestReconcilingWaitsForNobodyWhoFolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor := w.mentor(t)
	w.exec(t, "select private.fold_roster_deltas()")
	w.exec(t, "update private.roster_counts set mentors = mentors + 1")
	nightly := w.db.Connect(t, "postgres")
	reconcile := func() (repaired, held int) {
		t.Helper()
		err := nightly.QueryRow(t.Context(), "select r.counts_repaired, cardinality(r.held) from private.reconcile(array[$1::uuid], private.today()) r",
			mentor).Scan(&repaired, &held)
		if err != nil {
			t.Fatalf("reconcile: %v", err)
		}
		return repaired, held
	}

	tx, err := w.db.Connect(t, "postgres").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "select private.fold_roster_deltas()"); err != nil {
		t.Fatal(err)
	}
	if repaired, held := reconcile(); repaired != 0 || held != 1 {
		t.Errorf("while somebody folds: %d repaired, %d held", repaired, held)
	}
	if _, err := tx.Exec(t.Context(), "update public.profiles set display_name = 'Åse Ny' where id = $1", mentor); err != nil {
		t.Fatalf("somebody who has folded: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if repaired, held := reconcile(); repaired != 1 || held != 0 {
		t.Errorf("afterwards: %d repaired, want the count; %d held", repaired, held)
	}
}

// TestRebuildingWaitsForWhoeverHoldsAMentor rebuilds the read model while an RPC is
// working: neither may hold what the other needs.
func TestRebuildingWaitsForWhoeverHoldsAMentor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor := w.mentor(t)
	tx, err := w.db.Connect(t, "postgres").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "select private.lock_live_record($1)", mentor); err != nil {
		t.Fatal(err)
	}

	rebuilder := w.db.Connect(t, "postgres")
	rebuilt := make(chan error, 1)
	go func() {
		_, err := rebuilder.Exec(t.Context(), "select private.rebuild_roster()")
		rebuilt <- err
	}()
	for waits := false; !waits; time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-rebuilt:
			t.Fatalf("the rebuild waited for nobody: %v", err)
		default:
		}
		if err := w.owner.QueryRow(t.Context(),
			"select coalesce(wait_event_type = 'Lock', false) from pg_stat_activity where pid = $1", rebuilder.PgConn().PID()).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.Exec(t.Context(), "insert into public.pause_records (mentor_id, status) values ($1, 'paused')", mentor); err != nil {
		t.Fatalf("whoever holds the mentor: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-rebuilt; err != nil {
		t.Fatalf("the rebuild: %v", err)
	}
	var wrong int
	if err := w.owner.QueryRow(t.Context(),
		"select count(*) from private.recounted(array(select id from private.chapter_sets))").Scan(&wrong); err != nil {
		t.Fatal(err)
	}
	if wrong != 0 {
		t.Errorf("%d counts are wrong afterwards", wrong)
	}
}

// TestAHandGivesWay changes a record in the SQL editor while an RPC is at work on the
// mentor: the hand, which holds the row already, is refused instead of waiting for what
// the RPC holds, which may wait for the row.
func TestAHandGivesWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentor := w.mentor(t)
	record, code := w.pause(t.Context(), w.coordinators[0], mentor, "Ferie", nil)
	if code != "" {
		t.Fatal(code)
	}
	tx, err := w.db.Connect(t, "postgres").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	if _, err := tx.Exec(t.Context(), "select private.lock_live_record($1)", mentor); err != nil {
		t.Fatal(err)
	}
	const change = "update public.pause_records set expected_return_date = private.today() + 9 where id = $1"
	if _, err := w.owner.Exec(t.Context(), change, record.ID); codeOf(err) != "55P03" {
		t.Errorf("while the mentor is held: %v, want 55P03", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.exec(t, change, record.ID)
	w.wantNoDifferences(t, []string{mentor})
}

// TestAnswersArePruned without a nightly run: those older than 72 hours go, whichever
// mentor they are about, with every 64th that is stored.
func TestAnswersArePruned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const store = `
		insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response, created_at)
		select gen_random_uuid(), gen_random_uuid(), '', gen_random_uuid(), '{}', clock_timestamp() - $1::interval
		from generate_series(1, $2::int)`
	w.exec(t, store, "72 hours 1 minute", 100)
	w.exec(t, store, "71 hours 59 minutes", 10)
	var request string
	if err := w.owner.QueryRow(t.Context(),
		"select i::text from (select gen_random_uuid() as i from generate_series(1, 10000)) c where uuid_hash(i) & 63 = 0 limit 1").Scan(&request); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.PauseMentor(t.Context(), claims(w.coordinators[0]),
		database.PauseMentorArguments{MentorID: w.mentor(t), PauseReason: "Ferie", RequestID: request}); err != nil {
		t.Fatal(err)
	}
	var old, kept int
	if err := w.owner.QueryRow(t.Context(), `select
		count(*) filter (where created_at < clock_timestamp() - interval '72 hours'), count(*) filter (where response = '{}')
		from private.idempotent_requests`).Scan(&old, &kept); err != nil {
		t.Fatal(err)
	}
	if old != 0 || kept != 10 {
		t.Errorf("%d answers are left that are too old, and %d of 10 that are not", old, kept)
	}
}

// TestRebuildingFormsNoCircle rebuilds the read model while a statement is between its
// first lock and its last: one that writes a table of facts, and the reconciliation,
// which holds the fold.
func TestRebuildingFormsNoCircle(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string][2]string{
		"a membership ends": {
			"lock table public.chapter_memberships in row exclusive mode",
			"update public.chapter_memberships set ended_at = clock_timestamp() where ended_at is null",
		},
		"somebody is renamed": {
			"lock table public.profiles in row exclusive mode",
			"update public.profiles set display_name = 'Ny ' || display_name",
		},
		"the night judges": {
			"lock table public.pause_records in row exclusive mode",
			"select from private.person_locks for no key update skip locked",
		},
		"the night reconciles": {
			"select pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0))",
			"select from private.person_locks for no key update skip locked",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			mentor := w.mentor(t)
			tx, err := w.db.Connect(t, "postgres").Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(context.WithoutCancel(t.Context()))
			if _, err := tx.Exec(t.Context(), statement[0]); err != nil {
				t.Fatal(err)
			}
			rebuilder := w.db.Connect(t, "postgres")
			rebuilt := make(chan error, 1)
			go func() {
				_, err := rebuilder.Exec(t.Context(), "select private.rebuild_roster()")
				rebuilt <- err
			}()
			if name == "the night judges" {
				// Nothing that it has written so far is in the way.
				select {
				case err := <-rebuilt:
					if err != nil {
						t.Fatalf("the rebuild: %v", err)
					}
				case <-time.After(20 * time.Second):
					t.Fatal("the rebuild waits for what the night has written")
				}
				rebuilt <- nil
			} else {
				w.awaitBlocked(t, rebuilder)
			}
			if _, err := tx.Exec(t.Context(), statement[1]); err != nil {
				t.Errorf("whoever was first: %v", err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Error(err)
			}
			if err := <-rebuilt; err != nil {
				t.Errorf("the rebuild: %v", err)
			}
			w.wantNoDifferences(t, []string{mentor})
		})
	}
}
