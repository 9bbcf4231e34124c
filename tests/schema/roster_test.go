package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
)

// plainSummary counts straight from the tables, without the read model.
const plainSummary = `
	with mentors as (
		select distinct m.user_id as id from public.chapter_memberships m
		where m.role = 'mentor' and m.ended_at is null and m.chapter_id::text = any ($1)
	), kinds as (
		select c.mentor_id, max(coalesce(c.expires_on, 'infinity')) as until
		from public.certifications c
		where c.issued_on <= private.today() or c.issued_on <= 1 + (
			select max(coalesce(h.expires_on, 'infinity')) from public.certifications h
			where h.mentor_id = c.mentor_id and h.kind = c.kind and h.issued_on <= private.today())
		group by c.mentor_id, c.kind
	), facts as (
		select m.id, min(k.until) as until, bool_or(p.paused_at is not null) as paused, min(p.expected_return_date) as back
		from mentors m
		left join kinds k on k.mentor_id = m.id
		left join public.pause_records p on p.mentor_id = m.id and p.status <> 'active'
		group by m.id
	), shown as (
		select f.*, case when f.until < private.today() then 'expired_cert' when f.paused then 'paused' else 'active' end as status
		from facts f
	)
	select format('total %s active %s paused %s expired %s soon %s overdue %s',
		count(*), count(*) filter (where s.status = 'active'), count(*) filter (where s.status = 'paused'),
		count(*) filter (where s.status = 'expired_cert'),
		count(*) filter (where s.status <> 'expired_cert' and s.until <= private.today() + 30),
		count(*) filter (where s.status = 'paused' and s.back < private.today()))
	from shown s`

const rosterSummary = `
	select format('total %s active %s paused %s expired %s soon %s overdue %s', s ->> 'total', s ->> 'active', s ->> 'paused',
		s ->> 'expired_cert', s ->> 'expiring_soon', s ->> 'return_overdue')
	from private.roster_summary($1::uuid[], private.today()) s`

// entries lists the read model, and rebuilt lists it after a rebuild.
const entries = `
	select format('%s %s %s %s %s %s', e.chapter_id, e.mentor_id, e.display_name, e.certified_until, e.recheck_on, e.coordinators)
	from private.roster_entries e order by 1`

// TestRosterFollowsTheTables changes people, memberships, certifications,
// assignments and pauses at random, as service_role and by hand, and after each
// change compares the counts with a plain query, for every combination of chapters,
// folded or not; at the end a rebuild must change nothing.
func TestRosterFollowsTheTables(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	rapid.Check(t, func(rt *rapid.T) {
		tx, err := owner.Begin(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		exec := func(sql string, args ...any) {
			err := pgx.BeginFunc(t.Context(), tx, func(savepoint pgx.Tx) error {
				_, err := savepoint.Exec(t.Context(), sql, args...)
				return err
			})
			if err != nil && codeOf(err) != "23001" { // what names somebody who was erased is refused
				rt.Fatalf("%s %v: %v", sql, args, err)
			}
		}
		read := func(sql string, args ...any) []string {
			rows, err := tx.Query(t.Context(), sql, args...)
			if err != nil {
				rt.Fatal(err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				rt.Fatal(err)
			}
			return lines
		}

		id := func(kind string, i int) string { return fmt.Sprintf("%s0000000-0000-4000-8000-%012d", kind, i) }
		chapters := []string{id("c", 1), id("c", 2), id("c", 3)}
		for _, chapter := range chapters {
			exec("insert into public.chapters (id, name) values ($1, 'Bergen')", chapter)
		}
		const people = 6
		for i := range people {
			exec("insert into public.profiles (id, display_name) values ($1, $2)", id("a", i), fmt.Sprintf("Åse %d", i))
		}

		someone := rapid.Custom(func(rt *rapid.T) string { return id("a", rapid.IntRange(0, people-1).Draw(rt, "person")) })
		chapter := rapid.SampledFrom(chapters)
		day := rapid.SampledFrom([]int{-400, -2, -1, 0, 1, 29, 30, 31, 400})
		changes := map[string]func(*rapid.T){
			"join": func(rt *rapid.T) {
				exec(`insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, $3) on conflict do nothing`,
					chapter.Draw(rt, "chapter"), someone.Draw(rt, "who"), rapid.SampledFrom([]string{"mentor", "mentor", "coordinator"}).Draw(rt, "role"))
			},
			"leave": func(rt *rapid.T) {
				exec("update public.chapter_memberships set ended_at = now() where user_id = $1 and chapter_id = $2 and ended_at is null",
					someone.Draw(rt, "who"), chapter.Draw(rt, "chapter"))
			},
			"forget a membership": func(rt *rapid.T) {
				exec("delete from public.chapter_memberships where user_id = $1 and chapter_id = $2", someone.Draw(rt, "who"), chapter.Draw(rt, "chapter"))
			},
			"certify": func(rt *rapid.T) {
				issued := rapid.SampledFrom([]int{-500, -100, 0, 20}).Draw(rt, "issued")
				exec(`insert into public.certifications (mentor_id, kind, issued_on, expires_on)
					values ($1, $2, private.today() + $3::int, case when $4::int < 900 then greatest(private.today() + $4::int, private.today() + $3::int) end)`,
					someone.Draw(rt, "who"), rapid.SampledFrom([]string{"kurs", "attest"}).Draw(rt, "kind"), issued,
					rapid.SampledFrom([]int{-400, -2, -1, 0, 1, 30, 31, 400, 900}).Draw(rt, "expires"))
			},
			"a certification begins": func(rt *rapid.T) {
				// As if days had passed: the entry still says what it said before.
				exec("alter table public.certifications disable trigger user")
				exec("update public.certifications set issued_on = issued_on - 30, expires_on = expires_on where mentor_id = $1 and issued_on > private.today()", someone.Draw(rt, "who"))
				exec("alter table public.certifications enable trigger user")
				exec("update private.roster_entries set recheck_on = recheck_on - 30 where recheck_on > private.today()")
			},
			"uncertify": func(rt *rapid.T) {
				exec("delete from public.certifications where mentor_id = $1 and kind = 'attest'", someone.Draw(rt, "who"))
			},
			"assign": func(rt *rapid.T) {
				exec("insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2) on conflict do nothing",
					someone.Draw(rt, "who"), someone.Draw(rt, "coordinator"))
			},
			"unassign": func(rt *rapid.T) {
				exec("update public.coordinator_assignments set ended_at = now() where mentor_id = $1 and ended_at is null", someone.Draw(rt, "who"))
			},
			"rename": func(rt *rapid.T) {
				exec("update public.profiles set display_name = $2 where id = $1", someone.Draw(rt, "who"), rapid.SampledFrom([]string{"Ærlig", "Øystein", "Anna"}).Draw(rt, "name"))
			},
			"pause": func(rt *rapid.T) {
				exec(`insert into public.pause_records (mentor_id, status, pause_reason, expected_return_date)
					values ($1, 'paused', 'Pause', private.today() + $2::int) on conflict do nothing`, someone.Draw(rt, "who"), day.Draw(rt, "back"))
			},
			"amend": func(rt *rapid.T) {
				exec("update public.pause_records set expected_return_date = private.today() + $2::int where mentor_id = $1 and status <> 'active'",
					someone.Draw(rt, "who"), day.Draw(rt, "back"))
			},
			"bring up to date": func(rt *rapid.T) {
				exec("select private.bring_up_to_date($1, private.lock_live_record($1), private.today())", someone.Draw(rt, "who"))
			},
			"return": func(rt *rapid.T) {
				exec("update public.pause_records set status = 'active' where mentor_id = $1 and status = 'paused'", someone.Draw(rt, "who"))
			},
			"erase": func(rt *rapid.T) {
				exec("select private.erase_person($1, null)", someone.Draw(rt, "who"))
			},
			"fold": func(rt *rapid.T) {
				exec("select private.fold_roster_deltas($1)", rapid.IntRange(1, 40).Draw(rt, "batch"))
			},
			"": func(rt *rapid.T) {
				for _, some := range [][]string{chapters, chapters[:1], chapters[1:2], chapters[2:], chapters[:2], chapters[1:]} {
					if want, got := read(plainSummary, some)[0], read(rosterSummary, some)[0]; got != want {
						rt.Fatalf("chapters %v:\n got %s\nwant %s", some, got, want)
					}
				}
			},
		}
		rt.Repeat(changes)

		// Entries due for a recheck may differ; all others are as after a rebuild.
		exec("select private.refresh_roster(array(select distinct mentor_id from private.roster_entries where recheck_on <= private.today()))")
		before := read(entries)
		exec("select private.rebuild_roster()")
		if diff := cmp.Diff(strings.Join(before, "\n"), strings.Join(read(entries), "\n")); diff != "" {
			rt.Fatalf("a rebuild changes entries (-kept +rebuilt):\n%s", diff)
		}
		changes[""](rt)
	})
}

// The page is assembled as text: its dates are those of JSON, whatever the
// session's date style.
func TestRosterWritesDatesForMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mentor(t)
	call := func(api *database.DB) string {
		t.Helper()
		reply, err := api.CoordinatorRoster(t.Context(), claims(w.coordinators[0]), database.CoordinatorRosterArguments{})
		if err != nil {
			t.Fatal(err)
		}
		return string(reply.Body)
	}
	want := call(w.api)
	// For this database alone, because the role belongs to the server.
	w.exec(t, "do $$ begin execute format('alter role pause_api in database %I set datestyle = German', current_database()); end $$")
	api, err := database.Open(database.Settings{URL: w.db.URL("pause_api"), TimeZone: "Europe/Oslo", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	if diff := cmp.Diff(want, call(api)); diff != "" {
		t.Errorf("with another DateStyle (-ISO +German):\n%s", diff)
	}
}
