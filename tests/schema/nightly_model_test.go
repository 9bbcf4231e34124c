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

// covers says whether the kind is valid on a day, and hasBegun whether it was ever held.
func covers(certs []certification, kind string, on day) bool {
	return slices.ContainsFunc(certs, func(c certification) bool { return c.kind == kind && c.issued <= on && on <= c.expires })
}

func hasBegun(certs []certification, kind string, on day) bool {
	return slices.ContainsFunc(certs, func(c certification) bool { return c.kind == kind && c.issued <= on })
}

// facts are those of a mentor's certifications on a day, found by walking from
// day to day: a plain reference for what the SQL computes from stretches.
type facts struct {
	held    bool
	expired bool
	until   day // the last valid day, of the kind that ends first; never: none ends
	since   day // the last day on which a kind that had expired was renewed; -never: none had
	ends    []day
}

func factsOn(certs []certification, on day) facts {
	f := facts{until: never, since: -never}
	seen := map[string]bool{}
	for _, c := range certs {
		if seen[c.kind] || !hasBegun(certs, c.kind, on) {
			continue
		}
		seen[c.kind], f.held = true, true
		last := on
		if covers(certs, c.kind, on) {
			for last < on+500 && covers(certs, c.kind, last+1) {
				last++
			}
			if last == on+500 {
				last = never
			}
			f.ends = append(f.ends, last)
		} else {
			f.expired = true
			for !covers(certs, c.kind, last) {
				last--
			}
		}
		f.until = min(f.until, last)
		first := min(last, on)
		for covers(certs, c.kind, first-1) {
			first--
		}
		if hasBegun(certs, c.kind, first-1) {
			f.since = max(f.since, first)
		}
	}
	return f
}

// nightMentor is the rules of the product by day, for one mentor: an oracle
// that looks at every day, one after the other, and knows nothing of the SQL.
type nightMentor struct {
	id    string
	certs []certification

	paused    bool
	returning day // never: none expected

	stored    string // status of the live record; empty: none
	version   int    // goes on from record to record
	effective day    // of the newest version of the newest record
	closed    day    // the latest of those of the records before
	history   []string
	reminded  map[string]bool // "reminder reference date"
}

func (m *nightMentor) change(to, actor string, effective day) {
	from := m.stored
	if from == "" {
		from = "active"
		m.closed = max(m.closed, m.effective)
	}
	m.version++
	m.effective = effective
	m.history = append(m.history, fmt.Sprintf("%s→%s %s v%d day %d", from, to, actor, m.version, effective))
	m.stored = to
	if to == "active" {
		m.stored = ""
	}
}

// judge stores what follows from the facts of a day.
func (m *nightMentor) judge(on day, actor string) {
	f := factsOn(m.certs, on)
	switch {
	case f.expired && m.stored != "expired_cert":
		m.change("expired_cert", actor, f.until+1)
	case !f.expired && m.stored == "expired_cert" && m.paused:
		m.change("paused", actor, max(f.since, m.effective))
	case !f.expired && m.stored == "expired_cert":
		m.change("active", actor, max(f.since, m.effective))
	}
}

// bringUpToDate judges every day since the last night, or since what was stored
// later, by later facts.
func (m *nightMentor) bringUpToDate(since, asOf day, actor string) {
	judged := max(m.closed, m.effective)
	if asOf < judged {
		return
	}
	for on := min(max(since, judged)+1, asOf); on <= asOf; on++ {
		m.judge(on, actor)
	}
}

// night is the run of a date, when since is the last completed one.
func (m *nightMentor) night(since, asOf day) {
	m.bringUpToDate(since, asOf, "scheduler")
	remind := func(reminder string, reference day) { m.reminded[fmt.Sprintf("%s %d", reminder, reference)] = true }
	for _, end := range factsOn(m.certs, asOf).ends {
		switch left := end - asOf; {
		case left > 30:
		case left <= 7:
			remind("certification_in_7_days", end)
		default:
			remind("certification_in_30_days", end)
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
	n.exec(t, `create or replace function private.date_of(moment timestamptz) returns date language plpgsql stable security definer set search_path = pg_catalog, pg_temp
		as $$ begin return (select c.day from private.test_clock c); end $$`)
	// The reconciliation would make good what the marks and dates miss.
	n.exec(t, `create or replace function private.unannounced(mentor_ids uuid[], since date, as_of date) returns uuid[] language sql stable security definer
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
		m.bringUpToDate(n.completed, today, "system")
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
		want := refusal.Code("")
		switch {
		case factsOn(m.certs, today).expired:
			want = refusal.CertificationExpired
		case !m.paused:
			want = refusal.NotPaused
		default:
			m.bringUpToDate(n.completed, today, "system")
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
			mentors[i] = &nightMentor{id: n.person(t, "Åse Mentor"), returning: never, effective: -never, closed: -never, reminded: map[string]bool{}}
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

// TestTheLogIsTheSameWhoeverIsFirst plays the same days in two databases: in one
// the coordinator comes before the night, in the other after it. Nights are
// missed, certifications are entered late and ahead. But for who noticed, the two
// logs are the same.
func TestTheLogIsTheSameWhoeverIsFirst(t *testing.T) {
	t.Parallel()
	worlds := [2]*nights{newNights(t), newNights(t)}
	logs := func(t testing.TB, mentors [2]string) (logs [2][]string) {
		for i, n := range worlds {
			logs[i] = n.lines(t, fmt.Sprintf(`
				select format('%%s→%%s v%%s day %%s', from_status, to_status, record_version, effective_on - '%s'::date)
				from public.pause_status_log where mentor_id = '%s' order by id`, n.first.Format(time.DateOnly), mentors[i]))
		}
		return logs
	}
	both := func(do func(i int, n *nights)) {
		for i, n := range worlds {
			do(i, n)
		}
	}
	night := func(n *nights) {
		if report := n.run(t, n.scheduler, n.clock.date(n.first)); report.Outcome != nightly.Completed || report.Discrepancies != 0 {
			t.Fatalf("day %d: %+v", n.clock, report)
		}
	}
	certify := func(mentors [2]string, kind string, issued, expires day) {
		both(func(i int, n *nights) {
			n.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, $2, $3::date, $4::date)",
				mentors[i], kind, issued.date(n.first), expires.date(n.first))
		})
	}
	// Each script begins with a night.
	play := func(days int, event func(today day, mentors [2]string) (runs bool, action string)) ([2]string, [2][]string) {
		var mentors [2]string
		both(func(i int, n *nights) {
			mentors[i] = n.person(t, "Åse Mentor")
			n.join(t, mentors[i], n.chapter, "mentor")
			night(n)
		})
		for range days {
			both(func(_ int, n *nights) { n.setClock(t, n.clock+1) })
			runs, action := event(worlds[0].clock, mentors)
			var codes [2]refusal.Code
			both(func(i int, n *nights) {
				if runs && i == 1 {
					night(n)
				}
				switch action {
				case "pause":
					_, codes[i] = n.pause(t.Context(), n.coordinators[0], mentors[i], "Pause", nil)
				case "reactivate":
					_, codes[i] = n.reactivate(t.Context(), n.coordinators[0], mentors[i], nil)
				}
				if runs && i == 0 {
					night(n)
				}
			})
			if codes[0] != codes[1] {
				t.Fatalf("day %d: %s answers %q before the night and %q after it", worlds[0].clock, action, codes[0], codes[1])
			}
		}
		return mentors, logs(t, mentors)
	}

	t.Run("a lapse in missed nights, then a pause", func(t *testing.T) {
		_, logs := play(10, func(today day, mentors [2]string) (bool, string) {
			if today != 10 {
				return false, ""
			}
			certify(mentors, "kurs", today-90, today-5)
			certify(mentors, "kurs", today-3, today+90)
			return true, "pause"
		})
		today := int(worlds[0].clock)
		want := []string{
			fmt.Sprintf("active→expired_cert v1 day %d", today-4),
			fmt.Sprintf("expired_cert→active v2 day %d", today-3),
			fmt.Sprintf("active→paused v3 day %d", today),
		}
		for i, log := range logs {
			if diff := cmp.Diff(want, log); diff != "" {
				t.Errorf("order %d (-want +log):\n%s", i, diff)
			}
		}
	})
	t.Run("at random", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			var certs []certification
			script := []string{}
			mentors, logs := play(24, func(today day, mentors [2]string) (bool, string) {
				for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(rt, "certifications") {
					c := certification{kind: rapid.SampledFrom([]string{"kurs", "førstehjelp"}).Draw(rt, "kind")}
					c.issued = today + day(rapid.IntRange(-6, 4).Draw(rt, "issued"))
					c.expires = c.issued + day(rapid.IntRange(0, 8).Draw(rt, "valid"))
					certs = append(certs, c)
					certify(mentors, c.kind, c.issued, c.expires)
				}
				runs := rapid.IntRange(0, 3).Draw(rt, "night") == 0
				action := rapid.SampledFrom([]string{"", "pause", "reactivate"}).Draw(rt, "action")
				script = append(script, fmt.Sprintf("day %d %s, night %v", today, action, runs))
				return runs, action
			})
			if diff := cmp.Diff(logs[1], logs[0]); diff != "" {
				rt.Fatalf("logs differ (-night first +coordinator first):\n%s\n%v\n%v", diff, certs, script)
			}
			both(func(i int, n *nights) {
				n.exec(t, "update public.chapter_memberships set ended_at = now() where user_id = $1", mentors[i])
			})
		})
	})
}
