CREATE OR REPLACE FUNCTION private.find_log_discrepancies (
  mentor_ids uuid[]
)
  RETURNS TABLE (
    mentor_id       uuid,
    pause_record_id uuid,
    kind            text,
    log_id          bigint
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  SET enable_nestloop TO 'off'
  AS $function$
begin
  return query
    with records as materialized (
      select r.id, r.mentor_id, r.status, coalesce(r.first_version, 1) as first_version, r.version,
        least(r.created_at, r.paused_at) as began, r.reactivated_at as ended
      from public.pause_records r
      where r.mentor_id = any (find_log_discrepancies.mentor_ids)
    ), logged as materialized (
      select l.id, l.pause_record_id, l.mentor_id, l.record_version, l.to_status, l.actor_kind,
        row_number() over (
          partition by l.pause_record_id, l.mentor_id, l.record_version,
            -- After a row that was ahead of its record, a later one of that version repeats nothing.
            l.actor_kind = 'reconciler' or exists (
              select from public.status_discrepancies s
              where s.pause_record_id = l.pause_record_id and s.kind = 'version_ahead' and s.log_id = l.id)
          order by l.id) as nth
      from public.pause_status_log l
      where l.mentor_id = any (find_log_discrepancies.mentor_ids)
    ), logs as (
      select l.pause_record_id, l.mentor_id, max(l.id) as last_id,
        (array_agg(l.to_status order by l.id desc))[1] as last_status,
        (array_agg(l.actor_kind order by l.id desc))[1] as last_actor,
        array_agg(distinct l.record_version) as versions
      from logged l
      group by l.pause_record_id, l.mentor_id
    ), gaps as (
      select r.id, bool_or(true) as any_missing, bool_or(v = r.version) as last_missing
      from records r
      cross join lateral generate_series(r.first_version, r.version) v
      left join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
      where v <> all (coalesce(l.versions, '{}'))
      group by r.id
    )
    select r.mentor_id, r.id, case when l.last_id is null then 'log_missing' else 'version_missing' end, l.last_id
    from gaps g
    join records r on r.id = g.id
    left join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
    union all
    -- Where the last version is missing, its row will supply the status too.
    select r.mentor_id, r.id, 'status_differs', l.last_id
    from records r
    join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
    left join gaps g on g.id = r.id
    where l.last_status <> r.status and not coalesce(g.last_missing, false)
    union all
    select w.mentor_id, w.pause_record_id, case when w.record_version > r.version then 'version_ahead' else 'version_repeated' end, w.id
    from logged w
    join records r on r.id = w.pause_record_id and r.mentor_id = w.mentor_id
    -- The reconciler's own rows repeat a version on purpose.
    where w.actor_kind <> 'reconciler' and (w.nth > 1 or w.record_version > r.version)
    union all
    -- The reconciler's closing row settles it.
    select l.mentor_id, l.pause_record_id, 'record_missing', l.last_id
    from logs l
    where not (l.last_actor = 'reconciler' and l.last_status = 'active')
      and not exists (select from records r where r.id = l.pause_record_id and r.mentor_id = l.mentor_id)
    union all
    select o.mentor_id, o.id, 'stretches_overlap', null
    from (
      select r.mentor_id, r.id, r.began,
        max(coalesce(r.ended, 'infinity')) over (
          partition by r.mentor_id order by r.began, r.id rows between unbounded preceding and 1 preceding) as others_end
      from records r
      where r.began < coalesce(r.ended, 'infinity')
    ) o
    where o.others_end > o.began;
end
$function$;

COMMENT ON FUNCTION "private"."find_log_discrepancies"(uuid[]) IS 'Every difference between the status and the log of these mentors, reported already or not.';

REVOKE ALL ON FUNCTION "private"."find_log_discrepancies"(uuid[]) FROM PUBLIC;
