package schema_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
)

// plainStatuses is what the tables say, of some chapters, without the read model, as of a date: who
// is a mentor on that day, what is certified through it by chains of renewals, and whom a
// pause that was begun since the last day of no membership keeps away.
const plainStatuses = `
	with days as (
		select m.user_id as id, m.chapter_id::text as chapter, private.date_of(m.started_at) as first,
			coalesce(private.date_of(m.ended_at), 'infinity') as after
		from public.chapter_memberships m
		where m.role = 'mentor'
	), mentors as (
		select distinct d.id from days d where d.chapter = any ($1) and d.first <= $2::date and d.after > $2::date
	), kinds as (
		select c.mentor_id, max(coalesce(c.expires_on, 'infinity')) as until
		from public.certifications c
		where c.issued_on <= $2::date or c.issued_on <= 1 + (
			select max(coalesce(h.expires_on, 'infinity')) from public.certifications h
			where h.mentor_id = c.mentor_id and h.kind = c.kind and h.issued_on <= $2::date)
		group by c.mentor_id, c.kind
	), pauses as (
		select p.mentor_id, p.expected_return_date
		from public.pause_records p
		where p.status <> 'active' and p.paused_at is not null and not exists (
			select from generate_series(0, $2::date - private.date_of(p.created_at)) n (later)
			where not exists (
				select from days d
				where d.id = p.mentor_id and d.first <= private.date_of(p.created_at) + n.later and d.after > private.date_of(p.created_at) + n.later)
			and exists (select from days d where d.id = p.mentor_id and d.first < d.after and d.first <= private.date_of(p.created_at) + n.later))
	), plans as (
		select q.mentor_id, q.expected_return_date
		from public.planned_pauses q
		where q.starts_on <= $2::date and not exists (select from pauses p where p.mentor_id = q.mentor_id) and not exists (
			select from generate_series(0, $2::date - private.date_of(q.created_at)) n (later)
			where not exists (
				select from days d
				where d.id = q.mentor_id and d.first <= private.date_of(q.created_at) + n.later and d.after > private.date_of(q.created_at) + n.later)
			and exists (select from days d where d.id = q.mentor_id and d.first < d.after and d.first <= private.date_of(q.created_at) + n.later))
	), away as (
		select * from pauses union all select * from plans
	), facts as (
		select m.id, min(k.until) as until, bool_or(p.mentor_id is not null) as paused, min(p.expected_return_date) as back
		from mentors m
		left join kinds k on k.mentor_id = m.id
		left join away p on p.mentor_id = m.id
		group by m.id
	), shown as (
		select f.*, case when f.until < $2::date then 'expired_cert' when f.paused then 'paused' else 'active' end as status
		from facts f
	)`

// plainAssigned are the mentors whom a coordinator is responsible for.
const plainAssigned = `
	select a.mentor_id
	from public.coordinator_assignments a
	where a.coordinator_id = $3::uuid and a.ended_at is null and exists (
		select from days d
		join public.chapter_memberships m on m.chapter_id::text = d.chapter
		where d.id = a.mentor_id and d.first <= $2::date and d.after > $2::date
			and m.user_id = a.coordinator_id and m.role = 'coordinator' and private.date_of(m.started_at) <= $2::date
			and coalesce(private.date_of(m.ended_at), 'infinity') > $2::date)`

// plainSummary counts them.
const plainSummary = plainStatuses + `
	select format('total %s active %s paused %s expired %s soon %s overdue %s returning %s open %s asked %s mine %s',
		count(*), count(*) filter (where s.status = 'active'), count(*) filter (where s.status = 'paused'),
		count(*) filter (where s.status = 'expired_cert'),
		count(*) filter (where s.status <> 'expired_cert' and s.until <= $2::date + 30),
		count(*) filter (where s.status = 'paused' and s.back < $2::date),
		count(*) filter (where s.status = 'paused' and s.back between $2::date and $2::date + 7),
		count(*) filter (where s.status = 'paused' and s.back is null),
		(select count(*) from public.leave_requests l where l.state = 'open' and l.mentor_id in (select m.id from mentors m)),
		count(*) filter (where s.id in (` + plainAssigned + `)))
	from shown s`

const rosterSummary = `
	select format('total %s active %s paused %s expired %s soon %s overdue %s returning %s open %s asked %s mine %s', s ->> 'total', s ->> 'active',
		s ->> 'paused', s ->> 'expired_cert', s ->> 'expiring_soon', s ->> 'return_overdue', s ->> 'returning', s ->> 'open_ended',
		s ->> 'open_requests', s ->> 'mine')
	from private.roster_summary($1::uuid[], $2::date, $3::uuid) s`

// plainFiltered numbers the mentors whom each filter finds, in the order of the screen.
const plainFiltered = plainStatuses + `
	select format('%s %s %s %s', q.status, n.needle, row_number() over (
		partition by q.status, n.needle order by p.display_name collate "nb-x-icu", p.id), p.id)
	from (values (null), ('active'), ('paused'), ('expired_cert')) q (status)
	cross join (values (null), ('ystein'), ('a')) n (needle)
	join shown s on q.status is null or q.status = s.status
	join public.profiles p on p.id = s.id
		and (n.needle is null or position(n.needle in lower(translate(p.display_name, 'ÆæØøÅå -', 'aaooaa'))) > 0)
	order by 1`

const filtered = `
	select format('%s %s %s %s', q.status, n.needle, f.nth, f.mentor_id)
	from (values (null), ('active'), ('paused'), ('expired_cert')) q (status)
	cross join (values (null), ('ystein'), ('a')) n (needle)
	cross join lateral unnest(private.roster_filters(case when q.status is not null then array[q.status] end, n.needle, null, null, $2::date)) g
	cross join lateral private.filtered_entries($1::uuid[], g, $2::date, '', '00000000-0000-0000-0000-000000000000', 201,
		private.roster_summary($1::uuid[], $2::date)) with ordinality f (chapter_id, display_name, mentor_id, nth)
	order by 1`

// plainAttended numbers the mentors with one of these statuses, a part of the name, a
// coordinator, and one of these kinds of attention (null: any), once for each way to find them.
const plainAttended = plainStatuses + `
	select format('%s %s %s', w.way, row_number() over (partition by w.way order by p.display_name collate "nb-x-icu", p.id), p.id)
	from shown s
	join public.profiles p on p.id = s.id
	cross join unnest($7::text[]) w (way)
	where ($4::text[] is null or s.status = any ($4))
		and ($5::text is null or position($5 in lower(translate(p.display_name, 'ÆæØøÅå -', 'aaooaa'))) > 0)
		and ($3::uuid is null or s.id in (` + plainAssigned + `))
		and ($6::text[] is null
			or 'overdue' = any ($6) and s.status = 'paused' and s.back < $2::date
			or 'open_ended' = any ($6) and s.status = 'paused' and s.back is null
			or 'returning' = any ($6) and s.status = 'paused' and s.back between $2::date and $2::date + 7
			or 'expiring' = any ($6) and s.until between $2::date and $2::date + 30
			or 'expired' = any ($6) and s.until < $2::date
			or 'requests' = any ($6) and exists (select from public.leave_requests l where l.mentor_id = s.id and l.state = 'open'))
	order by 1`

const attended = `
	select format('%s %s %s', w.way, f.nth, f.mentor_id)
	from unnest($7::text[]) w (way)
	cross join lateral unnest(private.roster_filters($4::text[], $5, $3::uuid, $6::text[], $2::date)) g
	cross join lateral (
		select e.* from private.filtered_entries($1::uuid[], g, $2::date, '', '00000000-0000-0000-0000-000000000000', 201,
			private.roster_summary($1::uuid[], $2::date, $3::uuid)) with ordinality e (chapter_id, display_name, mentor_id, nth) where w.way = 'chosen'
		union all
		select e.* from private.walk_chapters($1::uuid[], g, $2::date, '', '00000000-0000-0000-0000-000000000000', 201)
			with ordinality e (chapter_id, display_name, mentor_id, nth) where w.way = 'walked'
		union all
		select e.* from private.pick_places($1::uuid[], g, false, $2::date, '', '00000000-0000-0000-0000-000000000000', 201)
			with ordinality e (chapter_id, display_name, mentor_id, nth) where w.way = 'by kind'
		union all
		select e.* from private.pick_places($1::uuid[], g, true, $2::date, '', '00000000-0000-0000-0000-000000000000', 201)
			with ordinality e (chapter_id, display_name, mentor_id, nth) where w.way = 'by coordinator'
		union all
		select e.* from private.pick_by_name($1::uuid[], g, $2::date, '', '00000000-0000-0000-0000-000000000000', 201)
			with ordinality e (chapter_id, display_name, mentor_id, nth) where w.way = 'by name'
	) f
	order by 1`

// entries lists the read model.
const entries = `
	select format('%s %s %s %s %s %s %s %s', e.chapter_id, e.mentor_id, e.from_on, e.until_on, e.present_from, e.display_name, e.certified_until,
		e.coordinators)
	from private.roster_entries e
	union all
	select format('place %s', p) from private.roster_places p
	union all
	select format('name %s', k) from private.roster_names k
	order by 1`

// pageOrNone is a mentor's page for whoever is signed in; null if there is none for them.
const pageOrNone = `create function pg_temp.page(mentor uuid) returns jsonb language plpgsql as $$
	begin
		return private.mentor_page(mentor, 200, null);
	exception when sqlstate 'PGRST' then
		return null;
	end $$`

// rosterLines and pageLines say the same of each mentor: those whom the roster lists have a
// page, and no others. Who coordinates another of a mentor's chapters is told of a pause, and
// so is on the page, but is not responsible.
const rosterLines = `
	select format('%s %s %s, record %s %s %s %s %s, by %s', m ->> 'mentor_id', m ->> 'display_name', m ->> 'status', m ->> 'pause_record_id',
		m ->> 'version', m ->> 'pause_reason', m ->> 'paused_at', m ->> 'expected_return_date', m -> 'coordinators')
	from jsonb_array_elements(private.coordinator_roster(null, null, null, 200, null)::jsonb -> 'mentors') m
	order by 1`

const pageLines = `
	select format('%s %s %s, record %s %s %s %s %s, by %s', p #>> '{profile,id}', p #>> '{profile,display_name}', p ->> 'status', p #>> '{pause_record,id}',
		p #>> '{pause_record,version}', p #>> '{pause_record,pause_reason}', p #>> '{pause_record,paused_at}', p #>> '{pause_record,expected_return_date}',
		coalesce((select jsonb_agg(r - 'role') from jsonb_array_elements(p -> 'recipients') r
			where r ->> 'role' = 'coordinator' and p -> 'assignments' @> jsonb_build_array(jsonb_build_object('coordinator_id', r -> 'id'))), '[]'))
	from (select pg_temp.page(o.id) as p from public.profiles o where o.id <> auth.uid()) q
	where p is not null and p ->> 'status' = private.mentor_status_on((p #>> '{profile,id}')::uuid, private.today(), null)
	order by 1`

// TestRosterFollowsTheTables changes people, memberships, certifications,
// assignments and pauses at random, as service_role and by hand, and after each
// change compares counts and filters with plain queries, for all chapters and for some of
// them, folded or not, and every mentor's page with the roster; at the end a rebuild
// must change nothing.
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
		try := func(sql string, args ...any) error {
			return pgx.BeginFunc(t.Context(), tx, func(savepoint pgx.Tx) error {
				_, err := savepoint.Exec(t.Context(), sql, args...)
				return err
			})
		}
		exec := func(sql string, args ...any) {
			// What names somebody who was erased is refused, and a membership beside another one.
			if err := try(sql, args...); err != nil && !slices.Contains([]string{"23001", "23P01"}, codeOf(err)) {
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
		coordinator := id("b", 1) // of two chapters
		exec("insert into public.profiles (id, display_name) values ($1, 'Kari')", coordinator)
		exec(`insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			select c::uuid, $1, 'coordinator', now() - interval '1 year' from unnest($2::text[]) c`, coordinator, chapters[:2])
		exec(pageOrNone)
		const people = 6
		for i := range people {
			exec("insert into public.profiles (id, display_name) values ($1, $2)", id("a", i), fmt.Sprintf("Åse %d", i))
		}
		// Some are mentors from the beginning, and come up more often than the others, so that one
		// thing comes upon another.
		exec(`insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			select $1, p::uuid, 'mentor', now() - interval '1 year' from unnest($2::text[]) p`, chapters[0], []string{id("a", 0), id("a", 1)})

		someone := rapid.Custom(func(rt *rapid.T) string {
			return id("a", rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1, 2, 3, 4, people - 1}).Draw(rt, "person"))
		})
		chapter := rapid.SampledFrom(chapters)
		day := rapid.SampledFrom([]int{-400, -2, -1, 0, 1, 29, 30, 31, 400})
		changes := map[string]func(*rapid.T){
			"join": func(rt *rapid.T) {
				exec(`insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
					select $1, $2, $3, f, case when $5::int < 900 then greatest(private.day_start(private.today() + $5::int), f) end
					from (select case when $4::int = 0 then now() else private.day_start(private.today() + $4::int) end) v (f)
					on conflict do nothing`,
					chapter.Draw(rt, "chapter"), someone.Draw(rt, "who"), rapid.SampledFrom([]string{"mentor", "mentor", "coordinator"}).Draw(rt, "role"),
					rapid.SampledFrom([]int{-300, 0, 0, 0, 1, 2, 30}).Draw(rt, "begins"), rapid.SampledFrom([]int{0, 1, 2, 31, 900, 900, 900}).Draw(rt, "ends"))
			},
			"leave": func(rt *rapid.T) {
				exec(`update public.chapter_memberships
					set ended_at = case when $3::int = 0 then greatest(now(), started_at) else greatest(private.day_start(private.today() + $3::int), started_at) end
					where user_id = $1 and chapter_id = $2 and (ended_at is null or ended_at > now())`,
					someone.Draw(rt, "who"), chapter.Draw(rt, "chapter"), rapid.SampledFrom([]int{0, 0, 1, 2, 40}).Draw(rt, "day"))
			},
			"stay": func(rt *rapid.T) {
				exec("update public.chapter_memberships set ended_at = null where user_id = $1 and chapter_id = $2 and ended_at > now()"+
					" and not exists (select from public.chapter_memberships o where o.user_id = $1 and o.chapter_id = $2 and o.ended_at is null)",
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
			"uncertify": func(rt *rapid.T) {
				exec("delete from public.certifications where mentor_id = $1 and kind = 'attest'", someone.Draw(rt, "who"))
			},
			"assign": func(rt *rapid.T) {
				exec("insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2) on conflict do nothing",
					someone.Draw(rt, "who"), someone.Draw(rt, "coordinator"))
			},
			"assign to Kari": func(rt *rapid.T) {
				exec("insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2) on conflict do nothing",
					someone.Draw(rt, "who"), coordinator)
			},
			"ask": func(rt *rapid.T) {
				exec("insert into public.leave_requests (mentor_id, kind) values ($1, $2) on conflict do nothing",
					someone.Draw(rt, "who"), rapid.SampledFrom([]string{"pause", "change_return", "return"}).Draw(rt, "for"))
			},
			"answer": func(rt *rapid.T) {
				exec("update public.leave_requests set state = 'settled', answered_at = now() where mentor_id = $1 and kind = $2 and state = 'open'",
					someone.Draw(rt, "who"), rapid.SampledFrom([]string{"pause", "change_return"}).Draw(rt, "what"))
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
			"plan": func(rt *rapid.T) {
				exec(`insert into public.planned_pauses (mentor_id, starts_on, expected_return_date)
					values ($1, private.today() + $2::int, case when $3::int > 0 then private.today() + $2::int + $3::int end) on conflict do nothing`,
					someone.Draw(rt, "who"), rapid.SampledFrom([]int{1, 2, 8, 31}).Draw(rt, "starts"), rapid.SampledFrom([]int{0, 1, 5, 60}).Draw(rt, "for"))
			},
			"a plan's day has come": func(rt *rapid.T) {
				exec("alter table public.planned_pauses disable trigger planned_pauses_guard")
				exec(`update public.planned_pauses set starts_on = private.today() - $2::int, created_at = private.day_start(private.today() - 9),
					expected_return_date = expected_return_date - (starts_on - (private.today() - $2::int)) where mentor_id = $1`,
					someone.Draw(rt, "who"), rapid.IntRange(0, 3).Draw(rt, "days ago"))
				exec("alter table public.planned_pauses enable trigger planned_pauses_guard")
			},
			"unplan": func(rt *rapid.T) {
				exec("delete from public.planned_pauses where mentor_id = $1", someone.Draw(rt, "who"))
			},
			"bring up to date": func(rt *rapid.T) {
				exec("select private.bring_up_to_date($1, private.lock_live_record($1), private.today())", someone.Draw(rt, "who"))
			},
			"return": func(rt *rapid.T) {
				who := someone.Draw(rt, "who")
				lapsed := read(`select private.has_lapsed(r.mentor_id, private.today())::text
					from public.pause_records r where r.mentor_id = $1 and r.status = 'paused'`, who)
				err := try("update public.pause_records set status = 'active' where mentor_id = $1 and status = 'paused'", who)
				refusal, _ := errors.AsType[*pgconn.PgError](err)
				refused := refusal != nil && refusal.ConstraintName == "pause_records_certification_is_valid"
				// Over an expired certification that no night has stored, nobody returns.
				if refused != slices.Equal(lapsed, []string{"true"}) || err != nil && !refused {
					rt.Fatalf("the return of %s, whose certifications have lapsed (%v): %v", who, lapsed, err)
				}
			},
			"erase": func(rt *rapid.T) {
				exec("select private.pseudonymise($1, null)", someone.Draw(rt, "who"))
			},
			"fold": func(rt *rapid.T) {
				exec("select private.fold_roster_deltas($1)", rapid.IntRange(1, 40).Draw(rt, "batch"))
			},
			"": func(rt *rapid.T) {
				// Nothing has to look at the read model for it to be right on days to come.
				ahead := rapid.SampledFrom([]int{0, 0, 1, 2, 8, 30, 32, 60}).Draw(rt, "days ahead")
				on := read("select (private.today() + $1::int)::text", ahead)[0]
				responsible := rapid.SampledFrom([]string{coordinator, id("a", 0)}).Draw(rt, "responsible")
				kind := rapid.SampledFrom([]string{"overdue", "open_ended", "returning", "expiring", "expired", "requests"})
				kinds := rapid.SliceOfNDistinct(kind, 0, 3, rapid.ID).Draw(rt, "kinds")
				statuses := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"active", "paused", "expired_cert"}), 0, 2, rapid.ID).Draw(rt, "statuses")
				var needle, mine *string
				if rapid.Bool().Draw(rt, "by name") {
					needle = new("ystein")
				}
				ways := []string{"chosen", "walked"}
				if len(kinds) == 0 {
					kinds, mine = nil, &responsible
				} else {
					ways = append(ways, "by kind")
					if rapid.Bool().Draw(rt, "mine") {
						mine = &responsible
					}
				}
				if mine != nil {
					ways = append(ways, "by coordinator")
				}
				if needle != nil {
					ways = append(ways, "by name")
				}
				if len(statuses) == 0 {
					statuses = nil
				}
				// All chapters each time, and some: what a change leaves wrong in others stays for the checks
				// to come, which draw anew.
				others := rapid.SampledFrom([][]string{chapters[:1], chapters[1:2], chapters[2:], chapters[:2], chapters[1:]}).Draw(rt, "chapters")
				for _, some := range [][]string{chapters, others} {
					if want, got := read(plainSummary, some, on, responsible)[0], read(rosterSummary, some, on, responsible)[0]; got != want {
						rt.Fatalf("chapters %v, %d days ahead:\n got %s\nwant %s", some, ahead, got, want)
					}
					if diff := cmp.Diff(read(plainFiltered, some, on), read(filtered, some, on)); diff != "" {
						rt.Fatalf("filters in chapters %v (-want +got):\n%s", some, diff)
					}
					if diff := cmp.Diff(read(plainAttended, some, on, mine, statuses, needle, kinds, ways),
						read(attended, some, on, mine, statuses, needle, kinds, ways)); diff != "" {
						rt.Fatalf("%v of chapters %v, statuses %v, name %v, mine %v, %d days ahead (-want +got):\n%s",
							kinds, some, statuses, needle, mine, ahead, diff)
					}
				}
				exec("select set_config('request.jwt.claims', $1, true)", string(claims(coordinator)))
				if diff := cmp.Diff(read(rosterLines), read(pageLines)); diff != "" {
					rt.Fatalf("pages (-roster +pages):\n%s", diff)
				}
				exec("select set_config('request.jwt.claims', '', true)")
			},
		}
		rt.Repeat(changes)

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
