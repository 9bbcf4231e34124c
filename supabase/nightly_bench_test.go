package supabase_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
	"mentorpause/shared/testdb"
)

// population fills a database with so many mentors, each with a certification
// that is over and one that counts. Of the latter, perNight end on each of the
// first nights; the others end a year later, evenly over three years.
const population = `
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

func populate(b *testing.B, mentors, perNight, nights int) (owner, admin *pgx.Conn, scheduler *database.DB) {
	b.Helper()
	db := testdb.New(b)
	owner, admin = db.Connect(b, "postgres"), db.Connect(b, "supabase_admin")
	exec(b, owner, "insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(0, 99) n")
	tables := []string{"profiles", "chapter_memberships", "certifications"}
	for _, table := range tables {
		exec(b, owner, "alter table public."+table+" disable trigger user")
	}
	exec(b, owner, fmt.Sprintf(population, mentors, perNight, nights))
	for _, table := range tables {
		exec(b, owner, "alter table public."+table+" enable trigger user")
	}
	// The read model that the triggers would have made, without their pace.
	exec(b, owner, "insert into private.chapter_sets (chapter_ids) select array[c.id] from public.chapters c")
	exec(b, owner, `insert into private.roster_entries (mentor_id, chapter_id, display_name, chapter_set_id, certified_until, coordinators)
		select m.user_id, m.chapter_id, p.display_name, s.id, c.expires_on, '[]'
		from public.chapter_memberships m
		join public.profiles p on p.id = m.user_id
		join private.chapter_sets s on s.chapter_ids = array[m.chapter_id]
		join public.certifications c on c.mentor_id = m.user_id and c.issued_on = '2023-01-01'`)
	exec(b, owner, "select private.recount(array(select s.id from private.chapter_sets s))")
	exec(b, owner, "vacuum analyze")
	var err error
	scheduler, err = database.Open(database.Settings{URL: db.URL("pause_scheduler"), TimeZone: "Europe/Oslo", MaxConnections: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(scheduler.Close)
	return owner, admin, scheduler
}

func exec(b *testing.B, conn *pgx.Conn, sql string, args ...any) {
	b.Helper()
	if _, err := conn.Exec(b.Context(), sql, args...); err != nil {
		b.Fatalf("%.60s: %v", sql, err)
	}
}

func night(b *testing.B, scheduler *database.DB, asOf time.Time) nightly.Report {
	b.Helper()
	report, err := nightly.Run(b.Context(), scheduler, nightly.Request{AsOf: asOf.Format(time.DateOnly)}, nil)
	if err != nil || report.Outcome != nightly.Completed {
		b.Fatalf("%+v, %v", report, err)
	}
	return report
}

func median[T int | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// measured is how long something took and how much it wrote ahead.
func measured(b *testing.B, conn *pgx.Conn, do func()) (seconds, wal float64) {
	b.Helper()
	lsn := func() (bytes float64) {
		if err := conn.QueryRow(b.Context(), "select (pg_current_wal_insert_lsn() - '0/0')::float8").Scan(&bytes); err != nil {
			b.Fatal(err)
		}
		return bytes
	}
	before, began := lsn(), time.Now()
	do()
	return time.Since(began).Seconds(), lsn() - before
}

// BenchmarkNightlyExpiry lets 100,000 of 1,000,000 mentors expire each night,
// in turn with a bare INSERT … SELECT that writes the same rows (record, log,
// two notifications) to tables with the same columns, checks and indexes.
func BenchmarkNightlyExpiry(b *testing.B) {
	const mentors, perNight, nights = 1_000_000, 100_000, 5
	owner, admin, scheduler := populate(b, mentors, perNight, nights)
	for _, table := range []string{"pause_records", "pause_status_log", "notifications"} {
		exec(b, owner, "create table public.bare_"+table+" (like public."+table+" including all)")
	}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	night(b, scheduler, first) // looks at everybody

	var speed, walRatio, rate, walPerChange []float64
	for n := range nights {
		asOf := first.AddDate(0, 0, n+1)
		var report nightly.Report
		exec(b, admin, "checkpoint")
		seconds, wal := measured(b, owner, func() { report = night(b, scheduler, asOf) })
		if report.Expired != perNight {
			b.Fatalf("%+v", report)
		}
		exec(b, admin, "checkpoint")
		bareSeconds, bareWAL := measured(b, owner, func() {
			exec(b, owner, `
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
				from lapsed l cross join (values ('coordinator'), ('mentor')) a (audience)`, asOf.Format(time.DateOnly))
		})
		speed = append(speed, bareSeconds/seconds)
		walRatio = append(walRatio, wal/bareWAL)
		rate = append(rate, perNight/seconds)
		walPerChange = append(walPerChange, wal/perNight)
	}
	b.ReportMetric(median(speed), "x-of-bare-speed")
	b.ReportMetric(median(walRatio), "x-of-bare-WAL")
	b.ReportMetric(median(rate), "changes/s")
	b.ReportMetric(median(walPerChange), "WAL-B/change")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkIdleNight compares a night with nothing to do among 1,000,000
// mentors with one among 10,000.
func BenchmarkIdleNight(b *testing.B) {
	large, _, largeScheduler := populate(b, 1_000_000, 0, 0)
	small, _, smallScheduler := populate(b, 10_000, 0, 0)
	asOf := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	night(b, largeScheduler, asOf)
	night(b, smallScheduler, asOf)
	const rounds = 30
	var ratio, milliseconds []float64
	for range rounds {
		asOf = asOf.AddDate(0, 0, 1)
		l, _ := measured(b, large, func() { night(b, largeScheduler, asOf) })
		s, _ := measured(b, small, func() { night(b, smallScheduler, asOf) })
		ratio = append(ratio, l/s)
		milliseconds = append(milliseconds, l*1000)
	}
	b.ReportMetric(median(ratio), "x-of-10,000")
	b.ReportMetric(median(milliseconds), "ms")
	b.ReportMetric(0, "ns/op")
}
