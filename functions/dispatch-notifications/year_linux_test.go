package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/mailserver"
	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// year is a chapter whose clock is moved through 2027, with the schedules that run it and
// a mail server that takes what is sent.
type year struct {
	*bundle
	zone      *time.Location
	scheduler *database.DB
	server    *mailserver.Server
	dispatch  *dispatcher
	people    map[string]string // ids by first names
	names     map[string]string // and the other way round
	seen      int               // messages of the server
	inboxes   int64             // the last id of an inbox
	calendar  []string
	letters   map[string]string // text of an e-mail by its subject, the first of each
}

// TestKarisYear is what people are told in a year, and when: one night after the other,
// with real mail. The calendar is in testdata/year.txt for people to read: would Kari, who
// coordinates twelve mentors, feel looked after?
func TestKarisYear(t *testing.T) {
	t.Parallel()
	y := newYear(t)

	type event struct {
		at  string
		who string
		do  func()
	}
	pause := func(who, mentor, reason string, returns any) func() {
		return func() { y.call(t, who, "select public.pause_mentor($1, $2, $3)", y.people[mentor], reason, returns) }
	}
	reactivate := func(who, mentor string) func() {
		return func() { y.call(t, who, "select public.reactivate_mentor($1)", y.people[mentor]) }
	}
	renew := func(who, mentor, issued string) func() {
		return func() {
			y.call(t, who, "select public.register_certification($1, 'grunnkurs', $2)", y.people[mentor], issued)
		}
	}
	// What a mentor asks for, and what Kari answers to what was asked last.
	asked := ""
	ask := func(mentor, kind string, starts, returns any) func() {
		return func() {
			asked = y.call(t, mentor, "select public.request_leave($1, null, $2, $3) #>> '{leave_request,id}'", kind, starts, returns)
		}
	}
	accept := func() {
		y.call(t, "Kari", "select public.answer_leave_request($1, 'accept')", asked)
	}
	july := []string{"David", "Eva", "Fredrik", "Jonas", "Kristin", "Lars"}
	events := []event{
		{"2027-01-11 10:03", "Kari pauses Anders until 1 March", pause("Kari", "Anders", "Eksamen", "2027-03-01")},
		{"2027-02-03 18:40", "Kari pauses Birgit, nobody knows for how long", pause("Kari", "Birgit", "Sykdom", nil)},
		{"2027-02-20 09:00", "Kari enters Guro's course", renew("Kari", "Guro", "2027-02-19")},
		{"2027-03-08 12:15", "Kari has rung Anders, who is back", reactivate("Kari", "Anders")},
		{"2027-05-10 20:05", "Kari enters Håkon's course, too late", renew("Kari", "Håkon", "2027-05-08")},
		{"2027-05-20 19:15", "Camilla asks for a pause from 16 August to 25 October", ask("Camilla", "pause", "2027-08-16", "2027-10-25")},
		{"2027-05-24 08:15", "Kari says yes", accept},
		{"2027-06-21 20:30", "Kari plans July for David, Eva, Fredrik, Jonas, Kristin and Lars", func() {
			var ids []string
			for _, mentor := range july {
				ids = append(ids, y.people[mentor])
			}
			y.call(t, "Kari", "select public.pause_mentors($1::uuid[], 'Sommer', '2027-07-01', '2027-08-02')", ids)
		}},
		{"2027-07-29 21:00", "David asks for two weeks more", ask("David", "change_return", nil, "2027-08-16")},
		{"2027-07-30 07:40", "Kari says yes", accept},
		{"2027-08-02 17:00", "Kari has rung them: all but David are back", func() {
			for _, mentor := range july[1:] {
				reactivate("Kari", mentor)()
			}
		}},
		{"2027-08-15 12:00", "David asks to be active again", ask("David", "return", nil, nil)},
		{"2027-08-15 12:30", "Kari says yes", accept},
		{"2027-09-01 08:30", "Birgit is back", reactivate("Kari", "Birgit")},
		{"2027-10-12 16:20", "Camilla's exam moves: she asks for until 15 November", ask("Camilla", "change_return", nil, "2027-11-15")},
		{"2027-10-18 10:00", "Kari says yes", accept},
		{"2027-11-14 18:00", "Camilla is back", reactivate("Kari", "Camilla")},
	}

	const nightAt, digestAt = 30 * time.Minute, 7*time.Hour + time.Minute
	for day := time.Date(2027, 1, 2, 0, 0, 0, 0, y.zone); day.Year() == 2027; day = day.AddDate(0, 0, 1) {
		y.move(t, day.Add(nightAt))
		y.night(t, day.Format(time.DateOnly))
		y.deliver(t)
		y.move(t, day.Add(digestAt))
		y.deliver(t)
		for len(events) > 0 && strings.HasPrefix(events[0].at, day.Format(time.DateOnly)) {
			at, err := time.ParseInLocation("2006-01-02 15:04", events[0].at, y.zone)
			if err != nil {
				t.Fatal(err)
			}
			y.move(t, at)
			y.calendar = append(y.calendar, y.stamp()+"  * "+events[0].who)
			events[0].do()
			y.deliver(t)
			events = events[1:]
		}
	}
	if len(events) > 0 {
		t.Errorf("never happened: %v", events[0].who)
	}
	y.compare(t)
}

func newYear(t *testing.T) *year {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{Database: testdb.New(t, testdb.OwnCluster()), chapter: uuid.NewString(), log: &logBuffer{}}
	b.SetClock(t, time.Date(2027, 1, 1, 9, 0, 0, 0, zone))
	b.owner = b.Connect(t, "postgres")
	y := &year{bundle: b, zone: zone, scheduler: openDB(t, b, "pause_scheduler"), people: map[string]string{}, names: map[string]string{},
		server: mailserver.Start(t, mailserver.Options{Security: mailserver.STARTTLS}), letters: map[string]string{}}
	y.dispatch = y.dispatcher(t, y.server)

	b.exec(t, "insert into public.certification_kinds (code, name_nb, name_nn, name_en, months_valid) values ('grunnkurs', 'Grunnkurs', 'Grunnkurs', 'Basic course', 24)")
	bergen := uuid.NewString()
	b.exec(t, "insert into public.chapters (id, name) values ($1, 'Oslo'), ($2, 'Bergen')", b.chapter, bergen)
	add := func(name, role string) string {
		id := b.person(t, name, role)
		first, _, _ := strings.Cut(name, " ")
		y.people[first], y.names[id] = id, first
		return id
	}
	kari, per := add("Kari Vik", "coordinator"), add("Per Dahl", "coordinator")
	add("Anne Berg", "administrator")
	b.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'coordinator')", bergen, add("Berit Moe", ""))
	ends := map[string]string{"Guro": "2027-03-15", "Håkon": "2027-04-30", "Ida": "2027-10-31"}
	for n, name := range []string{
		"Anders Lie", "Birgit Aas", "Camilla Strand", "David Nguyen", "Eva Haugen", "Fredrik Holm", "Guro Tveit",
		"Håkon Solberg", "Ida Bakken", "Jonas Eide", "Kristin Foss", "Lars Hauge", "Mona Sunde", "Nils Ruud",
	} {
		mentor := add(name, "mentor")
		coordinator := kari
		if n >= 12 {
			coordinator = per
		}
		b.assign(t, mentor, coordinator)
		first, _, _ := strings.Cut(name, " ")
		b.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, 'grunnkurs', '2026-03-01', $2)", mentor, cmp.Or(ends[first], "2028-02-29"))
	}
	// Anders is a mentor in Bergen too, where nobody is responsible for him.
	b.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'mentor')", bergen, y.people["Anders"])
	return y
}

// move moves the clocks of the server and of the dispatcher.
func (y *year) move(t *testing.T, at time.Time) {
	t.Helper()
	y.MoveClock(t, at)
	y.mu.Lock()
	defer y.mu.Unlock()
	y.now = at.Add(time.Minute) // the server's runs on
}

// stamp is the moment, as a calendar writes it.
func (y *year) stamp() string {
	return y.clock().Add(-time.Minute).In(y.zone).Format("Mon 02 Jan 15:04")
}

// night is the nightly run as the schedule starts it.
func (y *year) night(t *testing.T, asOf string) {
	t.Helper()
	report, err := nightly.Run(t.Context(), y.scheduler, nightly.Request{AsOf: asOf}, nil)
	if err != nil || report.Outcome != nightly.Completed || report.Discrepancies > 0 {
		t.Fatalf("%s: %+v %v", asOf, report, err)
	}
}

// call is an RPC by a person.
func (y *year) call(t *testing.T, who, sql string, args ...any) (answer string) {
	t.Helper()
	claims, err := json.Marshal(testdb.User(y.people[who]))
	if err != nil {
		t.Fatal(err)
	}
	err = pgx.BeginFunc(t.Context(), y.owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)", string(claims)); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), sql, args...).Scan(&answer)
	})
	if err != nil {
		t.Fatalf("%s: %s: %v", y.stamp(), sql, err)
	}
	return answer
}

// deliver runs the dispatcher and notes what each person got: by e-mail, or only in the
// inbox.
func (y *year) deliver(t *testing.T) {
	t.Helper()
	if _, err := y.dispatch.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := y.owner.Query(t.Context(), "select id, recipient_id::text, title from public.notification_inbox where id > $1 order by id", y.inboxes)
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		id           int64
		person, said string
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
		err = row.Scan(&e.id, &e.person, &e.said)
		return e, err
	})
	if err != nil {
		t.Fatal(err)
	}
	mailed := map[entry]int{}
	for _, m := range y.server.Messages()[y.seen:] {
		y.seen++
		subject, text := letter(t, m.Raw)
		person := strings.TrimSuffix(m.To, "@people.test")
		mailed[entry{0, person, subject}]++
		if _, known := y.letters[subject]; !known {
			y.letters[subject] = text
		}
	}
	var lines []string
	for _, e := range entries {
		y.inboxes = max(y.inboxes, e.id)
		channel := "inbox"
		if key := (entry{0, e.person, e.said}); mailed[key] > 0 {
			channel = "mail"
			mailed[key]--
		}
		lines = append(lines, fmt.Sprintf("%s  %-8s %-5s  %s", y.stamp(), y.names[e.person], channel, e.said))
	}
	for key, n := range mailed {
		if n > 0 {
			t.Errorf("%s: %s got an e-mail that is in no inbox: %s", y.stamp(), y.names[key.person], key.said)
		}
	}
	slices.Sort(lines) // of one minute, by person
	y.calendar = append(y.calendar, lines...)
}

// letter is an e-mail's subject and plain text.
func letter(t *testing.T, raw string) (subject, text string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var body io.Reader = m.Body
	encoding := m.Header.Get("Content-Transfer-Encoding")
	if strings.HasPrefix(kind, "multipart/") {
		part, err := multipart.NewReader(m.Body, parameters["boundary"]).NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, encoding = part, part.Header.Get("Content-Transfer-Encoding")
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return subject, strings.ReplaceAll(string(content), "\r\n", "\n")
}

// compare holds the calendar against the golden file.
func (y *year) compare(t *testing.T) {
	t.Helper()
	count := map[string]int{}
	for _, line := range y.calendar {
		if fields := strings.Fields(line); len(fields) > 5 && fields[5] == "mail" {
			count[fields[4]]++
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "E-mails in 2027: Kari %d, Per %d, Berit %d, Anne %d.\n\n%s\n", count["Kari"], count["Per"], count["Berit"], count["Anne"], strings.Join(y.calendar, "\n"))
	const path = "testdata/year.txt"
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "the calendar (-update rewrites it; read it)", strings.Split(out.String(), "\n"), strings.Split(string(golden), "\n"))
}
