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
// certifications with a reference that walks from day to day: the facts, as they
// are and as the roster keeps them from one day to a later one; the reminders;
// and the changes of status between any two nights.
func TestCertificationsFollowTheReference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := time.Date(2028, 2, 10, 0, 0, 0, 0, time.UTC) // with a leap day in it
	random := rand.New(rand.NewPCG(16, 10))
	mentors := make([]nightMentor, 600)
	ids := make([]string, len(mentors))
	place := map[string]int{}
	var (
		holders, kinds, issued []string
		expires                []*string
	)
	for i := range mentors {
		m := &mentors[i]
		m.id = uuid.NewString()
		ids[i], place[m.id] = m.id, i
		for range random.IntN(5) {
			c := certification{kind: []string{"kurs", "førstehjelp"}[random.IntN(2)], issued: day(random.IntN(24))}
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
	w.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) select $2, m, 'mentor' from unnest($1::uuid[]) m", ids, w.chapter)
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
			wanted[i] = append(wanted[i], factsOn(m.certs, on))
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

	// The facts on each day, and whether the RPCs' short question agrees.
	type kept struct {
		until   *day
		recheck *day
	}
	stored := make([][horizon]kept, len(mentors))
	collect(func(row pgx.CollectableRow) error {
		var (
			id                    string
			on                    day
			until, since, recheck *int
			lapsed                bool
		)
		if err := row.Scan(&id, &on, &until, &since, &recheck, &lapsed); err != nil {
			return err
		}
		i := place[id]
		want := wanted[i][on]
		if (until != nil) != want.held || until != nil && day(*until) != want.until ||
			(since != nil) != (want.since != -never) || since != nil && day(*since) != want.since || lapsed != want.expired {
			fail("day %d: until %v since %v lapsed %v, want %+v of %v", on, deref(until), deref(since), lapsed, want, mentors[i].certs)
		}
		stored[i][on] = kept{(*day)(until), (*day)(recheck)}
		return nil
	}, `
		select m.id, d.n, case when f.certified_until = 'infinity' then $3 else f.certified_until - $2::date end,
			f.certified_since - $2::date, f.recheck_on - $2::date, private.has_lapsed(m.id, $2::date + d.n)
		from generate_series(0, $4 - 1) d (n)
		cross join unnest($1::uuid[]) m (id)
		left join lateral private.certification_facts(array[m.id], $2::date + d.n) f on true`, ids, start, int(never), horizon)
	// What the roster stored on one day is what it shows on a later one, unless it
	// says that it has to look again.
	for i, m := range mentors {
		for written := range day(horizon) {
			for read := written; read < horizon; read++ {
				k := stored[i][written]
				if k.recheck != nil && *k.recheck <= read {
					k = stored[i][read]
				}
				want := wanted[i][read]
				if (k.until != nil) != want.held || k.until != nil && *k.until != want.until {
					fail("stored on day %d, on day %d until %v, want %+v of %v", written, read, deref(k.until), want, m.certs)
				}
			}
		}
	}

	// The reminders of each day; two kinds that end on the same day are one.
	reminders, wantedReminders := map[string]bool{}, map[string]bool{}
	collect(func(row pgx.CollectableRow) error {
		var id, reminder string
		var on, reference int
		err := row.Scan(&id, &on, &reminder, &reference)
		reminders[fmt.Sprintf("%s on %d %s %d", id, on, reminder, reference)] = true
		return err
	}, `
		select r.mentor_id, d.n, r.reminder, r.reference_on - $2::date
		from generate_series(0, $3 - 1) d (n) cross join lateral private.due_reminders($1::uuid[], $2::date + d.n) r`, ids, start, horizon)
	for i, m := range mentors {
		for on, f := range wanted[i] {
			for _, end := range f.ends {
				reminder := "certification_in_30_days"
				switch left := end - day(on); {
				case left > 30:
					continue
				case left <= 7:
					reminder = "certification_in_7_days"
				}
				wantedReminders[fmt.Sprintf("%s on %d %s %d", m.id, on, reminder, end)] = true
			}
		}
	}
	if !maps.Equal(reminders, wantedReminders) {
		fail("reminders differ: %d, want %d", len(reminders), len(wantedReminders))
	}

	// The changes between any two nights, of mentors who were active on the first.
	changes := map[string][]string{}
	collect(func(row pgx.CollectableRow) error {
		var (
			id          string
			since, asOf int
			expired     bool
			effective   *int
		)
		err := row.Scan(&id, &since, &asOf, &expired, &effective)
		key := fmt.Sprintf("%s %d %d", id, since, asOf)
		changes[key] = append(changes[key], fmt.Sprint(expired, *effective))
		return err
	}, `
		select c.mentor_id, s.n, a.n, c.expired, c.effective_on - $2::date
		from generate_series(0, $3 - 1) s (n) cross join lateral generate_series(s.n + 1, $3 - 1) a (n)
		cross join lateral private.due_changes($1::uuid[], $2::date + s.n, $2::date + a.n) c
		order by s.n, a.n, c.mentor_id, c.ordinal`, ids, start, horizon)
	for i, m := range mentors {
		for since := range day(horizon) {
			for asOf := since + 1; asOf < horizon; asOf++ {
				var want []string
				expired := false
				for on := since + 1; on <= asOf; on++ {
					f := wanted[i][on]
					switch {
					case f.expired && !expired:
						want = append(want, fmt.Sprint(true, int(f.until+1)))
					case !f.expired && expired:
						want = append(want, fmt.Sprint(false, int(f.since)))
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
