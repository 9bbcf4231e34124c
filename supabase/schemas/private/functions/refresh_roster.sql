CREATE OR REPLACE FUNCTION private.refresh_roster (
  mentor_ids uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
declare
  today date := private.today();
begin
  -- The mentor's lock. A writer that waited for it sees what the other committed.
  perform from private.person_locks l
  where l.person_id = any (refresh_roster.mentor_ids) order by l.person_id for no key update;

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct array_agg(m.chapter_id order by m.chapter_id)
    from public.chapter_memberships m
    where m.user_id = any (refresh_roster.mentor_ids) and m.role = 'mentor' and m.ended_at is null
    group by m.user_id
    order by 1 -- two who make the same sets wait for each other in one order
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  with wanted as (
    select w.*, s.id as chapter_set_id
    from private.wanted_entries(refresh_roster.mentor_ids, today) w
    join private.chapter_sets s on s.chapter_ids = w.chapter_ids
  ), facts_before as (
    select distinct e.mentor_id, e.chapter_set_id, e.certified_until
    from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
  ), facts_after as (
    select distinct w.mentor_id, w.chapter_set_id, w.certified_until from wanted w
  ), removed as (
    delete from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (select from wanted w where w.mentor_id = e.mentor_id and w.chapter_id = e.chapter_id)
  ), written as (
    insert into private.roster_entries as e
      (mentor_id, chapter_id, display_name, chapter_set_id, certified_until, recheck_on, coordinators)
    select w.mentor_id, w.chapter_id, w.display_name, w.chapter_set_id, w.certified_until, w.recheck_on, w.coordinators
    from wanted w
    on conflict on constraint roster_entries_pkey do update set
      display_name = excluded.display_name,
      chapter_set_id = excluded.chapter_set_id,
      certified_until = excluded.certified_until,
      recheck_on = excluded.recheck_on,
      coordinators = excluded.coordinators
    where (e.display_name, e.chapter_set_id, e.certified_until, e.recheck_on, e.coordinators)
      is distinct from
      (excluded.display_name, excluded.chapter_set_id, excluded.certified_until, excluded.recheck_on, excluded.coordinators)
  ), changed as (
    select b.mentor_id, b.chapter_set_id, b.certified_until, -1 as change
    from facts_before b
    where not exists (
      select from facts_after a
      where a.mentor_id = b.mentor_id and a.chapter_set_id = b.chapter_set_id
        and a.certified_until is not distinct from b.certified_until)
    union all
    select a.mentor_id, a.chapter_set_id, a.certified_until, 1
    from facts_after a
    where not exists (
      select from facts_before b
      where b.mentor_id = a.mentor_id and b.chapter_set_id = a.chapter_set_id
        and b.certified_until is not distinct from a.certified_until)
  )
  insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
  select g.chapter_set_id, sum(g.change), g.is_pause, g.certified_until, g.expected_return_date
  from (
    select c.chapter_set_id, c.change, false as is_pause, c.certified_until, null::date as expected_return_date
    from changed c
    union all
    select c.chapter_set_id, c.change, true, c.certified_until, p.expected_return_date
    from changed c
    join public.pause_records p on p.mentor_id = c.mentor_id
    where p.status in ('paused', 'expired_cert') and p.paused_at is not null
  ) g
  group by g.chapter_set_id, g.is_pause, g.certified_until, g.expected_return_date
  having sum(g.change) <> 0;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.mentor_id = any (refresh_roster.mentor_ids)));
end
$function$;

COMMENT ON FUNCTION "private"."refresh_roster"(uuid[]) IS 'Rebuilds the entries of these mentors from the tables, and counts what changed. Locks the mentors first. Definer, for the triggers that call it as service_role.';

REVOKE ALL ON FUNCTION "private"."refresh_roster"(uuid[]) FROM PUBLIC;
