CREATE OR REPLACE FUNCTION private.wanted_entries (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS SETOF private.roster_entry
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET enable_nestloop TO 'off'
  AS $function$
declare
  zone text := (select s.time_zone from private.settings s);
  assigned uuid[] := array(
    select distinct a.coordinator_id from public.coordinator_assignments a
    where a.mentor_id = any (wanted_entries.mentor_ids) and a.ended_at is null);
begin
  return query
    with certifications as materialized (
      select s.* from private.certification_stretches(wanted_entries.mentor_ids) s
    ), memberships as materialized (
      select m.user_id as mentor_id, m.chapter_id, d.from_on, d.until_on
      from public.chapter_memberships m
      cross join lateral (
        select (m.started_at at time zone zone)::date, coalesce((m.ended_at at time zone zone)::date, 'infinity')
      ) d (from_on, until_on)
      where m.user_id = any (wanted_entries.mentor_ids) and m.role = 'mentor' and d.from_on < d.until_on
    ), assignments as materialized (
      select a.mentor_id, a.coordinator_id, m.chapter_id, q.display_name, (m.started_at at time zone zone)::date as from_on,
        coalesce((m.ended_at at time zone zone)::date, 'infinity') as until_on
      from public.coordinator_assignments a
      join public.chapter_memberships m on m.user_id = a.coordinator_id and m.role = 'coordinator'
      join public.profiles q on q.id = a.coordinator_id
      where a.mentor_id = any (wanted_entries.mentor_ids) and a.ended_at is null
        and m.user_id = any (assigned) and q.id = any (assigned)
    ), days as (
      select m.mentor_id, wanted_entries.as_of as day
      from memberships m
      where m.until_on > wanted_entries.as_of
      union
      select m.mentor_id, v.day
      from memberships m
      cross join lateral (values (m.from_on), (m.until_on)) v (day)
      where v.day > wanted_entries.as_of and v.day < 'infinity'
      union
      select s.mentor_id, s.begins_on
      from certifications s
      where s.begins_on > wanted_entries.as_of
      union
      select a.mentor_id, v.day
      from assignments a
      cross join lateral (values (a.from_on), (a.until_on)) v (day)
      where v.day > wanted_entries.as_of and v.day < 'infinity'
    ), stretches as materialized (
      select d.mentor_id, d.day, case when d.day > wanted_entries.as_of then d.day else '-infinity' end as from_on,
        lead(d.day, 1, 'infinity') over (partition by d.mentor_id order by d.day) as until_on
      from days d
    ), placed as materialized (
      -- Distinct, because a statement whose memberships overlap is refused after this.
      select s.mentor_id, s.day, s.from_on, s.until_on, array_agg(distinct m.chapter_id order by m.chapter_id) as chapter_ids
      from stretches s
      join memberships m on m.mentor_id = s.mentor_id and m.from_on <= s.day and m.until_on > s.day
      group by s.mentor_id, s.day, s.from_on, s.until_on
    ), certified as (
      -- Of those that end on one day, what is to be renewed, which is the successor.
      select distinct on (s.mentor_id, s.day) s.mentor_id, s.day, c.ends_on as certified_until,
        c.kind as certification_kind, c.is_missing as certification_is_missing
      from stretches s
      join certifications c on c.mentor_id = s.mentor_id
        and c.begins_on <= s.day and coalesce(c.next_begins_on, 'infinity') > s.day
      where c.ends_on is not null
      order by s.mentor_id, s.day, c.ends_on, c.is_missing, c.is_succeeded, c.kind
    ), responsible as (
      select r.mentor_id, r.day,
        jsonb_agg(jsonb_build_object('id', r.coordinator_id, 'display_name', r.display_name) order by r.display_name, r.coordinator_id) as coordinators
      from (
        select distinct s.mentor_id, s.day, a.coordinator_id, a.display_name
        from placed s
        join assignments a on a.mentor_id = s.mentor_id and a.from_on <= s.day and a.until_on > s.day
        where a.chapter_id = any (s.chapter_ids)
      ) r
      group by r.mentor_id, r.day
    )
    select s.mentor_id, c.chapter_id, s.from_on, s.until_on, case when t.is_return then t.from_on else '-infinity' end,
      p.display_name, s.chapter_ids, f.certified_until, f.certification_kind, coalesce(f.certification_is_missing, false),
      q.starts_on, coalesce(o.open_requests, 0::smallint), coalesce(r.coordinators, '[]')
    from placed s
    join public.profiles p on p.id = s.mentor_id
    join private.mentor_times t on t.mentor_id = s.mentor_id and t.from_on <= s.day and t.until_on > s.day
    left join certified f on f.mentor_id = s.mentor_id and f.day = s.day
    left join responsible r on r.mentor_id = s.mentor_id and r.day = s.day
    left join (
      select l.mentor_id, count(*)::smallint as open_requests
      from public.leave_requests l
      where l.mentor_id = any (wanted_entries.mentor_ids) and l.state = 'open'
      group by l.mentor_id
    ) o on o.mentor_id = s.mentor_id
    -- A plan ends when the mentor has left every chapter.
    left join public.planned_pauses q on q.mentor_id = s.mentor_id and q.mentor_id = any (wanted_entries.mentor_ids)
      and not (t.is_return and t.from_on > private.date_of(q.created_at))
    cross join lateral unnest(s.chapter_ids) c (chapter_id)
    where t.mentor_id = any (wanted_entries.mentor_ids) and p.id = any (wanted_entries.mentor_ids);
end
$function$;

COMMENT ON FUNCTION "private"."wanted_entries"(uuid[], date) IS 'What the roster''s entries of these mentors should be according to the tables, for the date and all days after it.';

REVOKE ALL ON FUNCTION "private"."wanted_entries"(uuid[], date) FROM PUBLIC;
