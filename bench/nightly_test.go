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
// latter, perNight end before each of the nights; the others end later, evenly over
// three years.
const certified = `
	with people as (
		insert into public.profiles (id, display_name)
		select gen_random_uuid(), 'Mentor ' || n from generate_series(1, %[1]d) n
		returning id, substr(display_name, 8)::int as n
	), joined as (
		insert into public.chapter_memberships (chapter_id, user_id, role)
		select md5('chapter ' || p.n %% 100)::uuid, p.id, 'mentor' from people p
	)
	insert into public.certifications (mentor_id, kind, issued_on, expires_on)
	select p.id, 'kurs', c.issued_on, c.expires_on
	from people p
	cross join lateral (values
		(date '2020-01-01', date '2023-01-01'),
		(date '2023-01-01', case when (p.n - 1) / greatest(%[2]d, 1) < %[3]d
			then date '2026-01-01' + (p.n - 1) / greatest(%[2]d, 1)
			else date '2027-06-01' + p.n %% 1000 end)
	) c (issued_on, expires_on)`

// fillCertified inserts the mentors and their read model.
func (o *system) fillCertified(t *testing.T, mentors, perNight, nights int) {
	t.Helper()
	began := time.Now()
	o.exec(t, "insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(0, 99) n")
	tables := []string{"profiles", "chapter_memberships", "certifications"}
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" disable trigger user")
	}
	o.exec(t, fmt.Sprintf(certified, mentors, perNight, nights))
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

// night does the run of a date, in chunks of that many mentors.
func (s scheduler) night(asOf time.Time, chunk int) nightly.Report {
	s.t.Helper()
	report, err := nightly.Run(s.t.Context(), s.db, nightly.Request{AsOf: asOf.Format(time.DateOnly), Chunk: chunk}, nil)
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
)

// nights measures the nightly run: nights with nothing to do, in a large and a
// small organisation, and nights in which very many certifications have ended.
func nights(t *testing.T, _ *system, s scale, r *report) {
	large, small := newSystem(t), newSystem(t)
	ways := 2 // of writing the bare rows, each with its own night in a run
	large.fillCertified(t, s.mentors, s.perNight, ways*s.runs)
	small.fillCertified(t, s.few, 0, 0)

	quiet := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC) // long before anything is due
	largeScheduler, smallScheduler := large.scheduler(t), small.scheduler(t)
	largeScheduler.night(quiet, defaultChunk)
	smallScheduler.night(quiet, defaultChunk)
	var ratio, took []float64
	for range s.runs {
		var runs [2][]float64
		for range s.idle {
			quiet = quiet.AddDate(0, 0, 1)
			for n, scheduler := range []scheduler{largeScheduler, smallScheduler} {
				began := time.Now()
				scheduler.night(quiet, defaultChunk)
				runs[n] = append(runs[n], milliseconds(time.Since(began)))
			}
		}
		ratio = append(ratio, median(runs[0])/median(runs[1]))
		took = append(took, median(runs[0]))
	}
	r.add(t, fmt.Sprintf("a night with nothing to do: %s ÷ %s mentors", number(float64(s.mentors)), number(float64(s.few))), atMost(1.5), "",
		ratio, "%s ms for the many", number(median(took)))

	for _, table := range []string{"pause_records", "pause_status_log", "notifications"} {
		large.exec(t, "create table public.bare_"+table+" (like public."+table+" including all)")
	}
	admin := large.database.Connect(t, "supabase_admin")
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	largeScheduler.night(first, defaultChunk) // looks at everybody, and reminds many
	// Second reminders, a week before the end, are sent now: the measured nights write
	// changes only.
	for n := range ways * s.runs {
		end := first.AddDate(0, 0, n)
		large.exec(t, `select private.remind(array(select c.mentor_id from public.certifications c where c.expires_on = $1::date), $1::date - 7)`, end.Format(time.DateOnly))
	}
	var rates, walPerChange [2][]float64
	var speed, walRatio [2][]float64
	measure := func(do func()) (seconds, wal float64) {
		checkpoint(t, admin)
		before, began := large.wal(t), time.Now()
		do()
		return time.Since(began).Seconds(), large.wal(t) - before
	}
	date := first
	for run := range s.runs {
		for way, bareSQL := range []string{bareNight, likeNight} {
			date = date.AddDate(0, 0, 1)
			var seconds, wal, bareSeconds, bareWAL float64
			night := func() {
				seconds, wal = measure(func() {
					if report := largeScheduler.night(date, bigChunk); report.Expired != s.perNight || report.Reminders != 0 {
						t.Fatalf("%+v", report)
					}
				})
			}
			bare := func() {
				bareSeconds, bareWAL = measure(func() { large.exec(t, bareSQL, date.Format(time.DateOnly)) })
			}
			if run%2 == 0 {
				night()
				bare()
			} else {
				bare()
				night()
			}
			speed[way] = append(speed[way], bareSeconds/seconds)
			walRatio[way] = append(walRatio[way], wal/bareWAL)
			rates[way] = append(rates[way], float64(s.perNight)/seconds)
			walPerChange[way] = append(walPerChange[way], wal/float64(s.perNight))
		}
	}
	r.add(t, "nightly changes/s, chunks of 5,000 ÷ a bare INSERT … SELECT of the same rows", atLeast(0.60), "", speed[0],
		"%s changes/s, %s in a night; the bare one has the ids of the columns' defaults", number(median(rates[0])), number(float64(s.perNight)))
	r.add(t, "nightly changes/s, chunks of 5,000 ÷ a bare one with ids of the same kind", bar{}, "", speed[1],
		"%s changes/s; one random number for all ids of a statement", number(median(rates[1])))
	r.add(t, "nightly WAL ÷ the bare one's", atMost(1.2), "", walRatio[0], "%s bytes a change", number(median(walPerChange[0])))
}

func checkpoint(t *testing.T, admin *pgx.Conn) {
	t.Helper()
	if _, err := admin.Exec(t.Context(), "checkpoint"); err != nil {
		t.Fatal(err)
	}
}
