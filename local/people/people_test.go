package people_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/people"
	"mentorpause/local/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func fill(t *testing.T, mentors int, seed uint64) (people.Population, *pgx.Conn) {
	t.Helper()
	conn := testdb.New(t).Connect(t, "postgres")
	var today time.Time
	if err := conn.QueryRow(t.Context(), "select private.today()").Scan(&today); err != nil {
		t.Fatal(err)
	}
	made, err := people.Fill(t.Context(), conn, people.Config{Mentors: mentors, Seed: seed, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	return made, conn
}

func value[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) (v T) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// The tables whose rows have fixed ids.
const everything = `select md5(string_agg(row, ' ' order by row)) from (
	select p::text as row from public.profiles p
	union all select format('%s %s %s %s', c.mentor_id, c.kind, c.issued_on, c.expires_on) from public.certifications c
	union all select format('%s %s %s %s', r.id, r.mentor_id, r.status, r.expected_return_date) from public.pause_records r
	union all select format('%s %s %s', e.mentor_id, e.chapter_id, e.coordinators) from private.roster_entries e) rows`

func TestThePopulation(t *testing.T) {
	t.Parallel()
	const mentors = 12_500 // 1,250 in one chapter, 125 in each of ten, 100 in each of the others
	made, conn := fill(t, mentors, 1)

	t.Run("has chapters of each size", func(t *testing.T) {
		for size, want := range map[int]int{1_250: 1, 125: 10, 100: 100} {
			got := value[int](t, conn, `select count(*) from (
				select m.chapter_id from public.chapter_memberships m where m.role = 'mentor' group by m.chapter_id having count(*) = $1) c`, size)
			if got != want {
				t.Errorf("%d chapters of %d mentors, want %d", got, size, want)
			}
			if _, err := made.OfSize(size); err != nil {
				t.Error(err)
			}
		}
		if _, err := made.OfSize(7); err == nil {
			t.Error("and one of 7, which there isn't")
		}
	})

	t.Run("has mentors in every state", func(t *testing.T) {
		chapter := made.Chapters[0]
		for _, count := range []string{"active", "paused", "expired_cert", "expiring_soon", "return_overdue"} {
			n := value[int](t, conn, "select (private.roster_summary(array[$1::uuid], private.today()) ->> $2)::int", chapter.ID, count)
			if n < 10 {
				t.Errorf("%d %s of %d", n, count, chapter.Mentors)
			}
		}
	})

	t.Run("is what the triggers would have made", func(t *testing.T) {
		found := value[int](t, conn, `
			with everybody as (select array_agg(p.id) as ids from public.profiles p)
			select (select count(*) from private.find_log_discrepancies(e.ids)) + (select count(*) from private.find_roster_differences(e.ids))
			from everybody e`)
		if found != 0 {
			t.Errorf("the reconciliation finds %d differences", found)
		}
	})

	t.Run("is the same each time", func(t *testing.T) {
		_, once := fill(t, 300, 1)
		_, again := fill(t, 300, 1)
		_, other := fill(t, 300, 2)
		first := value[string](t, once, everything)
		if value[string](t, again, everything) != first {
			t.Error("the same seed made other rows")
		}
		if value[string](t, other, everything) == first {
			t.Error("another seed made the same rows")
		}
	})
}
