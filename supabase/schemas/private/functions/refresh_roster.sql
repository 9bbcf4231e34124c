CREATE OR REPLACE FUNCTION private.refresh_roster (
  mentor_ids   uuid[],
  plans_before private.paused_mentor[] DEFAULT NULL::private.paused_mentor[]
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET enable_seqscan TO 'on'
  SET jit TO 'off'
  AS $function$
declare
  wanted private.roster_entry[];
  pauses private.paused_mentor[];
  plans private.paused_mentor[];
  today date;
begin
  -- To plan what follows takes longer than to do it for a few. Theirs is planned once in a
  -- session, and by the indexes alone: the tables may have been empty then.
  if cardinality(refresh_roster.mentor_ids) <= 10 then
    set local plan_cache_mode = 'force_generic_plan';
    set local enable_seqscan = off;
  end if;

  -- The mentor's lock. A writer that waited for it sees what the other committed.
  perform from private.person_locks l
  where l.person_id = any (refresh_roster.mentor_ids) order by l.person_id for no key update;

  today := private.date_of(clock_timestamp());
  wanted := array(select w from private.wanted_entries(refresh_roster.mentor_ids, today) w);
  pauses := array(
    select (r.mentor_id, private.date_of(r.paused_at), r.expected_return_date)::private.paused_mentor
    from public.pause_records r
    where r.mentor_id = any (refresh_roster.mentor_ids) and r.status in ('paused', 'expired_cert') and r.paused_at is not null);
  plans := array(
    select (q.mentor_id, q.starts_on, q.expected_return_date)::private.paused_mentor
    from public.planned_pauses q
    where q.mentor_id = any (refresh_roster.mentor_ids));
  refresh_roster.plans_before := coalesce(refresh_roster.plans_before, plans);

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct w.chapter_ids from unnest(wanted) w
    order by 1 -- two who make the same sets wait for each other in one order
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  insert into private.assigned_sets (coordinator_id, chapter_set_id)
  select a.coordinator_id, a.chapter_set_id
  from (
    select distinct (c ->> 'id')::uuid as coordinator_id, s.id as chapter_set_id
    from unnest(wanted) w
    join private.chapter_sets s on s.chapter_ids = w.chapter_ids
    cross join lateral jsonb_array_elements(w.coordinators) c
  ) a
  where not exists ( -- each number that is tried is used up
    select from private.assigned_sets k where k.coordinator_id = a.coordinator_id and k.chapter_set_id = a.chapter_set_id)
  order by 1, 2
  on conflict on constraint assigned_sets_distinct do nothing;

  with wanted_in_sets as (
    select w.*, s.id as chapter_set_id, private.assigned_ids(w.coordinators) as assigned_to
    from unnest(wanted) w
    join private.chapter_sets s on s.chapter_ids = w.chapter_ids
  ), facts_before as (
    select distinct e.mentor_id, e.chapter_set_id, e.from_on, e.until_on, e.present_from, e.certified_until, e.open_requests,
      q.began_on as planned_from, q.expected_return_date as planned_return
    from private.roster_entries e
    left join unnest(refresh_roster.plans_before) q on q.mentor_id = e.mentor_id and e.planned_from is not null
    where e.mentor_id = any (refresh_roster.mentor_ids)
  ), facts_after as (
    select distinct w.mentor_id, w.chapter_set_id, w.from_on, w.until_on, w.present_from, w.certified_until, w.open_requests,
      q.began_on as planned_from, q.expected_return_date as planned_return
    from wanted_in_sets w
    left join unnest(plans) q on q.mentor_id = w.mentor_id and w.planned_from is not null
  ), assigned as (
    select a.id as chapter_set_id, f.from_on, f.until_on, sum(f.change) as change
    from (
      select distinct e.mentor_id, e.chapter_set_id, e.from_on, e.until_on, c ->> 'id' as coordinator_id, -1 as change
      from private.roster_entries e
      cross join lateral jsonb_array_elements(e.coordinators) c
      where e.mentor_id = any (refresh_roster.mentor_ids)
      union all
      select distinct w.mentor_id, w.chapter_set_id, w.from_on, w.until_on, c ->> 'id', 1
      from wanted_in_sets w
      cross join lateral jsonb_array_elements(w.coordinators) c
    ) f
    join private.assigned_sets a on a.coordinator_id = f.coordinator_id::uuid and a.chapter_set_id = f.chapter_set_id
    group by a.id, f.from_on, f.until_on
  ), removed as (
    delete from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (
        select from wanted_in_sets w
        where w.mentor_id = e.mentor_id and w.chapter_id = e.chapter_id and w.from_on = e.from_on)
  ), rewritten as (
    update private.roster_entries e set
      until_on = w.until_on,
      present_from = w.present_from,
      display_name = w.display_name,
      chapter_set_id = w.chapter_set_id,
      certified_until = w.certified_until,
      certification_kind = w.certification_kind,
      certification_is_missing = w.certification_is_missing,
      planned_from = w.planned_from,
      open_requests = w.open_requests,
      coordinators = w.coordinators
    from wanted_in_sets w
    where e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id and e.from_on = w.from_on
      and (e.until_on, e.present_from, e.display_name, e.chapter_set_id,
          e.certified_until, e.certification_kind, e.certification_is_missing, e.planned_from, e.open_requests, e.coordinators)
        is distinct from (w.until_on, w.present_from, w.display_name, w.chapter_set_id,
          w.certified_until, w.certification_kind, w.certification_is_missing, w.planned_from, w.open_requests, w.coordinators)
  ), written as (
    insert into private.roster_entries
      (mentor_id, chapter_id, from_on, until_on, present_from, display_name, chapter_set_id,
        certified_until, certification_kind, certification_is_missing, planned_from, open_requests, coordinators)
    select w.mentor_id, w.chapter_id, w.from_on, w.until_on, w.present_from, w.display_name, w.chapter_set_id,
      w.certified_until, w.certification_kind, w.certification_is_missing, w.planned_from, w.open_requests, w.coordinators
    from wanted_in_sets w
    where not exists (
      select from private.roster_entries e
      where e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id and e.from_on = w.from_on)
  ), wanted_places as (
    select w.mentor_id, w.chapter_id, v.from_on, v.until_on, w.present_from, w.display_name, w.certified_until, v.is_planned,
      v.is_planned or r.mentor_id is not null as is_paused,
      case when r.mentor_id is not null then r.expected_return_date when v.is_planned then q.expected_return_date end
        as expected_return_date,
      w.open_requests > 0 as has_request, w.assigned_to
    from wanted_in_sets w
    left join unnest(pauses) r on r.mentor_id = w.mentor_id and r.began_on >= w.present_from
    left join unnest(plans) q on q.mentor_id = w.mentor_id
    cross join lateral (
      values
        (w.from_on, least(w.until_on, w.planned_from), false),
        (case when w.planned_from <= today then w.from_on else greatest(w.from_on, w.planned_from) end, w.until_on, true)
    ) v (from_on, until_on, is_planned)
    where case when v.is_planned then w.planned_from < w.until_on
      else coalesce(w.planned_from > greatest(w.from_on, today), true) end
  ), displaced as (
    delete from private.roster_places p
    where p.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (
        select from wanted_places w
        where w.mentor_id = p.mentor_id and w.chapter_id = p.chapter_id and w.from_on = p.from_on)
  ), moved as (
    update private.roster_places p set
      until_on = w.until_on,
      present_from = w.present_from,
      is_paused = w.is_paused,
      is_planned = w.is_planned,
      display_name = w.display_name,
      certified_until = w.certified_until,
      expected_return_date = w.expected_return_date,
      has_request = w.has_request,
      assigned_to = w.assigned_to
    from wanted_places w
    where p.mentor_id = w.mentor_id and p.chapter_id = w.chapter_id and p.from_on = w.from_on
      and (p.until_on, p.present_from, p.is_paused, p.is_planned, p.display_name, p.certified_until,
          p.expected_return_date, p.has_request, p.assigned_to)
        is distinct from (w.until_on, w.present_from, w.is_paused, w.is_planned, w.display_name, w.certified_until,
          w.expected_return_date, w.has_request, w.assigned_to)
  ), placed as (
    insert into private.roster_places
      (mentor_id, chapter_id, from_on, until_on, present_from, is_paused, is_planned, display_name, certified_until,
        expected_return_date, has_request, assigned_to)
    select w.mentor_id, w.chapter_id, w.from_on, w.until_on, w.present_from, w.is_paused, w.is_planned, w.display_name, w.certified_until,
      w.expected_return_date, w.has_request, w.assigned_to
    from wanted_places w
    where not exists (
      select from private.roster_places p
      where p.mentor_id = w.mentor_id and p.chapter_id = w.chapter_id and p.from_on = w.from_on)
  ), unnamed as (
    delete from private.roster_names k
    where k.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (select from wanted_in_sets w where w.mentor_id = k.mentor_id and w.chapter_id = k.chapter_id)
  ), named as (
    insert into private.roster_names (mentor_id, chapter_id, display_name)
    select distinct w.mentor_id, w.chapter_id, w.display_name
    from wanted_in_sets w
    where not exists (
      select from private.roster_names k
      where k.mentor_id = w.mentor_id and k.chapter_id = w.chapter_id and k.display_name = w.display_name)
    -- Of many, those of a chapter are neighbours: a search reads fewer pages.
    order by w.chapter_id
    on conflict on constraint roster_names_pkey do update set display_name = excluded.display_name
  ), changed as (
    select f.mentor_id, f.chapter_set_id, f.from_on, f.until_on, f.present_from, f.certified_until, f.open_requests,
      f.planned_from, f.planned_return, sum(f.change)::integer as change
    from (
      select b.*, -1 as change from facts_before b
      union all
      select a.*, 1 from facts_after a
    ) f
    group by f.mentor_id, f.chapter_set_id, f.from_on, f.until_on, f.present_from, f.certified_until, f.open_requests,
      f.planned_from, f.planned_return
    having sum(f.change) <> 0
  )
  insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
  select g.chapter_set_id, sum(g.change), g.subject, g.from_on, g.until_on, g.certified_until, g.expected_return_date
  from (
    select c.chapter_set_id, c.change, 'mentor' as subject, c.from_on, c.until_on, c.certified_until, null::date as expected_return_date
    from changed c
    union all
    select c.chapter_set_id, c.change, 'pause', c.from_on, c.until_on, c.certified_until, p.expected_return_date
    from changed c
    join unnest(pauses) p on p.mentor_id = c.mentor_id and p.began_on >= c.present_from
    union all
    select c.chapter_set_id, c.change, 'pause', greatest(c.from_on, c.planned_from), c.until_on, c.certified_until, c.planned_return
    from changed c
    where c.planned_from < c.until_on
      and not exists (select from unnest(pauses) p where p.mentor_id = c.mentor_id and p.began_on >= c.present_from)
    union all
    select c.chapter_set_id, c.change * c.open_requests, 'request', c.from_on, c.until_on, null, null
    from changed c
    union all
    select a.chapter_set_id, a.change, 'mentor', a.from_on, a.until_on, null, null
    from assigned a
  ) g
  group by g.chapter_set_id, g.subject, g.from_on, g.until_on, g.certified_until, g.expected_return_date
  having sum(g.change) <> 0;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.mentor_id = any (refresh_roster.mentor_ids)));
end
$function$;

COMMENT ON FUNCTION "private"."refresh_roster"(uuid[], private.paused_mentor[]) IS 'Rebuilds the entries of these mentors from the tables, and counts what changed. plans_before: the plans that were counted, where a statement has changed them; null: those that there are. Locks the mentors first. Definer, for the triggers that call it as service_role.';

REVOKE ALL ON FUNCTION "private"."refresh_roster"(uuid[], private.paused_mentor[]) FROM PUBLIC;
