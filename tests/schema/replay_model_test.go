package schema_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// epoch is the first of the days that the reference counts.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func dayOf(moment time.Time) day {
	local := moment.In(oslo)
	return day(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC).Sub(epoch) / (24 * time.Hour))
}

func (d day) String() string {
	switch d {
	case never:
		return "never"
	case -never:
		return "ever"
	}
	return d.date(epoch)
}

// command is something that was recorded, as whoever recorded it said it. What it changes
// besides what it names is for the reference to know.
type command struct {
	name     string
	by       string    // the caller's id, a role, or nightly_run
	recorded time.Time // by when everybody knew
	id       string    // of what it names, or of what it made
	person   string
	other    string // the profile that is dropped
	chapter  string
	kind     string
	from     day
	until    day       // the first day after, but of a certification the last one
	begins   time.Time // of a membership
	ends     time.Time // zero: never
	required bool
	replaced string
}

func (c command) String() string {
	line := fmt.Sprintf("%s %s by %.8s:", c.recorded.In(oslo).Format("2006-01-02 15:04:05"), c.name, c.by)
	for _, part := range []struct {
		said  bool
		label string
		value any
	}{
		{c.id != "", "id", fmt.Sprintf("%.8s", c.id)}, {c.person != "", "person", fmt.Sprintf("%.8s", c.person)},
		{c.other != "", "dropped", fmt.Sprintf("%.8s", c.other)}, {c.chapter != "", "chapter", fmt.Sprintf("%.8s", c.chapter)},
		{c.kind != "", "kind", c.kind}, {c.from != 0, "from", c.from}, {c.until != 0, "until", c.until},
		{!c.begins.IsZero(), "begins", c.begins.In(oslo)}, {!c.ends.IsZero(), "ends", c.ends.In(oslo)},
		{c.required, "required", ""}, {c.replaced != "", "replaced by", c.replaced},
	} {
		if part.said {
			line += fmt.Sprintf(" %s %v", part.label, part.value)
		}
	}
	return line
}

// reference is what is known once some commands were recorded. It keeps facts of its own,
// made of the commands alone, and judges each day by itself.
type reference struct {
	stays  map[string]stay // memberships as a mentor, by id
	held   map[string]heldCertification
	pauses map[string][]*absence // by person, the latest last
	plans  map[string]plannedAbsence
	rules  rules
	joined map[string]string // into whom a profile was joined
	nights day               // the newest completed
}

type stay struct {
	person, chapter string
	begins, ends    time.Time // zero: it has no end
}

func (s stay) from() day { return dayOf(s.begins) }

func (s stay) until() day {
	if s.ends.IsZero() {
		return never
	}
	return dayOf(s.ends)
}

func midnight(d day) time.Time {
	if d == never {
		return time.Time{}
	}
	return time.Date(2000, 1, 1+int(d), 0, 0, 0, 0, oslo)
}

type heldCertification struct {
	person string
	certification
}

// absence is a pause that has begun: from a day until the day before another.
type absence struct {
	from, until day
	isOver      bool
}

type plannedAbsence struct {
	id           string
	starts, made day
}

// replay is the reference: the commands in the order in which they were recorded, as far as
// they were known at the moment.
func replay(commands []command, known time.Time) *reference {
	r := &reference{stays: map[string]stay{}, held: map[string]heldCertification{}, pauses: map[string][]*absence{},
		plans: map[string]plannedAbsence{}, rules: rules{}, joined: map[string]string{}, nights: -never}
	for _, c := range commands {
		if c.recorded.After(known) {
			break
		}
		r.apply(c)
	}
	return r
}

func (r *reference) apply(c command) {
	today := dayOf(c.recorded)
	switch c.name {
	case "start_membership":
		r.stays[c.id] = stay{c.person, c.chapter, c.begins, time.Time{}}
		r.bringUpToDate(c.person, today)
	case "end_membership":
		s := r.stays[c.id]
		s.ends = c.ends
		r.stays[c.id] = s
		r.bringUpToDate(s.person, today)
	case "write membership": // by another system; nobody looks at the person until the night
		r.stays[c.id] = stay{c.person, c.chapter, c.begins, c.ends}
	case "delete membership":
		delete(r.stays, c.id)
	case "register_certification":
		r.held[c.id] = heldCertification{c.person, certification{c.kind, c.from, c.until}}
		r.bringUpToDate(c.person, today)
	case "write certification":
		r.held[c.id] = heldCertification{c.person, certification{c.kind, c.from, c.until}}
	case "revoke_certification":
		h := r.held[c.id]
		h.expires = c.until
		r.held[c.id] = h
		r.bringUpToDate(h.person, today)
	case "remove_certification":
		person := r.held[c.id].person
		delete(r.held, c.id)
		r.bringUpToDate(person, today)
	case "delete certification":
		delete(r.held, c.id)
	case "save_certification_kind":
		r.save(c, today)
	case "pause_mentor":
		r.bringUpToDate(c.person, today)
		r.pauses[c.person] = append(r.pauses[c.person], &absence{from: today, until: never})
	case "write pause": // one that is over, by hand
		r.pauses[c.person] = append([]*absence{{from: c.from, until: c.until, isOver: true}}, r.pauses[c.person]...)
	case "reactivate_mentor":
		r.bringUpToDate(c.person, today)
		if live := r.live(c.person); live != nil {
			live.until, live.isOver = today, true
		}
	case "plan_pause":
		r.bringUpToDate(c.person, today)
		r.plans[c.person] = plannedAbsence{c.id, c.from, today}
	case "amend_planned_pause":
		r.bringUpToDate(c.person, today)
		p := r.plans[c.person]
		p.starts = c.from
		r.plans[c.person] = p
	case "cancel_planned_pause":
		r.bringUpToDate(c.person, today)
		delete(r.plans, c.person)
	case "merge_people":
		r.merge(c.person, c.other)
		r.bringUpToDate(c.person, today)
	case "erase_person":
		r.erase(c.person, c.recorded)
	case "nightly_run":
		for person := range r.people(today) {
			r.bringUpToDate(person, today)
		}
		r.nights = today
	default:
		panic("unknown command " + c.name)
	}
}

// refuses foretells why a command about a pause is refused today, once the person is brought
// up to date; isSaid: it is such a command.
func (r *reference) refuses(c command, today day) (code string, isSaid bool) {
	r.bringUpToDate(c.person, today)
	live := r.live(c.person)
	status, _ := r.mentor(c.person).status(today)
	_, isPlanned := r.plans[c.person]
	switch c.name {
	case "pause_mentor", "plan_pause":
		switch {
		case live != nil:
			return "already_paused", true
		case isPlanned && c.name == "plan_pause":
			return "already_exists", true
		}
	case "reactivate_mentor":
		switch {
		case status == "expired_cert":
			return "certification_expired", true
		case live == nil:
			return "not_paused", true
		}
	default:
		return "", false
	}
	return "", true
}

// people are those at whom a night looks.
func (r *reference) people(today day) map[string]bool {
	people := map[string]bool{}
	for _, s := range r.stays {
		people[s.person] = true
	}
	for person, plan := range r.plans {
		if plan.starts <= today {
			people[person] = true
		}
	}
	return people
}

// save: the first one counts for all days, a later one from its day on, of several on one
// day the last.
func (r *reference) save(c command, today day) {
	one := rule{from: today, isRequired: c.required, replacedBy: c.replaced}
	if len(r.rules[c.kind]) == 0 {
		one.from = -never
	}
	kept := slices.DeleteFunc(slices.Clone(r.rules[c.kind]), func(saved rule) bool { return saved.from == one.from })
	r.rules[c.kind] = append(kept, one)
}

func (r *reference) live(person string) *absence {
	all := r.pauses[person]
	if len(all) == 0 || all[len(all)-1].isOver {
		return nil
	}
	return all[len(all)-1]
}

// bringUpToDate is what a change of the person, or a night, notices: a plan whose day has come
// begins, or has ended; a pause ends on the first day on which the person is a mentor nowhere.
func (r *reference) bringUpToDate(person string, today day) {
	h := r.holder(person)
	first := min(r.nights+1, today)
	if plan, ok := r.plans[person]; ok {
		judged := min(plan.starts, today)
		now, _ := h.time(judged)
		isThere := now != nil && (now == &h.times[0] || now.from <= plan.made)
		if plan.starts <= today || !isThere {
			delete(r.plans, person)
		}
		ranOn := slices.ContainsFunc(r.pauses[person], func(p *absence) bool { return !p.isOver || p.until > plan.starts })
		if plan.starts <= today && isThere && !ranOn {
			r.pauses[person] = append(r.pauses[person], &absence{from: plan.starts, until: never})
		}
	}
	live := r.live(person)
	if live != nil { // nobody is away from a time before
		first = max(first, live.from)
	}
	for on := first; live != nil && on <= today; on++ {
		now, before := h.time(on)
		if before != nil && (now == nil || now.from > live.from) {
			live.until, live.isOver = max(live.from, before.until), true
			break
		}
	}
}

// merge hands what belongs to the dropped profile over to the kept one.
func (r *reference) merge(kept, dropped string) {
	r.joined[dropped] = kept
	for id, h := range r.held {
		if h.person == dropped {
			h.person = kept
			r.held[id] = h
		}
	}
	if plan, ok := r.plans[dropped]; ok {
		if _, has := r.plans[kept]; !has && r.live(kept) == nil {
			r.plans[kept] = plan
		}
		delete(r.plans, dropped)
	}
	// Memberships of a chapter that overlap become one: the kept profile's earliest.
	byChapter := map[string][]string{}
	for id, s := range r.stays {
		if s.person == kept || s.person == dropped {
			byChapter[s.chapter] = append(byChapter[s.chapter], id)
		}
	}
	for _, ids := range byChapter {
		slices.SortFunc(ids, func(a, b string) int {
			return cmp.Or(r.stays[a].begins.Compare(r.stays[b].begins), strings.Compare(a, b))
		})
		for len(ids) > 0 {
			run, whole := ids[:1], r.stays[ids[0]]
			for _, id := range ids[1:] {
				next := r.stays[id]
				if !whole.ends.IsZero() && !next.begins.Before(whole.ends) {
					break
				}
				run = ids[:len(run)+1]
				if whole.ends.IsZero() || next.ends.IsZero() {
					whole.ends = time.Time{}
				} else if next.ends.After(whole.ends) {
					whole.ends = next.ends
				}
			}
			ids = ids[len(run):]
			isOf := func(person string) func(string) bool {
				return func(id string) bool { return r.stays[id].person == person }
			}
			stands := slices.IndexFunc(run, isOf(kept))
			isBoth := stands >= 0 && slices.ContainsFunc(run, isOf(dropped))
			for i, id := range run {
				s := r.stays[id]
				if isBoth {
					s = whole
				}
				s.person = kept
				r.stays[id] = s
				if isBoth && i != stands {
					delete(r.stays, id)
				}
			}
		}
	}
}

// erase ends what has not ended. Days that have passed stay what they were.
func (r *reference) erase(person string, moment time.Time) {
	today := dayOf(moment)
	if plan, ok := r.plans[person]; ok && plan.starts <= today {
		r.bringUpToDate(person, today)
	}
	if live := r.live(person); live != nil {
		live.until, live.isOver = today, true
	}
	delete(r.plans, person)
	for id, s := range r.stays {
		if s.person == person && (s.ends.IsZero() || s.ends.After(moment)) {
			s.ends = moment
			if s.begins.After(moment) {
				s.ends = s.begins
			}
			r.stays[id] = s
		}
	}
}

// named is whom an id stands for: before two profiles were joined, each for itself.
func (r *reference) named(id string) string {
	for r.joined[id] != "" {
		id = r.joined[id]
	}
	return id
}

// holder is what a person's certifications are judged by.
func (r *reference) holder(person string) holder {
	h := holder{rules: r.rules}
	for _, c := range r.held {
		if c.person == person {
			h.certs = append(h.certs, c.certification)
		}
	}
	for _, s := range r.stays {
		if s.person == person && s.from() < s.until() {
			h.times = append(h.times, mentorTime{s.from(), s.until()})
		}
	}
	slices.SortFunc(h.times, func(a, b mentorTime) int { return int(a.from - b.from) })
	joined := h.times[:0]
	for _, t := range h.times {
		if n := len(joined) - 1; n >= 0 && t.from <= joined[n].until {
			joined[n].until = max(joined[n].until, t.until)
		} else {
			joined = append(joined, t)
		}
	}
	h.times = joined
	return h
}

// known is one mentor as known at a moment.
type known struct {
	holder
	places []place
	pauses []*absence
	plan   *plannedAbsence
}

func (r *reference) mentor(person string) known {
	m := known{holder: r.holder(person), pauses: r.pauses[person]}
	for _, s := range r.stays {
		if s.person == person {
			m.places = append(m.places, place{s.chapter, mentorTime{s.from(), s.until()}})
		}
	}
	if plan, ok := r.plans[person]; ok {
		m.plan = &plan
	}
	return m
}

// place is a chapter that somebody is a mentor of.
type place struct {
	chapter string
	mentorTime
}

// judgement is a mentor's day.
type judgement struct {
	status    string
	certified bool
	chapters  string // of the report, sorted, with a space between
}

func (m known) on(d day, report []string) judgement {
	status, certified := m.status(d)
	var in []string
	for _, p := range m.places {
		if p.from <= d && d < p.until && slices.Contains(report, p.chapter) {
			in = append(in, p.chapter)
		}
	}
	slices.Sort(in)
	return judgement{status, certified, strings.Join(slices.Compact(in), " ")}
}

func (m known) status(d day) (status string, certified bool) {
	now, _ := m.time(d)
	if now == nil {
		return "not_a_mentor", false
	}
	for _, kind := range m.kinds() {
		if m.standing(kind, d).isBad() {
			return "expired_cert", false
		}
	}
	since := now.from
	if now == &m.times[0] {
		since = -never
	}
	// A pause ends with the time that it was begun in.
	for _, p := range m.pauses {
		if p.from <= d && d < p.until && p.from >= since {
			return "paused", false
		}
	}
	if m.plan != nil && m.plan.starts <= d && m.plan.made >= since {
		return "paused", false
	}
	return "active", slices.ContainsFunc(m.certs, func(c certification) bool { return c.issued <= d && d <= c.expires })
}

type stretch struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Status    string   `json:"status"`
	Certified bool     `json:"certified"`
	Chapters  []string `json:"chapter_ids"`
}

// answers are what a report says of a period: the numbers of each chapter, and under "" of all
// of them, and the days of each mentor.
type answers struct {
	numbers   map[string]map[string]int
	stretches map[string][]stretch
}

func (r *reference) report(people, chapters []string, from, to day) answers {
	a := answers{map[string]map[string]int{"": {}}, map[string][]stretch{}}
	for _, c := range chapters {
		a.numbers[c] = map[string]int{}
	}
	for _, person := range people {
		m := r.mentor(person)
		days := make([]judgement, 0, to-from+2)
		for d := from - 1; d <= to; d++ {
			days = append(days, m.on(d, chapters))
		}
		moved := movesBetween(days)
		for subject, n := range a.numbers {
			count(n, days, subject)
			if moved[subject] {
				n["moved"]++
			}
		}
		if runs := stretchesOf(days[1:], from); len(runs) > 0 {
			a.stretches[person] = runs
		}
	}
	return a
}

func (j judgement) isIn(subject string) bool {
	return j.chapters != "" && (subject == "" || slices.Contains(strings.Fields(j.chapters), subject))
}

// movesBetween are the subjects for which somebody left one chapter and joined another from one
// day to the next.
func movesBetween(days []judgement) map[string]bool {
	moved := map[string]bool{}
	for i := 1; i < len(days); i++ {
		was, is := strings.Fields(days[i-1].chapters), strings.Fields(days[i].chapters)
		left := slices.DeleteFunc(slices.Clone(was), func(c string) bool { return slices.Contains(is, c) })
		joined := slices.DeleteFunc(slices.Clone(is), func(c string) bool { return slices.Contains(was, c) })
		if len(left) > 0 && len(joined) > 0 {
			for _, subject := range append(append(left, joined...), "") {
				moved[subject] = true
			}
		}
	}
	return moved
}

// count adds a mentor to the numbers; the first of the days is the one before the period.
func count(n map[string]int, days []judgement, subject string) {
	holds := map[string]bool{"active_every_day": true, "certified_every_day": true}
	for i, d := range days[1:] {
		here, before := d.isIn(subject), days[i].isIn(subject)
		active, certified := here && d.status == "active", here && d.certified
		holds["active_every_day"] = holds["active_every_day"] && active
		holds["certified_every_day"] = holds["certified_every_day"] && certified
		for name, is := range map[string]bool{
			"registered_any": here, "active_any": active, "certified_any": certified,
			"registered_start": here && i == 0,
			"registered_end":   here && i == len(days)-2, "active_end": active && i == len(days)-2, "certified_end": certified && i == len(days)-2,
			"joined": here && !before, "left": before && !here,
		} {
			if is {
				holds[name] = true
			}
		}
		if here {
			n["days_"+d.status]++
		}
	}
	for name, is := range holds {
		if is {
			n[name]++
		}
	}
}

// stretchesOf are the longest runs of days that are alike.
func stretchesOf(days []judgement, from day) (runs []stretch) {
	for i, d := range days {
		on := (from + day(i)).String()
		switch {
		case d.chapters == "":
		case i > 0 && days[i-1] == d:
			runs[len(runs)-1].To = on
		default:
			runs = append(runs, stretch{on, on, d.status, d.certified, strings.Fields(d.chapters)})
		}
	}
	return runs
}
