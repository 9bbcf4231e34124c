package notification_test

import (
	"flag"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/notification"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func on(text string) time.Time {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return date
}

// email renders both.
func email(n notification.Event) (notification.Text, notification.Email, error) {
	m, err := notification.Render(n)
	if err != nil {
		return m, notification.Email{}, err
	}
	e, err := notification.RenderEmail(n, m)
	return m, e, err
}

// example is a notification of the kind; without reminder it has no reference date.
func example(kind, audience, role, locale string) notification.Event {
	n := notification.Event{
		Kind: kind, Audience: audience, Role: role, Locale: locale, MentorName: "Åse Ødegård",
		Today: on("2026-11-24"), HappenedOn: on("2026-11-23"), Renewed: true, Correction: "all",
		Certification: notification.Names{Bokmaal: "Førstehjelp", Nynorsk: "Fyrstehjelp", English: "First aid"},
		Request:       notification.Request{Kind: "pause", State: "accepted"},
	}
	if kind == "several_paused" {
		n.MentorName, n.Certification = "", notification.Names{}
		for _, name := range []string{"Kari Bø", "Ola Dahl", "Åse Ødegård"} {
			n.Mentors = append(n.Mentors, notification.Mentor{Name: name})
		}
	}
	if kind == "weekly_digest" {
		certification := n.Certification
		n.MentorName, n.Certification = "", notification.Names{}
		n.Mentors = []notification.Mentor{
			{Name: "Kari Bø", WasExpectedOn: on("2026-11-10"), CertifiedUntil: on("2026-12-01"), Certification: certification, AsksFor: []string{"change_return", "return"}},
			{Name: "Åse Ødegård", WasExpectedOn: on("2026-11-23")},
			{Name: "Ola Dahl", AsksFor: []string{"pause"}},
			{Name: "Per Lie", ReturnOn: on("2026-11-24")},
			{Name: "Siri Moe", ReturnOn: on("2026-11-29"), CertifiedUntil: on("2026-12-24")},
		}
	}
	return n
}

// has reports whether there is a text of the kind for such a recipient.
func has(kind, audience, role string) bool {
	return kind != "several_paused" && kind != "weekly_digest" || audience == "coordinator" && role != "mentor"
}

// recipients are the pairs of audience and role that there are.
var recipients = [][2]string{
	{"coordinator", "coordinator"}, {"coordinator", "administrator"}, {"administrator", "administrator"}, {"mentor", "mentor"},
}

// TestGolden compares every text with testdata/<locale>/<kind>.txt.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"nb", "nn", "en"} {
		for _, kind := range notification.Kinds {
			t.Run(locale+"/"+kind, func(t *testing.T) {
				t.Parallel()
				var got strings.Builder
				show := func(what string, n notification.Event) {
					_, e, err := email(n)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					fmt.Fprintf(&got, "===== %s\n%s\n\n%s\n", what, e.Subject, e.Text)
				}
				for _, r := range recipients {
					if !has(kind, r[0], r[1]) {
						continue
					}
					n := example(kind, r[0], r[1], locale)
					what := "as " + r[1] + ", for " + r[0]
					switch kind {
					case "mentor_paused":
						show(what+", no date", n)
						n.ReturnOn = on("2027-02-01")
						show(what+", expected back", n)
						n.ReturnOn, n.Expired = on("2026-11-20"), true
						show(what+", was expected back, and expired", n)
						n.Missing = true
						show(what+", was expected back, and one is missing", n)
					case "certification_expired":
						show(what, n)
						n.Paused = true
						show(what+", and paused", n)
						n.Missing = true
						show(what+", missing, and paused", n)
						n.Paused = false
						show(what+", missing", n)
						n.Missing, n.Certification = false, notification.Names{}
						show(what+", of no kind in particular", n)
					case "certification_restored":
						show(what, n)
						n.Renewed = false
						show(what+", no renewal", n)
						n.Paused = true
						show(what+", no renewal, and paused", n)
						n.Renewed = true
						show(what+", and paused", n)
						n.Missing = true
						show(what+", was missing, and paused", n)
					case "certification_expiring":
						for _, days := range []int{30, 7, 1} {
							n.ReferenceOn = n.Today.AddDate(0, 0, days)
							show(fmt.Sprintf("%s, in %d days", what, days), n)
						}
						n.Paused = true
						show(what+", and paused", n)
						n.Expired = true
						show(what+", paused, and another one expired", n)
						n.Missing = true
						show(what+", paused, and another one missing", n)
					case "return_due":
						for _, days := range []int{7, 0, -2} {
							n.ReferenceOn = n.Today.AddDate(0, 0, days)
							show(fmt.Sprintf("%s, in %d days", what, days), n)
						}
						n.ReferenceOn, n.Expired = n.Today.AddDate(0, 0, 7), true
						show(what+", and expired", n)
						n.Missing = true
						show(what+", and one is missing", n)
					case "return_overdue":
						n.ReferenceOn = n.Today.AddDate(0, 0, -7)
						show(what+", 7 days ago", n)
						n.Expired = true
						show(what+", and expired", n)
					case "pause_open_ended":
						n.ReferenceOn = n.Today.AddDate(0, 0, -90)
						show(what+", for 90 days", n)
						n.Expired = true
						show(what+", and expired", n)
					case "pause_planned":
						n.ReferenceOn = on("2027-02-01")
						show(what+", no date", n)
						n.ReturnOn = on("2027-04-01")
						show(what+", expected back", n)
						n.Changed = true
						show(what+", changed, expected back", n)
						n.ReturnOn = time.Time{}
						show(what+", changed, no date", n)
					case "several_paused":
						show(what+", no date", n)
						for i := range n.Mentors {
							n.Mentors[i].ReturnOn = on("2027-04-01")
						}
						show(what+", expected back together", n)
						n.Mentors[0].ReturnOn, n.Mentors[1].ReturnOn = time.Time{}, on("2026-11-20")
						n.Mentors[0].Expired, n.Mentors[1].Expired, n.Mentors[1].Missing = true, true, true
						show(what+", not together, and certifications lacking", n)
						for len(n.Mentors) < 16 {
							n.Mentors = append(n.Mentors, notification.Mentor{Name: fmt.Sprintf("Likeperson %d", len(n.Mentors))})
						}
						show(what+", sixteen", n)
						n.Mentors = n.Mentors[2:5]
						for i := range n.Mentors {
							n.Mentors[i] = notification.Mentor{Name: n.Mentors[i].Name, StartsOn: on("2027-02-01")}
						}
						show(what+", planned", n)
						n.Mentors = n.Mentors[:1]
						show(what+", one, planned", n)
						n.Mentors[0].StartsOn = time.Time{}
						show(what+", one", n)
					case "weekly_digest":
						show(what, n)
						for len(n.Mentors) < 16 {
							n.Mentors = append(n.Mentors, notification.Mentor{Name: fmt.Sprintf("Likeperson %d", len(n.Mentors)), ReturnOn: on("2026-11-27")})
						}
						show(what+", sixteen", n)
						n.Mentors = n.Mentors[:1]
						show(what+", one", n)
					case "pause_cancelled":
						n.ReferenceOn = on("2027-02-01")
						show(what, n)
						n.Paused = true
						show(what+", and paused", n)
					case "return_changed":
						show(what+", no date any more", n)
						n.ReturnOn = on("2027-02-01")
						show(what+", expected back", n)
						n.ReturnOn, n.Expired = on("2026-11-20"), true
						show(what+", was expected back, and expired", n)
					case "leave_requested", "leave_answered":
						show(what+", a pause now", n)
						n.ReturnOn = on("2027-04-01")
						show(what+", a pause now, with a date", n)
						n.ReferenceOn = on("2027-02-01")
						show(what+", a pause from a day", n)
						n.Request.State, n.ReferenceOn = "declined", time.Time{}
						for _, n.Request.Kind = range []string{"change_return", "return"} {
							show(what+", "+n.Request.Kind, n)
							n.ReturnOn, n.Expired, n.Request.HasMessage = time.Time{}, true, true
							show(what+", "+n.Request.Kind+", no date, expired, a message", n)
						}
					case "discrepancy_found":
						for _, n.Correction = range []string{"all", "some", "none"} {
							show(what+", corrected: "+n.Correction, n)
						}
					default:
						show(what, n)
					}
				}
				m, e, err := email(example(kind, "coordinator", "coordinator", locale))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&got, "===== inbox, without a date\n%s\n\n%s\n===== HTML\n%s", m.Title, m.Body, e.HTML)

				path := filepath.Join("testdata", locale, kind+".txt")
				if *update {
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got.String()); diff != "" {
					t.Errorf("differs from %s (-update rewrites it):\n%s", path, diff)
				}
			})
		}
	}
}

func TestTitleSaysWhoAndWhat(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	for _, locale := range []string{"nb", "nn", "en"} {
		for _, kind := range notification.Kinds {
			for _, role := range []string{"coordinator", "mentor"} {
				if !has(kind, role, role) {
					continue
				}
				m, err := notification.Render(example(kind, role, role, locale))
				if err != nil {
					t.Fatal(err)
				}
				who := "Åse Ødegård"
				switch kind {
				case "several_paused":
					who = "3"
				case "weekly_digest":
					who = "5"
				}
				if !strings.Contains(m.Title, who) {
					t.Errorf("%s, %s, %s: %q names nobody", locale, kind, role, m.Title)
				}
				if titles[locale+m.Title] {
					t.Errorf("%s: %q says two things", locale, m.Title)
				}
				titles[locale+m.Title] = true
			}
		}
	}
}

func TestLocale(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"nb": "er satt på pause", "no": "er satt på pause", "nb-NO": "er satt på pause", "": "er satt på pause", "se": "er satt på pause",
		"nn": "er sett på pause", "nn-NO": "er sett på pause", "NN_no": "er sett på pause",
		"nno": "er sett på pause", "nn_NO.UTF-8": "er sett på pause", "nn.UTF-8": "er sett på pause",
		"nob": "er satt på pause", "nb_NO.UTF-8": "er satt på pause", "eng": "is paused", "en_GB.UTF-8": "is paused", "en@euro": "is paused",
		"en": "is paused", "en-GB": "is paused", "EN": "is paused", "enm": "er satt på pause",
	} {
		m, err := notification.Render(example("mentor_paused", "coordinator", "coordinator", locale))
		if err != nil || !strings.HasSuffix(m.Title, want) {
			t.Errorf("%q: %q (%v), want %q", locale, m.Title, err, want)
		}
	}
}

func TestNamesAreHarmless(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ name, want string }{
		"header injection":           {"Kari\r\nBcc: all@example.org", "Kari Bcc: all@example.org"},
		"lone line feed":             {"Kari\nX", "Kari X"},
		"vertical tab and form feed": {"Kari\v\fX", "Kari X"},
		"line separators":            {"Kari\u2028\u2029\u0085X", "Kari X"},
		"right-to-left override":     {"Kari \u202egro.elpmaxe\u202c", "Kari gro.elpmaxe"},
		"isolates and marks":         {"\u2066Kari\u2069\u200e\u200f\u061c", "Kari"},
		"zero-width":                 {"Ka\u200bri\ufeff", "Kari"},
		"NUL and escape":             {"Kari\x00\x1b[31m", "Kari[31m"},
		"invalid UTF-8":              {"Kari\xff", "Kari"},
		"spaces":                     {"  Kari \t  Nordmann\u00a0 ", "Kari Nordmann"},
		"nothing left":               {"\u202e\r\n", "–"},
		"Sami and Polish":            {"Áile Łucja Ŋ", "Áile Łucja Ŋ"},
		"a template":                 {"{{.Mentor}}", "{{.Mentor}}"},
		"endless":                    {strings.Repeat("å", 200), strings.Repeat("å", 100) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := example("mentor_paused", "coordinator", "coordinator", "en")
			n.MentorName = c.name
			m, err := notification.Render(n)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.want + " is paused"; m.Title != want {
				t.Errorf("title %q, want %q", m.Title, want)
			}
			// As it goes into a header and comes out again.
			if back, err := new(mime.WordDecoder).DecodeHeader(mime.QEncoding.Encode("utf-8", m.Title)); err != nil || back != m.Title {
				t.Errorf("header %q, %v", back, err)
			}
			if !strings.HasPrefix(m.Body, c.want+" is paused as of ") || strings.Contains(m.Body, "\n") {
				t.Errorf("body %q", m.Body)
			}
		})
	}
}

func TestNamesAreNoMarkup(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`<script>alert(1)</script>`, `</title></p><img src=x onerror=alert(1)>`, `"><a href="https://example.org">x</a>`, `<!--`, `&lt;b&gt;`,
	} {
		n := example("return_overdue", "coordinator", "administrator", "nb")
		n.MentorName = name
		m, e, err := email(n)
		if err != nil {
			t.Fatal(err)
		}
		n.MentorName = "Kari"
		_, plain, err := email(n)
		if err != nil {
			t.Fatal(err)
		}
		tags := regexp.MustCompile(`<[^>]*>`)
		if diff := cmp.Diff(tags.FindAllString(plain.HTML, -1), tags.FindAllString(e.HTML, -1)); diff != "" {
			t.Errorf("%s brings markup in:\n%s", name, diff)
		}
		if !strings.Contains(m.Title, name) { // plain text is not escaped
			t.Errorf("title %q", m.Title)
		}
	}
}

func TestUnknownIsRefused(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]notification.Event{
		"kind": example("birthday", "mentor", "mentor", "nb"),
		"role": example("mentor_paused", "coordinator", "visitor", "nb"),
		"request": func() notification.Event {
			n := example("leave_requested", "coordinator", "coordinator", "nb")
			n.Request.Kind = "holiday"
			return n
		}(),
		"several for a mentor":  example("several_paused", "mentor", "mentor", "nb"),
		"a digest for a mentor": example("weekly_digest", "mentor", "mentor", "nb"),
		"a digest of nobody":    {Kind: "weekly_digest", Audience: "coordinator", Role: "coordinator", HappenedOn: on("2026-11-24"), Today: on("2026-11-24")},
		"a digest of nothing": {Kind: "weekly_digest", Audience: "coordinator", Role: "coordinator", HappenedOn: on("2026-11-24"), Today: on("2026-11-24"),
			Mentors: []notification.Mentor{{Name: "Åse"}}},
		"several of nobody": {Kind: "several_paused", Audience: "coordinator", Role: "coordinator", HappenedOn: on("2026-11-24"), Today: on("2026-11-24")},
		"no date":           {Kind: "mentor_paused", Audience: "mentor", Role: "mentor", MentorName: "Kari", Today: on("2026-11-24")},
	} {
		if m, err := notification.Render(n); err == nil {
			t.Errorf("%s: %q", name, m.Title)
		}
	}
}

// So of a digest, whose lines are all that an erasure has to know.
func TestLinesOfADigest(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"nb", "nn", "en"} {
		for _, count := range []int{1, 15, 16, 500} {
			n := example("weekly_digest", "coordinator", "administrator", locale)
			n.Mentors = nil
			for i := range count {
				n.Mentors = append(n.Mentors, notification.Mentor{Name: fmt.Sprintf("Nr.\n%d.", i), AsksFor: []string{"pause"}})
			}
			text, err := notification.Render(n)
			if err != nil {
				t.Fatal(err)
			}
			body := strings.Split(text.Body, "\n")
			for i, line := range text.Lines {
				if !strings.HasPrefix(body[line-1], fmt.Sprintf("– Nr. %d. – ", i)) {
					t.Errorf("%s, %d: line %d is %q", locale, count, line, body[line-1])
				}
			}
			if named := strings.Count(text.Body, "– Nr."); named != len(text.Lines) || named != count && named != 12 {
				t.Errorf("%s, %d: %d are named, %d lines", locale, count, named, len(text.Lines))
			}
		}
	}
}

// Each line that Lines gives is the one that names the mentor, in every language and length.
func TestLinesOfSeveral(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"nb", "nn", "en"} {
		for _, count := range []int{2, 15, 16, 500} {
			n := example("several_paused", "coordinator", "coordinator", locale)
			n.Mentors = nil
			for i := range count {
				n.Mentors = append(n.Mentors, notification.Mentor{Name: fmt.Sprintf("Nr.\n%d.", i), Expired: i%2 == 0, ReturnOn: on("2027-01-01").AddDate(0, 0, i)})
			}
			text, err := notification.Render(n)
			if err != nil {
				t.Fatal(err)
			}
			body := strings.Split(text.Body, "\n")
			for i, line := range text.Lines {
				if !strings.HasPrefix(body[line-1], fmt.Sprintf("– Nr. %d. (", i)) {
					t.Errorf("%s, %d: line %d is %q", locale, count, line, body[line-1])
				}
			}
			named := strings.Count(text.Body, "– Nr.")
			if named != len(text.Lines) || named != count && named != 12 {
				t.Errorf("%s, %d: %d are named, %d lines", locale, count, named, len(text.Lines))
			}
			if other := fmt.Sprintf(" %d andre", count-12); locale == "nb" && strings.Contains(text.Body, other) != (count > 15) {
				t.Errorf("%d: %s", count, text.Body)
			}
		}
		n := example("several_paused", "coordinator", "coordinator", locale)
		n.Mentors = n.Mentors[:1]
		text, err := notification.Render(n)
		n.Kind, n.MentorName, n.Mentors = "mentor_paused", "Kari Bø", nil
		alone, _ := notification.Render(n)
		if err != nil || text.Title != alone.Title || text.Body != alone.Body || !cmp.Equal(text.Lines, []int{0}) {
			t.Errorf("one of several: %v %v (%v), want %v", text, text.Lines, err, alone)
		}
	}
}
