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
	return notification.Event{
		Kind: kind, Audience: audience, Role: role, Locale: locale, MentorName: "Åse Ødegård",
		Today: on("2026-11-24"), HappenedOn: on("2026-11-23"), Renewed: true, Correction: "all",
	}
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
					n := example(kind, r[0], r[1], locale)
					what := "as " + r[1] + ", for " + r[0]
					switch kind {
					case "mentor_paused":
						show(what+", no date", n)
						n.ReturnOn = on("2027-02-01")
						show(what+", expected back", n)
						n.ReturnOn, n.Expired = on("2026-11-20"), true
						show(what+", was expected back, and expired", n)
					case "certification_expired":
						show(what, n)
						n.Paused = true
						show(what+", and paused", n)
					case "certification_restored":
						show(what, n)
						n.Renewed = false
						show(what+", no renewal", n)
						n.Paused = true
						show(what+", no renewal, and paused", n)
						n.Renewed = true
						show(what+", and paused", n)
					case "certification_expiring":
						for _, days := range []int{30, 7, 1} {
							n.ReferenceOn = n.Today.AddDate(0, 0, days)
							show(fmt.Sprintf("%s, in %d days", what, days), n)
						}
						n.Paused = true
						show(what+", and paused", n)
						n.Expired = true
						show(what+", paused, and another one expired", n)
					case "return_due":
						for _, days := range []int{7, 0, -2} {
							n.ReferenceOn = n.Today.AddDate(0, 0, days)
							show(fmt.Sprintf("%s, in %d days", what, days), n)
						}
						n.ReferenceOn, n.Expired = n.Today.AddDate(0, 0, 7), true
						show(what+", and expired", n)
					case "return_overdue":
						n.ReferenceOn = n.Today.AddDate(0, 0, -7)
						show(what+", 7 days ago", n)
						n.Expired = true
						show(what+", and expired", n)
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
				m, err := notification.Render(example(kind, role, role, locale))
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(m.Title, "Åse Ødegård") {
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
		"kind":    example("birthday", "mentor", "mentor", "nb"),
		"role":    example("mentor_paused", "coordinator", "visitor", "nb"),
		"no date": {Kind: "mentor_paused", Audience: "mentor", Role: "mentor", MentorName: "Kari", Today: on("2026-11-24")},
	} {
		if m, err := notification.Render(n); err == nil {
			t.Errorf("%s: %q", name, m.Title)
		}
	}
}
