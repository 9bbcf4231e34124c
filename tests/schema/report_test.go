package schema_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var oslo = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return zone
}()

func nextDay(day string, n int) string {
	parsed, _ := time.Parse(time.DateOnly, day)
	return parsed.AddDate(0, 0, n).Format(time.DateOnly)
}

// randomFacts are what is known of a thousand mentors, with days at and around the ends
// of the period: whoever stays, comes, goes or moves, is away once, twice or not at all,
// renews in time or late, in kinds of which some are required or replaced.
const randomFacts = `
	insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag' from generate_series(1, 4) n on conflict do nothing;
	alter table private.membership_versions disable trigger user;
	alter table private.certification_versions disable trigger user;
	alter table private.recorded_pauses disable trigger user;
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
	insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at)
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
