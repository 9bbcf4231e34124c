package notification_test

import (
	"fmt"
	"regexp"
	"testing"

	"mentorpause/shared/notification"
)

// sentences are all that the English texts say, each with when it is true. The day of writing
// is a day of the event's; what the mentor's is at the moment is in the event.
var sentences = []struct {
	text string // a pattern; D is a date, N a day seen from today
	true func(notification.Event) bool
}{
	{"ODA is paused as of D", paused},
	{"You are paused as a peer mentor as of D", paused},
	{"Expected back: D", expectedBack},
	{"We expect you back on D", expectedBack},
	{"Was expected back: D", wasExpectedBack},
	{"We expected you back on D", wasExpectedBack},
	{"No return date has been set", func(n notification.Event) bool { return paused(n) && n.ReturnOn.IsZero() }},
	{"The certification has expired", expired},
	{"Your certification has expired", expired},
	{"It must be renewed before ODA can be reactivated", renewFirst},
	{"It must be renewed before you can be active again", renewFirst},
	{"The certification must be renewed before ODA can be reactivated", renewFirst},
	{"The certification must be renewed before you can be active again", renewFirst},
	{"ODA is active as a peer mentor again as of D", active},
	{"Welcome back", active},
	{"You are active as a peer mentor again as of D", active},
	{"ODA has lacked a valid certification since D, and will not count as active until it is renewed", onlyExpired},
	{"You have lacked a valid certification since D, and will not count as active until it is renewed", onlyExpired},
	{"ODA has lacked a valid certification since D, and is also paused", renewFirst},
	{"You have lacked a valid certification since D, and are also paused", renewFirst},
	{"The certification of ODA is valid again as of D", renewed},
	{"Your certification is valid again as of D", renewed},
	{"Thank you for renewing it", renewed},
	{"ODA no longer has an expired certification, because the record has been changed", changed},
	{"You no longer have an expired certification, because the record has been changed", changed},
	{"ODA is still paused", paused},
	{"You are still paused as a peer mentor", paused},
	{"The certification of ODA is valid up to and including D \\(N\\)", ahead},
	{"Your certification is valid up to and including D \\(N\\)", ahead},
	{"Unless it is renewed, ODA will not count as active after that", active},
	{"After that, ODA cannot be reactivated until it is renewed", func(n notification.Event) bool { return paused(n) && !n.Expired }},
	{"Another certification has already expired and must be renewed too", expired},
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
	// Titles.
	{"ODA is paused", paused},
	{"ODA, you are paused as a peer mentor", paused},
	{"ODA is active again", active},
	{"ODA, you are active as a peer mentor again", active},
	{"The certification of ODA has expired", expired},
	{"ODA, your certification has expired", expired},
	{"The certification of ODA is valid again", renewed},
	{"ODA, your certification is valid again", renewed},
	{"The certification record of ODA has been changed", changed},
	{"ODA, your certification record has been changed", changed},
	{"The certification of ODA expires N", ahead},
	{"ODA, your certification expires N", ahead},
	{"ODA is expected back N", ahead},
	{"ODA, we expect you back N", ahead},
	{"ODA was expected back N", func(n notification.Event) bool { return !ahead(n) }},
	{"ODA, we expected you back N", func(n notification.Event) bool { return !ahead(n) }},
	{"Discrepancy in the history of ODA", always},
	{"ODA, there was a discrepancy in your history", always},
}

func always(notification.Event) bool         { return true }
func paused(n notification.Event) bool       { return n.Paused }
func expired(n notification.Event) bool      { return n.Expired }
func active(n notification.Event) bool       { return !n.Paused && !n.Expired }
func onlyExpired(n notification.Event) bool  { return n.Expired && !n.Paused }
func renewFirst(n notification.Event) bool   { return n.Expired && n.Paused }
func renewed(n notification.Event) bool      { return !n.Expired && n.Renewed }
func changed(n notification.Event) bool      { return !n.Expired && !n.Renewed }
func ahead(n notification.Event) bool        { return !n.ReferenceOn.Before(n.Today) }
func expectedBack(n notification.Event) bool { return paused(n) && !n.ReturnOn.Before(n.Today) }
func wasExpectedBack(n notification.Event) bool {
	return paused(n) && !n.ReturnOn.IsZero() && n.ReturnOn.Before(n.Today)
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
	"discrepancy_found":      always,
}

// states are all states of a notification.
func states(kind, audience, role, locale string) (all []notification.Event) {
	for _, reference := range []int{-40, -1, 0, 1, 30} {
		for _, back := range []int{0, -1, 1} {
			for bits := range 8 {
				for _, correction := range []string{"all", "some", "none"} {
					n := example(kind, audience, role, locale)
					n.MentorName, n.Correction = "ODA", correction
					n.ReferenceOn = n.Today.AddDate(0, 0, reference)
					if back != 0 {
						n.ReturnOn = n.Today.AddDate(0, 0, back)
					}
					n.Paused, n.Expired, n.Renewed = bits&1 != 0, bits&2 != 0, bits&4 != 0
					if sendable[kind](n) {
						all = append(all, n)
					}
				}
			}
		}
	}
	return all
}

func describe(n notification.Event) string {
	return fmt.Sprintf("%s as %s, paused %t, expired %t, renewed %t, corrected %s, back %s, reference %s", n.Kind, n.Role, n.Paused, n.Expired,
		n.Renewed, n.Correction, n.ReturnOn.Format("2006-01-02"), n.ReferenceOn.Format("2006-01-02"))
}

// Every sentence of every text is known, and true in the state in which it is said.
func TestEverySentenceIsTrue(t *testing.T) {
	t.Parallel()
	patterns := make([]*regexp.Regexp, len(sentences))
	said := make([]bool, len(sentences))
	for i, s := range sentences {
		text := regexp.MustCompile(`\bD\b`).ReplaceAllString(s.text, `\d+ [A-Z][a-z]+ \d{4}`)
		text = regexp.MustCompile(`\bN\b`).ReplaceAllString(text, `(?:today|tomorrow|yesterday|in \d+ days|\d+ days ago)`)
		patterns[i] = regexp.MustCompile("^(?:" + text + ")$")
	}
	ends := regexp.MustCompile(`[.!](?: |\n\n|$)`)
	for _, kind := range notification.Kinds {
		for _, r := range recipients {
			for _, n := range states(kind, r[0], r[1], "en") {
				text, err := notification.Render(n)
				if err != nil {
					t.Fatal(err)
				}
				for _, sentence := range append(ends.Split(text.Body, -1), text.Title) {
					if sentence == "" {
						continue
					}
					known := false
					for i, p := range patterns {
						if !p.MatchString(sentence) {
							continue
						}
						known, said[i] = true, true
						if !sentences[i].true(n) {
							t.Errorf("%s: untrue: %q", describe(n), sentence)
						}
					}
					if !known {
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
			texts := map[string][]string{}
			for _, locale := range []string{"en", "nb", "nn"} {
				for _, n := range states(kind, r[0], r[1], locale) {
					text, err := notification.Render(n)
					if err != nil {
						t.Fatal(err)
					}
					texts[locale] = append(texts[locale], text.Title+"\n"+text.Body)
				}
			}
			all := states(kind, r[0], r[1], "en")
			for _, locale := range []string{"nb", "nn"} {
				for i := range all {
					for j := range i {
						if (texts["en"][i] == texts["en"][j]) != (texts[locale][i] == texts[locale][j]) {
							t.Fatalf("%s: en and %s differ in what they tell apart:\n%s\n%s", kind, locale, describe(all[i]), describe(all[j]))
						}
					}
				}
			}
		}
	}
}
