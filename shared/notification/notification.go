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
	"math"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// Kinds are the values of notifications.kind; docs/database.md lists them.
var Kinds = []string{
	"mentor_paused", "mentor_reactivated", "certification_expired", "certification_restored",
	"certification_expiring", "return_due", "return_overdue", "return_changed", "pause_open_ended", "pause_planned",
	"pause_cancelled", "leave_requested", "leave_answered", "discrepancy_found", "several_paused", "weekly_digest",
}

// Event is what a text is written from.
type Event struct {
	Kind       string
	Audience   string // whom it is meant for: coordinator, mentor or administrator
	Role       string // the recipient's: an administrator may stand in for a coordinator
	Locale     string // the recipient's
	MentorName string

	Today      time.Time // the date of writing
	HappenedOn time.Time // the date from which the change counts
	// The date of which a reminder reminds, the first day of a plan or of the pause that is asked
	// for, or since when a pause has had no return date; zero: none.
	ReferenceOn time.Time
	ReturnOn    time.Time // when the mentor is expected back, or asks to be; zero: open

	Request Request // the leave request that it is about

	// As of today:
	Paused     bool
	Expired    bool
	Renewed    bool   // a renewal ended the expiry; else a correction did
	Correction string // of a discrepancy: all, some or none of it was corrected

	Certification Names // the kind that it is about; empty: none in particular
	Missing       bool  // what counts as expired is required and lacking; of a restoration, it was
	Changed       bool  // of a plan: the recipient has been told of it before

	Mentors []Mentor // of an event about several: those whom this recipient is told of
}

// Mentor is one of several whom an event is about.
type Mentor struct {
	Name     string
	StartsOn time.Time // the first day of what is planned; zero: it is a pause
	ReturnOn time.Time // zero: open
	Expired  bool
	Missing  bool // what counts as expired is required and lacking

	// Of a digest, in which ReturnOn is a day of this week:
	WasExpectedOn  time.Time // the return date that has passed; zero: none
	CertifiedUntil time.Time // the last day of a certification that ends soon; zero: none does
	Certification  Names     // its kind
	AsksFor        []string  // the kinds of open requests, the oldest first
}

// Request is what a text may say of a leave request: never why, and never what was
// answered beside yes or no.
type Request struct {
	Kind       string `json:"kind"`  // pause, change_return or return
	State      string `json:"state"` // open, accepted or declined
	HasMessage bool   `json:"has_message"`
}

// Names are what a kind of certification is called.
type Names struct {
	Bokmaal string `json:"nb"`
	Nynorsk string `json:"nn"`
	English string `json:"en"`
}

// in returns the name in a language, as it may stand within a line.
func (n Names) in(tag string) string {
	name := n.Bokmaal
	switch tag {
	case "nn":
		name = n.Nynorsk
	case "en":
		name = n.English
	}
	if name == "" {
		return ""
	}
	return cleanName(name)
}

// Text is what an inbox shows.
type Text struct {
	Title string // one line, also the e-mail's subject
	Body  string // paragraphs, separated by an empty line

	// Of an event about several mentors: the line of the body, from 1, that names each of
	// the first ones; 0: title and body are about this one alone. The rest is only counted.
	Lines []int
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
		day: dayIn("i dag", "i morgen", "i går", "om %d %s", "for %d %s siden", "dager", "uker", "måneder")})
	nynorsk = newLanguage(language{tag: "nn", months: norwegianMonths, dateFormat: "%d. %s %d",
		day: dayIn("i dag", "i morgon", "i går", "om %d %s", "for %d %s sidan", "dagar", "veker", "månader")})
	english = newLanguage(language{tag: "en", months: englishMonths, dateFormat: "%d %s %d",
		day: dayIn("today", "tomorrow", "yesterday", "in %d %s", "%d %s ago", "days", "weeks", "months")})

	layout = html.Must(html.ParseFS(files, "templates/email.html"))
)

const (
	longestInDays  = 60  // nobody pictures 69 days
	longestInWeeks = 120 // days
	daysOfAMonth   = 30.44
)

func dayIn(today, tomorrow, yesterday, ahead, past, inDays, inWeeks, inMonths string) func(int) string {
	return func(days int) string {
		switch days {
		case 0:
			return today
		case 1:
			return tomorrow
		case -1:
			return yesterday
		}
		words, away := ahead, days
		if days < 0 {
			words, away = past, -days
		}
		switch {
		case away <= longestInDays:
			return fmt.Sprintf(words, away, inDays)
		case away <= longestInWeeks:
			return fmt.Sprintf(words, int(math.Round(float64(away)/7)), inWeeks)
		default:
			return fmt.Sprintf(words, int(math.Round(float64(away)/daysOfAMonth)), inMonths)
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
	Certification                     string // "": none in particular
	Missing                           bool
	Asked                             string // for a pause, change_return or return
	Accepted, HasMessage              bool
	Changed                           bool
	Count, Others                     int // of several mentors: how many, and how many of them are not named
	Planned, SameReturn               bool
}

// line is what names one of several mentors.
type line struct {
	Mentor           string
	ReturnOn         *time.Time
	ReturnPassed     bool
	SameReturn       bool // all have this return date, which the text says before
	Expired, Missing bool
}

// Render writes the text of a notification for one recipient's inbox.
func Render(n Event) (Text, error) {
	if n.Kind == "several_paused" && len(n.Mentors) == 1 {
		text, err := Render(n.alone())
		text.Lines = []int{0}
		return text, err
	}
	w, err := newWriter(n)
	if err != nil {
		return Text{}, err
	}
	about := n.Kind
	switch {
	case n.Kind == "several_paused":
		return w.several(n)
	case n.Kind == "weekly_digest":
		return w.digest(n)
	case n.Kind == "pause_planned" && n.Changed:
		about = "plan_changed"
	case n.Kind == "return_due" && w.fields.ReferenceOn != nil && w.fields.Days < 0:
		about = "return_overdue" // nobody is expected in the past
	case n.Kind == "certification_restored" && !n.Renewed:
		about = "certification_corrected"
	}
	message := Text{Title: w.text(about + "." + w.voice + ".title"), Body: w.text(about + "." + w.voice + ".body")}
	return message, w.err
}

const (
	mostNamed    = 15 // of so many mentors each is named
	namedOfOther = 12 // of more only so many
)

// several writes about several mentors: each on a line of its own, so that an erasure can
// take one out and leave the others.
func (w *writer) several(n Event) (Text, error) {
	if w.voice != "staff" || len(n.Mentors) == 0 {
		return Text{}, fmt.Errorf("%s: there is no text about %d mentors for a recipient as %q", n.Kind, len(n.Mentors), n.Role)
	}
	first := n.Mentors[0]
	w.fields.ReferenceOn, w.fields.ReturnOn = optional(first.StartsOn), optional(first.ReturnOn)
	w.fields.Count, w.fields.Planned, w.fields.SameReturn = len(n.Mentors), !first.StartsOn.IsZero(), true
	w.fields.Days = int(first.StartsOn.Sub(n.Today).Round(24*time.Hour) / (24 * time.Hour))
	w.fields.ReturnPassed, w.fields.Expired = first.ReturnOn.Before(n.Today), false
	for _, m := range n.Mentors {
		if !m.StartsOn.Equal(first.StartsOn) {
			return Text{}, fmt.Errorf("%s: the mentors' pauses do not begin together", n.Kind)
		}
		w.fields.SameReturn = w.fields.SameReturn && m.ReturnOn.Equal(first.ReturnOn)
		w.fields.Expired = w.fields.Expired || m.Expired
	}
	if len(n.Mentors) > mostNamed {
		w.fields.Others = len(n.Mentors) - namedOfOther
	}

	body := w.text("several_paused.staff.intro") + "\n\n"
	message := Text{Title: w.text("several_paused.staff.title")}
	at := strings.Count(body, "\n") + 1
	for i, m := range n.Mentors[:len(n.Mentors)-w.fields.Others] {
		message.Lines = append(message.Lines, at+i)
		body += w.part("several_paused.staff.line", line{
			Mentor: cleanName(m.Name), ReturnOn: optional(m.ReturnOn), ReturnPassed: m.ReturnOn.Before(n.Today),
			SameReturn: w.fields.SameReturn, Expired: m.Expired, Missing: m.Missing,
		}) + "\n"
	}
	message.Body = strings.TrimSpace(body + w.text("several_paused.staff.end"))
	return message, w.err
}

// digestLine says of one mentor what there is to look after.
type digestLine struct {
	Mentor                                  string
	WasExpectedOn, ReturnOn, CertifiedUntil *time.Time
	Days                                    int // until the return
	Certification                           string
	AsksFor                                 []string
}

// digest writes about those whom a coordinator should look after: each on a line of its own.
func (w *writer) digest(n Event) (Text, error) {
	if w.voice != "staff" || len(n.Mentors) == 0 {
		return Text{}, fmt.Errorf("%s: there is no text about %d mentors for a recipient as %q", n.Kind, len(n.Mentors), n.Role)
	}
	w.fields.Count = len(n.Mentors)
	if len(n.Mentors) > mostNamed {
		w.fields.Others = len(n.Mentors) - namedOfOther
	}
	body := w.text("weekly_digest.staff.intro") + "\n\n"
	message := Text{Title: w.text("weekly_digest.staff.title")}
	at := strings.Count(body, "\n") + 1
	for i, m := range n.Mentors[:len(n.Mentors)-w.fields.Others] {
		if m.WasExpectedOn.IsZero() && m.ReturnOn.IsZero() && m.CertifiedUntil.IsZero() && len(m.AsksFor) == 0 {
			return Text{}, fmt.Errorf("%s: there is nothing to say of the mentor in place %d", n.Kind, i+1)
		}
		message.Lines = append(message.Lines, at+i)
		body += w.part("weekly_digest.staff.line", digestLine{
			Mentor: cleanName(m.Name), WasExpectedOn: optional(m.WasExpectedOn), ReturnOn: optional(m.ReturnOn),
			CertifiedUntil: optional(m.CertifiedUntil), Days: int(m.ReturnOn.Sub(n.Today).Round(24*time.Hour) / (24 * time.Hour)),
			Certification: m.Certification.in(w.language.tag), AsksFor: m.AsksFor,
		}) + "\n"
	}
	message.Body = strings.TrimSpace(body + w.text("weekly_digest.staff.end"))
	return message, w.err
}

// alone is an event about several mentors of which only one concerns the recipient: they are
// told as of any other.
func (n Event) alone() Event {
	m := n.Mentors[0]
	n.Kind, n.MentorName, n.ReferenceOn, n.ReturnOn = "mentor_paused", m.Name, m.StartsOn, m.ReturnOn
	n.Paused, n.Expired, n.Missing, n.Mentors = true, m.Expired, m.Missing, nil
	if !m.StartsOn.IsZero() {
		n.Kind, n.Paused = "pause_planned", false
	}
	return n
}

// RenderEmail turns the text that Render wrote for the same event into an e-mail,
// and adds why this person gets it.
func RenderEmail(n Event, text Text) (Email, error) {
	if n.Kind == "several_paused" && len(n.Mentors) == 1 {
		n = n.alone()
	}
	w, err := newWriter(n)
	if err != nil {
		return Email{}, err
	}
	switch {
	case n.Kind == "weekly_digest":
		w.why = "why.digest"
	case len(n.Mentors) > 1:
		w.why += ".several"
	}
	var paragraphs [][]string
	for _, paragraph := range strings.Split(text.Body, "\n\n") {
		paragraphs = append(paragraphs, strings.Split(paragraph, "\n"))
	}
	footer := []string{w.text(w.why), w.text("footer")}
	if w.err != nil {
		return Email{}, w.err
	}
	var page strings.Builder
	err = layout.Execute(&page, map[string]any{
		"Language": w.language.tag, "Title": text.Title, "Paragraphs": paragraphs, "Footer": footer,
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
	if strings.HasPrefix(n.Kind, "leave_") && !slices.Contains([]string{"pause", "change_return", "return"}, n.Request.Kind) {
		return nil, fmt.Errorf("%s: there is no text for a request of the kind %q", n.Kind, n.Request.Kind)
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
		Correction:    n.Correction,
		Certification: n.Certification.in(w.language.tag), Missing: n.Missing, Changed: n.Changed,
		Asked: n.Request.Kind, Accepted: n.Request.State == "accepted", HasMessage: n.Request.HasMessage,
	}
	return w, nil
}

func (w *writer) text(name string) string { return w.part(name, w.fields) }

func (w *writer) part(name string, of any) string {
	var b strings.Builder
	if err := w.language.templates.ExecuteTemplate(&b, name, of); err != nil && w.err == nil {
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
