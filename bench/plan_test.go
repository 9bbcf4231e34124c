package bench_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// planned plans a pause, which begins on the date, of as many of the mentors whose
// certification is the last to end. That their day lies ahead when they are planned is
// the one rule that these break; nobody returns so soon that the next night has to look.
const planned = `
	insert into public.planned_pauses (mentor_id, starts_on, expected_return_date, coordinator_id)
	select c.mentor_id, $1::date, greatest($1::date, private.today()) + 60, null
	from public.certifications c
	where c.expires_on >= date '2027-06-01' and not exists (select from public.planned_pauses q where q.mentor_id = c.mentor_id)
	order by c.mentor_id limit $2`

// daysBefore gives whoever plans a pause the place in the roster that they have until then:
// these days are past, and the rebuilt roster has none for them. The night deletes it.
const daysBefore = `
	insert into private.roster_places (mentor_id, chapter_id, from_on, until_on, present_from, is_paused, display_name, certified_until, assigned_to)
	select p.mentor_id, p.chapter_id, q.starts_on - 30, q.starts_on, p.present_from, false, p.display_name, p.certified_until, p.assigned_to
	from private.roster_places p
	join public.planned_pauses q on q.mentor_id = p.mentor_id`

// plannedNights is an organisation in which, from the first of January on, certifications end
// in one night and planned pauses begin in the next, in turns.
type plannedNights struct {
	*system
	scheduler scheduler
	admin     *pgx.Conn
	first     time.Time
	perNight  int
}

const apart = 2 // days between nights in which certifications end: the plans are in between

// fillPlanned makes one of so many mentors, with so many nights of each kind.
func (o *system) fillPlanned(t *testing.T, mentors, perNight, nights int) plannedNights {
	t.Helper()
	p := plannedNights{
		system: o, scheduler: o.scheduler(t), admin: o.database.Connect(t, "supabase_admin"),
		first: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), perNight: perNight,
	}
	o.fillCertified(t, mentors, perNight, nights, apart)
	p.scheduler.night(p.first, defaultChunk, unreconciled) // looks at everybody, and reminds many
	triggers := []string{"planned_pauses_guard", "planned_pauses_refresh_roster_insert"}
	for _, trigger := range triggers {
		o.exec(t, "alter table public.planned_pauses disable trigger "+trigger)
	}
	for n := range nights {
		o.exec(t, `select private.remind(array(select c.mentor_id from public.certifications c where c.expires_on = $1::date), $1::date - 7)`,
			p.first.AddDate(0, 0, apart*n).Format(time.DateOnly))
		o.exec(t, planned, p.first.AddDate(0, 0, apart*n+2).Format(time.DateOnly), perNight)
	}
	for _, trigger := range triggers {
		o.exec(t, "alter table public.planned_pauses enable trigger "+trigger)
	}
	o.exec(t, "select private.rebuild_roster()")
	o.exec(t, daysBefore)
	o.exec(t, "vacuum analyze")
	return p
}

// expires is how long the nth night takes in which certifications end.
func (p plannedNights) expires(t *testing.T, n int) time.Duration {
	t.Helper()
	return p.night(t, apart*n+1, [2]int{p.perNight, 0})
}

// begins is how long the one after it takes, in which planned pauses begin.
func (p plannedNights) begins(t *testing.T, n int) time.Duration {
	t.Helper()
	return p.night(t, apart*n+2, [2]int{0, p.perNight})
}

func (p plannedNights) night(t *testing.T, days int, want [2]int) time.Duration {
	t.Helper()
	checkpoint(t, p.admin)
	began := time.Now()
	report := p.scheduler.night(p.first.AddDate(0, 0, days), bigChunk, unreconciled)
	took := time.Since(began)
	if got := [2]int{report.Expired, report.Begun}; got != want || report.Reminders != 0 {
		t.Fatalf("%+v", report)
	}
	return took
}

// plans measures nights in which planned pauses begin beside nights in which as many
// certifications end, by turns, in one organisation.
func plans(t *testing.T, _ *system, s scale, r *report) {
	p := newSystem(t).fillPlanned(t, s.mentors, s.perNight, s.runs)
	var begun, expired []float64
	for n := range s.runs {
		expired = append(expired, float64(s.perNight)/p.expires(t, n).Seconds())
		begun = append(begun, float64(s.perNight)/p.begins(t, n).Seconds())
	}
	r.add(t, fmt.Sprintf("nightly, %s planned pauses that begin ÷ as many expiries", number(float64(s.perNight))), atLeast(0.9), "",
		quotients(begun, expired), "%s and %s changes/s, in chunks of 5,000", number(median(begun)), number(median(expired)))
}
