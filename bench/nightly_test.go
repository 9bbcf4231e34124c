package bench_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
)

// certified makes mentors who each have an old certification and a valid one. Of the
// latter, perNight end before each of the nights, which are some days apart; the others end
// later, evenly over three years.
const certified = `
	with people as (
		insert into public.profiles (id, display_name)
		select gen_random_uuid(), 'Mentor ' || n from generate_series(1, %[1]d) n
		returning id, substr(display_name, 8)::int as n
	), joined as (
		insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
		select md5('chapter ' || p.n %% 100)::uuid, p.id, 'mentor', timestamptz '2020-01-01' from people p
	)
	insert into public.certifications (mentor_id, kind, issued_on, expires_on)
	select p.id, 'kurs', c.issued_on, c.expires_on
	from people p
	cross join lateral (values
		(date '2020-01-01', date '2023-01-01'),
		(date '2023-01-01', case when (p.n - 1) / greatest(%[2]d, 1) < %[3]d
			then date '2026-01-01' + %[4]d * ((p.n - 1) / greatest(%[2]d, 1))
			else date '2027-06-01' + p.n %% 1000 end)
	) c (issued_on, expires_on)`

// fillCertified inserts the mentors and their read model.
func (o *system) fillCertified(t *testing.T, mentors, perNight, nights, apart int) {
	t.Helper()
	began := time.Now()
	o.exec(t, "insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(0, 99) n")
	o.exec(t, "insert into public.certification_kinds (code) values ('kurs')")
	tables := []string{"profiles", "chapter_memberships", "certifications"}
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" disable trigger user")
	}
	o.exec(t, fmt.Sprintf(certified, mentors, perNight, nights, apart))
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" enable trigger user")
	}
	o.exec(t, "vacuum analyze")
	o.exec(t, "select private.rebuild_roster()")
	o.exec(t, "vacuum analyze")
	t.Logf("%s mentors in %s", number(float64(mentors)), time.Since(began).Round(time.Second))
}

// scheduler is what drives the nightly run.
type scheduler struct {
	t  *testing.T
	db *database.DB
}

func (o *system) scheduler(t *testing.T) scheduler {
	t.Helper()
	db, err := database.Open(database.Settings{URL: o.database.URL("pause_scheduler"), TimeZone: "Europe/Oslo", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return scheduler{t, db}
}

// night does the run of the date, in chunks of so many mentors, and reconciles for
// so long.
func (s scheduler) night(asOf time.Time, chunk int, reconcile time.Duration) nightly.Report {
	s.t.Helper()
	report, err := nightly.Run(s.t.Context(), s.db, nightly.Request{AsOf: asOf.Format(time.DateOnly), Chunk: chunk, Reconcile: reconcile}, nil)
	if err != nil || report.Outcome != nightly.Completed {
		s.t.Fatalf("%+v, %v", report, err)
	}
	return report
}

// bareNight writes the rows of a night (record, log, two notifications) to tables
// with the same columns, checks and indexes.
const bareNight = `
	with lapsed as (
		select c.mentor_id, gen_random_uuid() as id from public.certifications c
		where c.expires_on = $1::date - 1 order by c.mentor_id
	), records as (
		insert into public.bare_pause_records (id, mentor_id, status, effective_on)
		select l.id, l.mentor_id, 'expired_cert', $1::date from lapsed l
	), logged as (
		insert into public.bare_pause_status_log (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
		select l.id, l.mentor_id, 'active', 'expired_cert', 'scheduler', 1, $1::date from lapsed l
	)
	insert into public.bare_notifications (mentor_id, audience, kind, pause_record_id, record_version)
	select l.mentor_id, a.audience, 'certification_expired', l.id, 1
	from lapsed l cross join (values ('coordinator'), ('mentor')) a (audience)`

// likeNight is the same with ids like those of the run: one random number for all.
var likeNight = strings.NewReplacer(
	"gen_random_uuid() as id", "((select private.id_prefix()) || to_hex(16777216 + row_number() over (order by c.mentor_id)))::uuid as id",
	"bare_notifications (mentor_id", "bare_notifications (id, mentor_id",
	"select l.mentor_id, a.audience,", "select ((select private.id_prefix()) || to_hex(16777216 + row_number() over ()))::uuid, l.mentor_id, a.audience,",
).Replace(bareNight)

const (
	bigChunk     = 5000
	defaultChunk = 0

	unreconciled = -1 // nothing
)

// nights measures the nightly run: nights with nothing to do, in a large and a
// small organisation; the reconciliation; and nights in which a tenth of all
// certifications end, of very many mentors and of a fifth of them.
func nights(t *testing.T, _ *system, s scale, r *report) {
	large, middle, small := newSystem(t), newSystem(t), newSystem(t)
	ways := 2 // to write the bare rows, each with a night of its own in a run
	large.fillCertified(t, s.mentors, s.perNight, ways*s.runs, 1)
	middle.fillCertified(t, s.mentors/5, s.perNight/5, s.runs, 1)
	small.fillCertified(t, s.few, 0, 0, 1)

	quiet := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC) // long before anything is due
	schedulers := []scheduler{large.scheduler(t), small.scheduler(t)}
	for _, scheduler := range schedulers {
		scheduler.night(quiet, defaultChunk, unreconciled)
	}
	var ratio, took []float64
	for range s.runs {
		var times [2][]float64
		for range s.idle {
			quiet = quiet.AddDate(0, 0, 1)
			for n, scheduler := range schedulers {
				began := time.Now()
				scheduler.night(quiet, defaultChunk, unreconciled)
				times[n] = append(times[n], milliseconds(time.Since(began)))
			}
		}
		ratio = append(ratio, median(times[0])/median(times[1]))
		took = append(took, median(times[0]))
	}
	r.add(t, fmt.Sprintf("a night with nothing to do: %s ÷ %s mentors", number(float64(s.mentors)), number(float64(s.few))), atMost(1.5), "",
		ratio, "%s ms for the many; without the reconciliation", number(median(took)))
	// Of very many mentors a minute reaches some; how many decides for how many
	// it is everybody.
	var share []float64
	var rate float64
	for range s.runs {
		quiet = quiet.AddDate(0, 0, 1)
		report := schedulers[0].night(quiet, defaultChunk, min(s.length*5, time.Minute))
		rate = float64(report.Reconciled) / (float64(report.ReconcileMS+1) / 1000)
		share = append(share, 100_000/rate/60)
	}
	r.add(t, "the reconciliation of 100,000 mentors ÷ its minute", atMost(1), "", share, "%s mentors/s", number(rate))

	large.changes(t, r, s.runs, s.perNight, []string{bareNight, likeNight})
	middle.changes(t, r, s.runs, s.perNight/5, []string{bareNight})
}

// changes measures nights in which so many certifications end beside a bare INSERT
// of the same rows, in one way or in two.
func (o *system) changes(t *testing.T, r *report, runs, perNight int, ways []string) {
	t.Helper()
	for _, table := range []string{"pause_records", "pause_status_log", "notifications"} {
		o.exec(t, "create table public.bare_"+table+" (like public."+table+" including all)")
	}
	admin := o.database.Connect(t, "supabase_admin")
	scheduler := o.scheduler(t)
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	scheduler.night(first, defaultChunk, unreconciled) // looks at everybody, and reminds many
	// Who is reminded a second time, a week before the end, is now: the nights that
	// are measured write changes only.
	for n := range len(ways) * runs {
		end := first.AddDate(0, 0, n)
		o.exec(t, `select private.remind(array(select c.mentor_id from public.certifications c where c.expires_on = $1::date), $1::date - 7)`, end.Format(time.DateOnly))
	}
	speed, rates := make([][]float64, len(ways)), make([][]float64, len(ways))
	var walRatio, walPerChange []float64
	measure := func(do func()) (seconds, wal float64) {
		checkpoint(t, admin)
		before, began := o.wal(t), time.Now()
		do()
		return time.Since(began).Seconds(), o.wal(t) - before
	}
	date := first
	for run := range runs {
		for way, bareSQL := range ways {
			date = date.AddDate(0, 0, 1)
			var seconds, wal, bareSeconds, bareWAL float64
			night := func() {
				seconds, wal = measure(func() {
					report := scheduler.night(date, bigChunk, unreconciled)
					if report.Expired != perNight || report.Reminders != 0 {
						t.Fatalf("%+v", report)
					}
				})
			}
			bare := func() {
				bareSeconds, bareWAL = measure(func() { o.exec(t, bareSQL, date.Format(time.DateOnly)) })
			}
			if run%2 == 0 {
				night()
				bare()
			} else {
				bare()
				night()
			}
			speed[way] = append(speed[way], bareSeconds/seconds)
			rates[way] = append(rates[way], float64(perNight)/seconds)
			if way == 0 {
				walRatio = append(walRatio, wal/bareWAL)
				walPerChange = append(walPerChange, wal/float64(perNight))
			}
		}
	}
	night := number(float64(perNight))
	r.add(t, "nightly changes/s, "+night+" in a night ÷ a bare INSERT … SELECT of the same rows", atLeast(0.60), "", speed[0],
		"%s changes/s, in chunks of 5,000; the bare one has the ids of the columns' defaults", number(median(rates[0])))
	if len(ways) > 1 {
		r.add(t, "nightly changes/s, "+night+" in a night ÷ a bare one with ids of the same kind", bar{}, "", speed[1],
			"%s changes/s; one random number for all ids of a statement", number(median(rates[1])))
	}
	r.add(t, "nightly WAL, "+night+" changes in a night ÷ the bare one's", atMost(1.2), "", walRatio, "%s bytes a change", number(median(walPerChange)))
}

func checkpoint(t *testing.T, admin *pgx.Conn) {
	t.Helper()
	if _, err := admin.Exec(t.Context(), "checkpoint"); err != nil {
		t.Fatal(err)
	}
}
