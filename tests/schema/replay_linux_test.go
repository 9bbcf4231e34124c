package schema_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
)

// years is a database on a server whose clock is moved on, so that every command, every night
// and every moment at which something is known is one of the years that pass.
type years struct {
	*issuer
	scheduler *database.DB
	kinds     []command // what was saved of kinds in histories before
	accepted  map[string]int
	refused   map[string]int
}

func newYears(t *testing.T) *years {
	y := &years{issuer: &issuer{world: newWorld(t, testdb.OwnCluster())}}
	y.db.SetClock(t, time.Date(2027, 10, 1, 10, 0, 0, 0, time.UTC))
	y.owner = y.db.Connect(t, "postgres")
	y.scheduler = y.openScheduler(t)
	y.administrator = y.person(t, "Anne Administrator")
	y.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", y.administrator)
	return y
}

// lastYear is before the moments that private.fact_moment() can count.
const lastYear = 2069

// moveTo moves the clock, unless it is past that already.
func (y *years) moveTo(t testing.TB, at time.Time) {
	t.Helper()
	if now := y.now(t).Add(time.Second); at.Before(now) {
		return
	}
	y.db.MoveClock(t, at)
}

// history is what is recorded of a few mentors in a few chapters.
type history struct {
	*years
	t        *testing.T
	rt       *rapid.T
	mentors  []string
	chapters []string
	callers  []string  // who administer all of the chapters
	some     string    // who administers the first two
	before   []command // of kinds
	commands []command
	moments  []time.Time
}

// Every day of every mentor, and every number of a report, as known at any moment: by a
// reference in Go that replays the commands.
func TestReportsFollowTheReference(t *testing.T) {
	t.Parallel()
	var y *years
	accepted, refused := map[string]int{}, map[string]int{}
	histories, servers := 0, 0
	// A history takes as long as a dozen scripts of other tests: by default a few have to do.
	isLong := flag.Lookup("rapid.checks").Value.String() != defaultChecks
	isShrinking := false
	rapid.Check(t, func(rt *rapid.T) {
		if histories >= 8 && !isLong && !isShrinking {
			return
		}
		holds := false
		defer func() { isShrinking = isShrinking || !holds }()
		if y == nil || y.now(t).Year() > lastYear {
			y = newYears(t)
			y.accepted, y.refused = accepted, refused
			servers++
		}
		histories++
		h := y.begin(t, rt)
		for range between(rt, 6, 18, "steps") {
			h.passTime()
			h.step()
		}
		h.wantReport()
		h.wantReport()
		h.wantDays()
		holds = true
	})
	t.Logf("%d histories on %d servers; refused, and accepted, were", histories, servers)
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("%6d %s", refused[name], name)
	}
	for _, name := range slices.Sorted(maps.Keys(accepted)) {
		t.Logf("%6d %s", accepted[name], name)
	}
	if histories >= 100 && len(accepted) < 18 {
		t.Errorf("some commands were never accepted")
	}
}

func (y *years) begin(t *testing.T, rt *rapid.T) *history {
	h := &history{years: y, t: t, rt: rt, callers: []string{y.administrator}}
	y.moveTo(t, y.now(t).Add(24*time.Hour).Truncate(24*time.Hour).Add(11*time.Hour))
	// Whoever was there in a history before is nobody in this one.
	y.exec(t, `delete from public.chapter_memberships m
		where m.role <> 'coordinator' and not exists (select from public.erasures e where e.person_id = m.user_id)`)
	for range 3 {
		h.mentors = append(h.mentors, uuid.NewString())
		h.chapters = append(h.chapters, uuid.NewString())
	}
	slices.Sort(h.chapters)
	h.some = uuid.NewString()
	h.callers = append(h.callers, uuid.NewString())
	y.exec(t, `with people as (
			insert into public.profiles (id, display_name) select p, 'Kari' from unnest($1::uuid[] || $2::uuid || $3::uuid) p
		), places as (
			insert into public.chapters (id, name) select c, 'Lag' from unnest($4::uuid[]) c
		)
		insert into public.chapter_memberships (chapter_id, user_id, role)
		select c, $2, 'administrator' from unnest($4) c union all select c, $3, 'administrator' from unnest($4[1:2]) c`,
		h.mentors, h.callers[1], h.some, h.chapters)
	now := y.now(t)
	// No question is about a day long before the history.
	for _, kind := range referenceKinds[:2] {
		old := slices.DeleteFunc(slices.Clone(y.kinds), func(c command) bool { return c.kind != kind || now.Sub(c.recorded) < 200*24*time.Hour })
		if len(old) > 1 {
			y.kinds = slices.DeleteFunc(y.kinds, func(c command) bool { return c.kind == kind && c.recorded.Before(old[len(old)-1].recorded) })
		}
	}
	h.before = slices.Clone(y.kinds)
	for _, kind := range referenceKinds[:2] {
		if saved := replay(h.before, now).rules[kind]; len(saved) == 0 || saved[len(saved)-1].isRequired || saved[len(saved)-1].replacedBy != "" {
			h.run(command{name: "save_certification_kind", by: y.administrator, kind: kind})
		}
	}
	h.night()
	for _, mentor := range h.mentors {
		if between(rt, 0, 7, "is nobody") > 0 {
			h.run(command{name: "write membership", by: "service_role", person: mentor, chapter: pick(rt, h.chapters, "chapter"),
				begins: midnight(h.today() - between(rt, 1, 60, "joined")).Add(5 * time.Hour)})
		}
		if rapid.Bool().Draw(rt, "certified") {
			from := h.today() - between(rt, 0, 60, "issued")
			h.run(command{name: "write certification", by: "service_role", person: mentor, kind: pick(rt, referenceKinds[:2], "kind"),
				from: from, until: from + between(rt, 10, 90, "valid")})
		}
	}
	return h
}

// pick is one of them, each as likely as the others: rapid prefers the first ones, so that
// much would hardly ever happen, and what does would be refused.
func pick[T any](rt *rapid.T, of []T, label string) T {
	n := 0
	for _, bit := range rapid.SliceOfN(rapid.Bool(), 10, 10).Draw(rt, label) {
		n *= 2
		if bit {
			n++
		}
	}
	return of[n*len(of)/1024]
}

func between(rt *rapid.T, from, to int, label string) day {
	days := make([]int, to-from+1)
	for i := range days {
		days[i] = from + i
	}
	return day(pick(rt, days, label))
}

func (h *history) today() day { return dayOf(h.now(h.t)) }

// passTime moves the clock: by hours or days, to a time of day that may be near midnight, in
// Oslo or in UTC. Of the nights that pass many are missed.
func (h *history) passTime() {
	if rapid.Bool().Draw(h.rt, "at once") {
		return
	}
	today := h.today() + between(h.rt, 0, 6, "days")
	clock := pick(h.rt, []string{"00:00:20", "00:31:00", "01:30:00", "02:30:00", "03:30:00", "12:00:00", "22:30:00", "23:59:20"}, "time")
	at, err := time.ParseInLocation("2006-01-02 15:04:05", today.String()+" "+clock, oslo)
	if err != nil {
		h.rt.Fatal(err)
	}
	h.moveTo(h.t, at)
	if rapid.Bool().Draw(h.rt, "in time") {
		h.night()
	}
}

func (h *history) night() {
	report, err := nightly.Run(h.t.Context(), h.scheduler, nightly.Request{AsOf: h.today().String(), Reconcile: -1}, nil)
	if err != nil {
		h.rt.Fatal(err)
	}
	if report.Outcome != nightly.Completed {
		h.rt.Fatalf("the night: %+v", report)
	}
	h.record(command{name: "nightly_run", by: "scheduler"})
}

// record keeps a command that was accepted.
func (h *history) record(c command) {
	c.recorded = h.now(h.t)
	h.accepted[c.name]++
	h.commands = append(h.commands, c)
	h.moments = append(h.moments, c.recorded)
	if c.name == "save_certification_kind" {
		h.kinds = append(h.kinds, c)
	}
}

// known is the reference at a moment.
func (h *history) known(at time.Time) *reference {
	return replay(slices.Concat(h.before, h.commands), at)
}

func (h *history) fail(format string, args ...any) {
	h.rt.Helper()
	lines := make([]string, len(h.commands))
	for i, c := range h.commands {
		lines[i] = c.String()
	}
	h.rt.Fatalf("%s\nmentors %.8s, chapters %.8s\n%s", fmt.Sprintf(format, args...), h.mentors, h.chapters, strings.Join(lines, "\n"))
}

// run carries a command out, which the database may refuse, and records it. The id that the
// database gave to what was made is all that is taken from it.
func (h *history) run(c command) {
	h.rt.Helper()
	sql, args := c.call()
	role, said := c.by, ""
	if sql == "" {
		sql, args = c.write()
	} else {
		sql, role, said = "select "+sql, "authenticated", string(claims(c.by))
	}
	err := pgx.BeginFunc(h.t.Context(), h.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)", role, said); err != nil {
			return err
		}
		return tx.QueryRow(h.t.Context(), sql, args...).Scan(&c.id)
	})
	code := codeOf(err)
	if pgErr := new(pgconn.PgError); err != nil && !(errors.As(err, &pgErr) && (pgErr.Code == "PGRST" || strings.HasPrefix(pgErr.Code, "23"))) {
		h.fail("%s: %v", c, err)
	}
	if want, isSaid := h.known(h.now(h.t)).refuses(c, h.today()); isSaid && want != code && (code == "" || strings.Contains(ofPauses, code)) {
		h.fail("%s: %q, want %q", c, code, want)
	}
	if code == "" {
		h.record(c)
		return
	}
	h.refused[c.name+" "+code]++
}

// call is the RPC of a command.
func (c command) call() (sql string, args []any) {
	switch c.name {
	case "start_membership":
		return "public.start_membership($1, $2, 'mentor', $3::date) #>> '{membership,id}'", []any{c.person, c.chapter, c.from.String()}
	case "end_membership":
		lastDay := (*string)(nil)
		if c.until != never {
			lastDay = new((c.until - 1).String())
		}
		return "public.end_membership($1, $2::date) #>> '{membership,id}'", []any{c.id, lastDay}
	case "register_certification":
		return "public.register_certification($1, $2, $3::date, $4) #>> '{certification,id}'", []any{c.person, c.kind, c.from.String(), c.until.String()}
	case "revoke_certification":
		return "public.revoke_certification($1, $2::date) #>> '{certification,id}'", []any{c.id, c.until.String()}
	case "remove_certification":
		return "public.remove_certification($1) #>> '{certification,id}'", []any{c.id}
	case "save_certification_kind":
		return "public.save_certification_kind($1, is_required => $2, replaced_by => $3) #>> '{certification_kind,code}'", []any{c.kind, c.required, c.replaced}
	case "pause_mentor":
		return "public.pause_mentor($1, 'Reise') #>> '{pause_record,id}'", []any{c.person}
	case "reactivate_mentor":
		return "public.reactivate_mentor($1) #>> '{pause_record,id}'", []any{c.person}
	case "plan_pause":
		return "public.plan_pause($1, 'Reise', $2::date) #>> '{planned_pause,id}'", []any{c.person, c.from.String()}
	case "amend_planned_pause":
		return "public.amend_planned_pause($1, jsonb_build_object('starts_on', $2::text)) #>> '{planned_pause,id}'", []any{c.id, c.from.String()}
	case "cancel_planned_pause":
		return "public.cancel_planned_pause($1) #>> '{planned_pause,id}'", []any{c.id}
	case "merge_people":
		return "public.merge_people($1, $2) #>> '{person,id}'", []any{c.person, c.other}
	case "erase_person":
		return "public.erase_person($1)::text", []any{c.person}
	}
	return "", nil
}

// write is what another system, or a hand, does to a table instead.
func (c command) write() (sql string, args []any) {
	id := (*string)(nil)
	if c.id != "" {
		id = &c.id
	}
	switch c.name {
	case "write membership":
		ends := (*time.Time)(nil)
		if !c.ends.IsZero() {
			ends = &c.ends
		}
		return `insert into public.chapter_memberships (id, chapter_id, user_id, role, started_at, ended_at)
			values (coalesce($1::uuid, gen_random_uuid()), $2, $3, 'mentor', $4, $5)
			on conflict (id) do update set started_at = excluded.started_at, ended_at = excluded.ended_at returning id::text`,
			[]any{id, c.chapter, c.person, c.begins, ends}
	case "delete membership":
		return "delete from public.chapter_memberships where id = $1 returning id::text", []any{id}
	case "write certification":
		expires := (*string)(nil)
		if c.until != never {
			expires = new(c.until.String())
		}
		return `insert into public.certifications (id, mentor_id, kind, issued_on, expires_on)
			values (coalesce($1::uuid, gen_random_uuid()), $2, $3, $4::date, $5::date)
			on conflict (id) do update set expires_on = excluded.expires_on returning id::text`,
			[]any{id, c.person, c.kind, c.from.String(), expires}
	case "delete certification":
		return "delete from public.certifications where id = $1 returning id::text", []any{id}
	case "write pause":
		return "insert into public.pause_records (mentor_id, status, paused_at, reactivated_at) values ($1, 'active', $2, $3) returning id::text",
			[]any{c.person, midnight(c.from).Add(8 * time.Hour), midnight(c.until).Add(7 * time.Hour)}
	}
	panic("unknown command " + c.name)
}

// ofPauses are the refusals that the reference foretells.
const ofPauses = "already_paused not_paused certification_expired already_exists"

// oneOf is one of the ids, which are those of commands: in their order, so that a seed
// repeats it.
func (h *history) oneOf(ids map[string]bool) string {
	var in []string
	for _, c := range h.commands {
		if ids[c.id] && !slices.Contains(in, c.id) {
			in = append(in, c.id)
		}
	}
	if len(in) == 0 {
		return ""
	}
	return pick(h.rt, in, "which")
}

func (h *history) step() {
	rt, today := h.rt, h.today()
	r := h.known(h.now(h.t))
	days := func(from, to int) day { return today + between(rt, from, to, "day") }
	c := command{by: pick(rt, h.callers, "by"), person: pick(rt, h.mentors, "mentor"),
		until: never}
	c.name = pick(rt, []string{
		"start_membership", "start_membership", "end_membership", "end_membership", "write membership", "write membership", "write membership", "change membership", "change membership", "delete membership",
		"register_certification", "register_certification", "register_certification", "revoke_certification", "remove_certification",
		"write certification", "change certification", "delete certification", "save_certification_kind",
		"pause_mentor", "pause_mentor", "pause_mentor", "reactivate_mentor", "reactivate_mentor", "write pause", "plan_pause", "plan_pause", "amend_planned_pause", "cancel_planned_pause",
		"merge_people", "erase_person", "come back", "come back", "come back",
	}, "command")
	ofOthers := func() { c.by = pick(rt, []string{"service_role", "postgres"}, "role") }
	stays, held := map[string]bool{}, map[string]bool{}
	for id := range r.stays {
		stays[id] = true
	}
	for id := range r.held {
		held[id] = true
	}
	// Mostly somebody to whom it can happen.
	likely := slices.DeleteFunc(slices.Clone(h.mentors), func(m string) bool {
		now, _ := r.holder(m).time(today)
		_, isPlanned := r.plans[m]
		switch c.name {
		case "pause_mentor", "plan_pause":
			return now == nil || r.live(m) != nil
		case "come back":
			return now == nil
		case "reactivate_mentor":
			return now == nil || r.live(m) == nil
		case "amend_planned_pause", "cancel_planned_pause":
			return !isPlanned
		}
		return r.named(m) != m
	})
	if len(likely) > 0 && between(rt, 0, 7, "anybody") > 0 {
		c.person = pick(rt, likely, "likely")
	}
	switch c.name {
	case "start_membership":
		c.chapter = pick(rt, h.chapters, "chapter")
		c.from = days(-60, 15)
		c.begins = midnight(c.from)
	case "end_membership":
		if c.id = h.oneOf(stays); c.id == "" {
			return
		}
		if between(rt, 0, 4, "taken back") > 0 {
			c.until = max(days(-40, 12), r.stays[c.id].from()+1)
		}
		if c.ends = midnight(c.until); c.ends.Equal(r.stays[c.id].ends) {
			return
		}
	case "write membership":
		ofOthers()
		c.chapter = pick(rt, h.chapters, "chapter")
		c.begins = midnight(days(-70, 12)).Add(5 * time.Hour)
		if n := between(rt, 0, 40, "length"); n > 10 {
			c.ends = midnight(dayOf(c.begins) + day(n-10)).Add(9 * time.Hour)
		}
	case "change membership", "delete membership":
		ofOthers()
		if c.id = h.oneOf(stays); c.id == "" {
			return
		}
		was := r.stays[c.id]
		c.person, c.chapter, c.begins, c.ends = was.person, was.chapter, was.begins, was.ends
		if c.name == "delete membership" {
			break
		}
		c.name = "write membership"
		if rapid.Bool().Draw(rt, "the beginning") {
			c.begins = midnight(days(-70, 12)).Add(6 * time.Hour)
		} else {
			c.ends = midnight(days(-50, 12)).Add(10 * time.Hour)
		}
		if !c.ends.IsZero() && c.ends.Before(c.begins) {
			c.ends = c.begins.Add(30 * time.Hour)
		}
	case "register_certification", "write certification":
		if c.name == "write certification" {
			ofOthers()
		}
		c.kind = pick(rt, referenceKinds[:2], "kind")
		c.from = days(-70, 8)
		if n := between(rt, -8, 60, "valid"); n >= 0 {
			c.until = c.from + day(n)
		}
	case "change certification", "revoke_certification", "remove_certification", "delete certification":
		if c.id = h.oneOf(held); c.id == "" {
			return
		}
		was := r.held[c.id]
		c.person, c.kind, c.from, c.until = was.person, was.kind, was.issued, was.expires
		switch c.name {
		case "change certification":
			ofOthers()
			c.name = "write certification"
			c.until = min(max(c.from, days(-40, 30)), was.expires)
		case "delete certification":
			ofOthers()
		case "revoke_certification":
			if c.until = min(max(c.from, days(-40, 10)), was.expires); c.until == was.expires {
				return
			}
		}
	case "save_certification_kind":
		c.by, c.kind = h.administrator, pick(rt, referenceKinds[:2], "kind")
		c.required = rapid.Bool().Draw(rt, "required")
		c.replaced = pick(rt, []string{"", "", referenceKinds[0], referenceKinds[1]}, "replaced by")
	case "write pause":
		c.by = "postgres"
		if _, planned := r.plans[c.person]; planned {
			return
		}
		c.from = days(-60, -1)
		c.until = min(c.from+between(rt, 0, 25, "length"), today-1)
		if c.until <= c.from {
			c.until = c.from + 1
		}
	case "plan_pause":
		c.from = days(1, 8)
	case "amend_planned_pause", "cancel_planned_pause":
		c.id = r.plans[c.person].id
		c.from = days(1, 8)
		if c.id == "" {
			return
		}
	case "come back":
		h.comeBack(c, r)
		return
	case "merge_people":
		c.other = pick(rt, slices.DeleteFunc(slices.Clone(h.mentors), func(m string) bool { return m == c.person }), "dropped")
	case "erase_person":
		if between(rt, 0, 2, "really") > 0 {
			return
		}
	}
	h.run(c)
}

// comeBack has somebody who is away, or is going to be, leave every chapter and be a mentor
// again some days later: ahead or behind, told by an administrator or by another system.
func (h *history) comeBack(c command, r *reference) {
	rt, today := h.rt, h.today()
	away := c
	away.name, away.from = pick(rt, []string{"pause_mentor", "plan_pause"}, "away"), today+between(rt, 1, 8, "day")
	h.run(away)
	gone := today + between(rt, -3, 6, "leaves")
	isTold := rapid.Bool().Draw(rt, "told")
	for _, made := range h.commands {
		s, ok := r.stays[made.id]
		if !ok || s.person != c.person || s.from() >= gone || s.until() <= gone {
			continue
		}
		leaves := command{name: "end_membership", by: c.by, id: made.id, until: gone, ends: midnight(gone)}
		if isTold = isTold && gone > today; !isTold {
			leaves = command{name: "write membership", by: "service_role", id: made.id, person: s.person, chapter: s.chapter, begins: s.begins,
				ends: midnight(gone).Add(9 * time.Hour)}
		}
		h.run(leaves)
		r.stays[made.id] = stay{}
	}
	back := gone + between(rt, 1, 6, "back")
	returns := command{name: "start_membership", by: c.by, person: c.person, chapter: pick(rt, h.chapters, "to"), from: back, begins: midnight(back)}
	if !isTold {
		returns.name, returns.by, returns.begins = "write membership", "service_role", midnight(back).Add(5*time.Hour)
	}
	h.run(returns)
}

// wantReport asks the RPC about some of the chapters, with names and by month.
func (h *history) wantReport() {
	rt := h.rt
	var known *time.Time
	moment := h.now(h.t)
	if between(rt, 0, 3, "as known then") > 0 {
		moment = pick(rt, h.moments, "known")
		known = &moment
	}
	by, asked, report := h.callers[1], (*string)(nil), h.chapters
	switch between(rt, 0, 2, "chapters") {
	case 0:
		by, report = h.some, h.chapters[:2]
	case 1:
		by, report = h.administrator, h.chapters[2:]
		asked = &h.chapters[2]
	}
	from := h.today() - between(rt, 0, 90, "from")
	to := min(from+between(rt, 0, 60, "days"), h.today())
	want := h.known(moment).report(h.mentors, report, from, to)

	var got struct {
		Total    map[string]int               `json:"total"`
		Chapters []map[string]json.RawMessage `json:"chapters"`
		Mentors  []struct {
			ID        string    `json:"mentor_id"`
			Stretches []stretch `json:"stretches"`
		} `json:"mentors"`
	}
	h.askAs(by, &got, "public.period_report($1::date, $2::date, $3, $4, 'mentors')", from.String(), to.String(), asked, known)
	numbers := map[string]map[string]int{"": nonZero(got.Total)}
	for _, c := range got.Chapters {
		var id string
		if err := json.Unmarshal(c["chapter_id"], &id); err != nil {
			rt.Fatal(err)
		}
		delete(c, "chapter_id")
		delete(c, "name")
		of := map[string]int{}
		for name, value := range c {
			var n int
			if err := json.Unmarshal(value, &n); err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
			of[name] = n
		}
		numbers[id] = nonZero(of)
	}
	if diff := cmp.Diff(want.numbers, numbers); diff != "" {
		h.fail("%s to %s of %.8s, known at %s (-want +got):\n%s", from, to, report, moment, diff)
	}
	stretches := map[string][]stretch{}
	for _, m := range got.Mentors {
		stretches[m.ID] = m.Stretches
	}
	if diff := cmp.Diff(want.stretches, stretches); diff != "" {
		h.fail("stretches, %s to %s of %.8s, known at %s (-want +got):\n%s", from, to, report, moment, diff)
	}
	h.wantMonths(by, asked, known, want, from, to)
}

type month struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Active  int    `json:"days_active"`
	Paused  int    `json:"days_paused"`
	Expired int    `json:"days_expired_cert"`
}

// wantMonths counts the days by month in the stretches of the reference.
func (h *history) wantMonths(by string, asked *string, known *time.Time, report answers, from, to day) {
	var want []month
	for d := from; d <= to; d++ {
		on := d.String()
		if len(want) == 0 || strings.HasSuffix(on, "-01") {
			want = append(want, month{From: on})
		}
		m := &want[len(want)-1]
		m.To = on
		for _, runs := range report.stretches {
			for _, s := range runs {
				if s.From <= on && on <= s.To {
					*map[string]*int{"active": &m.Active, "paused": &m.Paused, "expired_cert": &m.Expired}[s.Status]++
				}
			}
		}
	}
	var got struct {
		Months []month `json:"months"`
	}
	h.askAs(by, &got, "public.period_report($1::date, $2::date, $3, $4, 'months')", from.String(), to.String(), asked, known)
	if diff := cmp.Diff(want, got.Months); diff != "" {
		h.fail("by month, %s to %s, known at %v (-want +got):\n%s", from, to, known, diff)
	}
}

// askAs calls an RPC as somebody who is signed in.
func (h *history) askAs(by string, into any, call string, args ...any) {
	h.rt.Helper()
	var answer []byte
	err := pgx.BeginFunc(h.t.Context(), h.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(h.t.Context(), "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)", string(claims(by))); err != nil {
			return err
		}
		return tx.QueryRow(h.t.Context(), "select to_json("+call+")", args...).Scan(&answer)
	})
	if err == nil {
		err = json.Unmarshal(answer, into)
	}
	if err != nil {
		h.fail("%s %v: %v", call, args, err)
	}
}

// wantDays asks for the status of each mentor on days before and after, each as known at a
// moment of its own, and as known now.
func (h *history) wantDays() {
	now := h.known(h.now(h.t))
	for _, mentor := range h.mentors {
		var want, got, days []string
		var moments []time.Time
		for range 4 {
			moment := pick(h.rt, h.moments, "known")
			on := dayOf(moment) + between(h.rt, -40, 40, "day")
			then := h.known(moment)
			known, _ := then.mentor(then.named(mentor)).status(on)
			live, _ := now.mentor(now.named(mentor)).status(on)
			days, moments = append(days, on.String()), append(moments, moment)
			want = append(want, fmt.Sprintf("%s: known then %s, now %s, by the tables %s", on, known, live, live))
		}
		h.askAs(h.administrator, &got, `array(select format('%s: known then %s, now %s, by the tables %s', d, public.mentor_status_on($1, d::date, m),
				public.mentor_status_on($1, d::date, clock_timestamp()), public.mentor_status_on($1, d::date))
			from unnest($2::text[], $3::timestamptz[]) with ordinality u (d, m, n) order by n)`, mentor, days, moments)
		if diff := cmp.Diff(want, got); diff != "" {
			h.fail("%.8s, known then at %s (-want +got):\n%s", mentor, moments, diff)
		}
	}
}

func nonZero(numbers map[string]int) map[string]int {
	some := map[string]int{}
	for name, n := range numbers {
		if n != 0 {
			some[name] = n
		}
	}
	return some
}
