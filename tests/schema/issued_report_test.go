package schema_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

var update = flag.Bool("update", false, "rewrite the golden report")

// issuer is an organisation whose reports are issued.
type issuer struct {
	*world
	administrator string
}

func newIssuer(t *testing.T) *issuer {
	o := &issuer{world: newWorld(t)}
	o.administrator = o.person(t, "Anne Administrator")
	o.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", o.administrator)
	return o
}

// ask calls an RPC as the administrator, in a transaction of the caller's or in its own.
func (o *issuer) ask(t testing.TB, into any, call string, args ...any) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), o.owner, func(tx pgx.Tx) error { return o.askIn(t, tx, into, call, args...) })
	if err != nil {
		t.Fatalf("%s %v: %v", call, args, err)
	}
}

func (o *issuer) askIn(t testing.TB, tx pgx.Tx, into any, call string, args ...any) error {
	if _, err := tx.Exec(t.Context(), "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)",
		string(claims(o.administrator))); err != nil {
		return err
	}
	var answer []byte
	if err := tx.QueryRow(t.Context(), "select to_json("+call+")", args...).Scan(&answer); err != nil {
		return err
	}
	if _, err := tx.Exec(t.Context(), "reset role"); err != nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

type issuedReport struct {
	Issued struct {
		ID      string    `json:"id"`
		KnownAt time.Time `json:"as_known_at"`
		SHA256  string    `json:"sha256"`
	} `json:"period_report"`
}

func (o *issuer) issue(t testing.TB, from, to string) string {
	t.Helper()
	var report issuedReport
	o.ask(t, &report, "public.issue_period_report($1::date, $2::date)", from, to)
	return report.Issued.ID
}

// bytes are all that an issued report consists of.
func (o *issuer) bytes(t testing.TB, report string) (all string) {
	t.Helper()
	err := o.owner.QueryRow(t.Context(), `select r.sha256 || r.manifest || r.rules ||
			(select string_agg(p.content, '' order by p.chapter_id) from private.period_report_parts p where p.report_id = r.id)
		from public.period_reports r where r.id = $1 and r.sha256 = encode(sha256(convert_to(r.manifest, 'UTF8')), 'hex')`, report).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

type fact struct {
	RecordedAt time.Time       `json:"recorded_at"`
	RecordedBy *string         `json:"recorded_by"`
	Command    *string         `json:"command"`
	Table      string          `json:"table"`
	Before     json.RawMessage `json:"before"`
	After      json.RawMessage `json:"after"`
}

func (f fact) id(t testing.TB) (id string) {
	var row struct{ ID string }
	content := f.After
	if string(content) == "null" {
		content = f.Before
	}
	if err := json.Unmarshal(content, &row); err != nil {
		t.Fatal(err)
	}
	return row.ID
}

type difference struct {
	Mentor string          `json:"mentor_id"`
	Issued json.RawMessage `json:"issued"`
	Now    json.RawMessage `json:"now"`
	Facts  []fact          `json:"facts"`
}

type comparison struct {
	Numbers []struct {
		Chapter *string `json:"chapter_id"`
		Number  string  `json:"number"`
		Issued  int     `json:"issued"`
		Now     int     `json:"now"`
	} `json:"numbers"`
	Mentors []difference `json:"mentors"`
	Erased  []string     `json:"erased"`
}

func (c comparison) of(mentor string) *difference {
	for _, m := range c.Mentors {
		if m.Mentor == mentor {
			return &m
		}
	}
	return nil
}

// daysPass makes it so many days ago that what was recorded since, was.
func (o *issuer) daysPass(t testing.TB, days int, since time.Time) {
	t.Helper()
	for _, table := range []string{"membership_versions", "certification_versions", "recorded_pauses", "plan_versions", "kind_versions", "identity_versions"} {
		table = "private." + table
		o.exec(t, "alter table "+table+" disable trigger user")
		o.exec(t, "update "+table+" set recorded_at = recorded_at - make_interval(days => $1) where recorded_at > $2", days, since)
		if table != "private.recorded_pauses" {
			o.exec(t, "update "+table+" set superseded_at = superseded_at - make_interval(days => $1) where superseded_at > $2 and superseded_at < 'infinity'", days, since)
		}
		o.exec(t, "alter table "+table+" enable trigger user")
	}
	o.exec(t, "alter table public.period_reports disable trigger user")
	o.exec(t, `with moved as (
			select r.id, m.manifest
			from public.period_reports r
			cross join lateral (select replace(r.manifest, private.canonical_moment(r.as_known_at),
				private.canonical_moment(r.as_known_at - make_interval(days => $1))) as manifest) m
			where r.as_known_at > $2)
		update public.period_reports r
		set manifest = m.manifest, sha256 = encode(sha256(convert_to(m.manifest, 'UTF8')), 'hex'),
			as_known_at = r.as_known_at - make_interval(days => $1), issued_at = r.issued_at - make_interval(days => $1)
		from moved m where m.id = r.id`, days, since)
	o.exec(t, "alter table public.period_reports enable trigger user")
}

func (o *issuer) now(t testing.TB) (now time.Time) {
	t.Helper()
	if err := o.owner.QueryRow(t.Context(), "select clock_timestamp()").Scan(&now); err != nil {
		t.Fatal(err)
	}
	return now
}

// A grant year: the report is issued in January, a late certificate is found in March, and
// the auditor asks in September.
func TestTheStoryOfAGrantYear(t *testing.T) {
	t.Parallel()
	o := newIssuer(t)
	var from, to string
	if err := o.owner.QueryRow(t.Context(), `select d::text, (d + interval '1 year - 1 day')::date::text
			from (select (date_trunc('year', private.today() - 235) - interval '1 year')::date as d) y`).Scan(&from, &to); err != nil {
		t.Fatal(err)
	}
	late, steady := o.person(t, "Line Sen"), o.person(t, "Stein Fast")
	for _, mentor := range []string{late, steady} {
		o.exec(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			values ($1, $2, 'mentor', ($3::date - 400)::timestamp at time zone 'Europe/Oslo')`, o.chapter, mentor, from)
		o.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, 'kurs', $2::date - 400, $2::date + $3::int)",
			mentor, from, map[string]int{late: 199, steady: 900}[mentor])
	}
	o.daysPass(t, 300, time.Time{})

	// January.
	report := o.issue(t, from, to)
	o.daysPass(t, 235, o.now(t).Add(-time.Hour))
	issued := o.bytes(t, report)
	var knownAt time.Time
	if err := o.owner.QueryRow(t.Context(), "select as_known_at from public.period_reports").Scan(&knownAt); err != nil {
		t.Fatal(err)
	}

	// March: the course was taken before the old certificate ended.
	var certificate any
	o.ask(t, &certificate, "public.register_certification($1::uuid, 'kurs', $2::date + 190, ($2::date + 900)::text)", late, from)
	o.daysPass(t, 180, o.now(t).Add(-time.Hour))

	// September.
	if o.bytes(t, report) != issued {
		t.Error("the issued report has other bytes")
	}
	var then, now map[string]any
	o.ask(t, &then, "public.period_report($1::date, $2::date, as_known_at => $3)", from, to, knownAt)
	o.ask(t, &now, "public.period_report($1::date, $2::date)", from, to)
	if total := then["total"].(map[string]any); total["certified_any"] != 2.0 || total["certified_end"] != 1.0 || total["certified_every_day"] != 1.0 {
		t.Errorf("as known in January: %v", total)
	}
	if total := now["total"].(map[string]any); total["certified_end"] != 2.0 || total["certified_every_day"] != 2.0 {
		t.Errorf("as known in September: %v", total)
	}
	for knew, want := range map[*time.Time]string{&knownAt: "expired_cert", nil: "active"} {
		var status string
		o.ask(t, &status, "public.mentor_status_on($1, $2::date + 250, $3)", late, from, knew)
		if status != want {
			t.Errorf("on a day in autumn, as known at %v, %s, want %s", knew, status, want)
		}
	}
	var compared comparison
	o.ask(t, &compared, "public.compare_period_report($1)", report)
	if len(compared.Mentors) != 1 || compared.Mentors[0].Mentor != late || len(compared.Mentors[0].Facts) != 1 {
		t.Fatalf("compared: %+v", compared)
	}
	found := compared.Mentors[0].Facts[0]
	days := time.Since(found.RecordedAt).Hours() / 24
	if found.Table != "certifications" || found.Command == nil || *found.Command != "register_certification" ||
		found.RecordedBy == nil || *found.RecordedBy != o.administrator || days < 179 || days > 181 {
		t.Errorf("explained by %+v", found)
	}
	changed := map[string]int{}
	for _, n := range compared.Numbers {
		if n.Chapter == nil {
			changed[n.Number] = n.Now - n.Issued
		}
	}
	year := int(now["total"].(map[string]any)["days_active"].(float64)) / 2
	want := map[string]int{"active_end": 1, "active_every_day": 1, "certified_end": 1, "certified_every_day": 1,
		"days_active": year - 200, "days_expired_cert": 200 - year}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

// restore writes a row as a fact says that it was before, if it was there.
func (o *issuer) restore(t testing.TB, tx pgx.Tx, mentor, table string, before json.RawMessage) {
	t.Helper()
	if string(before) == "null" {
		return
	}
	columns := map[string]string{
		"certifications":      "id, mentor_id, kind, issued_on, expires_on",
		"chapter_memberships": "id, user_id, chapter_id, role, started_at, ended_at",
	}[table]
	if _, err := tx.Exec(t.Context(), fmt.Sprintf("insert into public.%[1]s (%[2]s) select %[2]s from jsonb_populate_record(null::public.%[1]s,"+
		" $1::jsonb || jsonb_build_object('user_id', $2::text, 'mentor_id', $2::text, 'role', 'mentor'))", table, columns), string(before), mentor); err != nil {
		t.Fatal(err)
	}
}

// without compares as if the facts that explain these differences had not been recorded.
func (o *issuer) without(t testing.TB, report string, differences []difference) (compared comparison) {
	t.Helper()
	tx, err := o.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // there is nothing to keep
	for _, d := range differences {
		for _, f := range d.Facts {
			if _, err := tx.Exec(t.Context(), "delete from public."+f.Table+" where id = $1", f.id(t)); err != nil {
				t.Fatal(err)
			}
		}
		undone := map[string]bool{}
		for _, f := range d.Facts { // the earliest first
			if id := f.id(t); !undone[id] {
				undone[id] = true
				o.restore(t, tx, d.Mentor, f.Table, f.Before)
			}
		}
	}
	if err := o.askIn(t, tx, &compared, "public.compare_period_report($1)", report); err != nil {
		t.Fatal(err)
	}
	return compared
}

// A hundred corrections leave an issued report as it is, and the facts of the comparison
// account for every difference: without them it is gone.
func TestAHundredCorrections(t *testing.T) {
	t.Parallel()
	o := newIssuer(t)
	var mentors []string
	for i := range 12 {
		mentor := o.person(t, fmt.Sprintf("Mentor %02d", i))
		mentors = append(mentors, mentor)
		o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ($1, $2, 'mentor', '2023-01-01 00:00+01')", o.chapter, mentor)
		o.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, 'kurs', '2023-01-01', $2::date)",
			mentor, nextDay("2024-01-20", 30*i))
	}
	report := o.issue(t, "2024-01-01", "2024-12-31")
	issued := o.bytes(t, report)

	for i := range 100 {
		mentor := mentors[(i*7)%len(mentors)]
		day := nextDay("2024-01-01", (i*53)%366)
		switch i % 5 {
		case 0:
			o.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, 'kurs', $2::date, $2::date + 40)", mentor, day)
		case 1:
			o.exec(t, "update public.chapter_memberships set ended_at = $2::date::timestamp at time zone 'Europe/Oslo' where user_id = $1 and ended_at is null", mentor, day)
		case 2:
			o.exec(t, "update public.certifications set expires_on = $2::date where mentor_id = $1 and issued_on <= $2::date and expires_on > $2::date", mentor, day)
		case 3:
			o.exec(t, "delete from public.certifications where id = (select c.id from public.certifications c where c.mentor_id = $1 order by c.issued_on desc, c.id limit 1)", mentor)
		case 4:
			o.exec(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
				select $1, $2, 'mentor', r.started_at, r.ended_at
				from (values ($3::date::timestamp at time zone 'Europe/Oslo', ($3::date + 30)::timestamp at time zone 'Europe/Oslo')) r (started_at, ended_at)
				where not exists (
					select from public.chapter_memberships m
					where m.user_id = $2 and m.started_at < r.ended_at and coalesce(m.ended_at, 'infinity') > r.started_at)`, o.chapter, mentor, day)
		}
	}
	if o.bytes(t, report) != issued {
		t.Error("the issued report has other bytes")
	}
	var compared comparison
	o.ask(t, &compared, "public.compare_period_report($1)", report)
	if len(compared.Mentors) < 8 {
		t.Fatalf("only %d mentors differ", len(compared.Mentors))
	}
	one := compared.Mentors[:1]
	if without := o.without(t, report, one); without.of(one[0].Mentor) != nil || len(without.Mentors) != len(compared.Mentors)-1 {
		t.Errorf("without the facts of one mentor, %+v: %+v", one, without)
	}
	if without := o.without(t, report, compared.Mentors); len(without.Mentors) != 0 || len(without.Numbers) != 0 {
		t.Errorf("without the facts of %+v: %+v", compared.Mentors, without)
	}
}

// The same facts are the same bytes, on whichever version of PostgreSQL.
func TestAReportHasTheSameBytesEverywhere(t *testing.T) {
	t.Parallel()
	o := newIssuer(t)
	o.exec(t, "insert into public.certification_kinds (code) values ('kurs'), ('attest')")
	id := func(kind, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n*2654435761%1e9) }
	for n := range 3 {
		o.exec(t, "insert into public.chapters (id, name) values ($1, 'Lag')", id(2, n))
	}
	for n := range 40 {
		mentor := id(1, n)
		o.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Åse Ærlig')", mentor)
		from := nextDay("2023-12-01", n*37%330)
		for m := range 1 + n%3 {
			var until *string
			if (n+m)%4 != 0 {
				until = new(nextDay(from, 20+n*13%90))
			}
			o.exec(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
				values ($1, $2, 'mentor', $3::date::timestamp at time zone 'Europe/Oslo', $4::date::timestamp at time zone 'Europe/Oslo')`,
				id(2, (n+m)%3), mentor, from, until)
			// The next one begins on the day on which this one ends, or later, or before.
			from = nextDay(from, 20+n*13%90+[]int{0, 15, -10}[n%4%3])
		}
		for k, kind := range []string{"kurs", "attest"}[:n%3%2+1] {
			issued := nextDay("2023-06-01", (n*29+k*100)%400)
			o.exec(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, $2, $3::date, $3::date + $4::int)",
				mentor, kind, issued, 60+n*n*17%900)
		}
		if n%2 == 0 {
			paused := nextDay("2024-01-15", (n*41)%300)
			o.exec(t, `insert into public.pause_records (mentor_id, status, paused_at, reactivated_at)
				values ($1, 'active', $2::date::timestamp at time zone 'Europe/Oslo', ($2::date + 25)::timestamp at time zone 'Europe/Oslo')`, mentor, paused)
		}
	}
	// Of these chapters alone.
	o.administrator = o.person(t, "Berit Administrator")
	for n := range 3 {
		o.join(t, o.administrator, id(2, n), "administrator")
	}
	report := o.issue(t, "2024-01-01", "2024-12-31")
	var got string
	if err := o.owner.QueryRow(t.Context(), `select replace(r.manifest, private.canonical_moment(r.as_known_at), 'MOMENT') || e'\n' ||
			(select string_agg(p.content, e'\n' order by p.chapter_id) from private.period_report_parts p where p.report_id = r.id) || e'\n'
		from public.period_reports r where r.id = $1`, report).Scan(&got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "issued_report.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

// Whoever records facts holds back what can be told, but not for ever: a transaction that was
// forgotten, or somebody's lock with the key of one, makes no report of a time when nothing
// was known.
func TestAReportIsRefusedRatherThanOfLongAgo(t *testing.T) {
	t.Parallel()
	o := newIssuer(t)
	writer, err := o.db.Connect(t, "pause_api").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hold := func(ago string) (since time.Time) {
		t.Helper()
		if _, err := writer.Exec(t.Context(), "rollback; begin"); err != nil {
			t.Fatal(err)
		}
		err := writer.QueryRow(t.Context(), `
			select w.since from (
				select w.since, 2911::bigint << 51 | (extract(epoch from w.since - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint as key
				from (select clock_timestamp() - $1::interval as since) w) w
			cross join lateral pg_advisory_xact_lock_shared((w.key >> 32)::integer, (w.key << 32 >> 32)::integer)`, ago).Scan(&since)
		if err != nil {
			t.Fatal(err)
		}
		return since
	}
	type answer struct {
		KnownAt      time.Time `json:"as_known_at"`
		BehindWriter bool      `json:"behind_writer"`
	}
	report := func(knownAt *time.Time) (got answer, code string) {
		err := pgx.BeginFunc(t.Context(), o.owner, func(tx pgx.Tx) error {
			return o.askIn(t, tx, &got, "public.period_report('2024-01-01', '2024-12-31', as_known_at => $1)", knownAt)
		})
		return got, codeOf(err)
	}

	since := hold("50 minutes")
	if got, code := report(nil); code != "" || !got.KnownAt.Equal(since) || !got.BehindWriter {
		t.Errorf("behind a writer of 50 minutes: %+v %q, want as known at %s", got, code, since)
	}
	since = hold("61 minutes")
	if got, code := report(nil); code != "database_unavailable" {
		t.Errorf("behind a writer of 61 minutes: %+v %q", got, code)
	}
	earlier, later := since.Add(-time.Minute), since.Add(time.Minute)
	if got, code := report(&earlier); code != "" || !got.KnownAt.Equal(earlier) || got.BehindWriter {
		t.Errorf("as known before it began: %+v %q", got, code)
	}
	if got, code := report(&later); code != "database_unavailable" {
		t.Errorf("as known after it began: %+v %q", got, code)
	}
	for _, call := range []string{
		"public.issue_period_report('2024-01-01', '2024-12-31')",
		"public.mentor_status_on('" + o.administrator + "', '2024-12-31', now())",
	} {
		err := pgx.BeginFunc(t.Context(), o.owner, func(tx pgx.Tx) error {
			var got any
			return o.askIn(t, tx, &got, call)
		})
		if code := codeOf(err); code != "database_unavailable" {
			t.Errorf("%s: %q", call, code)
		}
	}
	if _, err := writer.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if got, code := report(nil); code != "" || got.BehindWriter {
		t.Errorf("when it has ended: %+v %q", got, code)
	}
}
