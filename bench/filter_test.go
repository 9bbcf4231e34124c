package bench_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"mentorpause/local/people"
)

// filterScale is how large the chapters are in which filters are measured.
type filterScale struct{ large, small, chapters, each, foreign int }

func (s scale) filters() filterScale {
	if s.mentors < 50_000 {
		return filterScale{large: 90, small: 30, chapters: 70, each: 3, foreign: 50}
	}
	return filterScale{large: 30_000, small: 300, chapters: 400, each: 30, foreign: 20_000}
}

// filterChapters adds chapters to the organisation, each with a coordinator of its
// own: one large and one small, in which one mentor is paused and one is expired; a
// large one with many of both; one in which all but one are paused; two in which half
// are expired, the first in the order of the screen or the last; one in which none of
// those with a common name is paused or expired; one like the large one, in which a tenth
// plan a pause. One person administers a further few hundred small ones.
func (o *system) filterChapters(t *testing.T, s filterScale) map[string]people.Chapter {
	t.Helper()
	made := map[string]people.Chapter{}
	id := func(kind string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, []byte("filter "+kind)) }
	o.exec(t, "create temporary table filtered (chapter uuid, n int, mentor uuid, name text, paused boolean, expired boolean)")
	add := func(name string, size int, paused, expired string) {
		t.Helper()
		made[name] = people.Chapter{ID: id(name), Coordinator: id(name + " coordinator"), Mentors: size}
		o.exec(t, "insert into public.chapters (id, name) values ($1, $2)", id(name), "Lag "+name)
		o.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Kari')", id(name+" coordinator"))
		o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'coordinator')", id(name), id(name+" coordinator"))
		o.exec(t, fmt.Sprintf(`insert into filtered
			select $1, n, md5($2 || ' ' || n)::uuid,
				(array['Anne', 'Kari', 'Ola', 'Per', 'Øyvind', 'Åse', 'Ingrid', 'Bjørn', 'Siri', 'Lars', 'Nina', 'Geir'])[1 + n %% 12] || ' ' ||
				(array['Hansen', 'Johansen', 'Ødegård', 'Berg', 'Haugen', 'Åsen', 'Lie', 'Moen', 'Strand'])[1 + n / 12 %% 9] || ' ' ||
				translate(md5($2 || ' ' || n), '0123456789', 'ghijklmnop'),
				%s, %s
			from generate_series(1, $3::int) n`, paused, expired), id(name), name, size)
	}
	add("large", s.large, "n = 20", "n = 10")
	add("small", s.small, "n = 20", "n = 10")
	add("mixed", s.large, "n % 10 = 0", "n % 3 = 0")
	add("away", s.large, "n <> 20", "false")
	add("front", s.large, "false", "n % 12 in (0, 1, 6, 7, 9, 11)") // Anne to Lars
	add("back", s.large, "false", "n % 12 not in (0, 1, 6, 7, 9, 11)")
	add("apart", s.large, "n % 12 <> 4 and n % 10 = 0", "n % 12 <> 4 and n % 3 = 0") // not Øyvind
	add("planned", s.large, "n = 20", "n = 10")
	for n := range s.chapters {
		add(fmt.Sprintf("of many %d", n), s.each, "n % 10 = 0", "n % 7 = 0")
	}
	many := people.Chapter{Coordinator: id("of all"), Mentors: s.chapters * s.each}
	o.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Kari')", many.Coordinator)
	for n := range s.chapters {
		o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'administrator')",
			id(fmt.Sprintf("of many %d", n)), many.Coordinator)
	}
	made["many"] = many

	tables := []string{"profiles", "chapter_memberships", "certifications", "pause_records", "coordinator_assignments", "leave_requests", "planned_pauses"}
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" disable trigger user")
	}
	o.exec(t, "insert into public.profiles (id, display_name) select mentor, name from filtered")
	// By the trigger, when they are entered by commands: without, nobody's matters are
	// counted where they belong.
	o.exec(t, "insert into private.person_locks (person_id) select mentor from filtered")
	o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) select chapter, mentor, 'mentor' from filtered")
	o.exec(t, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		select mentor, 'kurs', private.today() - 700, private.today() + case when expired then -20 when chapter = $1 and n % 11 = 4 then 20 else 90 end
		from filtered`, id("mixed"))
	// In one chapter pauses end in all ways, every fifth asks for something, and a third, and
	// nobody who is overdue, is the coordinator's. In the largest ones few are.
	o.exec(t, `insert into public.pause_records (mentor_id, status, pause_reason, paused_at, effective_on, expected_return_date)
		select mentor, 'paused', 'Ferie', now() - interval '5 days', private.today() - 5,
			case when chapter = $1 and n % 20 = 0 then private.today() - 3 when chapter = $1 and n % 30 = 10 then private.today() + 3
				when chapter = $2 and n = 90 then private.today() - 3 when chapter = $2 then private.today() + 60 end
		from filtered where paused`, id("mixed"), id("away"))
	o.exec(t, `insert into public.coordinator_assignments (mentor_id, coordinator_id)
		select mentor, case chapter when $1 then $2::uuid else $4::uuid end from filtered
		where chapter = $1 and n % 3 = 1 and n % 20 <> 0 or chapter = $3 and n % 1000 = 30`,
		id("mixed"), id("mixed coordinator"), id("large"), id("large coordinator"))
	o.exec(t, "insert into public.leave_requests (mentor_id, kind) select mentor, 'pause' from filtered where chapter = $1 and n % 5 = 3", id("mixed"))
	o.exec(t, `insert into public.planned_pauses (mentor_id, starts_on, pause_reason, expected_return_date)
		select mentor, private.today() + 1 + n % 60, 'Ferie', private.today() + 90 from filtered where chapter = $1 and n % 10 = 5`, id("planned"))
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" enable trigger user")
	}
	o.exec(t, `select private.refresh_roster(array_agg(f.mentor))
		from (select mentor, row_number() over (order by mentor) / 5000 as part from filtered) f group by f.part`)
	for folded := 1; folded > 0; {
		if err := o.owner.QueryRow(t.Context(), "select private.fold_roster_deltas(100000)").Scan(&folded); err != nil {
			t.Fatal(err)
		}
	}
	o.exec(t, "drop table filtered")
	o.exec(t, "vacuum analyze")
	return made
}

// rosterFilters compares the pages of filters with the unfiltered one, and what
// is rare in a large chapter with what is rare in a small one.
func rosterFilters(t *testing.T, o *system, s scale, r *report) {
	f := s.filters()
	chapters := o.filterChapters(t, f)
	type subject struct {
		url    string
		script pgbenchScript
		took   []float64 // µs, the median of each run
		now    []float64
	}
	var subjects []*subject
	attended := func(chapter, status, search, mine, attention string) *subject {
		quoted := func(value string) string {
			if value == "" {
				return "null"
			}
			return "'" + value + "'"
		}
		subjects = append(subjects, &subject{url: o.signedIn(t, chapters[chapter]), script: pgbenchScript{
			fmt.Sprintf("select private.coordinator_roster(null, %s, %s, null, null, %s, %s);", quoted(status), quoted(search), quoted(mine), quoted(attention)), nil}})
		return subjects[len(subjects)-1]
	}
	page := func(chapter, status, search string) *subject { return attended(chapter, status, search, "", "") }
	unfiltered := map[string]*subject{}
	for _, chapter := range []string{"large", "small", "mixed", "away", "front", "back", "apart", "planned", "many"} {
		unfiltered[chapter] = page(chapter, "", "")
	}
	type pair struct {
		name          string
		bar           bar
		subject, peer *subject
	}
	large, small := number(float64(f.large)), number(float64(f.small))
	across := fmt.Sprintf("chapter of %s ÷ chapter of %s", large, small)
	pairs := []pair{
		{"one paused: " + across, atMost(1.5), page("large", "{paused}", ""), page("small", "{paused}", "")},
		{"an unknown search of three letters: " + across, atMost(2), page("large", "", "xqx"), page("small", "", "xqx")},
		{"an unknown search of two letters: " + across, atMost(10), page("large", "", "xq"), page("small", "", "xq")},
		{"an unknown search of one letter: " + across, atMost(10), page("large", "", "ж"), page("small", "", "ж")},
		{"a tenth planned ÷ nobody planned, chapter of " + large, atMost(1.1), unfiltered["planned"], unfiltered["large"]},
		{fmt.Sprintf("%d chapters with %s mentors ÷ one chapter", f.chapters, number(float64(f.chapters*f.each))), atMost(8), unfiltered["many"], unfiltered["large"]},
	}
	for _, filter := range []struct{ name, chapter, status, search string }{
		{"one paused", "large", "{paused}", ""},
		{"one expired", "large", "{expired_cert}", ""},
		{"all active but two", "large", "{active}", ""},
		{"one of twelve by name", "large", "", "oyvind"},
		{"one of twelve by name and active", "large", "{active}", "oyvind"},
		{"most by one letter", "large", "", "e"},
		{"one of nine by name", "large", "", "odegard"},
		{"a tenth paused", "mixed", "{paused}", ""},
		{"a third expired", "mixed", "{expired_cert}", ""},
		{"active or expired", "mixed", "{active,expired_cert}", ""},
		{"paused by name", "mixed", "{paused}", "hansen"},
		{"one active among the paused", "away", "{active}", ""},
		{"all paused but one", "away", "{paused}", ""},
		{"the active, behind as many expired", "front", "{active}", ""},
		{"the expired, behind as many active", "back", "{expired_cert}", ""},
		{"one of twelve by name, a tenth paused, none with both", "apart", "{paused}", "oyvind"},
		{"one of twelve by name, a third expired, none with both", "apart", "{expired_cert}", "oyvind"},
		{"one of twelve by name, half active, none with both", "front", "{active}", "kari"},
		{"the active by one letter, behind as many expired", "front", "{active}", "e"},
		{"an unknown name", "large", "", "xqxqx"},
		{"an unknown letter", "large", "", "ж"},
		{"an unknown name of the active", "large", "{active}", "xqxqx"},
	} {
		pairs = append(pairs, pair{filter.name + " ÷ unfiltered, chapter of " + large, atMost(10),
			page(filter.chapter, filter.status, filter.search), unfiltered[filter.chapter]})
	}
	for _, filter := range []struct{ name, chapter, status, search, mine, attention string }{
		{"a twentieth overdue", "mixed", "", "", "", "{overdue}"},
		{"one overdue among the paused", "away", "", "", "", "{overdue}"},
		{"a few open-ended", "mixed", "", "", "", "{open_ended}"},
		{"a third expired, by attention", "mixed", "", "", "", "{expired}"},
		{"a tenth expiring", "mixed", "", "", "", "{expiring}"},
		{"a fifth with requests", "mixed", "", "", "", "{requests}"},
		{"nobody with a request", "large", "", "", "", "{requests}"},
		{"any kind of attention", "mixed", "", "", "", "{overdue,open_ended,returning,expiring,expired,requests}"},
		{"overdue by name", "mixed", "", "hansen", "", "{overdue}"},
		{"overdue by a name that none of them has", "mixed", "", "xqxqx", "", "{overdue,requests,expired}"},
		{"a third mine", "mixed", "", "", "true", ""},
		{"thirty mine", "large", "", "", "true", ""},
		{"mine and paused", "mixed", "{paused}", "", "true", ""},
		{"mine and active by name", "mixed", "{active}", "hansen", "true", ""},
		{"a third mine, a twentieth overdue, none both", "mixed", "", "", "true", "{overdue}"},
		{"mine with requests", "mixed", "", "", "true", "{requests}"},
		{"mine with any kind of attention", "mixed", "", "", "true", "{overdue,open_ended,returning,expiring,expired,requests}"},
	} {
		pairs = append(pairs, pair{filter.name + " ÷ unfiltered, chapter of " + large, atMost(10),
			attended(filter.chapter, filter.status, filter.search, filter.mine, filter.attention), unfiltered[filter.chapter]})
	}
	for _, filter := range []struct{ name, status, search string }{{"a tenth paused", "{paused}", ""}, {"one of twelve by name", "", "oyvind"}} {
		pairs = append(pairs, pair{fmt.Sprintf("%s ÷ unfiltered, %d chapters", filter.name, f.chapters), atMost(10),
			page("many", filter.status, filter.search), unfiltered["many"]})
	}
	calls := max(s.calls/s.turns/2, 2) // some thirty pages, half as often as the plain one
	turns := max(s.turns/2, 1)
	measure := func(subjects []*subject) {
		for range turns {
			for _, subject := range subjects {
				subject.now = append(subject.now, pgbenchLatencies(t, subject.url, subject.script, calls)...)
			}
			slices.Reverse(subjects) // no subject always follows the same one
		}
		for _, subject := range subjects {
			subject.took = append(subject.took, median(subject.now))
			subject.now = nil
		}
	}
	for range s.runs {
		measure(subjects)
	}
	us := func(s *subject) string { return number(median(s.took)) + " µs" }
	for _, pair := range pairs {
		r.add(t, "roster in SQL, "+pair.name, pair.bar, "", quotients(pair.subject.took, pair.peer.took), "%s and %s", us(pair.subject), us(pair.peer))
	}

	// What waits in other chapters, by turns acknowledged and not.
	o.exec(t, `insert into public.notifications (mentor_id, audience, kind, state, acknowledged_at)
		select e.mentor_id, 'coordinator', 'mentor_paused', 'undeliverable', now()
		from private.roster_entries e where e.chapter_id <> $1 and e.chapter_id <> $2 limit $3`, chapters["large"].ID, chapters["small"].ID, f.foreign)
	without, with := page("large", "", ""), page("large", "", "")
	for range s.runs {
		measure([]*subject{without})
		o.exec(t, "update public.notifications set acknowledged_at = null where state = 'undeliverable'")
		o.exec(t, "analyze public.notifications, private.unacknowledged")
		var waiting int
		if err := o.owner.QueryRow(t.Context(), "select count(*) filter (where chapter_set_id is not null) from private.unacknowledged").Scan(&waiting); err != nil {
			t.Fatal(err)
		} else if waiting != f.foreign {
			t.Fatalf("%d mentors' matters wait in their chapters, not %d", waiting, f.foreign)
		}
		measure([]*subject{with})
		o.exec(t, "update public.notifications set acknowledged_at = now() where state = 'undeliverable'")
		o.exec(t, "vacuum analyze public.notifications, private.unacknowledged")
	}
	r.add(t, fmt.Sprintf("roster in SQL: with ÷ without %s undeliverable notifications of other chapters", number(float64(f.foreign))), atMost(1.1), "",
		quotients(with.took, without.took), "%s and %s", us(with), us(without))
	var shown struct {
		Summary struct {
			Total int `json:"total"`
		} `json:"summary"`
	}
	var summary string
	if err := o.owner.QueryRow(t.Context(), "select json_build_object('summary', private.roster_summary(array[$1::uuid], private.today()))::text", chapters["large"].ID).Scan(&summary); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(summary), &shown); err != nil || shown.Summary.Total != f.large {
		t.Fatalf("the chapter has %d mentors by its counts, %d by what was made: %v", shown.Summary.Total, f.large, err)
	}
}
