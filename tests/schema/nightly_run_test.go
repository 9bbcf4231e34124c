package schema_test

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
	"mentorpause/shared/refusal"
	"mentorpause/supabase"
)

// seeded is a world with the people of seed.sql: every status, and much for a night
// to do.
func seeded(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	seed, err := fs.ReadFile(supabase.Files, "seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.PgConn().Exec(t.Context(), string(seed)).ReadAll(); err != nil {
		t.Fatalf("seed.sql: %v", err)
	}
	return w
}

// today is n days after the one on which the world was made: those of one test
// may be made on both sides of midnight.
func (w *world) today(t testing.TB, n int) string {
	t.Helper()
	var date string
	if err := w.owner.QueryRow(t.Context(), "select ($1::date + $2::int)::text", w.day, n).Scan(&date); err != nil {
		t.Fatal(err)
	}
	return date
}

func (w *world) lines(t testing.TB, sql string, args ...any) []string {
	t.Helper()
	rows, err := w.owner.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// statuses is what the run leaves in records and log; outbox is what it announces.
func (w *world) statuses(t testing.TB) []string {
	t.Helper()
	return w.lines(t, `
		select format('%s record %s v%s from day %s', mentor_id, status, version, effective_on - $1::date) from public.pause_records
		union all
		select format('%s log %s→%s v%s %s from day %s', mentor_id, from_status, to_status, record_version, actor_kind, effective_on - $1::date)
		from public.pause_status_log
		order by 1`, w.day)
}

func (w *world) outbox(t testing.TB) []string {
	t.Helper()
	return w.lines(t, `
		select format('%s %s to %s v%s %s day %s', mentor_id, kind, audience, record_version, reminder, reference_on - $1::date)
		from public.notifications order by 1`, w.day)
}

func (w *world) run(t testing.TB, db *database.DB, asOf string) nightly.Report {
	t.Helper()
	report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: asOf, Chunk: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestTheRunEndsTheSame compares one undisturbed run with what EventBridge and
// the network make of it.
func TestTheRunEndsTheSame(t *testing.T) {
	t.Parallel()
	once := seeded(t)
	before := once.statuses(t)
	preview, err := nightly.Run(t.Context(), once.openScheduler(t), nightly.Request{AsOf: once.today(t, 0), DryRun: true, Chunk: 3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, once.statuses(t)); diff != "" {
		t.Errorf("a dry run changed something:\n%s", diff)
	}
	first := once.run(t, once.openScheduler(t), once.today(t, 0))
	if first.Outcome != nightly.Completed || first.Expired < 3 || first.Reminders < 5 || first.MissedNights != 0 || first.LastCompleted != nil {
		t.Errorf("%+v", first)
	}
	if preview.Expired != first.Expired || preview.Restored != first.Restored || preview.Reminders != first.Reminders ||
		preview.Discrepancies != first.Discrepancies || preview.Outcome != nightly.Completed || preview.RunID != nil {
		t.Errorf("the dry run promised %+v, the run did %+v", preview, first)
	}
	wantStatuses, wantOutbox := once.statuses(t), once.outbox(t)
	same := func(t *testing.T, w *world) {
		t.Helper()
		if diff := cmp.Diff(wantStatuses, w.statuses(t)); diff != "" {
			t.Errorf("status and log differ (-one run):\n%s", diff)
		}
		if diff := cmp.Diff(wantOutbox, w.outbox(t)); diff != "" {
			t.Errorf("the outbox differs (-one run):\n%s", diff)
		}
		if open := w.lines(t, "select id::text from public.nightly_runs where outcome is distinct from 'completed'"); len(open) > 0 {
			t.Errorf("unfinished runs: %v", open)
		}
	}

	t.Run("delivered twice", func(t *testing.T) {
		t.Parallel()
		w := seeded(t)
		db := w.openScheduler(t)
		w.run(t, db, w.today(t, 0))
		if again := w.run(t, db, w.today(t, 0)); again.Outcome != nightly.Completed ||
			again.Expired+again.Restored+again.Reminders+again.Discrepancies+again.Requeued != 0 {
			t.Errorf("the second run did something: %+v", again)
		}
		same(t, w)
	})

	t.Run("two at once", func(t *testing.T) {
		t.Parallel()
		w := seeded(t)
		today := w.today(t, 0)
		outcomes := make([]string, 4)
		var all sync.WaitGroup
		for i := range outcomes {
			db := w.openScheduler(t)
			all.Go(func() {
				report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: today, Chunk: 1}, nil)
				if err != nil {
					t.Error(err)
				}
				outcomes[i] = report.Outcome
			})
		}
		all.Wait()
		slices.Sort(outcomes)
		// A start after the first has finished runs too, and finds nothing to do.
		if outcomes[0] != nightly.Completed || slices.Contains(outcomes, nightly.Partial) {
			t.Errorf("outcomes %v", outcomes)
		}
		same(t, w)
	})

	t.Run("connections cut at random moments", func(t *testing.T) {
		t.Parallel()
		w := seeded(t)
		admin := w.db.Connect(t, "supabase_admin")
		today := w.today(t, 0)
		random := rand.New(rand.NewPCG(1, 2))
		stop := make(chan struct{})
		var cutter sync.WaitGroup
		cuts := 0
		// On a busy machine the first step may take longer than the time between two
		// cuts, so they become rarer with each failure.
		var failures atomic.Int64
		cutter.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(20+random.IntN(120+20*int(failures.Load()))) * time.Millisecond):
				}
				tag, err := admin.Exec(t.Context(), `select pg_terminate_backend(pid) from pg_stat_activity
					where usename = 'pause_scheduler' and datname = current_database()`)
				if err != nil {
					t.Errorf("cut: %v", err)
					return
				}
				cuts += int(tag.RowsAffected())
			}
		})
		finished := false
		for range 200 {
			db := w.openScheduler(t)
			report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: today, Chunk: 1}, nil)
			if err == nil && report.Outcome == nightly.Completed {
				finished = true
				break
			}
			failures.Add(1)
			// It is dead, but its lease still has to end.
			w.exec(t, "update public.nightly_runs set lease_until = now() - interval '1 second' where outcome is null")
		}
		close(stop)
		cutter.Wait()
		if !finished || cuts == 0 {
			t.Errorf("finished %v after %d cuts", finished, cuts)
		}
		same(t, w)
	})

	t.Run("stopped before the deadline", func(t *testing.T) {
		t.Parallel()
		w := seeded(t)
		db := w.openScheduler(t)
		// After a few chunks, less is left than what is reserved for the answer.
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+40*time.Millisecond)
		defer cancel()
		report, err := nightly.Run(ctx, db, nightly.Request{AsOf: w.today(t, 0), Chunk: 1}, nil)
		if err != nil || report.Outcome != nightly.Partial {
			t.Fatalf("%+v, %v", report, err)
		}
		goesOn := w.run(t, db, w.today(t, 0))
		if *goesOn.RunID != *report.RunID || goesOn.Expired != first.Expired || goesOn.Reminders != first.Reminders {
			t.Errorf("first %+v, then %+v", report, goesOn)
		}
		same(t, w)
	})
}

// TestALateRunTellsTheSameHistory leaves out two nights.
func TestALateRunTellsTheSameHistory(t *testing.T) {
	t.Parallel()
	late, onTime := seeded(t), seeded(t)
	for _, w := range []*world{late, onTime} {
		// A certification that expires and is renewed between two runs.
		w.exec(t, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			select id, 'førstehjelp', private.today() + v.issued, private.today() + v.expires
			from public.profiles cross join (values (-900, -3), (-1, 300)) v (issued, expires)
			where id = 'a0000000-0000-4000-8000-000000000008'`)
	}
	db := onTime.openScheduler(t)
	for day := -3; day <= 0; day++ {
		onTime.run(t, db, onTime.today(t, day))
	}
	db = late.openScheduler(t)
	late.run(t, db, late.today(t, -3))
	report := late.run(t, db, late.today(t, 0))
	if report.MissedNights != 2 || report.LastCompleted == nil || *report.LastCompleted != late.today(t, -3) {
		t.Errorf("%+v", report)
	}
	if diff := cmp.Diff(onTime.statuses(t), late.statuses(t)); diff != "" {
		t.Errorf("the late run tells another history (-on time +late):\n%s", diff)
	}
	if n := len(late.lines(t, `select 'x' from public.pause_status_log
		where mentor_id = 'a0000000-0000-4000-8000-000000000008' and actor_kind = 'scheduler'`)); n != 2 {
		t.Errorf("%d changes of the mentor who lapsed in between, want 2", n)
	}
}

// TestTheRunPassesByWhomACoordinatorHolds keeps a coordinator's transaction open:
// the other mentors do not wait for that one, and the run comes back to it.
func TestTheRunPassesByWhomACoordinatorHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentors := make([]string, 9)
	for i := range mentors {
		mentors[i] = w.person(t, "Åse Mentor")
		w.join(t, mentors[i], w.chapter, "mentor")
		w.certify(t, mentors[i], "kurs", -90, -3)
	}
	coordinator := w.db.Connect(t, "authenticator")
	tx, err := coordinator.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)",
		string(claims(w.coordinators[0]))); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select public.pause_mentor($1, 'Pause')", mentors[4]); err != nil {
		t.Fatal(err)
	}

	db := w.openScheduler(t)
	asOf := w.today(t, 0)
	ended := make(chan nightly.Report)
	go func() {
		defer close(ended)
		report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: asOf, Chunk: 2}, nil)
		if err != nil {
			t.Error(err)
		}
		ended <- report
	}()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		done := len(w.lines(t, "select mentor_id::text from public.pause_records where status = 'expired_cert'"))
		held := w.lines(t, "select held::text from public.nightly_runs")
		if done == len(mentors)-1 && slices.Equal(held, []string{"1"}) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of the others are done, held %v", done, held)
		}
	}
	select {
	case report := <-ended:
		t.Fatalf("it did not wait: %+v", report)
	case <-time.After(300 * time.Millisecond):
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if report := <-ended; report.Outcome != nightly.Completed || report.Held != 0 || report.Expired != len(mentors)-1 {
		t.Errorf("%+v", report) // the coordinator's own call had stored the ninth
	}
}

// TestTheRunWaitsForNobodysFacts keeps transactions open that have written what the
// run reads, including its marks. The run does not wait for them, and the next one
// sees what they wrote.
func TestTheRunWaitsForNobodysFacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentors := make([]string, 6)
	for i := range mentors {
		mentors[i] = w.person(t, "Åse Mentor")
		w.join(t, mentors[i], w.chapter, "mentor")
		w.certify(t, mentors[i], "kurs", -90, -3)
	}
	db, asOf := w.openScheduler(t), w.today(t, 0)
	// Mentors marked already, and mentors marked for the first time.
	for round, mentor := range mentors[:2] {
		tx, err := w.db.Connect(t, "postgres").Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			values ($1, 'kurs', private.today() - 1, private.today() + 90)`, mentor); err != nil {
			t.Fatal(err)
		}
		waiting := make(chan nightly.Report, 1)
		go func() {
			report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: asOf, Chunk: 2}, nil)
			if err != nil {
				t.Error(err)
			}
			waiting <- report
		}()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if others := len(w.lines(t, "select 'x' from public.pause_records where status = 'expired_cert'")); others >= len(mentors)-2 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("round %d: the others wait", round)
			}
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if report := <-waiting; report.Outcome != nightly.Completed {
			t.Errorf("round %d: %+v", round, report)
		}
		w.run(t, db, asOf)
		if stuck := w.lines(t, "select 'stuck' from public.pause_records where status = 'expired_cert' and mentor_id = '"+mentor+"'"); len(stuck) > 0 {
			t.Errorf("round %d: who renewed meanwhile is %v", round, stuck)
		}
	}
	if told := w.lines(t, "select to_status from public.pause_status_log where mentor_id = '"+mentors[0]+"'"); len(told) > 0 {
		t.Errorf("whose mark was being written was judged all the same: %v", told)
	}
}

// TestTheRunAmongCoordinators runs repeatedly while coordinators pause and
// reactivate: no call fails, and the log stays complete.
func TestTheRunAmongCoordinators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mentors := make([]string, 12)
	for i := range mentors {
		mentors[i] = w.mentor(t)
	}
	asOf := w.today(t, 0)
	db := w.openScheduler(t)
	stop := make(chan struct{})
	var scheduler sync.WaitGroup
	scheduler.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: asOf, Full: true, Chunk: 4}, nil)
			if err != nil || report.Outcome != nightly.Completed || report.Discrepancies != 0 {
				t.Errorf("%+v, %v", report, err)
				return
			}
		}
	})
	race(6, func(i int) refusal.Code {
		random := rand.New(rand.NewPCG(uint64(i), 1))
		for range 40 {
			mentor := mentors[random.IntN(len(mentors))]
			var code refusal.Code
			switch random.IntN(3) {
			case 0:
				_, code = w.pause(t.Context(), w.coordinators[i%2], mentor, "Pause", nil)
			case 1:
				_, code = w.reactivate(t.Context(), w.coordinators[i%2], mentor, nil)
			case 2:
				// Expired or renewed by the organisation's other systems.
				if err := w.db.As(t, map[string]any{"role": "service_role"}, func(tx pgx.Tx) error {
					_, err := tx.Exec(t.Context(), `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
						values ($1, $2, $3::date - 9, $3::date + $4::int)`, mentor, uuid.NewString()[:1], asOf, random.IntN(9)-2)
					return err
				}); err != nil {
					t.Errorf("certify: %v", err)
				}
			}
			switch code {
			case "", refusal.AlreadyPaused, refusal.NotPaused, refusal.CertificationExpired:
			default:
				t.Errorf("a coordinator was refused with %s", code)
			}
		}
		return ""
	})
	close(stop)
	scheduler.Wait()

	report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: asOf, Full: true}, nil)
	if err != nil || report.Discrepancies != 0 {
		t.Errorf("%+v, %v", report, err)
	}
	wrong := w.lines(t, `
		select format('%s: stored %s', m.user_id, coalesce(r.status, 'active'))
		from public.chapter_memberships m
		left join public.pause_records r on r.mentor_id = m.user_id and r.status <> 'active'
		left join private.certification_facts(array(select user_id from public.chapter_memberships where role = 'mentor'), private.today()) f
			on f.mentor_id = m.user_id
		where m.role = 'mentor' and coalesce(r.status, 'active') <> case
			when f.certified_until < private.today() then 'expired_cert' when r.paused_at is not null then 'paused' else 'active' end`)
	if len(wrong) > 0 {
		t.Errorf("stored status differs from the facts: %v", wrong)
	}
}

// TestASecondStartIsSkippedAtOnce begins a run while the first one's chunk, or
// its begin, is in the middle of its transaction: nobody waits.
func TestASecondStartIsSkippedAtOnce(t *testing.T) {
	t.Parallel()
	w := seeded(t)
	db := w.openScheduler(t)
	w.run(t, db, w.today(t, -2))
	today := w.today(t, 0)
	first := w.db.Connect(t, "postgres")
	second := func(what, asOf string) {
		t.Helper()
		// Who would wait is refused the lock, however slow the machine is.
		impatient := w.db.Connect(t, "postgres")
		var outcome *string
		if _, err := impatient.Exec(t.Context(), "set lock_timeout to '10ms'"); err != nil {
			t.Fatal(err)
		}
		if err := impatient.QueryRow(t.Context(), "select public.nightly_begin($1::date, false, gen_random_uuid()) ->> 'outcome'", asOf).Scan(&outcome); err != nil {
			t.Errorf("%s: %v", what, err)
		} else if outcome == nil || *outcome != nightly.Skipped {
			t.Errorf("%s: %v", what, outcome)
		}
	}
	begin := func(tx pgx.Tx) (run, token int64) {
		t.Helper()
		if err := tx.QueryRow(t.Context(), `select (r ->> 'run_id')::bigint, (r ->> 'fencing_token')::bigint
			from public.nightly_begin($1::date, false, gen_random_uuid()) r`, today).Scan(&run, &token); err != nil {
			t.Fatal(err)
		}
		return run, token
	}

	tx, err := first.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	begin(tx)
	second("while the first begins", today)
	second("for an older date", w.today(t, -1))
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}

	var run, token int64
	if err := pgx.BeginFunc(t.Context(), first, func(tx pgx.Tx) error { run, token = begin(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	for phase, done := "reconcile", false; !done; {
		tx, err := first.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = tx.QueryRow(t.Context(), `select r ->> 'phase', r ->> 'outcome' is not null from public.nightly_step($1, $2, 7) r`, run, token).Scan(&phase, &done)
		if err != nil {
			t.Fatal(err)
		}
		// Also when the lease has run out: a chunk at work is alive.
		if _, err := tx.Exec(t.Context(), "update public.nightly_runs set lease_until = now() - interval '1 second' where id = $1", run); err != nil {
			t.Fatal(err)
		}
		second("while a chunk has come to "+phase, today)
		second("for a later date", w.today(t, 1))
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReconciliationReachesEverybody alters logs all over an organisation: one
// night finds them all. Where time doesn't suffice, nights go on where the last
// one stopped, and are round within a week.
func TestReconciliationReachesEverybody(t *testing.T) {
	t.Parallel()
	const mentors, chunk = 700, 10
	w := newWorld(t)
	db := w.openScheduler(t)
	w.exec(t, "insert into public.profiles (id, display_name) select md5('mentor ' || n)::uuid, 'Åse' from generate_series(1, $1::int) n", mentors)
	w.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) select $1, id, 'mentor' from public.profiles where display_name = 'Åse'", w.chapter)
	w.exec(t, "insert into public.pause_records (mentor_id, status, effective_on) select id, 'paused', private.today() - 30 from public.profiles where display_name = 'Åse'")
	alter := func() {
		t.Helper()
		w.exec(t, "alter table public.pause_status_log disable trigger user")
		w.exec(t, "update public.pause_status_log set to_status = 'active' where to_status <> 'active'")
		w.exec(t, "alter table public.pause_status_log enable trigger user")
	}
	night := func(day int, reconcile time.Duration) nightly.Report {
		t.Helper()
		report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: w.today(t, day), Chunk: chunk, Reconcile: reconcile}, nil)
		if err != nil || report.Outcome != nightly.Completed {
			t.Fatalf("%+v, %v", report, err)
		}
		return report
	}
	night(-20, 0)
	alter()
	// And certifications that nobody was told of, with no date that the night looks at.
	superuser := w.db.Connect(t, "supabase_admin")
	if _, err := superuser.Exec(t.Context(), `set session_replication_role to replica;
		insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			select id, 'kurs', private.today() - 900, private.today() - 50 from public.profiles where display_name = 'Åse'`); err != nil {
		t.Fatal(err)
	}
	if report := night(-19, 0); report.Discrepancies != mentors || report.Reconciled != mentors || report.Expired != mentors {
		t.Errorf("one night found %+v", report)
	}

	// No time at all: what the week asks for.
	w.exec(t, `create function private.spend() returns trigger language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
		as $$ begin new.reconcile_ms := 60000; return new; end $$`)
	w.exec(t, "create trigger spend before insert on public.nightly_runs for each row execute function private.spend()")
	alter()
	found, nights := 0, 0
	for ; found < mentors && nights < 30; nights++ {
		report := night(-18+nights, time.Second)
		found += report.Discrepancies
		if report.Reconciled >= mentors/2 {
			t.Errorf("without time it reconciled %d", report.Reconciled)
		}
	}
	if found != mentors || nights > 7 {
		t.Errorf("%d found after %d nights", found, nights)
	}
	if report := night(-1, -1); report.Reconciled != 0 {
		t.Errorf("none was asked for, %d reconciled", report.Reconciled)
	}
}
