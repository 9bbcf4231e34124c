package schema_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// copyOfFacts is all that is known of some mentors at a moment: a reference that keeps
// everything, and judges each day by itself. It knows nothing of versions or ranges.
type copyOfFacts struct {
	moment      time.Time
	Memberships []struct {
		Mentor  string     `json:"user_id"`
		Chapter string     `json:"chapter_id"`
		Role    string     `json:"role"`
		Started time.Time  `json:"started_at"`
		Ended   *time.Time `json:"ended_at"`
	}
	Certifications []struct {
		Mentor  string  `json:"mentor_id"`
		Kind    string  `json:"kind"`
		Issued  string  `json:"issued_on"`
		Expires *string `json:"expires_on"`
	}
	Pauses []struct {
		Mentor string     `json:"mentor_id"`
		Paused *time.Time `json:"paused_at"`
		Ended  *time.Time `json:"reactivated_at"`
	}
	Plans []struct {
		Mentor  string    `json:"mentor_id"`
		Starts  string    `json:"starts_on"`
		Planned time.Time `json:"created_at"`
	}
}

var oslo = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return zone
}()

func dateOf(moment time.Time) string { return moment.In(oslo).Format(time.DateOnly) }

func nextDay(day string, n int) string {
	parsed, _ := time.Parse(time.DateOnly, day)
	return parsed.AddDate(0, 0, n).Format(time.DateOnly)
}

// chapters are those in which the person is a mentor on the day.
func (f *copyOfFacts) chapters(mentor, day string) (in []string) {
	for _, m := range f.Memberships {
		if m.Mentor == mentor && m.Role == "mentor" && dateOf(m.Started) <= day && (m.Ended == nil || day < dateOf(*m.Ended)) {
			in = append(in, m.Chapter)
		}
	}
	slices.Sort(in)
	return slices.Compact(in)
}

// since is the first day of the time of being a mentor that the day is in; "" for the
// first such time.
func (f *copyOfFacts) since(mentor, day, first string) string {
	began := day
	for began > first && len(f.chapters(mentor, nextDay(began, -1))) > 0 {
		began = nextDay(began, -1)
	}
	for earlier := nextDay(began, -1); earlier >= first; earlier = nextDay(earlier, -1) {
		if len(f.chapters(mentor, earlier)) > 0 {
			return began
		}
	}
	return ""
}

func (f *copyOfFacts) status(mentor, day, first string) (status string, certified bool) {
	if len(f.chapters(mentor, day)) == 0 {
		return "not_a_mentor", false
	}
	held, valid := map[string]bool{}, map[string]bool{}
	for _, c := range f.Certifications {
		if c.Mentor == mentor && c.Issued <= day {
			held[c.Kind] = true
			valid[c.Kind] = valid[c.Kind] || c.Expires == nil || day <= *c.Expires
		}
	}
	for kind := range held {
		if !valid[kind] {
			return "expired_cert", false
		}
	}
	since := f.since(mentor, day, first)
	for _, p := range f.Pauses {
		if p.Mentor == mentor && p.Paused != nil && dateOf(*p.Paused) <= day && dateOf(*p.Paused) >= since && (p.Ended == nil || day < dateOf(*p.Ended)) {
			return "paused", false
		}
	}
	for _, p := range f.Plans {
		if p.Mentor == mentor && p.Starts <= day && dateOf(p.Planned) >= since {
			return "paused", false
		}
	}
	return "active", len(held) > 0
}

// numbers are those of a report about these chapters.
func (f *copyOfFacts) numbers(mentors, report []string, from, to, first string) (byChapter map[string]map[string]int, total map[string]int) {
	byChapter, total = map[string]map[string]int{}, map[string]int{}
	for _, c := range report {
		byChapter[c] = map[string]int{}
	}
	for _, mentor := range mentors {
		moved := map[string]bool{}
		for day := from; day <= to; day = nextDay(day, 1) {
			was, is := f.chapters(mentor, nextDay(day, -1)), f.chapters(mentor, day)
			var left, joined []string
			for _, c := range report {
				switch before, after := slices.Contains(was, c), slices.Contains(is, c); {
				case before && !after:
					left = append(left, c)
				case !before && after:
					joined = append(joined, c)
				}
			}
			if len(left) > 0 && len(joined) > 0 {
				moved[""] = true
				for _, c := range append(left, joined...) {
					moved[c] = true
				}
			}
		}
		for _, subject := range append(slices.Clone(report), "") {
			n := total
			if subject != "" {
				n = byChapter[subject]
			}
			in := func(day string) bool {
				chapters := f.chapters(mentor, day)
				return slices.ContainsFunc(report, func(c string) bool { return (subject == "" || c == subject) && slices.Contains(chapters, c) })
			}
			any, every := map[string]bool{}, map[string]bool{"active": true, "certified": true}
			for day := from; day <= to; day = nextDay(day, 1) {
				status, certified := f.status(mentor, day, first)
				here := in(day)
				active := here && status == "active"
				sure := here && certified
				every["active"] = every["active"] && active
				every["certified"] = every["certified"] && sure
				if here {
					any["registered"] = true
					any["active"] = any["active"] || active
					any["certified"] = any["certified"] || sure
					n["days_"+status]++
				}
				if day == from && here {
					n["registered_start"]++
				}
				if day == to {
					for name, holds := range map[string]bool{"registered_end": here, "active_end": active, "certified_end": sure} {
						if holds {
							n[name]++
						}
					}
				}
				before := in(nextDay(day, -1))
				any["joined"] = any["joined"] || here && !before
				any["left"] = any["left"] || !here && before
			}
			for name, holds := range map[string]bool{
				"registered_any": any["registered"], "active_any": any["active"], "certified_any": any["certified"],
				"active_every_day": every["active"], "certified_every_day": every["certified"],
				"joined": any["joined"], "left": any["left"], "moved": moved[subject],
			} {
				if holds {
					n[name]++
				}
			}
		}
	}
	return byChapter, total
}

// history plays what is recorded of a few mentors in a few chapters.
type history struct {
	ctx     context.Context
	w       *world
	mentors []string
	chapter []string
	copies  []*copyOfFacts
	script  []string
}

// The days of a history: around a leap day, both changes of summer time and New Year.
const firstDay = "2023-11-01"

func (h *history) keep(t *rapid.T) {
	t.Helper()
	f := &copyOfFacts{}
	var text [4]string
	err := h.w.owner.QueryRow(h.ctx, `select
			(select coalesce(json_agg(m), '[]')::text from public.chapter_memberships m where m.user_id = any ($1)),
			(select coalesce(json_agg(c), '[]')::text from public.certifications c where c.mentor_id = any ($1)),
			(select coalesce(json_agg(r), '[]')::text from public.pause_records r where r.mentor_id = any ($1)),
			(select coalesce(json_agg(q), '[]')::text from public.planned_pauses q where q.mentor_id = any ($1)),
			private.known_moment(null)`, h.mentors).Scan(&text[0], &text[1], &text[2], &text[3], &f.moment)
	if err != nil {
		t.Fatal(err)
	}
	for i, into := range []any{&f.Memberships, &f.Certifications, &f.Pauses, &f.Plans} {
		if err := json.Unmarshal([]byte(text[i]), into); err != nil {
			t.Fatal(err)
		}
	}
	h.copies = append(h.copies, f)
}

// record carries out a statement, which the database may refuse.
func (h *history) record(t *rapid.T, sql string, args ...any) {
	t.Helper()
	_, err := h.w.owner.Exec(h.ctx, sql, args...)
	if err != nil && !strings.Contains(err.Error(), "SQLSTATE 23") && !strings.Contains(err.Error(), "SQLSTATE PGRST") {
		t.Fatalf("%s %v: %v", sql, args, err)
	}
	h.script = append(h.script, fmt.Sprint(sql, args, err))
	h.keep(t)
}

func (h *history) step(t *rapid.T) {
	mentor := rapid.SampledFrom(h.mentors).Draw(t, "mentor")
	chapter := rapid.SampledFrom(h.chapter).Draw(t, "chapter")
	offset := rapid.IntRange(0, 240).Draw(t, "day")
	day := nextDay(firstDay, offset)
	var until *string
	if n := rapid.IntRange(0, 120).Draw(t, "length"); n > 20 {
		until = new(nextDay(day, n-20))
	}
	switch rapid.SampledFrom([]string{
		"join", "join", "certify", "certify", "pause", "plan", "leave", "move", "backdate", "revoke", "remove", "return", "cancel", "merge", "erase", "come back",
	}).Draw(t, "event") {
	case "join":
		h.record(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
			values ($1, $2, 'mentor', $3::date::timestamp at time zone 'Europe/Oslo' + interval '5 hours', $4::date::timestamp at time zone 'Europe/Oslo' + interval '9 hours')`,
			chapter, mentor, day, until)
	case "certify":
		h.record(t, "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($1, $2, $3::date, $4::date)",
			mentor, rapid.SampledFrom([]string{"kurs", "attest"}).Draw(t, "kind"), day, until)
	case "pause":
		h.record(t, `insert into public.pause_records (mentor_id, status, paused_at, reactivated_at)
			values ($1, case when $3::date is null then 'paused' else 'active' end, $2::date::timestamp at time zone 'Europe/Oslo' + interval '8 hours',
				$3::date::timestamp at time zone 'Europe/Oslo' + interval '7 hours')`, mentor, day, until)
	case "plan":
		h.record(t, `insert into public.planned_pauses (mentor_id, starts_on, created_at)
			values ($1, $2::date, ($2::date - 9)::timestamp at time zone 'Europe/Oslo') on conflict do nothing`, mentor, day)
	case "leave":
		h.record(t, `update public.chapter_memberships set ended_at = greatest(started_at, $2::date::timestamp at time zone 'Europe/Oslo') where user_id = $1`, mentor, day)
	case "move":
		h.record(t, `with old as (
				update public.chapter_memberships set ended_at = $3::date::timestamp at time zone 'Europe/Oslo'
				where user_id = $1 and chapter_id <> $2 and ended_at is null and started_at < $3::date returning user_id)
			insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			select $2::uuid, o.user_id, 'mentor', $3::date::timestamp at time zone 'Europe/Oslo' from old o limit 1`, mentor, chapter, day)
	case "backdate":
		h.record(t, `update public.chapter_memberships set started_at = $2::date::timestamp at time zone 'Europe/Oslo' where user_id = $1 and chapter_id = $3`, mentor, day, chapter)
	case "revoke":
		h.record(t, "update public.certifications set expires_on = $2::date where mentor_id = $1 and issued_on <= $2::date and coalesce(expires_on, 'infinity') > $2::date", mentor, day)
	case "remove":
		h.record(t, "delete from public.certifications where id = (select c.id from public.certifications c where c.mentor_id = $1 order by c.issued_on, c.id limit 1)", mentor)
	case "return":
		h.record(t, `update public.pause_records set status = 'active', reactivated_at = greatest(paused_at, $2::date::timestamp at time zone 'Europe/Oslo')
			where mentor_id = $1 and status = 'paused'`, mentor, day)
	case "come back":
		// After a time in no chapter, in which the pause from before ended.
		h.record(t, "insert into public.pause_records (mentor_id, status, paused_at) values ($1, 'paused', $2::date::timestamp at time zone 'Europe/Oslo')", mentor, day)
		h.record(t, `update public.chapter_memberships set ended_at = ($2::date + 10)::timestamp at time zone 'Europe/Oslo'
			where user_id = $1 and started_at <= $2::date and coalesce(ended_at, 'infinity') > $2::date + 10`, mentor, day)
		h.record(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			values ($1, $2, 'mentor', ($3::date + 20)::timestamp at time zone 'Europe/Oslo')`, chapter, mentor, day)
	case "cancel":
		h.record(t, "delete from public.planned_pauses where mentor_id = $1", mentor)
	case "merge":
		dropped := rapid.SampledFrom(h.mentors).Draw(t, "dropped")
		h.record(t, "select set_config('request.jwt.claims', $1, false)", `{"role": "authenticated", "sub": "`+h.w.coordinators[0]+`"}`)
		h.record(t, "select private.merge_people($1, $2, null)", mentor, dropped)
	case "erase":
		if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
			h.record(t, "select private.pseudonymise($1, null)", mentor)
		}
	}
}

// Every number of a report, and the status of every day, from a copy of all facts that was
// made when they were known; of any of the copies, though much was recorded since.
func TestReportsFollowTheReference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, "alter table public.planned_pauses disable trigger planned_pauses_guard")
	w.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", w.coordinators[0])
	w.exec(t, "insert into public.certification_kinds (code) values ('kurs'), ('attest')")
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{w: w, ctx: t.Context()}
		for range 3 {
			h.mentors = append(h.mentors, w.person(t, "Kari Mentor"))
			h.chapter = append(h.chapter, uuid.NewString())
			w.exec(t, "insert into public.chapters (id, name) values ($1, 'Lag')", h.chapter[len(h.chapter)-1])
		}
		h.keep(rt)
		for range rapid.IntRange(4, 16).Draw(rt, "steps") {
			h.step(rt)
		}
		h.wantNumbers(rt)
		h.wantDays(rt)
		h.wantStretches(rt)
	})
}

func (h *history) wantNumbers(t *rapid.T) {
	t.Helper()
	for range 2 {
		known := rapid.SampledFrom(h.copies).Draw(t, "known")
		from := nextDay(firstDay, rapid.IntRange(0, 200).Draw(t, "from"))
		to := nextDay(from, rapid.IntRange(0, 120).Draw(t, "days"))
		report := h.chapter[:rapid.IntRange(1, 3).Draw(t, "chapters")]
		byChapter, total := known.numbers(h.mentors, report, from, to, firstDay)
		var text [2]string
		err := h.w.owner.QueryRow(h.ctx, `select n.chapters::text, n.total::text
			from private.report_numbers_of($1::date, $2::date, $3, $4, private.report_mentors($3, $4)) n`,
			from, to, report, known.moment).Scan(&text[0], &text[1])
		if err != nil {
			t.Fatal(err)
		}
		var gotChapters map[string]map[string]int
		var gotTotal map[string]int
		for i, into := range []any{&gotChapters, &gotTotal} {
			if err := json.Unmarshal([]byte(text[i]), into); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(nonZero(total), nonZero(gotTotal)); diff != "" {
			t.Fatalf("total, %s to %s, known at %s (-want +got):\n%s\n%s", from, to, known.moment, diff, strings.Join(h.script, "\n"))
		}
		h.wantMonths(t, known, report, from, to)
		for _, c := range report {
			if diff := cmp.Diff(nonZero(byChapter[c]), nonZero(gotChapters[c])); diff != "" {
				t.Fatalf("chapter, %s to %s, known at %s (-want +got):\n%s\n%s", from, to, known.moment, diff, strings.Join(h.script, "\n"))
			}
		}
	}
}

// wantMonths compares the days by month with those of a report about each month.
func (h *history) wantMonths(t *rapid.T, known *copyOfFacts, report []string, from, to string) {
	t.Helper()
	type month struct {
		From, To                string
		Active, Paused, Expired int
	}
	var want, got []month
	for first := from; first <= to; {
		day, err := time.Parse(time.DateOnly, first)
		if err != nil {
			t.Fatal(err)
		}
		next := time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		last := min(nextDay(next, -1), to)
		_, total := known.numbers(h.mentors, report, first, last, firstDay)
		want = append(want, month{first, last, total["days_active"], total["days_paused"], total["days_expired_cert"]})
		first = next
	}
	rows, err := h.w.owner.Query(h.ctx, `select m ->> 'from', m ->> 'to', (m ->> 'days_active')::int, (m ->> 'days_paused')::int, (m ->> 'days_expired_cert')::int
		from jsonb_array_elements(private.report_as_json($1::date, $2::date, $3, $4, 'months', null, null) -> 'months') m`,
		from, to, report, known.moment)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = pgx.CollectRows(rows, pgx.RowToStructByPos[month]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("by month, %s to %s, known at %s (-want +got):\n%s\n%s", from, to, known.moment, diff, strings.Join(h.script, "\n"))
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

type stretch struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Status    string   `json:"status"`
	Certified bool     `json:"certified"`
	Chapters  []string `json:"chapter_ids"`
}

// stretches are the longest runs of days that are alike, put together day by day.
func (f *copyOfFacts) stretches(mentor string, report []string, from, to, first string) (runs []stretch) {
	for day := from; day <= to; day = nextDay(day, 1) {
		in := slices.DeleteFunc(f.chapters(mentor, day), func(c string) bool { return !slices.Contains(report, c) })
		if len(in) == 0 {
			continue
		}
		status, certified := f.status(mentor, day, first)
		if n := len(runs) - 1; n >= 0 && runs[n].To == nextDay(day, -1) && runs[n].Status == status && runs[n].Certified == certified && slices.Equal(runs[n].Chapters, in) {
			runs[n].To = day
			continue
		}
		runs = append(runs, stretch{From: day, To: day, Status: status, Certified: certified, Chapters: in})
	}
	return runs
}

func (h *history) wantStretches(t *rapid.T) {
	t.Helper()
	known := rapid.SampledFrom(h.copies).Draw(t, "known")
	report := h.chapter[:rapid.IntRange(1, 3).Draw(t, "chapters")]
	from, to := nextDay(firstDay, 10), nextDay(firstDay, 280)
	want, got := map[string][]stretch{}, map[string][]stretch{}
	for _, mentor := range h.mentors {
		if runs := known.stretches(mentor, report, from, to, firstDay); len(runs) > 0 {
			want[mentor] = runs
		}
	}
	var text string
	err := h.w.owner.QueryRow(h.ctx, `select coalesce(jsonb_object_agg(m -> 'mentor_id' #>> '{}', m -> 'stretches'), '{}')::text
		from jsonb_array_elements(private.report_as_json($1::date, $2::date, $3, $4, 'mentors', null, null) -> 'mentors') m`,
		from, to, report, known.moment).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("stretches, %s to %s, known at %s (-want +got):\n%s\n%s", from, to, known.moment, diff, strings.Join(h.script, "\n"))
	}
}

func (h *history) wantDays(t *rapid.T) {
	t.Helper()
	known := rapid.SampledFrom(h.copies).Draw(t, "known")
	latest := h.copies[len(h.copies)-1]
	for range 4 {
		mentor := rapid.SampledFrom(h.mentors).Draw(t, "mentor")
		day := nextDay(firstDay, rapid.IntRange(0, 320).Draw(t, "day"))
		var then, now, live string
		var id, kept string
		err := h.w.owner.QueryRow(h.ctx, `select private.id_known_at($1, $3)::text, private.kept_id($1)::text,
				private.status_known_at($1, $2::date, $3), private.status_known_at($1, $2::date, $4), private.status_of(private.kept_id($1), $2::date)`,
			mentor, day, known.moment, latest.moment).Scan(&id, &kept, &then, &now, &live)
		if err != nil {
			t.Fatal(err)
		}
		wantThen, _ := known.status(id, day, firstDay)
		wantNow, _ := latest.status(kept, day, firstDay)
		if then != wantThen || now != wantNow || live != wantNow {
			t.Fatalf("%s on %s: known at %s %s, want %s; now %s, by the tables %s, want %s\n%s",
				mentor, day, known.moment, then, wantThen, now, live, wantNow, strings.Join(h.script, "\n"))
		}
	}
}

// randomFacts are what is known of a thousand mentors, with days at and around the ends
// of the period: whoever stays, comes, goes or moves, is away once, twice or not at all,
// renews in time or late, in kinds of which some are required or replaced.
const randomFacts = `
	insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag' from generate_series(1, 4) n on conflict do nothing;
	alter table private.membership_versions disable trigger user;
	alter table private.certification_versions disable trigger user;
	alter table private.pause_versions disable trigger user;
	alter table private.plan_versions disable trigger user;
	alter table private.kind_versions disable trigger user;
	insert into private.membership_versions (mentor_id, chapter_id, id, started_at, ended_at, recorded_at)
	select m.id, md5('chapter ' || 1 + floor(4 * random()))::uuid, gen_random_uuid(), m.started_at,
		case when random() < 0.4 then m.started_at + floor(500 * random()) * interval '7 hours' end, '2025-01-01'
	from (
		select md5('mentor ' || n)::uuid as id, timestamptz '2023-10-01 22:30+00' + floor(case when random() < 0.5 then 3 else 300 end * random()) * interval '1 day' as started_at
		from generate_series(1, 1000) n, generate_series(1, 1 + floor((1.3 + n * 0) * random())::int)) m;
	insert into private.certification_versions (mentor_id, kind, id, issued_on, expires_on, recorded_at)
	select md5('mentor ' || n)::uuid, chr(97 + floor(3 * random())::int), gen_random_uuid(), c.issued_on,
		case when random() < 0.6 then c.issued_on + floor(200 * random())::int end, '2025-01-01'
	from generate_series(1, 1000) n, generate_series(1, floor((3 + n * 0) * random())::int) o, lateral (select date '2023-10-01' + floor((300 + n * o * 0) * random())::int as issued_on) c;
	insert into private.pause_versions (mentor_id, id, paused_at, ended_at, recorded_at)
	select p.id, gen_random_uuid(), p.paused_at, case when random() < 0.8 then p.paused_at + floor(100 * random()) * interval '9 hours' end, '2025-01-01'
	from (
		select md5('mentor ' || n)::uuid as id, timestamptz '2023-10-02 08:00+00' + floor(300 * random()) * interval '1 day' as paused_at
		from generate_series(1, 1000) n, generate_series(1, floor((2.1 + n * 0) * random())::int)) p;
	insert into private.plan_versions (mentor_id, id, starts_on, planned_at, recorded_at)
	select md5('mentor ' || n)::uuid, gen_random_uuid(), date '2023-11-01' + floor(200 * random())::int, timestamptz '2023-10-20', '2025-01-01'
	from generate_series(1, 1000) n where random() < 0.1;
	insert into private.kind_versions (id, code, from_day, is_required, replaced_by, recorded_at)
	select -k - 10 * v, chr(96 + k), case v when 0 then date '-infinity' else date '2024-01-01' + floor(100 * random())::int end,
		random() < 0.15, case when k < 3 and random() < 0.4 then chr(97 + k) end, '2025-01-01'
	from generate_series(1, 3) k, generate_series(0, floor((1.5 + k * 0) * random())::int) v`

// Whoever can be counted by arithmetic with dates is counted as by multiranges, whatever
// the rules of the kinds.
func TestNumbersByDatesAreThoseByRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tx, err := w.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	byDates, byRanges, withRules := 0, 0, 0
	for seed := range 8 {
		_, err := tx.Exec(t.Context(), fmt.Sprintf(`savepoint before; select setseed(%g); %s; analyze private.membership_versions, private.certification_versions`,
			float64(seed)/8, randomFacts))
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []struct{ from, to string }{
			{"2024-01-01", "2024-06-30"}, {"2024-02-29", "2024-02-29"}, {"2023-12-20", "2024-01-05"}, {"2024-04-10", "2025-03-01"},
		} {
			for _, chapters := range []string{"array(select c.id from public.chapters c)", "array[md5('chapter 2')::uuid, md5('chapter 3')::uuid]"} {
				var got, want string
				err := tx.QueryRow(t.Context(), fmt.Sprintf(`
						with asked as (select date '%s' as from_date, date '%s' as to_date, %s as chapter_ids, timestamptz '2025-06-01' as moment)
						select n.chapters::text || n.total::text, r.chapters::text || r.total::text
						from asked a,
							private.report_numbers_of(a.from_date, a.to_date, a.chapter_ids, a.moment, private.report_mentors(a.chapter_ids, a.moment)) n,
							private.numbers_by_ranges(a.from_date, a.to_date, a.chapter_ids, a.moment, null) r`, period.from, period.to, chapters)).Scan(&got, &want)
				if err != nil {
					t.Fatal(err)
				}
				if got != want {
					t.Fatalf("seed %d, %s to %s, %s:\n%s\nby ranges:\n%s", seed, period.from, period.to, chapters, got, want)
				}
			}
		}
		var query, chapters string
		var rules bool
		if err := tx.QueryRow(t.Context(), `select private.numbers_by_dates_query(false, false, r), r, array(select c.id from public.chapters c)::text
			from private.kinds_had_rules('2025-06-01') r`).Scan(&query, &rules, &chapters); err != nil {
			t.Fatal(err)
		}
		typed := strings.NewReplacer("$1", "$1::timestamptz", "$2", "$2::text", "$4", "$4::uuid[]", "$5", "$5::date", "$6", "$6::date", "$7", "$7::timestamptz", "$8", "$8::timestamptz")
		var cut []uuid.UUID
		var numbers struct {
			Total struct {
				Registered int `json:"registered_any"`
				Certified  int `json:"certified_every_day"`
				Expired    int `json:"days_expired_cert"`
			} `json:"total"`
		}
		err = tx.QueryRow(t.Context(), typed.Replace(query), pgx.QueryExecModeExec, "2025-06-01Z", "Europe/Oslo", nil, chapters, "2024-01-01", "2024-06-30", "2023-12-29Z", "2024-07-03Z").Scan(&cut, &numbers)
		if err != nil {
			t.Fatal(err)
		}
		if total := numbers.Total; total.Certified > 0 && total.Expired > 0 {
			byDates += total.Registered
			byRanges += len(cut)
			if rules {
				withRules++
			}
		}
		if _, err := tx.Exec(t.Context(), "rollback to savepoint before"); err != nil {
			t.Fatal(err)
		}
	}
	if byDates < 1000 || byRanges < 1000 || withRules < 3 {
		t.Errorf("of the mentors %d counted by dates and %d by ranges, %d times with rules; want a thousand of both", byDates, byRanges, withRules)
	}
}
