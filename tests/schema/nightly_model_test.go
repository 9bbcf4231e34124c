package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
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

// rules are what was saved of each kind, the days in order. The first one counts for
// all days before the next. No kind has to be there.
type rules map[string][]rule

type rule struct {
	from       day
	isRequired bool
	replacedBy string
}

func (r rules) on(kind string, on day) (saved rule) {
	for i, one := range r[kind] {
		if i == 0 || one.from <= on {
			saved = one
		}
	}
	return saved
}

// chain is the kind and, in order, what replaces it on a day.
func (r rules) chain(kind string, on day) (chain []string) {
	for ; kind != ""; kind = r.on(kind, on).replacedBy {
		chain = append(chain, kind)
	}
	return chain
}

// covers says whether one of the kinds is valid on a day, and hasBegun whether one was ever held.
func covers(certs []certification, kinds []string, on day) bool {
	return slices.ContainsFunc(certs, func(c certification) bool {
		return slices.Contains(kinds, c.kind) && c.issued <= on && on <= c.expires
	})
}

func hasBegun(certs []certification, kinds []string, on day) bool {
	return slices.ContainsFunc(certs, func(c certification) bool { return slices.Contains(kinds, c.kind) && c.issued <= on })
}

// standing is how a kind stands on a day.
type standing int

const (
	unheld standing = iota // and not needed
	valid
	expired
	missing
)

func (s standing) isBad() bool { return s >= expired }

// holder is a person's certifications, what is saved of their kinds, and when the person
// is a mentor.
type holder struct {
	certs []certification
	rules rules
	times []mentorTime // in order, with days in between
}

// mentorTime is one time of being a mentor somewhere: from a day until the day before another.
type mentorTime struct{ from, until day }

// time returns the time that a day is of, and the last one that ended before; nil: none.
func (h holder) time(on day) (now, before *mentorTime) {
	for i := range h.times {
		switch t := &h.times[i]; {
		case t.from <= on && on < t.until:
			now = t
		case t.until <= on:
			before = t
		}
	}
	return now, before
}

func (h holder) standing(kind string, on day) standing {
	chain := h.rules.chain(kind, on)
	now, _ := h.time(on)
	switch {
	case hasBegun(h.certs, chain[:1], on) && covers(h.certs, chain, on):
		return valid
	case hasBegun(h.certs, chain[:1], on):
		return expired
	case h.rules.on(kind, on).isRequired && now != nil && !hasBegun(h.certs, chain, on):
		return missing
	}
	return unheld
}

func (h holder) kinds() []string {
	seen := map[string]bool{}
	for _, c := range h.certs {
		seen[c.kind] = true
	}
	for kind := range h.rules {
		seen[kind] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// isSucceeded says whether a successor ends on the kind's last day, which then needs no renewal.
func (h holder) isSucceeded(kind string, last day) bool {
	chain := h.rules.chain(kind, last)
	return slices.ContainsFunc(h.certs, func(c certification) bool { return slices.Contains(chain[1:], c.kind) && c.expires == last })
}

// facts are those of a mentor's certifications on a day, found by walking from
// day to day: a plain reference for what the SQL computes from stretches.
type facts struct {
	held    bool
	expired bool
	until   day    // the last valid day, of the kind that ends first; never: none ends
	kind    string // which ends first, or began to be missing first
	missing bool   // that one is missing
	since   day    // the last day on which a kind that had expired or was missing no longer was; -never: none had
	renewed string // which kind that was
	ends    map[string]day
}

func factsOn(h holder, on day) facts {
	f := facts{until: never, since: -never, ends: map[string]day{}}
	succeeded, renewedSucceeded := false, false
	for _, kind := range h.kinds() {
		is := h.standing(kind, on)
		if is == unheld && !slices.ContainsFunc(h.rules[kind], func(r rule) bool { return r.isRequired }) {
			continue
		}
		// The days on which it stands so, or of one that has expired the valid ones before.
		first, last := on, on
		if is == expired {
			for is = valid; h.standing(kind, last) == expired; last-- {
				first = last - 1
			}
		}
		for ; is != unheld && is != missing && last < on+500 && h.standing(kind, last+1) == is; last++ {
		}
		for earliest := first - 500; (is != unheld || first > earliest) && h.standing(kind, first-1) == is; first-- {
		}
		isSucceeded := is == valid && last < on+500 && h.isSucceeded(kind, last)
		if is != missing && h.standing(kind, first-1).isBad() && (first > f.since || first == f.since && renewedSucceeded && !isSucceeded) {
			f.since, f.renewed, renewedSucceeded = first, kind, isSucceeded
		}
		if is == unheld {
			continue
		}
		switch {
		case is == missing:
			last = first - 1
		case last == on+500:
			last = never
		case last >= on && !isSucceeded:
			f.ends[kind] = last
		}
		better := !f.held || last < f.until
		if f.held && last == f.until {
			better = f.missing && is != missing || f.missing == (is == missing) && succeeded && !isSucceeded
		}
		f.held, f.expired = true, f.expired || last < on
		if better {
			f.until, f.kind, f.missing, succeeded = last, kind, is == missing, isSucceeded
		}
	}
	return f
}

// nightMentor is the rules of the product by day, for one mentor: an oracle
// that looks at every day, one after the other, and knows nothing of the SQL.
type nightMentor struct {
	id string
	holder

	paused    bool
	returning day // never: none expected
	openSince day // since when none has been; never: not paused, or one is expected
	awaySince day // on which the live record was made
	plan      *planned
	told      []string // of plans
	batches   []string // what was done to several at once, this mentor among them
	requests  []request
	answers   []string // told of requests
	today     day      // by the test's clock

	stored    string // status of the live record; empty: none
	version   int    // goes on from record to record
	effective day    // of the newest version of the newest record
	closed    day    // the latest of those of the records before
	history   []string
	reminded  map[string]bool // "reminder reference date"
}

// planned is a pause before its first day.
type planned struct {
	starts, returns day // never: no return is expected
	made            day
	by, request     string // coordinator or mentor, and the request that it was made for
}

// request is what a mentor asked for.
type request struct {
	id, kind, state string
	starts, returns day // never: none
	made            day
}

// settle is what becomes of the open requests once something has changed, or a night come:
// what can't be asked for any more, or has happened, is pointless.
func (m *nightMentor) settle() {
	now, _ := m.time(m.today)
	m.requests = slices.Clone(m.requests) // a refusal goes back to those before
	for i := range m.requests {
		r := &m.requests[i]
		if r.state != "open" {
			continue
		}
		pointless := now == nil || now.from > r.made || r.returns <= m.today
		switch r.kind {
		case "pause":
			pointless = pointless || m.paused || r.starts != never && m.plan != nil
		case "change_return":
			pointless = pointless || !m.paused || m.returning == r.returns
		case "return":
			pointless = pointless || !m.paused
		}
		if pointless {
			r.state = "settled"
		}
	}
}

// grant makes the transition of a request that is accepted.
func (m *nightMentor) grant(r request, actor string) {
	switch {
	case r.kind == "pause" && r.starts != never && r.starts > m.today:
		m.planAhead(planned{starts: r.starts, returns: r.returns, made: m.today, by: actor, request: r.id})
	case r.kind == "pause":
		m.pause(r.returns, actor)
	case r.kind == "change_return":
		m.returning = r.returns
		m.change(m.stored, actor, m.today, "")
	case r.kind == "return":
		m.paused = false
		m.change("active", actor, m.today, "")
	}
}

// pause pauses the mentor today, or amends the pause that there is.
func (m *nightMentor) pause(returns day, actor string) {
	status := "paused"
	if m.stored == "expired_cert" {
		status = "expired_cert"
	}
	if m.stored == "" {
		m.awaySince = m.today
	}
	m.paused, m.returning = true, returns
	m.change(status, actor, m.today, "")
}

func (m *nightMentor) planAhead(made planned) {
	m.plan = &made
	m.told = append(m.told, "pause_planned")
	m.settle()
}

// settlePlan is what becomes of the plan on a day: nothing yet, a pause, or nothing any more.
func (m *nightMentor) settlePlan(on day) {
	if m.plan == nil || on < m.plan.made { // a night after missed ones looks at days before
		return
	}
	now, _ := m.time(on)
	switch {
	case now == nil || now.from > m.plan.made:
		// Whoever has left since it was made is planned nothing.
		m.told = append(m.told, "pause_cancelled")
		m.plan = nil
	case m.plan.starts > on:
	case m.paused:
		m.told = append(m.told, "pause_cancelled")
		m.plan = nil
	default:
		status := "paused"
		if m.stored == "expired_cert" {
			status = "expired_cert"
		}
		m.paused, m.returning = true, m.plan.returns
		m.change(status, m.plan.by, on, "")
		m.plan = nil
	}
}

func refusalOf(err error) refusal.Code {
	if err == nil {
		return ""
	}
	return refusal.From(err).Code
}

func (m *nightMentor) lastLine() string {
	if len(m.history) == 0 {
		return ""
	}
	return m.history[len(m.history)-1]
}

func (m *nightMentor) change(to, actor string, effective day, kind string) {
	from := m.stored
	if from == "" {
		from = "active"
		m.closed = max(m.closed, m.effective)
	}
	m.version++
	m.effective = effective
	m.history = append(m.history, fmt.Sprintf("%s→%s %s v%d day %d %s", from, to, actor, m.version, effective, kind))
	m.stored = to
	if to == "active" {
		m.stored = ""
	}
	switch {
	case !m.paused || m.returning != never:
		m.openSince = never
	case m.openSince == never:
		m.openSince = effective
	}
	m.settle()
}

// judge stores what follows from the facts of a day.
func (m *nightMentor) judge(on day, actor string) {
	now, before := m.time(on)
	// Whoever has left is away from nothing.
	if m.stored != "" && before != nil && (now == nil || now.from > m.awaySince) {
		m.paused, m.returning = false, never
		m.change("active", "system", before.until, "")
	}
	if now == nil {
		return
	}
	f := factsOn(m.holder, on)
	switch {
	case f.expired && m.stored != "expired_cert":
		m.change("expired_cert", actor, max(f.until+1, now.from), f.kind)
	case !f.expired && m.stored == "expired_cert" && m.paused:
		m.change("paused", actor, max(f.since, m.effective), f.renewed)
	case !f.expired && m.stored == "expired_cert":
		m.change("active", actor, max(f.since, m.effective), f.renewed)
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
		was := m.stored
		m.judge(on, actor)
		m.settlePlan(on)
		if was == "" {
			m.awaySince = asOf
		}
	}
}

// night is the run of a date, when since is the last completed one.
func (m *nightMentor) night(since, asOf day) {
	m.today = asOf
	m.bringUpToDate(since, asOf, "scheduler")
	m.settle()
	if now, _ := m.time(asOf); now == nil {
		return
	}
	remind := func(reminder string, reference day) { m.reminded[fmt.Sprintf("%s %d", reminder, reference)] = true }
	for kind, end := range factsOn(m.holder, asOf).ends {
		switch left := end - asOf; {
		case left > 30:
		case left <= 7:
			remind("certification_in_7_days of "+kind, end)
		default:
			remind("certification_in_30_days of "+kind, end)
		}
	}
	switch open := asOf - m.openSince; {
	case !m.paused:
		return
	case m.returning == never:
		if open >= 90 {
			remind(fmt.Sprintf("open_for_%d_days", open/90*90), m.openSince)
		}
		return
	}
	switch left := m.returning - asOf; {
	case left <= -7:
		remind(fmt.Sprintf("return_%d_days_ago", (-left-7)/30*30+7), m.returning)
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
	rules     rules
	trusts    bool           // requests of the chapter take effect at once
	sent      *batch         // the newest, which may be repeated
	happened  map[string]int // operations by name, also those that were refused
}

func newNights(t *testing.T) *nights {
	t.Helper()
	n := &nights{world: newWorld(t), first: time.Date(2028, 2, 20, 0, 0, 0, 0, time.UTC), // a leap year
		happened: map[string]int{}}
	n.scheduler = n.openScheduler(t)
	n.exec(t, "create table private.test_clock (day date not null)")
	n.exec(t, "insert into private.test_clock values ($1::date)", n.clock.date(n.first))
	n.exec(t, `create or replace function private.today() returns date language plpgsql stable security definer set search_path = pg_catalog, pg_temp
		as $$ begin return (select c.day from private.test_clock c); end $$`)
	// The date of a moment of the real clock is what the test's clock showed then; moments
	// of the test's calendar are far ahead.
	n.exec(t, "create table private.test_days (since timestamptz not null primary key, day date not null)")
	n.exec(t, "insert into private.test_days values ('-infinity', $1::date)", n.clock.date(n.first))
	n.exec(t, `create or replace function private.date_of(moment timestamptz) returns date language plpgsql stable security definer set search_path = pg_catalog, pg_temp
		as $$ begin return case when moment > clock_timestamp() + interval '1 day' then (moment at time zone 'Europe/Oslo')::date
			else (select d.day from private.test_days d where d.since <= moment order by d.since desc limit 1) end; end $$`)
	// Rights are of the moment, by a clock that the test doesn't move.
	n.exec(t, `create or replace function private.authorised_caller(mentor_id uuid, code text default 'mentor_not_found') returns uuid language plpgsql stable security definer set search_path = pg_catalog, pg_temp
		as $$ begin return auth.uid(); end $$`)
	// Of many, some are none of the caller's: on the day that the test's clock shows.
	n.exec(t, `do $$ begin execute replace(pg_get_functiondef('private.manageable'::regproc), 'manageable.moment',
		$text$((private.today() + time '12:00') at time zone 'Europe/Oslo')$text$); end $$`)
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
	n.exec(t, "insert into private.test_days values (clock_timestamp(), $1::date)", to.date(n.first))
}

// save changes what a kind says from the clock's day on.
func (n *nights) save(t testing.TB, kind string, isRequired bool, replacedBy string) {
	t.Helper()
	if n.rules == nil {
		n.rules = rules{}
	}
	n.happened["save"]++
	one := rule{from: n.clock, isRequired: isRequired, replacedBy: replacedBy}
	if len(n.rules[kind]) == 0 {
		one.from = -never
		n.exec(t, "insert into public.certification_kinds (code, is_required, replaced_by) values ($1, $2, nullif($3, ''))", kind, isRequired, replacedBy)
	} else {
		n.exec(t, "update public.certification_kinds set is_required = $2, replaced_by = nullif($3, '') where code = $1", kind, isRequired, replacedBy)
	}
	n.rules[kind] = append(slices.DeleteFunc(n.rules[kind], func(r rule) bool { return r.from == one.from }), one)
}

// act lets a random event happen to a mentor, in the database and in the model.
func (n *nights) act(t *testing.T, rt *rapid.T, m *nightMentor) {
	today := n.clock
	m.today = today
	now, _ := m.time(today)
	last := &m.times[len(m.times)-1]
	midnight := func(d day) string { return d.date(n.first) + " 00:00 Europe/Oslo" }
	event := rapid.SampledFrom([]string{
		"nothing", "nothing", "nothing", "pause", "amend", "change", "change", "reactivate", "certify", "certify", "leave", "join", "plan", "plan", "move", "cancel",
		"ask", "ask", "ask", "accept", "accept", "decline", "withdraw", "trust",
	}).Draw(rt, "event")
	switch event {
	case "ask", "accept", "decline", "withdraw", "trust":
		n.actOnRequests(t, rt, m, event)
	case "leave": // also ahead, or another day than was said before
		if last.until <= today || last.from > today {
			return
		}
		n.happened[event]++
		last.until = today + day(rapid.IntRange(1, 6).Draw(rt, "last day"))
		n.exec(t, "update public.chapter_memberships set ended_at = $2::timestamptz where user_id = $1 and (ended_at is null or ended_at > $3::timestamptz)",
			m.id, midnight(last.until), midnight(today))
	case "join": // also ahead
		if last.until == never {
			return
		}
		n.happened[event]++
		from := max(last.until, today) + day(rapid.IntRange(0, 4).Draw(rt, "first day"))
		n.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ($1, $2, 'mentor', $3::timestamptz)",
			n.chapter, m.id, midnight(from))
		if from == last.until {
			last.until = never
		} else {
			m.times = append(m.times, mentorTime{from, never})
		}
	case "pause", "amend":
		if now == nil {
			return
		}
		n.happened[event]++
		amending := m.stored != "" && m.paused
		back := rapid.SampledFrom([]day{never, 1, 3, 7, 8, 12, 20}).Draw(rt, "back")
		request := database.PauseMentorArguments{MentorID: m.id, PauseReason: "Pause", RequestID: uuid.NewString()}
		if back != never {
			request.ExpectedReturnDate = new((today + back).date(n.first))
		}
		if amending {
			request.ExpectedVersion = new(int32(m.version))
		}
		before := *m
		m.bringUpToDate(n.completed, today, "system")
		want := refusal.Code("")
		if m.paused && !amending {
			want = refusal.AlreadyPaused // as planned
			*m = before
		} else {
			returns := never
			if back != never {
				returns = today + back
			}
			m.pause(returns, "coordinator")
		}
		_, err := n.api.PauseMentor(t.Context(), claims(n.coordinators[0]), request)
		if code := refusalOf(err); code != want {
			rt.Fatalf("pause on day %d: %q, want %q", today, code, want)
		}
	case "change":
		if now == nil {
			return
		}
		n.happened[event]++
		n.changeSome(t, rt, m)
	case "plan":
		if now == nil {
			return
		}
		n.happened[event]++
		before := *m
		m.bringUpToDate(n.completed, today, "system")
		want := refusal.Code("")
		made := planned{starts: today + day(rapid.IntRange(1, 9).Draw(rt, "starts")), returns: never, made: today, by: "coordinator"}
		request := database.PlanPauseArguments{MentorID: m.id, PauseReason: "Reise", StartsOn: made.starts.date(n.first), RequestID: uuid.NewString()}
		if back := rapid.SampledFrom([]day{never, 1, 5, 12}).Draw(rt, "planned back"); back != never {
			made.returns = made.starts + back
			request.ExpectedReturnDate = new(made.returns.date(n.first))
		}
		switch {
		case m.paused:
			want = refusal.AlreadyPaused
		case m.plan != nil:
			want = refusal.AlreadyExists
		default:
			m.planAhead(made)
		}
		if want != "" {
			*m = before // a refusal changes nothing
		}
		_, err := n.api.PlanPause(t.Context(), claims(n.coordinators[0]), request)
		if code := refusalOf(err); code != want {
			rt.Fatalf("plan on day %d: %q, want %q", today, code, want)
		}
	case "move", "cancel":
		if now == nil {
			return
		}
		var id string
		err := n.owner.QueryRow(t.Context(), "select id from public.planned_pauses where mentor_id = $1", m.id).Scan(&id)
		if err != nil && err != pgx.ErrNoRows {
			rt.Fatal(err)
		}
		if (err == pgx.ErrNoRows) != (m.plan == nil) {
			rt.Fatalf("day %d: planned %+v, and there is %q", today, m.plan, id)
		}
		if m.plan == nil {
			return
		}
		n.happened[event]++
		before := *m
		m.bringUpToDate(n.completed, today, "system")
		want := refusal.Code("")
		if m.plan == nil {
			want = refusal.NotFound
			if m.paused && m.lastLine() != before.lastLine() && before.plan.starts <= today && !before.paused {
				want = refusal.AlreadyPaused
			}
			*m = before // a refusal changes nothing
		}
		if event == "cancel" {
			_, err = n.api.CancelPlannedPause(t.Context(), claims(n.coordinators[0]), id, uuid.NewString())
			if want == "" {
				m.plan = nil
				m.told = append(m.told, "pause_cancelled")
			}
		} else {
			moved := *before.plan
			moved.starts = today + day(rapid.IntRange(1, 9).Draw(rt, "starts anew"))
			moved.returns, moved.by = never, "coordinator"
			_, err = n.api.AmendPlannedPause(t.Context(), claims(n.coordinators[0]), database.AmendPlannedPauseArguments{
				PlannedPauseID: id, RequestID: uuid.NewString(),
				Changes: map[string]*string{"starts_on": new(moved.starts.date(n.first)), "expected_return_date": nil}})
			if want == "" {
				if moved.starts != before.plan.starts || moved.returns != before.plan.returns {
					m.told = append(m.told, "pause_planned")
				}
				m.plan = &moved
			}
		}
		if code := refusalOf(err); code != want {
			rt.Fatalf("%s of a plan on day %d: %q, want %q", event, today, code, want)
		}
	case "reactivate":
		if now == nil {
			return
		}
		n.happened[event]++
		before := *m
		m.bringUpToDate(n.completed, today, "system")
		want := refusal.Code("")
		switch {
		case factsOn(m.holder, today).expired:
			want = refusal.CertificationExpired
		case !m.paused:
			want = refusal.NotPaused
		default:
			m.paused = false
			m.change("active", "coordinator", today, "")
		}
		if want != "" {
			*m = before // a refusal changes nothing
		}
		if _, code := n.reactivate(t.Context(), n.coordinators[0], m.id, nil); code != want {
			rt.Fatalf("reactivate on day %d: %q, want %q", today, code, want)
		}
	case "certify":
		n.happened[event]++
		c := certification{
			kind:   rapid.SampledFrom(referenceKinds[:2+min(len(m.rules), 1)]).Draw(rt, "kind"),
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

// changeSome amends one field of a pause or both: a reason, another return date, none, or the
// one that there is, which may be past. It names the version that is stored, another or none.
func (n *nights) changeSome(t *testing.T, rt *rapid.T, m *nightMentor) {
	today := n.clock
	changes := map[string]*string{}
	fields := rapid.SampledFrom([]string{"reason", "return", "both"}).Draw(rt, "changed")
	if fields != "return" {
		changes["pause_reason"] = new("Eksamen")
	}
	returns := m.returning
	if fields != "reason" {
		if back := rapid.SampledFrom([]day{0, never, 1, 7, 8, 20}).Draw(rt, "changed back"); back == never {
			returns = never
		} else if back > 0 {
			returns = today + back
		}
		changes["expected_return_date"] = nil
		if returns != never {
			changes["expected_return_date"] = new(returns.date(n.first))
		}
	}
	arguments := database.AmendPauseArguments{MentorID: m.id, Changes: changes, RequestID: uuid.NewString()}
	ahead := rapid.SampledFrom([]int{-1, 0, 0, 0, 1}).Draw(rt, "version")
	if ahead >= 0 {
		arguments.ExpectedVersion = new(int32(m.version + ahead))
	}

	before := *m
	want := refusal.Code("")
	switch {
	case fields != "reason" && returns <= today && !(m.paused && m.returning == returns):
		want = refusal.InvalidRequest
	case ahead >= 0 && (m.stored == "" || ahead > 0):
		want = refusal.VersionConflict
	default:
		m.bringUpToDate(n.completed, today, "system")
		switch {
		case !m.paused && ahead < 0:
			want = refusal.NotPaused
		case !m.paused:
			want = refusal.VersionConflict
		default:
			if fields != "reason" {
				m.returning = returns
			}
			m.change(m.stored, "coordinator", today, "")
		}
	}
	if want != "" {
		*m = before // a refusal changes nothing
	}
	_, err := n.api.AmendPause(t.Context(), claims(n.coordinators[0]), arguments)
	if code := refusalOf(err); code != want {
		rt.Fatalf("changing %s to %d on day %d: %q, want %q; %+v", fields, returns, today, code, want, before)
	}
}

// actOnRequests lets a mentor ask, be answered or withdraw, or the chapter change its mind
// about whether that takes effect at once.
func (n *nights) actOnRequests(t *testing.T, rt *rapid.T, m *nightMentor, event string) {
	today := n.clock
	now, _ := m.time(today)
	// Of somebody who left, only a night ends the plan.
	if now == nil || m.plan != nil && now.from > m.plan.made {
		return
	}
	before := *m
	switch event {
	case "trust":
		n.happened[event]++
		n.trusts = !n.trusts
		n.exec(t, "update public.chapters set requests_take_effect = $2 where id = $1", n.chapter, n.trusts)
	case "ask":
		n.happened[event]++
		asked := request{kind: rapid.SampledFrom([]string{"pause", "pause", "change_return", "return"}).Draw(rt, "kind"),
			state: "open", starts: never, returns: never, made: today}
		arguments := database.RequestLeaveArguments{Kind: asked.kind, RequestID: uuid.NewString()}
		if asked.kind == "pause" && rapid.Bool().Draw(rt, "from a day") {
			asked.starts = today + day(rapid.IntRange(1, 6).Draw(rt, "asked from"))
			arguments.StartsOn = new(asked.starts.date(n.first))
		}
		if back := rapid.SampledFrom([]day{never, 1, 3, 8, 12}).Draw(rt, "asked back"); asked.kind != "return" && back != never {
			asked.returns = today + back
			if asked.starts != never {
				asked.returns = asked.starts + back
			}
			arguments.ExpectedReturnDate = new(asked.returns.date(n.first))
		}
		m.bringUpToDate(n.completed, today, "system")
		m.settle()
		want := refusal.Code("")
		switch {
		case asked.kind == "pause" && m.paused:
			want = refusal.AlreadyPaused
		case asked.kind != "pause" && !m.paused:
			want = refusal.NotPaused
		case asked.kind == "change_return" && m.returning == asked.returns:
			want = refusal.InvalidRequest
		case asked.starts != never && m.plan != nil,
			slices.ContainsFunc(m.requests, func(r request) bool { return r.kind == asked.kind && r.state == "open" }):
			want = refusal.AlreadyExists
		}
		reply, err := n.api.RequestLeave(t.Context(), claims(m.id), arguments)
		if code := refusalOf(err); code != want {
			rt.Fatalf("asking for %+v on day %d: %q, want %q", asked, today, code, want)
		}
		if want != "" {
			*m = before // a refusal changes nothing
			return
		}
		var answer struct {
			LeaveRequest struct{ ID string } `json:"leave_request"`
		}
		if err := json.Unmarshal(reply.Body, &answer); err != nil {
			rt.Fatal(err)
		}
		asked.id = answer.LeaveRequest.ID
		atOnce := n.trusts && !(asked.kind == "return" && m.stored == "expired_cert")
		if atOnce {
			asked.state = "accepted"
		} else {
			m.answers = append(m.answers, "leave_requested coordinator")
		}
		m.requests = append(slices.Clone(m.requests), asked)
		if atOnce {
			m.grant(asked, "mentor")
		}
	default:
		if len(m.requests) == 0 {
			return
		}
		n.happened[event]++
		// Mostly the last one.
		i := len(m.requests) - 1 - min(rapid.IntRange(0, 3).Draw(rt, "which"), len(m.requests)-1)
		was := m.requests[i]
		user := n.coordinators[0]
		if event == "withdraw" {
			user = m.id
		}
		want := refusal.Code("")
		takesBack := event == "withdraw" && was.state == "accepted"
		switch {
		case was.state != "open" && !takesBack:
			want = refusal.AlreadyAnswered
		case takesBack:
			m.bringUpToDate(n.completed, today, "system")
			if m.plan == nil || m.plan.request != was.id {
				want = refusal.AlreadyAnswered
			}
		default:
			m.bringUpToDate(n.completed, today, "system")
			m.settle()
			switch {
			case m.requests[i].state != "open":
				want = refusal.AlreadyAnswered
			case event == "accept" && was.kind == "return" && m.stored == "expired_cert":
				want = refusal.CertificationExpired
			}
		}
		_, err := n.api.AnswerLeaveRequest(t.Context(), claims(user), database.AnswerLeaveRequestArguments{
			LeaveRequestID: was.id, Answer: event, RequestID: uuid.NewString()})
		if code := refusalOf(err); code != want {
			rt.Fatalf("%s of %+v on day %d: %q, want %q; %v", event, was, today, code, want, before.history)
		}
		if want != "" {
			*m = before // a refusal changes nothing
			return
		}
		m.requests = slices.Clone(m.requests)
		m.requests[i].state = map[string]string{"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}[event]
		if takesBack {
			m.plan = nil
			m.told = append(m.told, "pause_cancelled")
		}
		if event == "accept" {
			m.grant(was, "coordinator")
		}
		if event != "withdraw" {
			m.answers = append(m.answers, "leave_answered mentor")
		}
	}
}

// compare checks what is stored, logged, asked for and reminded against the model.
func (n *nights) compare(t *testing.T, rt *rapid.T, mentors []*nightMentor) {
	ids := make([]string, len(mentors))
	for i, m := range mentors {
		ids[i] = m.id
	}
	// All in one query: the round trips took longer than the nights.
	rows, err := n.owner.Query(t.Context(), `
		select l.mentor_id::text, 'log', format('%s→%s %s v%s day %s %s',
			from_status, to_status, actor_kind, record_version, effective_on - $2::date, certification_kind)
		from (select * from public.pause_status_log where mentor_id = any ($1::uuid[]) order by id) l
		union all
		select mentor_id::text, 'stored', status from public.pause_records where mentor_id = any ($1::uuid[]) and status <> 'active'
		union all
		select mentor_id::text, audience, format('%s %s', concat_ws(' of ', reminder, certification_kind), reference_on - $2::date)
		from public.notifications where mentor_id = any ($1::uuid[]) and reminder is not null
		union all
		select mentor_id::text, 'requests', format('%s %s', kind, state)
		from (select * from public.leave_requests where mentor_id = any ($1::uuid[]) order by created_at, id) q
		union all
		select mentor_id::text, 'answers', format('%s %s', kind, audience)
		from (select * from public.notifications where mentor_id = any ($1::uuid[]) and leave_request_id is not null order by id) a
		union all
		select mentor_id::text, 'plans of ' || audience, kind
		from (
			select mentor_id, audience, kind, id from public.notifications where mentor_id = any ($1::uuid[]) and planned_pause_id is not null
			union all
			select mentor_id, 'coordinator', 'pause_planned', notification_id
			from private.notification_mentors where mentor_id = any ($1::uuid[]) and planned_pause_id is not null
			order by id) p
		union all
		select mentor_id::text, 'batches', format('%s of %s', coalesce('paused v' || paused, 'planned'), mentors)
		from (
			select g.mentor_id, case when g.pause_record_id is not null then g.record_version end as paused,
				(select count(*) from private.notification_mentors o where o.notification_id = g.notification_id) as mentors
			from private.notification_mentors g
			join public.notifications s on s.id = g.notification_id and s.kind = 'several_paused' and s.audience = 'coordinator'
			where g.mentor_id = any ($1::uuid[])
			order by g.notification_id) b`, ids, n.first.Format(time.DateOnly))
	if err != nil {
		rt.Fatal(err)
	}
	found := map[string]map[string][]string{}
	var id, what, line string
	if _, err := pgx.ForEachRow(rows, []any{&id, &what, &line}, func() error {
		if found[id] == nil {
			found[id] = map[string][]string{}
		}
		found[id][what] = append(found[id][what], line)
		return nil
	}); err != nil {
		rt.Fatal(err)
	}
	for _, m := range mentors {
		n.compareOne(rt, m, found[m.id])
	}
}

// compareOne compares with what was found of a mentor: the log, the status stored in live
// records, and the reminders by audience.
func (n *nights) compareOne(rt *rapid.T, m *nightMentor, found map[string][]string) {
	if history := found["log"]; strings.Join(history, ";") != strings.Join(m.history, ";") {
		rt.Fatalf("day %d: log differs (-model +log):\n%s\ncertifications %v, times %v, kinds %v", n.clock, cmp.Diff(m.history, history), m.certs, m.times, n.rules)
	}
	if stored := strings.Join(found["stored"], ";"); stored != m.stored {
		rt.Fatalf("day %d: stored %q, want %q; history %v, certifications %v, times %v", n.clock, stored, m.stored, m.history, m.certs, m.times)
	}
	var requests []string
	for _, r := range m.requests {
		requests = append(requests, r.kind+" "+r.state)
	}
	if !slices.Equal(found["requests"], requests) {
		rt.Fatalf("day %d: requests differ (-model +found):\n%s\n%+v, %v, paused %v, times %v", n.clock, cmp.Diff(requests, found["requests"]), m.requests, m.history,
			m.paused, m.times)
	}
	if !slices.Equal(found["answers"], m.answers) {
		rt.Fatalf("day %d: what is told of requests differs (-model +outbox):\n%s", n.clock, cmp.Diff(m.answers, found["answers"]))
	}
	if !slices.Equal(found["batches"], m.batches) {
		rt.Fatalf("day %d: what is told of batches differs (-model +outbox):\n%s\n%v", n.clock, cmp.Diff(m.batches, found["batches"]), m.history)
	}
	for _, audience := range []string{"mentor", "coordinator"} {
		if told := found["plans of "+audience]; !slices.Equal(told, m.told) {
			rt.Fatalf("day %d: the %s is told of plans %v, want %v; %v, times %v, plan %+v", n.clock, audience, told, m.told, m.history, m.times, m.plan)
		}
		reminded := found[audience]
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
// missed nights, and compares after each run. Once it is also saved now and then which
// kinds are required and what replaces them.
func TestNightlyRunFollowsTheModel(t *testing.T) {
	t.Parallel()
	historiesFollowTheModel(t, 24, 12)
}

// historiesFollowTheModel plays as many days each time, in a database without and in one with
// rules of the kinds. The two are there once the subtests have ended.
func historiesFollowTheModel(t *testing.T, days, daysWithRules int) *[2]*nights {
	t.Helper()
	worlds := &[2]*nights{}
	t.Run("kinds without rules", func(t *testing.T) {
		t.Parallel()
		worlds[0] = newNights(t)
		followTheModel(t, worlds[0], days)
	})
	t.Run("kinds with rules", func(t *testing.T) {
		t.Parallel()
		worlds[1] = newNights(t)
		for _, kind := range slices.Backward(referenceKinds) {
			worlds[1].save(t, kind, false, "")
		}
		followTheModel(t, worlds[1], daysWithRules)
	})
	return worlds
}

// saveSomething saves one of the kinds now and then, if there are any with rules.
func (n *nights) saveSomething(t testing.TB, rt *rapid.T) {
	t.Helper()
	if n.rules == nil || rapid.IntRange(0, 3).Draw(rt, "save") > 0 {
		return
	}
	i := rapid.IntRange(0, len(referenceKinds)-1).Draw(rt, "saved")
	successor := rapid.SampledFrom(append([]string{"", ""}, referenceKinds[i+1:]...)).Draw(rt, "successor")
	n.save(t, referenceKinds[i], rapid.IntRange(0, 3).Draw(rt, "required") == 0, successor)
}

func followTheModel(t *testing.T, n *nights, days int) {
	run := func(rt *rapid.T) nightly.Report {
		n.happened["night"]++
		report, err := nightly.Run(t.Context(), n.scheduler, nightly.Request{AsOf: n.clock.date(n.first), Chunk: 2, Reconcile: -1}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		if report.Outcome != nightly.Completed {
			rt.Fatalf("day %d: %+v", n.clock, report)
		}
		return report
	}
	rapid.Check(t, func(rt *rapid.T) {
		// What a history before has left, perhaps in the middle, makes no difference: else
		// none could be shrunk.
		for kind := range n.rules {
			n.save(t, kind, false, "")
		}
		n.trusts = false
		n.exec(t, "update public.chapters set requests_take_effect = false where id = $1", n.chapter)
		n.exec(t, "delete from public.chapter_memberships where role = 'mentor'")
		n.setClock(t, n.clock+1)
		run(rt) // of the days before, which are nothing to those who come now
		mentors := make([]*nightMentor, 3)
		for i := range mentors {
			mentors[i] = &nightMentor{id: n.person(t, "Åse Mentor"), holder: holder{rules: n.rules, times: []mentorTime{{-never, never}}},
				returning: never, openSince: never, effective: -never, closed: -never, reminded: map[string]bool{}}
			n.join(t, mentors[i].id, n.chapter, "mentor")
		}
		run(rt)
		n.completed, n.sent = n.clock, nil
		for range days {
			// Of several at once seldom, and before, between or after what happens to each.
			many := rapid.IntRange(0, 7).Draw(rt, "many at once")
			for i, m := range mentors {
				if i == many {
					n.actOnMany(t, rt, mentors)
				}
				n.act(t, rt, m)
			}
			if many == len(mentors) {
				n.actOnMany(t, rt, mentors)
			}
			n.saveSomething(t, rt)
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
			}
			n.compare(t, rt, mentors)
			n.completed = n.clock
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
