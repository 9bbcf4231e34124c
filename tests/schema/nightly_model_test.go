package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
	"mentorpause/shared/refusal"
)

// day counts days from the first of the test's calendar.
type day int

func (d day) date(first time.Time) string { return first.AddDate(0, 0, int(d)).Format(time.DateOnly) }

const never = day(1 << 30)

type certification struct {
	kind            string
	issued, expires day
}

// nightMentor applies the rules to one mentor, day by day: an oracle that looks at
// every day in turn and knows nothing about the SQL.
type nightMentor struct {
	id    string
	certs []certification

	paused    bool
	returning day // never: none expected

	stored    string // status of the live record; empty: none
	version   int
	effective day // of the newest version of any record
	history   []string
	reminded  map[string]bool // "reminder reference date"
}

// facts returns the certification's on a day: valid until when, and since when.
func (m *nightMentor) facts(on day) (expired bool, until, since day) {
	type kind struct{ until, since day }
	kinds := map[string]kind{}
	for _, c := range m.certs {
		if c.issued > on {
			continue
		}
		k, ok := kinds[c.kind]
		if !ok {
			k = kind{-never, never}
		}
		k.until = max(k.until, c.expires)
		if c.expires >= on {
			k.since = min(k.since, c.issued)
		}
		kinds[c.kind] = k
	}
	until, since = never, -never
	for _, k := range kinds {
		until = min(until, k.until)
		if k.since != never {
			since = max(since, k.since)
		}
	}
	return until < on, until, since
}

func (m *nightMentor) change(to, actor string, effective day) {
	from := m.stored
	if from == "" {
		from, m.version = "active", 0
	}
	m.version++
	m.effective = effective
	m.history = append(m.history, fmt.Sprintf("%s→%s %s v%d day %d", from, to, actor, m.version, effective))
	m.stored = to
	if to == "active" {
		m.stored = ""
	}
}

// bringUpToDate stores what follows from the facts of a day.
func (m *nightMentor) bringUpToDate(on day, actor string) {
	expired, until, since := m.facts(on)
	switch {
	case expired && m.stored != "expired_cert":
		m.change("expired_cert", actor, until+1)
	case !expired && m.stored == "expired_cert" && m.paused:
		m.change("paused", actor, max(since, m.effective))
	case !expired && m.stored == "expired_cert":
		m.change("active", actor, max(since, m.effective))
	}
}

// night is the run of a date, when since is the last completed one.
func (m *nightMentor) night(since, asOf day) {
	for on := since + 1; on <= asOf; on++ {
		if on >= m.effective { // what was stored later rests on later facts
			m.bringUpToDate(on, "scheduler")
		}
	}
	remind := func(reminder string, reference day) { m.reminded[fmt.Sprintf("%s %d", reminder, reference)] = true }
	for _, c := range m.certs {
		renewed := slices.ContainsFunc(m.certs, func(n certification) bool {
			return n.kind == c.kind && n.expires > c.expires && n.issued <= c.expires+1
		})
		switch left := c.expires - asOf; {
		case renewed || c.issued > asOf || left < 0 || left > 30:
		case left <= 7:
			remind("certification_in_7_days", c.expires)
		default:
			remind("certification_in_30_days", c.expires)
		}
	}
	if !m.paused || m.returning == never {
		return
	}
	switch left := m.returning - asOf; {
	case left <= -7:
		remind("return_7_days_ago", m.returning)
	case left <= 0:
		remind("return_today", m.returning)
	case left <= 7:
		remind("return_in_7_days", m.returning)
	}
}

// nights is a database whose clock the test moves, by replacing the one
// function that all the others ask for the date.
type nights struct {
	*world
	scheduler *database.DB
	first     time.Time
	clock     day
	completed day // the newest run
}

func newNights(t *testing.T) *nights {
	t.Helper()
	n := &nights{world: newWorld(t), first: time.Date(2028, 2, 20, 0, 0, 0, 0, time.UTC)} // a leap year
	n.scheduler = n.openScheduler(t)
	n.exec(t, "create table private.test_clock (day date not null)")
	n.exec(t, "insert into private.test_clock values ($1::date)", n.clock.date(n.first))
	n.exec(t, `create or replace function private.today() returns date language plpgsql stable security definer set search_path = pg_catalog, pg_temp
		as $$ begin return (select c.day from private.test_clock c); end $$`)
	// With so few mentors the sweep would hide what the marks and dates miss.
	n.exec(t, `create or replace function private.tonights_sweep(batch integer) returns uuid[] language sql stable security definer
		set search_path = pg_catalog, pg_temp as $$ select '{}'::uuid[] $$`)
	return n
}

func (w *world) openScheduler(t *testing.T) *database.DB {
	t.Helper()
	db, err := database.Open(database.Settings{URL: w.db.URL("pause_scheduler"), TimeZone: "Europe/Oslo", MaxConnections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func (n *nights) setClock(t testing.TB, to day) {
	t.Helper()
	n.clock = to
	n.exec(t, "update private.test_clock set day = $1::date", to.date(n.first))
}

// act lets a random event happen to a mentor, in the database and in the model.
func (n *nights) act(t *testing.T, rt *rapid.T, m *nightMentor) {
	today := n.clock
	switch rapid.SampledFrom([]string{"nothing", "nothing", "nothing", "pause", "amend", "reactivate", "certify", "certify"}).Draw(rt, "event") {
	case "pause", "amend":
		amending := m.stored != "" && m.paused
		back := rapid.SampledFrom([]day{never, 1, 3, 7, 8, 12, 20}).Draw(rt, "back")
		request := database.PauseMentorArguments{MentorID: m.id, PauseReason: "Pause", RequestID: uuid.NewString()}
		m.returning = never
		if back != never {
			m.returning = today + back
			request.ExpectedReturnDate = new(m.returning.date(n.first))
		}
		if amending {
			request.ExpectedVersion = new(int32(m.version))
		}
		m.bringUpToDate(today, "system")
		status := "paused"
		if m.stored == "expired_cert" {
			status = "expired_cert"
		}
		m.paused = true
		m.change(status, "coordinator", today)
		if _, err := n.api.PauseMentor(t.Context(), claims(n.coordinators[0]), request); err != nil {
			rt.Fatalf("pause on day %d: %v", today, err)
		}
	case "reactivate":
		expired, _, _ := m.facts(today)
		want := refusal.Code("")
		switch {
		case expired:
			want = refusal.CertificationExpired
		case !m.paused:
			want = refusal.NotPaused
		default:
			m.bringUpToDate(today, "system")
			m.paused = false
			m.change("active", "coordinator", today)
		}
		if _, code := n.reactivate(t.Context(), n.coordinators[0], m.id, nil); code != want {
			rt.Fatalf("reactivate on day %d: %q, want %q", today, code, want)
		}
	case "certify":
		c := certification{
			kind:   rapid.SampledFrom([]string{"kurs", "førstehjelp"}).Draw(rt, "kind"),
			issued: today + day(rapid.IntRange(-3, 3).Draw(rt, "issued")),
		}
		if i := slices.IndexFunc(m.certs, func(old certification) bool { return old.kind == c.kind && old.expires >= today }); i >= 0 {
			// A renewal ahead: without a gap, or with one of a day.
			c.issued = m.certs[i].expires + day(rapid.IntRange(0, 2).Draw(rt, "gap"))
		}
		c.expires = c.issued + day(rapid.SampledFrom([]int{1, 2, 4, 6, 9, 15, 33, 40}).Draw(rt, "valid"))
		m.certs = append(m.certs, c)
		n.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, $2, $3::date, $4::date)",
			m.id, c.kind, c.issued.date(n.first), c.expires.date(n.first))
	}
}

// compare checks what is stored, logged and reminded against the model.
func (n *nights) compare(t *testing.T, rt *rapid.T, m *nightMentor) {
	stored := ""
	err := n.owner.QueryRow(t.Context(), "select status from public.pause_records where mentor_id = $1 and status <> 'active'", m.id).Scan(&stored)
	if err != nil && err != pgx.ErrNoRows {
		rt.Fatal(err)
	}
	if stored != m.stored {
		rt.Fatalf("day %d: stored %q, want %q; history %v, certifications %v", n.clock, stored, m.stored, m.history, m.certs)
	}
	read := func(sql string) []string {
		rows, err := n.owner.Query(t.Context(), sql, m.id, n.first.Format(time.DateOnly))
		if err != nil {
			rt.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			rt.Fatal(err)
		}
		return lines
	}
	history := read(`select format('%s→%s %s v%s day %s', from_status, to_status, actor_kind, record_version, effective_on - $2::date)
		from public.pause_status_log where mentor_id = $1 order by id`)
	if strings.Join(history, ";") != strings.Join(m.history, ";") {
		rt.Fatalf("day %d: log differs (-model +log):\n%s\ncertifications %v", n.clock, cmp.Diff(m.history, history), m.certs)
	}
	for _, audience := range []string{"mentor", "coordinator"} {
		reminded := read(`select format('%s %s', reminder, reference_on - $2::date)
			from public.notifications where mentor_id = $1 and reminder is not null and audience = '` + audience + `' order by 1`)
		want := make([]string, 0, len(m.reminded))
		for r := range m.reminded {
			want = append(want, r)
		}
		slices.Sort(want)
		slices.Sort(reminded)
		if !slices.Equal(want, reminded) {
			rt.Fatalf("day %d: the %s's reminders differ (-model +outbox):\n%s\ncertifications %v, return %d, %v",
				n.clock, audience, cmp.Diff(want, reminded), m.certs, m.returning, m.history)
		}
	}
}

// TestNightlyRunFollowsTheModel plays weeks of events on several mentors, with some
// missed nights, and compares after each run.
func TestNightlyRunFollowsTheModel(t *testing.T) {
	t.Parallel()
	n := newNights(t)
	run := func(rt *rapid.T) nightly.Report {
		report, err := nightly.Run(t.Context(), n.scheduler, nightly.Request{AsOf: n.clock.date(n.first), Chunk: 2}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		if report.Outcome != nightly.Completed {
			rt.Fatalf("day %d: %+v", n.clock, report)
		}
		return report
	}
	rapid.Check(t, func(rt *rapid.T) {
		mentors := make([]*nightMentor, 3)
		for i := range mentors {
			mentors[i] = &nightMentor{id: n.person(t, "Åse Mentor"), returning: never, effective: -never, reminded: map[string]bool{}}
			n.join(t, mentors[i].id, n.chapter, "mentor")
		}
		run(rt)
		n.completed = n.clock
		for range 24 {
			for _, m := range mentors {
				n.act(t, rt, m)
			}
			n.setClock(t, n.clock+1)
			if rapid.IntRange(0, 2).Draw(rt, "missed") == 0 {
				continue
			}
			missed := int(n.clock - n.completed - 1)
			if report := run(rt); report.MissedNights != missed {
				rt.Fatalf("day %d: %d nights missed, want %d", n.clock, report.MissedNights, missed)
			}
			for _, m := range mentors {
				m.night(n.completed, n.clock)
				n.compare(t, rt, m)
			}
			n.completed = n.clock
		}
		n.setClock(t, n.clock+1)
		for _, m := range mentors {
			n.exec(t, "update public.chapter_memberships set ended_at = now() where user_id = $1", m.id)
		}
	})
}
