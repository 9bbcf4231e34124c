package bench_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// knownFacts are the facts of so many mentors as they are after some years: most in one
// chapter by one membership, a twentieth in two, a tenth have left, each with a renewed
// certification, a seventh with a pause. All but the pauses were recorded two years ago.
const knownFacts = `
	insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(0, 99) n on conflict do nothing;
	insert into private.membership_versions (mentor_id, chapter_id, id, started_at, ended_at, recorded_at)
	select md5('mentor ' || n)::uuid, md5('chapter ' || n %% 100)::uuid, gen_random_uuid(), timestamptz '2020-01-01' + (n %% 1500) * interval '1 day',
		case when n %% 10 = 0 then timestamptz '2025-03-01' + (n %% 200) * interval '1 day' end, timestamptz '2024-01-01'
	from generate_series(1, %[1]d) n
	union all
	select md5('mentor ' || n)::uuid, md5('chapter ' || (n + 1) %% 100)::uuid, gen_random_uuid(), timestamptz '2024-01-01', null, timestamptz '2024-01-01'
	from generate_series(1, %[1]d, 20) n;
	insert into private.certification_versions (mentor_id, kind, id, issued_on, expires_on, recorded_at)
	select md5('mentor ' || n)::uuid, 'kurs', gen_random_uuid(), c.issued_on, c.expires_on, timestamptz '2024-01-01'
	from generate_series(1, %[1]d) n
	cross join lateral (values (date '2020-01-01', date '2023-01-01'), (date '2023-01-01', date '2025-06-01' + n %% 700)) c (issued_on, expires_on);
	insert into private.pause_versions (mentor_id, id, paused_at, ended_at, recorded_at)
	select md5('mentor ' || n)::uuid, gen_random_uuid(), timestamptz '2025-02-01' + (n %% 100) * interval '1 day',
		case when n %% 2 = 0 then timestamptz '2025-09-01' end, timestamptz '2025-09-02'
	from generate_series(1, %[1]d, 7) n;
	vacuum analyze private.membership_versions, private.certification_versions, private.pause_versions, private.plan_versions`

// plainSum reads the same facts once, in no order, and sums the days of the period.
const plainSum = `select (
		select sum(least((v.ended_at at time zone 'Europe/Oslo')::date, date '2026-01-01') - greatest((v.started_at at time zone 'Europe/Oslo')::date, date '2025-01-01'))
		from private.membership_versions v where v.recorded_at <= now() and v.superseded_at > now()
	) + (
		select sum(least(v.expires_on, date '2025-12-31') - greatest(v.issued_on, date '2025-01-01'))
		from private.certification_versions v where v.recorded_at <= now() and v.superseded_at > now()
	) + (
		select sum(least((v.ended_at at time zone 'Europe/Oslo')::date, date '2026-01-01') - greatest((v.paused_at at time zone 'Europe/Oslo')::date, date '2025-01-01'))
		from private.pause_versions v where v.recorded_at <= now() and v.superseded_at > now()
	) + (
		select count(*) from private.plan_versions v where v.recorded_at <= now() and v.superseded_at > now())`

const yearReport = `select (private.report_numbers_of('2025-01-01', '2025-12-31', array(select c.id from public.chapters c), %s, null)).total ->> 'days_active'`

// periods measures the report of a year beside one plain aggregate of the same facts, of
// many mentors and of a tenth of them, as known now and a year ago.
func periods(t *testing.T, _ *system, s scale, r *report) {
	large, small := newSystem(t), newSystem(t)
	large.fillFacts(t, s.mentors)
	small.fillFacts(t, s.mentors/10)
	var toPlain, perMentor, known []float64
	var took, plain float64
	for range s.runs {
		tenth := small.takes(t, fmt.Sprintf(yearReport, "now()"))
		plain = small.takes(t, plainSum)
		ago := small.takes(t, fmt.Sprintf(yearReport, "timestamptz '2025-01-01'"))
		took = large.takes(t, fmt.Sprintf(yearReport, "now()"))
		toPlain = append(toPlain, tenth/plain)
		known = append(known, ago/tenth)
		perMentor = append(perMentor, took/tenth/10)
	}
	r.add(t, fmt.Sprintf("a year's summary over %s mentors ÷ one plain aggregate of the same facts", number(float64(s.mentors/10))), atMost(15), "",
		toPlain, "%s ms for the aggregate", number(plain))
	r.add(t, fmt.Sprintf("a year's summary, time per mentor: %s ÷ %s", number(float64(s.mentors)), number(float64(s.mentors/10))), atMost(1.3), "",
		perMentor, "%s ms for the many", number(took))
	r.add(t, "a year's summary: as known a year ago ÷ as known now", atMost(1.5), "", known, "of the fewer")
}

func (o *system) fillFacts(t *testing.T, mentors int) {
	t.Helper()
	// One by one: vacuum takes no part in a transaction.
	for sql := range strings.SplitSeq(fmt.Sprintf(knownFacts, mentors), ";") {
		o.exec(t, sql)
	}
}

// takes is how long a query takes, in milliseconds.
func (o *system) takes(t *testing.T, query string) float64 {
	t.Helper()
	began := time.Now()
	var answer *string
	if err := o.owner.QueryRow(t.Context(), "select ("+query+")::text").Scan(&answer); err != nil {
		t.Fatalf("%.80s: %v", query, err)
	}
	return milliseconds(time.Since(began))
}

// recording measures what it costs a transition to keep what was known: with the triggers
// that record the facts, and without them.
func recording(t *testing.T, _ *system, s scale, r *report) {
	o := newSystem(t)
	o.fill(t, min(s.mentors, 100_000))
	var pauses []float64
	for run := range s.runs {
		with := o.pauses(t, s.calls, 2*run)
		o.exec(t, "alter table public.pause_records disable trigger pause_records_record_facts_insert")
		o.exec(t, "alter table public.pause_records disable trigger pause_records_record_facts_update")
		without := o.pauses(t, s.calls, 2*run+1)
		o.exec(t, "alter table public.pause_records enable trigger pause_records_record_facts_insert")
		o.exec(t, "alter table public.pause_records enable trigger pause_records_record_facts_update")
		pauses = append(pauses, without/with)
	}
	r.add(t, "pause and reactivate, one after the other: with what was known ÷ without it", atLeast(0.95), "", pauses, "transitions/s")
}

// pauses is how long it takes to pause so many mentors, one by one, and to reactivate them.
func (o *system) pauses(t *testing.T, times, turn int) float64 {
	t.Helper()
	// As the coordinator of the mentors' chapters, whose rights are read each time.
	const one = `do $$
		declare
			m record;
		begin
			for m in
				select t.user_id as mentor, (
					select c.user_id from public.chapter_memberships c where c.chapter_id = t.chapter_id and c.role = 'coordinator' and c.ended_at is null limit 1) as coordinator
				from public.chapter_memberships t
				where t.role = 'mentor' and t.ended_at is null
					and not exists (select from public.pause_records r where r.mentor_id = t.user_id and r.status <> 'active')
					and not private.has_lapsed(t.user_id, private.today())
				order by t.id offset %d limit %d
			loop
				continue when m.coordinator is null;
				perform set_config('request.jwt.claims', json_build_object('sub', m.coordinator, 'role', 'authenticated')::text, true);
				perform public.pause_mentor(m.mentor, 'Eksamen');
				perform public.reactivate_mentor(m.mentor);
				commit;
			end loop;
		end
		$$`
	began := time.Now()
	o.exec(t, fmt.Sprintf(one, turn*times, times))
	return milliseconds(time.Since(began))
}
