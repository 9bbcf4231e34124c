package notification_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mentorpause/shared/notification"
)

// sentences are all that the English texts say, each with when it is true. The day of writing
// is a day of the event's; what the mentor's is at the moment is in the event.
var sentences = []struct {
	text string // a pattern; D is a date, N a day seen from today, K the kind in brackets, if it is about one
	true func(notification.Event) bool
}{
	{"ODA is paused as of D", paused},
	{"You are paused as a peer mentor as of D", paused},
	{"Expected back: D", func(n notification.Event) bool { return expectedBack(n) || planned(n) }},
	{"We expect you back on D", func(n notification.Event) bool { return expectedBack(n) || planned(n) }},
	{"ODA is paused", paused},
	{"You are paused as a peer mentor", paused},
	{"Now expected back: D", expectedBack},
	{"We now expect you back on D", expectedBack},
	{"A return date is no longer set", openEnded},
	{"There is no longer a date on which we expect you back", openEnded},
	{"ODA is paused and has had no return date since D \\(N\\)", openEnded},
	{"You are paused as a peer mentor, and there has been no return date since D \\(N\\)", openEnded},
	{"Do ask how things are", func(n notification.Event) bool { return paused(n) && !n.Expired }},
	{"Set a return date, or reactivate the mentor", func(n notification.Event) bool { return openEnded(n) && !n.Expired }},
	{"ODA will be paused as of D \\(N\\)", newlyPlanned},
	{"You will be paused as a peer mentor as of D \\(N\\)", newlyPlanned},
	{"The pause begins by itself", planned},
	{"Until then the plan can be changed or taken back", planned},
	{"The pause that was planned for (ODA|you) from D has been cancelled", always},
	{"ODA is paused now", paused},
	{"You are paused as a peer mentor now", paused},
	{"Was expected back: D", wasExpectedBack},
	{"We expected you back on D", wasExpectedBack},
	{"No return date has been set", func(n notification.Event) bool { return openEnded(n) || planned(n) && n.ReturnOn.IsZero() }},
	{"The certificationK has expired", lapsed},
	{"Your certificationK has expired", lapsed},
	{"A required certificationK is missing", missing},
	{"You lack a required certificationK", missing},
	{"It must be renewed before ODA can be reactivated", renewFirst},
	{"It must be renewed before you can be active again", renewFirst},
	{"It must be registered before ODA can be reactivated", registerFirst},
	{"It must be registered before you can be active again", registerFirst},
	{"The certification must be renewed before ODA can be reactivated", renewFirst},
	{"The certification must be renewed before you can be active again", renewFirst},
	{"ODA is active as a peer mentor again as of D", active},
	{"Welcome back", active},
	{"You are active as a peer mentor again as of D", active},
	{"ODA has lacked a valid certificationK since D, and will not count as active until it is renewed", both(lapsed, onlyExpired)},
	{"You have lacked a valid certificationK since D, and will not count as active until it is renewed", both(lapsed, onlyExpired)},
	{"ODA has lacked a valid certificationK since D, and is also paused", renewFirst},
	{"You have lacked a valid certificationK since D, and are also paused", renewFirst},
	{"ODA has lacked a required certificationK since D, and will not count as active until it is registered", both(missing, onlyExpired)},
	{"You have lacked a required certificationK since D, and will not count as active until it is registered", both(missing, onlyExpired)},
	{"ODA has lacked a required certificationK since D, and is also paused", registerFirst},
	{"You have lacked a required certificationK since D, and are also paused", registerFirst},
	{"The certificationK of ODA is valid again as of D", renewed},
	{"Your certificationK is valid again as of D", renewed},
	{"Thank you for renewing it", renewed},
	{"ODA no longer lacks the certificationK, as of D", registered},
	{"You no longer lack the certificationK, as of D", registered},
	{"ODA neither lacks a certification nor has one that has expired, because the record or the requirements have been changed", changed},
	{"You neither lack a certification nor have one that has expired, because the record or the requirements have been changed", changed},
	{"ODA is still paused", paused},
	{"You are still paused as a peer mentor", paused},
	{"The certificationK of ODA is valid up to and including D \\(N\\)", ahead},
	{"Your certificationK is valid up to and including D \\(N\\)", ahead},
	{"Unless it is renewed, ODA will not count as active after that", active},
	{"After that, ODA cannot be reactivated until it is renewed", func(n notification.Event) bool { return paused(n) && !n.Expired }},
	{"Another certification has already expired and must be renewed too", lapsed},
	{"Another certification is missing and must be registered too", missing},
	{"ODA is paused and expected back on D \\(N\\)", func(n notification.Event) bool { return paused(n) && ahead(n) }},
	{"You are paused as a peer mentor, and we expect you back on D \\(N\\)", func(n notification.Event) bool { return paused(n) && ahead(n) }},
	{"ODA is still paused, but was expected back on D \\(N\\)", func(n notification.Event) bool { return paused(n) && !ahead(n) }},
	{"You are still paused as a peer mentor, but we expected you back on D \\(N\\)", func(n notification.Event) bool { return paused(n) && !ahead(n) }},
	{"Reactivate the mentor when the pause is over, or set a new date", func(n notification.Event) bool { return paused(n) && !n.Expired && ahead(n) }},
	{"Reactivate the mentor, or set a new date", func(n notification.Event) bool { return paused(n) && !n.Expired && !ahead(n) }},
	{"The nightly check on D found a discrepancy in (the history of ODA|your history)", always},
	{"The log has been corrected", func(n notification.Event) bool { return n.Correction == "all" }},
	{"Part of it could not be corrected automatically", func(n notification.Event) bool { return n.Correction == "some" }},
	{"It could not be corrected automatically", func(n notification.Event) bool { return n.Correction == "none" }},
	{"Please review the discrepancy and acknowledge it", always},
	{"You need not do anything", always},
	{"Talk to your coordinator .*", always},
	{"(ODA asks|You have asked|ODA asked|You asked) for a pause from D, to be back on D", asked("pause", true, true)},
	{"(ODA asks|You have asked|ODA asked|You asked) for a pause from D, without a return date", asked("pause", true, false)},
	{"(ODA asks|You have asked|ODA asked|You asked) for a pause right away, to be back on D", asked("pause", false, true)},
	{"(ODA asks|You have asked|ODA asked|You asked) for a pause right away, without a return date", asked("pause", false, false)},
	{"(ODA asks|You have asked|ODA asked|You asked) for another return date, D", asked("change_return", false, true)},
	{"(ODA asks|You have asked|ODA asked|You asked) for the pause to have no return date", asked("change_return", false, false)},
	{"(ODA asks|You have asked|ODA asked|You asked) to be active as a peer mentor again", asked("return", false, false)},
	{"Please look at the request, and accept or decline it", func(n notification.Event) bool { return n.Request.State == "open" }},
	{"(The|Your) request was accepted on D", accepted},
	{"(The|Your) request was declined on D", declined},
	{"There is a message to you with the answer: open your request to read it", func(n notification.Event) bool { return n.Request.HasMessage }},
	{"(ODA|You) will now be paused( as a peer mentor)? as of D \\(N\\)", replanned},
	// About several.
	{"\\d+ peer mentors are paused as of D", paused},
	{"\\d+ peer mentors will be paused as of D \\(N\\)", planned},
	{"Were expected back: D", wasExpectedBack},
	{"– ODA", always},
	{"– ODA \\(expected back on D\\)", someone(func(n notification.Event, m notification.Mentor) bool { return !m.ReturnOn.Before(n.Today) })},
	{"– ODA \\(was expected back on D\\)", someone(func(n notification.Event, m notification.Mentor) bool {
		return m.ReturnOn.Before(n.Today) && !m.ReturnOn.IsZero()
	})},
	{"– ODA \\(no return date\\)", someone(func(_ notification.Event, m notification.Mentor) bool { return m.ReturnOn.IsZero() })},
	{"– ODA.* – the certification has expired", someone(func(_ notification.Event, m notification.Mentor) bool { return m.Expired && !m.Missing })},
	{"– ODA.* – lacks a required certification", someone(func(_ notification.Event, m notification.Mentor) bool { return m.Expired && m.Missing })},
	{"– and 4 others", func(n notification.Event) bool { return len(n.Mentors) == 16 }},
	{"Whoever lacks a valid certification cannot be reactivated until that has been put right", expired},
	{"The pauses begin by themselves", planned},
	{"Until then each plan can be changed or taken back", planned},
	{"\\d+ peer mentors are paused", paused},
	{"A pause is planned for \\d+ peer mentors from D", planned},
	// A digest.
	{"This peer mentor may need you this week:", func(n notification.Event) bool { return len(n.Mentors) == 1 }},
	{"These peer mentors may need you this week:", func(n notification.Event) bool { return len(n.Mentors) > 1 }},
	{"– ODA – was expected back on D.*", someone(func(n notification.Event, m notification.Mentor) bool {
		return m.WasExpectedOn.Before(n.Today) && !m.WasExpectedOn.IsZero()
	})},
	{"– ODA – expected back on D.*", someone(func(n notification.Event, m notification.Mentor) bool { return m.ReturnOn.After(n.Today) })},
	{"– ODA – expected back today.*", someone(func(n notification.Event, m notification.Mentor) bool { return m.ReturnOn.Equal(n.Today) })},
	{"– ODA.* – the certificationK ends on D.*", someone(func(n notification.Event, m notification.Mentor) bool { return !m.CertifiedUntil.Before(n.Today) })},
	{"– ODA.* – asks for a pause.*", wants("pause")},
	{"– ODA.* – asks for another return date.*", wants("change_return")},
	{"– ODA.* – asks to be reactivated", wants("return")},
	{"You get this once a week when there is somebody to look after", always},
	{"You can turn it off in the inbox", always},
	{"Your week: one peer mentor to look after", func(n notification.Event) bool { return len(n.Mentors) == 1 }},
	{"Your week: \\d+ peer mentors to look after", func(n notification.Event) bool { return len(n.Mentors) > 1 }},
	// Titles.
	{"The planned pause of ODA has been changed", replanned},
	{"ODA, your planned pause has been changed", replanned},
	{"ODA, you are paused as a peer mentor", paused},
	{"ODA is active again", active},
	{"ODA, you are active as a peer mentor again", active},
	{"The certificationK of ODA has expired", lapsed},
	{"ODA, your certificationK has expired", lapsed},
	{"ODA lacks a certificationK", missing},
	{"ODA, you lack a certificationK", missing},
	{"The certificationK of ODA is valid again", renewed},
	{"ODA, your certificationK is valid again", renewed},
	{"ODA no longer lacks the certificationK", registered},
	{"ODA, you no longer lack the certificationK", registered},
	{"ODA no longer has an expired certification", changed},
	{"ODA, you no longer have an expired certification", changed},
	{"The certificationK of ODA expires N", ahead},
	{"ODA, your certificationK expires N", ahead},
	{"ODA is expected back N", ahead},
	{"ODA, we expect you back N", ahead},
	{"ODA was expected back N", func(n notification.Event) bool { return !ahead(n) }},
	{"ODA, we expected you back N", func(n notification.Event) bool { return !ahead(n) }},
	{"A pause is planned for ODA from D", newlyPlanned},
	{"ODA, a pause is planned for you from D", newlyPlanned},
	{"The planned pause of ODA has been cancelled", always},
	{"ODA, your planned pause has been cancelled", always},
	{"ODA is still paused, without a return date", openEnded},
	{"ODA, you are still paused as a peer mentor", paused},
	{"The return date of ODA has changed", paused},
	{"ODA, your return date has changed", paused},
	{"(ODA asks|ODA, you have asked) for a pause", asksFor("pause")},
	{"(ODA asks|ODA, you have asked) for another return date", asksFor("change_return")},
	{"(ODA asks|ODA, you have asked) to be active again", asksFor("return")},
	{"ODA asked for a pause: (accepted|declined)", asksFor("pause")},
	{"ODA asked for another return date: (accepted|declined)", asksFor("change_return")},
	{"ODA asked to be active again: (accepted|declined)", asksFor("return")},
	{"ODA asked .*: accepted", accepted},
	{"ODA asked .*: declined", declined},
	{"ODA, your request has been accepted", accepted},
	{"ODA, your request has been declined", declined},
	{"Discrepancy in the history of ODA", always},
	{"ODA, there was a discrepancy in your history", always},
}

func always(notification.Event) bool          { return true }
func paused(n notification.Event) bool        { return n.Paused }
func expired(n notification.Event) bool       { return n.Expired }
func lapsed(n notification.Event) bool        { return n.Expired && !n.Missing }
func missing(n notification.Event) bool       { return n.Expired && n.Missing }
func active(n notification.Event) bool        { return !n.Paused && !n.Expired }
func onlyExpired(n notification.Event) bool   { return n.Expired && !n.Paused }
func renewFirst(n notification.Event) bool    { return n.Paused && lapsed(n) }
func registerFirst(n notification.Event) bool { return n.Paused && missing(n) }
func renewed(n notification.Event) bool       { return !n.Expired && n.Renewed && !n.Missing }
func registered(n notification.Event) bool    { return !n.Expired && n.Renewed && n.Missing }
func changed(n notification.Event) bool       { return !n.Expired && !n.Renewed }
func ahead(n notification.Event) bool         { return !n.ReferenceOn.Before(n.Today) }
func expectedBack(n notification.Event) bool  { return paused(n) && !n.ReturnOn.Before(n.Today) }
func planned(n notification.Event) bool {
	return n.ReferenceOn.After(n.Today) && (n.ReturnOn.IsZero() || n.ReturnOn.After(n.ReferenceOn))
}
func newlyPlanned(n notification.Event) bool { return planned(n) && !n.Changed }
func replanned(n notification.Event) bool    { return planned(n) && n.Changed }
func someone(is func(notification.Event, notification.Mentor) bool) func(notification.Event) bool {
	return func(n notification.Event) bool {
		return slices.ContainsFunc(n.Mentors, func(m notification.Mentor) bool { return is(n, m) })
	}
}
func openEnded(n notification.Event) bool { return paused(n) && n.ReturnOn.IsZero() }
func wasExpectedBack(n notification.Event) bool {
	return paused(n) && !n.ReturnOn.IsZero() && n.ReturnOn.Before(n.Today)
}

func wants(kind string) func(notification.Event) bool {
	return someone(func(_ notification.Event, m notification.Mentor) bool { return slices.Contains(m.AsksFor, kind) })
}

func accepted(n notification.Event) bool { return n.Request.State == "accepted" }
func declined(n notification.Event) bool { return n.Request.State == "declined" }

func asksFor(kind string) func(notification.Event) bool {
	return func(n notification.Event) bool { return n.Request.Kind == kind }
}

// asked is a request of the kind, with a first day and a return date or without.
func asked(kind string, starts, returns bool) func(notification.Event) bool {
	return func(n notification.Event) bool {
		return n.Request.Kind == kind && n.ReferenceOn.IsZero() != starts && n.ReturnOn.IsZero() != returns
	}
}

// requestOf says whether a request can be like this: its dates are those of its kind, and what
// is asked for while paused is asked by somebody who is.
func requestOf(states ...string) func(notification.Event) bool {
	return func(n notification.Event) bool {
		if !slices.Contains(states, n.Request.State) || n.Renewed || n.Correction != "all" || n.Request.HasMessage && n.Request.State == "open" {
			return false
		}
		switch n.Request.Kind {
		case "pause":
			return !n.Paused || n.Request.State != "open"
		case "change_return":
			return n.ReferenceOn.IsZero() && (n.Paused || n.Request.State != "open")
		default:
			return n.ReferenceOn.IsZero() && n.ReturnOn.IsZero() && (n.Paused || n.Request.State != "open")
		}
	}
}

func both(one, other func(notification.Event) bool) func(notification.Event) bool {
	return func(n notification.Event) bool { return one(n) && other(n) }
}

// sendable are the states in which a notification of the kind is sent: in any other one
// private.notification_facts settles it.
var sendable = map[string]func(notification.Event) bool{
	"mentor_paused":          paused,
	"mentor_reactivated":     active,
	"certification_expired":  expired,
	"certification_restored": func(n notification.Event) bool { return !n.Expired },
	"certification_expiring": ahead,
	"return_due":             paused,
	"return_overdue":         func(n notification.Event) bool { return paused(n) && !ahead(n) },
	"return_changed":         paused,
	"pause_open_ended":       func(n notification.Event) bool { return openEnded(n) && n.ReferenceOn.Before(n.Today) },
	"pause_planned":          planned,
	"pause_cancelled":        always,
	"leave_requested":        requestOf("open"),
	"leave_answered":         requestOf("accepted", "declined"),
	"discrepancy_found":      always,
	"several_paused":         always,
	"weekly_digest":          always,
}

// several are all states of a notification about several mentors, with what all of them have
// in common in the event itself.
func several(audience, role, locale string) (all []notification.Event) {
	for _, count := range []int{1, 2, 16} {
		for _, start := range []int{0, 30} {
			for _, back := range [][2]int{{0, 0}, {-1, -1}, {1, 1}, {0, 1}, {1, -1}} {
				for bits := range 16 {
					n := example("several_paused", audience, role, locale)
					on := func(days int) time.Time {
						if days == 0 {
							return time.Time{}
						}
						return n.Today.AddDate(0, 0, start+days)
					}
					n.MentorName, n.Paused, n.Mentors = "ODA", start == 0, make([]notification.Mentor, count)
					for i := range n.Mentors {
						n.Mentors[i] = notification.Mentor{Name: "ODA", ReturnOn: on(back[1]), Expired: bits&1 != 0, Missing: bits&3 == 3}
					}
					n.Mentors[0].ReturnOn, n.Mentors[0].Expired, n.Mentors[0].Missing = on(back[0]), bits&4 != 0, bits&12 == 12
					if start > 0 {
						n.ReferenceOn = n.Today.AddDate(0, 0, start)
						for i := range n.Mentors {
							n.Mentors[i].StartsOn, n.Mentors[i].Expired, n.Mentors[i].Missing = n.ReferenceOn, false, false
						}
					}
					n.ReturnOn, n.Missing = n.Mentors[0].ReturnOn, n.Mentors[0].Missing
					n.Expired = slices.ContainsFunc(n.Mentors, func(m notification.Mentor) bool { return m.Expired })
					if start == 0 || !slices.ContainsFunc(n.Mentors, func(m notification.Mentor) bool {
						return !m.ReturnOn.IsZero() && !m.ReturnOn.After(m.StartsOn) // no such plan
					}) {
						all = append(all, n)
					}
				}
			}
		}
	}
	return all
}

// digests are all states of a digest: of its first mentor, beside whom others are late.
func digests(role, locale string) (all []notification.Event) {
	for _, count := range []int{1, 2, 16} {
		for _, back := range []int{none, -40, -1, 0, 1} {
			for bits := range 32 {
				n := example("weekly_digest", "coordinator", role, locale)
				n.MentorName, n.Certification, n.Mentors = "ODA", notification.Names{}, make([]notification.Mentor, count)
				for i := range n.Mentors {
					n.Mentors[i] = notification.Mentor{Name: "ODA", WasExpectedOn: n.Today.AddDate(0, 0, -3)}
				}
				m := notification.Mentor{Name: "ODA"}
				switch {
				case back < 0:
					m.WasExpectedOn = n.Today.AddDate(0, 0, back)
				case back != none:
					m.ReturnOn = n.Today.AddDate(0, 0, back)
				}
				if bits&1 != 0 {
					m.CertifiedUntil = n.Today.AddDate(0, 0, 30*(bits>>1&1))
					if bits&4 != 0 {
						m.Certification = notification.Names{Bokmaal: "Førstehjelp", Nynorsk: "Fyrstehjelp", English: "First aid"}
						n.Certification = m.Certification
					}
				}
				m.AsksFor = [][]string{nil, {"pause"}, {"return", "change_return"}, {"return"}}[bits>>3]
				if back != none || bits&1 != 0 || m.AsksFor != nil {
					n.Mentors[0] = m
					all = append(all, n)
				}
			}
		}
	}
	return all
}

// requests are those that a notification of the kind may be about.
func requests(kind string) (all []notification.Request) {
	if !strings.HasPrefix(kind, "leave_") {
		return []notification.Request{{}}
	}
	for _, asked := range []string{"pause", "change_return", "return"} {
		for _, state := range []string{"open", "accepted", "declined"} {
			all = append(all, notification.Request{Kind: asked, State: state}, notification.Request{Kind: asked, State: state, HasMessage: true})
		}
	}
	return all
}

const none = 1000 // as a day: no date

// states are all states of a notification.
func states(kind, audience, role, locale string) (all []notification.Event) {
	if !has(kind, audience, role) {
		return nil
	}
	if kind == "several_paused" {
		return several(audience, role, locale)
	}
	if kind == "weekly_digest" {
		return digests(role, locale)
	}
	if kind == "pause_planned" {
		defer func() {
			for _, n := range all {
				n.Changed = true
				all = append(all, n)
			}
		}()
	}
	references := []int{-40, -1, 0, 1, 30}
	if strings.HasPrefix(kind, "leave_") {
		references = []int{none, -1, 30}
	}
	for _, reference := range references {
		for _, back := range []int{0, -1, 1, 60} {
			for bits := range 32 {
				for _, correction := range []string{"all", "some", "none"} {
					n := example(kind, audience, role, locale)
					n.MentorName, n.Correction = "ODA", correction
					if n.ReferenceOn = n.Today.AddDate(0, 0, reference); reference == none {
						n.ReferenceOn = time.Time{}
					}
					if back != 0 {
						n.ReturnOn = n.Today.AddDate(0, 0, back)
					}
					n.Paused, n.Expired, n.Renewed, n.Missing = bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0
					if bits&16 == 0 {
						n.Certification = notification.Names{}
					}
					for _, n.Request = range requests(kind) {
						if sendable[kind](n) {
							all = append(all, n)
						}
					}
				}
			}
		}
	}
	return all
}

// isAboutKind says whether the text has to name a kind of certification.
func isAboutKind(n notification.Event) bool {
	switch n.Kind {
	case "certification_expired", "certification_expiring", "weekly_digest":
		return true
	case "certification_restored":
		return n.Renewed
	case "mentor_paused":
		return n.Expired
	case "leave_requested":
		return n.Expired && n.Request.Kind == "return"
	case "return_due", "return_overdue", "return_changed", "pause_open_ended":
		return n.Expired
	}
	return false
}

func describe(n notification.Event) string {
	return fmt.Sprintf("%s as %s, paused %t, expired %t, renewed %t, missing %t, of %q, corrected %s, back %s, reference %s, request %+v", n.Kind, n.Role,
		n.Paused, n.Expired, n.Renewed, n.Missing, n.Certification.English, n.Correction, n.ReturnOn.Format("2006-01-02"), n.ReferenceOn.Format("2006-01-02"), n.Request)
}

// Every sentence of every text is known, and true in the state in which it is said.
func TestEverySentenceIsTrue(t *testing.T) {
	t.Parallel()
	patterns := make([]*regexp.Regexp, len(sentences))
	said := make([]bool, len(sentences))
	for i, s := range sentences {
		text := regexp.MustCompile(`\bD\b`).ReplaceAllString(s.text, `\d+ [A-Z][a-z]+ \d{4}`)
		text = regexp.MustCompile(`K\b`).ReplaceAllString(text, `(?: \(First aid\))?`)
		text = regexp.MustCompile(`\bN\b`).ReplaceAllString(text, `(?:today|tomorrow|yesterday|in \d+ (?:days|weeks|months)|\d+ (?:days|weeks|months) ago)`)
		patterns[i] = regexp.MustCompile("^(?:" + text + ")$")
	}
	// Of each sentence, which patterns it has: most are said in many states.
	matches := map[string][]int{}
	match := func(sentence string) []int {
		found, ok := matches[sentence]
		if !ok {
			for i, p := range patterns {
				if p.MatchString(sentence) {
					found = append(found, i)
				}
			}
			matches[sentence] = found
		}
		return found
	}
	ends := regexp.MustCompile(`[.!](?: |\n\n|$)|\n+`)
	for _, kind := range notification.Kinds {
		for _, r := range recipients {
			for _, n := range states(kind, r[0], r[1], "en") {
				text, err := notification.Render(n)
				if err != nil {
					t.Fatal(err)
				}
				// Of a restoration without a renewal no kind is to be named.
				if names := strings.Contains(text.Title+text.Body, "(First aid)"); names != (n.Certification.English != "" && isAboutKind(n)) {
					t.Errorf("%s: names its kind: %t: %s", describe(n), names, text.Body)
				}
				for _, sentence := range append(ends.Split(text.Body, -1), text.Title) {
					if sentence == "" {
						continue
					}
					known := match(sentence)
					for _, i := range known {
						said[i] = true
						if !sentences[i].true(n) {
							t.Errorf("%s: untrue: %q", describe(n), sentence)
						}
					}
					if len(known) == 0 {
						t.Fatalf("%s: nobody knows when this is true: %q", describe(n), sentence)
					}
				}
			}
		}
	}
	for i, s := range sentences {
		if !said[i] {
			t.Errorf("never said: %q", s.text)
		}
	}
}

// What makes a difference in one language makes one in the others.
func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	for _, kind := range notification.Kinds {
		for _, r := range recipients {
			// For each state the first one with the same text: two languages tell the same states
			// apart if these are the same.
			first := map[string][]int{}
			for _, locale := range []string{"en", "nb", "nn"} {
				seen := map[string]int{}
				for i, n := range states(kind, r[0], r[1], locale) {
					text, err := notification.Render(n)
					if err != nil {
						t.Fatal(err)
					}
					said := text.Title + "\n" + text.Body
					if _, again := seen[said]; !again {
						seen[said] = i
					}
					first[locale] = append(first[locale], seen[said])
				}
			}
			all := states(kind, r[0], r[1], "en")
			for _, locale := range []string{"nb", "nn"} {
				for i := range all {
					if en, other := first["en"][i], first[locale][i]; en != other {
						t.Fatalf("%s: en and %s differ in what they tell apart:\n%s\n%s", kind, locale, describe(all[i]), describe(all[min(en, other)]))
					}
				}
			}
		}
	}
}
