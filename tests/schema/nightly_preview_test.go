package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
)

// steps is a nightly run by hand, in a transaction that is rolled back: so that
// a run can be left in every state, looked ahead from there, and then finished.
type steps struct {
	t  *testing.T
	tx pgx.Tx
}

func (s steps) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.tx.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

func (s steps) run(sql string, args ...any) database.NightlyRun {
	s.t.Helper()
	var answer []byte
	if err := s.tx.QueryRow(s.t.Context(), sql, args...).Scan(&answer); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	var run database.NightlyRun
	if err := json.Unmarshal(answer, &run); err != nil {
		s.t.Fatal(err)
	}
	return run
}

const stepBatch = 17

func (s steps) begin(asOf string, full bool) database.NightlyRun {
	s.t.Helper()
	return s.run("select public.nightly_begin($1::date, $2, gen_random_uuid())", asOf, full)
}

// finish steps until the run is done, or after so many steps.
func (s steps) finish(run database.NightlyRun, most int) (database.NightlyRun, int) {
	s.t.Helper()
	n := 0
	for ; n < most && run.Outcome == nil; n++ {
		run = s.run("select public.nightly_step($1, $2, $3)", run.RunID, run.FencingToken, stepBatch)
	}
	return run, n
}

// preview adds up the dry run's chunks, in a transaction in which nothing can be
// written.
func (s steps) preview(asOf string, full bool) database.NightlyRun {
	s.t.Helper()
	s.exec("savepoint preview")
	s.exec("set local transaction_read_only to on")
	sum := database.NightlyRun{}
	var phase, afterID *string
	for n := 0; sum.Outcome == nil; n++ {
		next := s.run("select public.nightly_preview($1::date, $2, $3, $4::uuid, $5)", asOf, full, phase, afterID, stepBatch)
		phase, afterID = &next.Phase, next.AfterID
		sum = plus(sum, next)
		if n > 1000 {
			s.t.Fatalf("the preview never ends: %+v", next)
		}
	}
	s.exec("rollback to savepoint preview")
	return sum
}

func plus(sum, next database.NightlyRun) database.NightlyRun {
	next.Expired += sum.Expired
	next.Restored += sum.Restored
	next.Begun += sum.Begun
	next.Reminders += sum.Reminders
	next.Discrepancies += sum.Discrepancies
	next.Requeued += sum.Requeued
	next.RosterRepaired += sum.RosterRepaired
	next.CountsRepaired += sum.CountsRepaired
	return next
}

// did is what a run counts, without what it had counted before.
func did(after, before database.NightlyRun) string {
	return fmt.Sprintf("%d expired, %d restored, %d reminders, %d discrepancies, %d requeued, %d entries, %d counts",
		after.Expired-before.Expired, after.Restored-before.Restored, after.Reminders-before.Reminders,
		after.Discrepancies-before.Discrepancies, after.Requeued-before.Requeued,
		after.RosterRepaired-before.RosterRepaired, after.CountsRepaired-before.CountsRepaired)
}

// TestADryRunReadsOnly leaves a run in every state that it can be left in (after
// each of its steps, stopped or dead, with mentors who were held, with logs,
// entries and certifications that nobody was told of) and has a dry run look from
// there, for that night and later ones. It runs where nothing can be written, and
// what it says is what the run then does.
func TestADryRunReadsOnly(t *testing.T) {
	t.Parallel()
	w := seeded(t)
	today := w.today(t, 0)
	db := w.openScheduler(t)
	w.run(t, db, w.today(t, -3))

	// Much that a night has to do, and some of it where no date and no mark says so.
	superuser := w.db.Connect(t, "supabase_admin")
	if _, err := superuser.Exec(t.Context(), `
		set session_replication_role to replica;
		create temporary table chosen as
			select m.user_id as id, row_number() over (order by m.user_id) as n
			from (select distinct user_id from public.chapter_memberships where role = 'mentor' and ended_at is null) m
			where not exists (select from public.pause_records r where r.mentor_id = m.user_id);
		insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			select id, 'smuggled in', private.today() - 90, private.today() - 20 - n::int from chosen where n % 5 = 0;
		insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			select id, 'ends soon', private.today() - 90, private.today() + 12 from chosen where n % 5 = 1;
		insert into public.pause_records (id, mentor_id, status, paused_at)
			select md5('untold' || n)::uuid, id, 'paused', now() - interval '2 days' from chosen where n % 5 = 2;
		update private.roster_entries set display_name = 'Nobody' where mentor_id in (select id from chosen where n % 5 in (0, 3));
		update private.roster_counts set mentors = mentors + 1 where day = '-infinity';
		insert into private.nightly_held select id from chosen where n % 5 = 4;
		insert into public.notifications (mentor_id, audience, kind, state)
			select user_id, 'administrator', 'discrepancy_found', 'undeliverable' from public.chapter_memberships where role = 'mentor' limit 5;
	`); err != nil {
		t.Fatal(err)
	}
	renewed := w.lines(t, "select mentor_id::text from public.pause_records where status = 'expired_cert' order by 1 limit 2")
	for _, mentor := range renewed {
		w.exec(t, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
			select mentor_id, kind, private.today() - 1, private.today() + 300 from public.certifications where mentor_id = $1 group by 1, 2`, mentor)
	}

	owner := w.db.Connect(t, "postgres")
	play := func(name string, do func(s steps)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			tx, err := owner.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(t.Context())
			do(steps{t, tx})
		})
	}
	seen := map[string]bool{}
	// Every state that a run of that kind passes through.
	each := func(name string, full bool, leave func(s steps, run database.NightlyRun)) {
		for after := 0; ; after++ {
			var last bool
			play(fmt.Sprintf("%s after %d steps", name, after), func(s steps) {
				run, done := s.finish(s.begin(today, full), after)
				if run.Outcome != nil || done < after {
					last = true
					return
				}
				seen[run.Phase] = true
				leave(s, run)
				want := s.preview(today, full)
				// A new lease; the counts go on in the same run.
				resumed, _ := s.finish(s.begin(today, full), 1000)
				if got := did(resumed, run); got != did(want, database.NightlyRun{}) {
					s.t.Errorf("left in phase %s after %v: the dry run says\n%s, the run then does\n%s",
						run.Phase, run.AfterID, did(want, database.NightlyRun{}), got)
				}
				s.preview(w.today(t, 20), full)
			})
			if last || t.Failed() {
				return
			}
		}
	}
	stopped := func(s steps, run database.NightlyRun) {
		s.run("select public.nightly_stop($1, $2)", run.RunID, run.FencingToken)
	}
	each("stopped", false, stopped)
	each("dead", false, func(s steps, _ database.NightlyRun) {
		s.exec("update public.nightly_runs set lease_until = now() - interval '1 second' where outcome is null")
	})
	each("of everything, stopped", true, stopped)
	// Mentors who were held all the while, behind and before where it stands.
	each("with mentors held, stopped", false, func(s steps, run database.NightlyRun) {
		s.exec(`insert into private.nightly_held
			select distinct user_id from public.chapter_memberships where role = 'mentor' and ended_at is null on conflict do nothing`)
		stopped(s, run)
	})
	for _, phase := range []string{"reconcile", "mentors"} {
		if !seen[phase] {
			t.Errorf("no run was left in phase %s: %v", phase, seen)
		}
	}
	// Phases that a step does not end in are looked at from there too.
	for _, phase := range []string{"reconcile", "mentors", "requeue", "tidy", "held"} {
		for _, full := range []bool{false, true} {
			play(fmt.Sprintf("in phase %s, full %v", phase, full), func(s steps) {
				run := s.begin(today, full)
				stopped(s, run)
				s.exec("update public.nightly_runs set phase = $1 where id = $2", phase, run.RunID)
				want := s.preview(today, full)
				resumed, _ := s.finish(s.begin(today, full), 1000)
				if got := did(resumed, run); got != did(want, database.NightlyRun{}) {
					s.t.Errorf("the dry run says\n%s, the run then does\n%s", did(want, database.NightlyRun{}), got)
				}
			})
		}
	}
	// Two mentors are held by others to the end.
	holder := w.db.Connect(t, "postgres")
	play("waiting for others", func(s steps) {
		if _, err := holder.Exec(t.Context(), `select pg_advisory_lock(private.mentor_lock(h.mentor_id))
			from (select mentor_id from private.nightly_held order by 1 limit 2) h`); err != nil {
			s.t.Fatal(err)
		}
		run := s.begin(today, false)
		for !run.IsWaiting {
			run, _ = s.finish(run, 1)
		}
		if _, err := holder.Exec(t.Context(), "select pg_advisory_unlock_all()"); err != nil {
			s.t.Fatal(err)
		}
		stopped(s, run)
		want := s.preview(today, false)
		resumed, _ := s.finish(s.begin(today, false), 1000)
		if got := did(resumed, run); run.Phase != "held" || run.Held != 2 || got != did(want, database.NightlyRun{}) {
			s.t.Errorf("%+v: the dry run says\n%s, the run then does\n%s", run, did(want, database.NightlyRun{}), got)
		}
	})
	play("a night before the newest one", func(s steps) {
		if run := s.preview(w.today(t, -4), false); *run.Outcome != nightly.Skipped {
			s.t.Errorf("%+v", run)
		}
	})

	// What the function sends is read-only as well, whatever the RPC does.
	report, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: today, DryRun: true, Chunk: stepBatch}, nil)
	if err != nil || report.Outcome != nightly.Completed || report.Expired == 0 || report.RosterRepaired == 0 || report.Reconciled == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	w.exec(t, `create or replace function private.nightly_preview(as_of date, is_full boolean, phase text, after_id uuid, batch integer) returns jsonb
		language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
		as $$ begin insert into private.nightly_held values (gen_random_uuid()); return '{"outcome": "completed"}'; end $$`)
	if _, err := nightly.Run(t.Context(), db, nightly.Request{AsOf: today, DryRun: true}, nil); err == nil {
		t.Error("a dry run wrote")
	}
}

// TestWhoHasAReasonIsACandidate compares the two ways to ask whom a night looks
// at: one after the other, and for given mentors.
func TestWhoHasAReasonIsACandidate(t *testing.T) {
	t.Parallel()
	w := seeded(t)
	w.exec(t, "delete from private.nightly_pending where mentor_id < 'a0000000-0000-4000-8000-000000000020'")
	w.exec(t, "insert into private.nightly_held select id from public.profiles order by id desc limit 2")
	for since := -40; since <= 0; since += 3 {
		for _, nights := range []int{0, 1, 2, 9} {
			dates := fmt.Sprintf("private.today() + %d, private.today() + %d", since, since+nights)
			candidates := w.lines(t, "select unnest(private.nightly_candidates("+dates+", false, '00000000-0000-0000-0000-000000000000', 1000))::text")
			reasons := w.lines(t, "select unnest(private.with_nightly_reason(array(select id from public.profiles), "+dates+"))::text")
			slices.Sort(candidates)
			slices.Sort(reasons)
			if diff := cmp.Diff(candidates, reasons); diff != "" {
				t.Errorf("since %d, %d nights (-candidates +with a reason):\n%s", since, nights, diff)
			}
		}
	}
}
