CREATE OR REPLACE FUNCTION private.find_roster_differences (
  mentor_ids uuid[]
)
  RETURNS TABLE (
    mentor_id      uuid,
    kind           text,
    chapter_set_id integer
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
declare
  today date := private.today();
  -- Each set has its turn with the first of its mentors.
  sets integer[];
begin
  sets := array(
    select distinct e.chapter_set_id
    from private.roster_entries e
    where e.mentor_id = any (find_roster_differences.mentor_ids)
      and not exists (
        select from private.roster_entries f
        where f.chapter_set_id = e.chapter_set_id and f.mentor_id < e.mentor_id));
  return query
    select distinct coalesce(w.mentor_id, e.mentor_id), 'roster_differs', null::integer
    from private.wanted_entries(find_roster_differences.mentor_ids, today) w
    full join (
      select n.*, s.chapter_ids, q.starts_on,
        not exists (
          -- What places there should be: one, or two where a plan begins.
          select from (
            values
              (n.from_on, least(n.until_on, q.starts_on), false),
              (case when q.starts_on <= today then n.from_on else greatest(n.from_on, q.starts_on) end, n.until_on, true)
          ) v (from_on, until_on, is_planned)
          where case when v.is_planned then q.starts_on < n.until_on
              else coalesce(q.starts_on > greatest(n.from_on, today), true) end
            and not exists (
              select from private.roster_places p
              where p.mentor_id = n.mentor_id and p.chapter_id = n.chapter_id and p.until_on = v.until_on
                -- What has begun since the row was built.
                and case when p.from_on <= today then '-infinity' else p.from_on end = case when v.from_on <= today then '-infinity' else v.from_on end
                and (p.present_from, p.display_name, p.certified_until, p.is_paused, p.expected_return_date, p.has_request, p.assigned_to)
                  is not distinct from (n.present_from, n.display_name, n.certified_until, v.is_planned or r.id is not null,
                    case when r.id is not null then r.expected_return_date when v.is_planned then q.expected_return_date end,
                    n.open_requests > 0, private.assigned_ids(n.coordinators)))
        ) as is_placed
      from private.roster_entries n
      left join private.chapter_sets s on s.id = n.chapter_set_id
      left join public.planned_pauses q on q.mentor_id = case when n.planned_from is not null then n.mentor_id end
      -- Looked up by the mentor (offset), however few were live when this was planned.
      left join lateral (
        select p.id, p.expected_return_date
        from public.pause_records p
        where p.mentor_id = n.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
          and private.date_of(p.paused_at) >= n.present_from
        offset 0
      ) r on true
      where n.mentor_id = any (find_roster_differences.mentor_ids)
        and n.until_on > today -- what is over shows nowhere, until it is removed
    ) e on e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id
      -- What has begun since it was built.
      and case when e.from_on <= today then '-infinity' else e.from_on end = w.from_on
    where (w.mentor_id, w.until_on, w.present_from, w.display_name, w.chapter_ids,
          w.certified_until, w.certification_kind, w.certification_is_missing, w.planned_from, w.open_requests, w.coordinators)
        is distinct from
        (e.mentor_id, e.until_on, e.present_from, e.display_name, e.chapter_ids,
          e.certified_until, e.certification_kind, e.certification_is_missing, e.starts_on, e.open_requests, e.coordinators)
      or not e.is_placed
      or e.mentor_id is not null and not exists (
        select from private.roster_names k
        where k.mentor_id = e.mentor_id and k.chapter_id = e.chapter_id and k.display_name = e.display_name)
    union
    select o.mentor_id, 'roster_differs', null
    from (
      select p.mentor_id, p.chapter_id, p.until_on from private.roster_places p
      where p.mentor_id = any (find_roster_differences.mentor_ids) and p.until_on > today
      union all
      select k.mentor_id, k.chapter_id, null from private.roster_names k where k.mentor_id = any (find_roster_differences.mentor_ids)
    ) o
    where not exists (
      select from private.roster_entries e
      where e.mentor_id = o.mentor_id and e.chapter_id = o.chapter_id
        and (o.until_on is null or o.until_on = e.until_on or o.until_on = e.planned_from))
    union all
    select (
        select e.mentor_id from private.roster_entries e
        where e.chapter_set_id = r.chapter_set_id order by e.mentor_id limit 1),
      'counts_differ', r.chapter_set_id
    from (
      select distinct coalesce(a.chapter_set_id, c.chapter_set_id) as chapter_set_id
      from private.recounted(sets) c
      left join private.assigned_sets a on a.id = c.chapter_set_id
    ) r;
end
$function$;

COMMENT ON FUNCTION "private"."find_roster_differences"(uuid[]) IS 'Every difference between the read model and the tables of these mentors, and of the sets of chapters whose first mentor is among them.';

REVOKE ALL ON FUNCTION "private"."find_roster_differences"(uuid[]) FROM PUBLIC;
