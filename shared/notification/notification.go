// Package notification writes what people are told: the title and text of each
// notification, for the inbox and as an e-mail, in Norwegian Bokmål, Nynorsk
// and English.
//
// A text says who, what and when: the mentor's name and dates. It never says why
// somebody is away, nor anything about anybody else; the package is not given
// either. Names are entered by people and are cleaned before they are put into a
// text: a name can't end a header, begin a line, change the direction of writing
// or be markup.
//
// An unknown kind, role or date is an error; an unknown locale gets Bokmål.
package notification

import (
	"embed"
	"fmt"
	html "html/template"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// Kinds are the values of notifications.kind; docs/database.md lists them.
var Kinds = []string{
	"mentor_paused", "mentor_reactivated", "certification_expired", "certification_restored",
	"certification_expiring", "return_due", "return_overdue", "discrepancy_found",
}

// Event is what a text is written from.
type Event struct {
	Kind       string
	Audience   string // whom it is meant for: coordinator, mentor or administrator
	Role       string // the recipient's: an administrator may stand in for a coordinator
	Locale     string // the recipient's
	MentorName string

	Today       time.Time // the date of writing
	HappenedOn  time.Time // the date from which the change counts
	ReferenceOn time.Time // the date of which a reminder reminds; zero: none
	ReturnOn    time.Time // when the mentor is expected back; zero: open

	// As of today:
	Paused     bool
	Expired    bool
	Renewed    bool   // a renewal ended the expiry; else a correction did
	Correction string // of a discrepancy: all, some or none of it was corrected
}

// Text is what an inbox shows.
type Text struct {
	Title string // one line, also the e-mail's subject
	Body  string // paragraphs, separated by an empty line
}

// Email is a text as an e-mail.
type Email struct {
	Subject string
	Text    string
	HTML    string
}

//go:embed templates
var files embed.FS

// language is one set of texts.
type language struct {
	tag       string
	templates *template.Template
	months    []string
	// day names a day relative to today: 0 is today, 7 in a week, -7 a week ago.
	day func(days int) string
	// dateFormat takes day, month and year.
	dateFormat string
}

var (
	norwegianMonths = []string{"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"}
	englishMonths   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

	bokmaal = newLanguage(language{tag: "nb", months: norwegianMonths, dateFormat: "%d. %s %d",
		day: dayIn("i dag", "i morgen", "i går", "om %d dager", "for %d dager siden")})
	nynorsk = newLanguage(language{tag: "nn", months: norwegianMonths, dateFormat: "%d. %s %d",
		day: dayIn("i dag", "i morgon", "i går", "om %d dagar", "for %d dagar sidan")})
	english = newLanguage(language{tag: "en", months: englishMonths, dateFormat: "%d %s %d",
		day: dayIn("today", "tomorrow", "yesterday", "in %d days", "%d days ago")})

	layout = html.Must(html.ParseFS(files, "templates/email.html"))
)

func dayIn(today, tomorrow, yesterday, ahead, past string) func(int) string {
	return func(days int) string {
		switch {
		case days == 0:
			return today
		case days == 1:
			return tomorrow
		case days == -1:
			return yesterday
		case days > 0:
			return fmt.Sprintf(ahead, days)
		default:
			return fmt.Sprintf(past, -days)
		}
	}
}

func newLanguage(l language) language {
	l.templates = template.Must(template.New(l.tag).Option("missingkey=error").Funcs(template.FuncMap{
		"date": func(on *time.Time) string {
			return fmt.Sprintf(l.dateFormat, on.Day(), l.months[on.Month()-1], on.Year())
		},
		"days": l.day,
	}).ParseFS(files, "templates/"+l.tag+".txt"))
	return l
}

// languageOf returns the language for a locale such as nb, nn-NO, nno or en_GB.UTF-8.
func languageOf(locale string) language {
	tag := strings.ToLower(strings.TrimSpace(locale))
	if end := strings.IndexAny(tag, "-_.@"); end >= 0 {
		tag = tag[:end]
	}
	switch tag {
	case "nn", "nno":
		return nynorsk
	case "en", "eng":
		return english
	default:
		return bokmaal
	}
}

// fields are what the templates may use.
type fields struct {
	Mentor                            string
	HappenedOn, ReferenceOn, ReturnOn *time.Time // nil: none
	Days                              int        // from today to ReferenceOn
	ReturnPassed                      bool
	Paused, Expired, Renewed          bool
	Correction                        string
}

// Render writes the text of a notification for one recipient's inbox.
func Render(n Event) (Text, error) {
	w, err := newWriter(n)
	if err != nil {
		return Text{}, err
	}
	about := n.Kind
	switch {
	case n.Kind == "return_due" && w.fields.ReferenceOn != nil && w.fields.Days < 0:
		about = "return_overdue" // nobody is expected in the past
	case n.Kind == "certification_restored" && !n.Renewed:
		about = "certification_corrected"
	}
	message := Text{Title: w.text(about + "." + w.voice + ".title"), Body: w.text(about + "." + w.voice + ".body")}
	return message, w.err
}

// RenderEmail turns the text that Render wrote for the same event into an e-mail,
// and adds why this person gets it.
func RenderEmail(n Event, text Text) (Email, error) {
	w, err := newWriter(n)
	if err != nil {
		return Email{}, err
	}
	footer := []string{w.text(w.why), w.text("footer")}
	if w.err != nil {
		return Email{}, w.err
	}
	var page strings.Builder
	err = layout.Execute(&page, map[string]any{
		"Language": w.language.tag, "Title": text.Title, "Paragraphs": strings.Split(text.Body, "\n\n"), "Footer": footer,
	})
	if err != nil {
		return Email{}, fmt.Errorf("HTML of %s in %s: %w", n.Kind, w.language.tag, err)
	}
	return Email{
		Subject: text.Title,
		Text:    text.Body + "\n\n-- \n" + strings.Join(footer, "\n") + "\n",
		HTML:    page.String(),
	}, nil
}

// writer writes from the templates of one language, until something fails.
type writer struct {
	language   language
	voice, why string
	fields     fields
	err        error
}

func newWriter(n Event) (*writer, error) {
	w := &writer{language: languageOf(n.Locale), voice: "staff", why: "why." + n.Role}
	switch {
	case n.Role == "mentor":
		w.voice = "mentor"
	case n.Role == "administrator" && n.Audience == "coordinator":
		w.why = "why.fallback"
	case n.Role != "coordinator" && n.Role != "administrator":
		return nil, fmt.Errorf("there is no text for a recipient as %q", n.Role)
	}
	if n.HappenedOn.IsZero() {
		return nil, fmt.Errorf("%s: no date", n.Kind)
	}
	w.fields = fields{
		Mentor:      cleanName(n.MentorName),
		HappenedOn:  &n.HappenedOn,
		ReferenceOn: optional(n.ReferenceOn),
		ReturnOn:    optional(n.ReturnOn),
		Days:        int(n.ReferenceOn.Sub(n.Today).Round(24*time.Hour) / (24 * time.Hour)),

		ReturnPassed: n.ReturnOn.Before(n.Today),
		Paused:       n.Paused, Expired: n.Expired, Renewed: n.Renewed,
		Correction: n.Correction,
	}
	return w, nil
}

func (w *writer) text(name string) string {
	var b strings.Builder
	if err := w.language.templates.ExecuteTemplate(&b, name, w.fields); err != nil && w.err == nil {
		w.err = fmt.Errorf("text in %s: %w", w.language.tag, err)
	}
	return b.String()
}

func optional(on time.Time) *time.Time {
	if on.IsZero() {
		return nil
	}
	return &on
}

const longestName = 100 // characters; longer ones are cut

// cleanName makes a person's name safe inside a line of text: one line, no
// control or invisible characters, nothing that changes the direction of writing,
// and not too long to read.
func cleanName(name string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		case r == '\u200c', r == '\u200d': // joiners, part of how some names are written
			return r
		case unicode.Is(unicode.C, r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	kept = strings.Join(strings.Fields(kept), " ")
	if runes := []rune(kept); len(runes) > longestName {
		kept = string(runes[:longestName]) + "…"
	}
	if kept == "" {
		return "–"
	}
	return kept
}
