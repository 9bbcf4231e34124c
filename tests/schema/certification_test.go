package schema_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// horizon is how many days the random certifications are compared on.
const horizon = 34

// TestCertificationsFollowTheReference compares what the SQL makes of random
// certifications with a reference that walks from day to day: the facts; the reminders;
// and the changes of status from any night to a later one. Once with kinds that are judged
// each by itself, and with random sets of some that are required and replaced.
func TestCertificationsFollowTheReference(t *testing.T) {
	t.Parallel()
	t.Run("kinds without rules", func(t *testing.T) {
		t.Parallel()
		followTheReference(t, rand.New(rand.NewPCG(16, 10)), nil, 600)
	})
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("rules %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(16, seed))
			saved := rules{}
			for i, kind := range referenceKinds {
				for from := -never; from < horizon; from = max(from, -1) + 1 + day(random.IntN(20)) {
					one := rule{from: from, isRequired: random.IntN(3) == 0}
					if later := referenceKinds[i+1:]; len(later) > 0 && random.IntN(2) == 0 {
						one.replacedBy = later[random.IntN(len(later))]
					}
					saved[kind] = append(saved[kind], one)
				}
			}
			followTheReference(t, random, saved, 200)
		})
	}
}

// referenceKinds are in an order in which the later ones may replace the earlier ones.
var referenceKinds = []string{"kurs", "førstehjelp", "nytt kurs"}

func followTheReference(t *testing.T, random *rand.Rand, saved rules, size int) {
	w := newWorld(t)
	first := time.Date(2028, 2, 10, 0, 0, 0, 0, time.UTC) // with a leap day in it
	mentors := make([]nightMentor, size)
	ids := make([]string, len(mentors))
	place := map[string]int{}
	var (
		holders, kinds, issued, joined []string
		expires                        []*string
	)
	for kind, versions := range saved {
		w.exec(t, "insert into public.certification_kinds (code) values ($1) on conflict do nothing", kind)
		w.exec(t, "delete from private.certification_kind_versions where code = $1", kind)
		for _, one := range versions {
			from := "-infinity"
			if one.from != -never {
				from = one.from.date(first)
			}
			w.exec(t, `insert into private.certification_kind_versions (code, from_day, is_required, replaced_by)
				values ($1, $2::date, $3, nullif($4, ''))`, kind, from, one.isRequired, one.replacedBy)
		}
	}
	w.exec(t, "update private.settings set kinds_have_rules = $1", saved != nil)
	for i := range mentors {
		m := &mentors[i]
		m.id = uuid.NewString()
		ids[i], place[m.id] = m.id, i
		from := day(-9)
		if saved != nil && random.IntN(3) > 0 {
			from = day(random.IntN(20))
		}
		m.rules, m.times = saved, []mentorTime{{from, never}}
		joined = append(joined, from.date(first))
		for range random.IntN(5) {
			c := certification{kind: referenceKinds[random.IntN(2+min(len(saved), 1))], issued: day(random.IntN(24))}
			if n := len(m.certs); n > 0 && random.IntN(2) == 0 {
				// A renewal: overlapping, without a gap, or with one of a day.
				c.kind, c.issued = m.certs[n-1].kind, min(m.certs[n-1].expires, horizon)+day(random.IntN(4)-1)
			}
			c.expires = c.issued + day(random.IntN(12))
			last := new(c.expires.date(first))
			if random.IntN(20) == 0 {
				c.expires, last = never, nil
			}
			m.certs = append(m.certs, c)
			holders, kinds, issued, expires = append(holders, m.id), append(kinds, c.kind), append(issued, c.issued.date(first)), append(expires, last)
		}
	}
	w.exec(t, "insert into public.profiles (id, display_name) select m, 'Åse Mentor' from unnest($1::uuid[]) m", ids)
	w.exec(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
		select $3, m.id, 'mentor', m.day::timestamp at time zone 'Europe/Oslo' from unnest($1::uuid[], $2::date[]) m (id, day)`,
		ids, joined, w.chapter)
	// The days of the test are as today, so that who joins on one of them is there.
	w.exec(t, `create or replace function private.today() returns date language sql stable security definer set search_path = pg_catalog, pg_temp
		as $$ select date '2029-01-01' $$`)
	w.exec(t, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		select * from unnest($1::uuid[], $2::text[], $3::date[], $4::date[])`, holders, kinds, issued, expires)
	collect := func(scan func(row pgx.CollectableRow) error, sql string, args ...any) {
		t.Helper()
		rows, err := w.owner.Query(t.Context(), sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			if err := scan(rows); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	start := first.Format(time.DateOnly)

	wanted := make([][]facts, len(mentors))
	for i, m := range mentors {
		for on := range day(horizon) {
			wanted[i] = append(wanted[i], factsOn(m.holder, on))
		}
	}
	failures := 0
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf(format, args...)
		if failures++; failures > 5 {
			t.FailNow()
		}
	}

	// The facts on each day, of all mentors at once.
	collect(func(row pgx.CollectableRow) error {
		var (
			id           string
			on           day
			until, since *int
		)
		if err := row.Scan(&id, &on, &until, &since); err != nil {
			return err
		}
		i := place[id]
		want := wanted[i][on]
		if (until != nil) != want.held || until != nil && day(*until) != want.until ||
			(since != nil) != (want.since != -never) || since != nil && day(*since) != want.since {
			fail("day %d: until %v since %v, want %+v of %v", on, deref(until), deref(since), want, mentors[i].certs)
		}
		return nil
	}, `
		select m.id, d.n, case when f.certified_until = 'infinity' then $3 else f.certified_until - $2::date end,
			f.certified_since - $2::date
		from generate_series(0, $4 - 1) d (n)
		cross join unnest($1::uuid[]) m (id)
		left join (
			select s.n, c.* from generate_series(0, $4 - 1) s (n) cross join lateral private.certification_facts($1::uuid[], $2::date + s.n) c
		) f on f.n = d.n and f.mentor_id = m.id`, ids, start, int(never), horizon)

	// Whether the RPCs' short question, about one mentor, agrees: on the first and the
	// last day, and on both sides of each change.
	var asked []string
	var days []day
	for i, m := range mentors {
		for on := range day(horizon) {
			if on == 0 || on == horizon-1 || wanted[i][on].expired != wanted[i][on-1].expired || wanted[i][on].expired != wanted[i][on+1].expired {
				asked, days = append(asked, m.id), append(days, on)
			}
		}
	}
	collect(func(row pgx.CollectableRow) error {
		var id string
		var on day
		var lapsed bool
		if err := row.Scan(&id, &on, &lapsed); err != nil {
			return err
		}
		if i := place[id]; lapsed != wanted[i][on].expired {
			fail("day %d: lapsed %v, want %+v of %v", on, lapsed, wanted[i][on], mentors[i].certs)
		}
		return nil
	}, "select q.id, q.n, private.has_lapsed(q.id, $3::date + q.n) from unnest($1::uuid[], $2::integer[]) q (id, n)", asked, days, start)

	// The reminders of each day.
	reminders, wantedReminders := map[string]bool{}, map[string]bool{}
	collect(func(row pgx.CollectableRow) error {
		var id, reminder, kind string
		var on, reference int
		err := row.Scan(&id, &on, &reminder, &kind, &reference)
		reminders[fmt.Sprintf("%s on %d %s %d of %s", id, on, reminder, reference, kind)] = true
		return err
	}, `
		select r.mentor_id, d.n, r.reminder, r.certification_kind, r.reference_on - $2::date
		from generate_series(0, $3 - 1) d (n) cross join lateral private.due_reminders($1::uuid[], $2::date + d.n) r`, ids, start, horizon)
	for i, m := range mentors {
		for on, f := range wanted[i] {
			for kind, end := range f.ends {
				reminder := "certification_in_30_days"
				switch left := end - day(on); {
				case left > 30:
					continue
				case left <= 7:
					reminder = "certification_in_7_days"
				}
				wantedReminders[fmt.Sprintf("%s on %d %s %d of %s", m.id, on, reminder, end, kind)] = true
			}
		}
	}
	if !maps.Equal(reminders, wantedReminders) {
		fail("reminders differ: %d, want %d", len(reminders), len(wantedReminders))
	}

	// The changes between two nights, of mentors who were active on the first: from any
	// night, with none missed between, with a few, and with many.
	gaps := []day{1, 2, 3, 5, 8, 13, 21, horizon - 1}
	changes := map[string][]string{}
	collect(func(row pgx.CollectableRow) error {
		var (
			id          string
			since, asOf int
			expired     bool
			effective   *int
			kind        string
		)
		err := row.Scan(&id, &since, &asOf, &expired, &effective, &kind)
		key := fmt.Sprintf("%s %d %d", id, since, asOf)
		changes[key] = append(changes[key], fmt.Sprint(expired, *effective, kind))
		return err
	}, `
		select c.mentor_id, s.n, a.n, c.expired, c.effective_on - $2::date, c.certification_kind
		from generate_series(0, $3 - 1) s (n)
		cross join lateral (select s.n + g as n from unnest($4::integer[]) g where s.n + g < $3) a
		cross join lateral private.due_changes($1::uuid[], $2::date + s.n, $2::date + a.n) c
		order by s.n, a.n, c.mentor_id, c.ordinal`, ids, start, horizon, gaps)
	for i, m := range mentors {
		for since := range day(horizon) {
			for _, gap := range gaps {
				asOf := since + gap
				if asOf >= horizon {
					continue
				}
				var want []string
				expired := false
				for on := since + 1; on <= asOf; on++ {
					f := wanted[i][on]
					switch {
					case f.expired && !expired:
						want = append(want, fmt.Sprint(true, int(f.until+1), f.kind))
					case !f.expired && expired:
						want = append(want, fmt.Sprint(false, int(f.since), f.renewed))
					}
					expired = f.expired
				}
				if got := changes[fmt.Sprintf("%s %d %d", m.id, since, asOf)]; !slices.Equal(got, want) {
					fail("after night %d, as of %d: changes %v, want %v of %v", since, asOf, got, want, m.certs)
				}
			}
		}
	}
}

func deref[T ~int](value *T) string {
	if value == nil {
		return "none"
	}
	return fmt.Sprint(*value)
}
