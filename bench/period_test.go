package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// knownFacts are the facts of so many mentors as they are after some years: most in one
// chapter by one membership, a twentieth in two, a tenth have left, each with a renewed
// certification, a seventh with a pause. All but the pauses were recorded two years ago.
const knownFacts = `
	insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(0, 99) n on conflict do nothing;
	alter table private.membership_versions disable trigger user;
	alter table private.certification_versions disable trigger user;
	alter table private.recorded_pauses disable trigger user;
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
	insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at)
	select md5('mentor ' || n)::uuid, gen_random_uuid(), timestamptz '2025-02-01' + (n %% 100) * interval '1 day',
		case when n %% 2 = 0 then timestamptz '2025-09-01' end, timestamptz '2025-09-02'
	from generate_series(1, %[1]d, 7) n;
	vacuum analyze private.membership_versions, private.certification_versions, private.recorded_pauses, private.plan_versions`

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
	for _, o := range []*system{large, small} {
		// One process reads the aggregate from end to end, and one makes the report.
		o.exec(t, "set max_parallel_workers_per_gather = 0")
	}
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
	r.add(t, fmt.Sprintf("a year's summary over %s mentors ÷ one plain sequential aggregate of the same facts", number(float64(s.mentors/10))), atMost(15), "",
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

// recording measures what it costs to keep what was known: the same work in two
// organisations that are filled alike, of which one has no triggers that record the facts.
func recording(t *testing.T, _ *system, s scale, r *report) {
	mentors := min(s.mentors, 100_000)
	perNight := min(s.perNight, mentors/(4*s.runs))
	// side is one of the organisations: how long each work took in it.
	type side struct {
		nights                           plannedNights
		pause                            func() pgbenchRun
		enter                            func(people, run int) (dry, real time.Duration)
		pauses, expired, begun, imported []float64
	}
	newSide := func(records bool) *side {
		leave, members := newSystem(t), newSystem(t)
		leave.fill(t, min(mentors, 20_000))
		chapter := leave.chapter(t, s.sizes()[0])
		away := leave.mentors(t, chapter)
		script := leave.pausing(t, leave.token(chapter.Coordinator), away).of(away, 1)
		one := &side{
			nights: newSystem(t).fillPlanned(t, mentors, perNight, s.runs),
			pause:  func() pgbenchRun { return runPgbench(t, leave.database.URL("pause_api"), script, 1, s.length) },
			enter:  members.importer(t),
		}
		if !records {
			for _, o := range []*system{one.nights.system, leave, members} {
				o.recordNothing(t)
			}
		}
		return one
	}
	with, without := newSide(true), newSide(false)
	sides := []*side{with, without}
	for run := range s.runs {
		// In many short turns, because the machine's speed changes from second to second.
		spent := map[*side]float64{}
		for range s.turns {
			for _, one := range sides {
				spent[one] += 1000 / one.pause().rate / float64(s.turns)
			}
		}
		for _, one := range sides {
			one.pauses = append(one.pauses, spent[one])
		}
		for _, one := range sides {
			one.expired = append(one.expired, milliseconds(one.nights.expires(t, run)))
		}
		for _, one := range sides {
			one.begun = append(one.begun, milliseconds(one.nights.begins(t, run)))
		}
		for _, one := range sides {
			_, took := one.enter(s.imported, run)
			one.imported = append(one.imported, milliseconds(took))
		}
		slices.Reverse(sides) // neither always follows the other
	}
	add := func(what string, least float64, with, without []float64) {
		t.Helper()
		r.add(t, what+": with what was known ÷ without it", atLeast(least), "", quotients(without, with),
			"%s and %s ms", number(median(with)), number(median(without)))
	}
	add("pause and reactivate as the functions do, one client", 0.95, with.pauses, without.pauses)
	add(fmt.Sprintf("a night in which %s certifications end", number(float64(perNight))), 0.9, with.expired, without.expired)
	add(fmt.Sprintf("a night in which %s planned pauses begin", number(float64(perNight))), 0.9, with.begun, without.begun)
	add(fmt.Sprintf("import of %s people with two certifications", number(float64(s.imported))), 0.9, with.imported, without.imported)
}

// recordNothing disables the triggers that record the facts, and takes what records those of
// pauses out of the trigger that writes everything about them.
func (o *system) recordNothing(t *testing.T) {
	t.Helper()
	o.exec(t, `do $$
		declare
			recording text[] := array(
				select format('alter table %s disable trigger %I', g.tgrelid::regclass, g.tgname)
				from pg_trigger g where g.tgfoid = to_regproc('private.record_facts'));
			changes text := pg_get_functiondef('private.record_pause_changes'::regproc);
			disable text;
		begin
			if cardinality(recording) < 10 then
				raise exception 'only % triggers record facts', cardinality(recording);
			end if;
			foreach disable in array recording loop
				execute disable;
			end loop;
			changes := regexp_replace(changes, '\), recorded as \(\n.*?\n +(?=\))', '', 'g');
			if changes ~ 'recorded_pauses|fact_' then
				raise exception 'it still records: %', changes;
			end if;
			execute changes;
		end
		$$`)
}
