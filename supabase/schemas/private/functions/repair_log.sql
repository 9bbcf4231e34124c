CREATE OR REPLACE FUNCTION private.repair_log (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
begin
  -- Versions without a row. The first of a gap carries the change from the row
  -- before the gap to the row after it, the others nothing.
  insert into public.pause_status_log
    (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
  select m.id, m.mentor_id,
    case when m.is_first then coalesce(b.to_status, 'active') else coalesce(a.from_status, m.status) end,
    coalesce(a.from_status, m.status),
    'reconciler', m.version, coalesce(a.effective_on, m.effective_on, repair_log.as_of)
  from (
    select r.id, r.mentor_id, r.status, r.effective_on, v as version, r.version as last_version,
      v = coalesce(r.first_version, 1) or exists (
        select from public.pause_status_log l
        where l.pause_record_id = r.id and l.mentor_id = r.mentor_id and l.record_version = v - 1) as is_first
    from public.pause_records r
    cross join lateral generate_series(coalesce(r.first_version, 1), r.version) v
    where r.mentor_id = any (repair_log.mentor_ids)
      and not exists (
        select from public.pause_status_log l
        where l.pause_record_id = r.id and l.mentor_id = r.mentor_id and l.record_version = v)
  ) m
  left join lateral (
    select l.to_status from public.pause_status_log l
    where l.pause_record_id = m.id and l.mentor_id = m.mentor_id and l.record_version < m.version
    order by l.record_version desc, l.id desc limit 1
  ) b on true
  left join lateral (
    select l.from_status, l.effective_on from public.pause_status_log l
    where l.pause_record_id = m.id and l.mentor_id = m.mentor_id
      and l.record_version > m.version and l.record_version <= m.last_version -- what is ahead of the record is no fact
    order by l.record_version, l.id limit 1
  ) a on true
  order by m.mentor_id, m.id, m.version;

  -- The log ends with the status that the table has; without a record nobody is away.
  insert into public.pause_status_log
    (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
  select l.pause_record_id, l.mentor_id, l.to_status, coalesce(r.status, 'active'),
    'reconciler', coalesce(r.version, l.record_version + 1), coalesce(r.effective_on, repair_log.as_of)
  from (
    select distinct on (w.pause_record_id, w.mentor_id) w.*
    from public.pause_status_log w
    where w.mentor_id = any (repair_log.mentor_ids)
    order by w.pause_record_id, w.mentor_id, w.id desc
  ) l
  left join public.pause_records r on r.id = l.pause_record_id and r.mentor_id = l.mentor_id
  where l.to_status <> r.status
    or r.id is null and not (l.actor_kind = 'reconciler' and l.to_status = 'active')
  order by l.mentor_id, l.id;
end
$function$;

COMMENT ON FUNCTION "private"."repair_log"(uuid[], date) IS 'Appends to the log of these mentors what it lacks, as actor reconciler. The caller holds their locks.';

REVOKE ALL ON FUNCTION "private"."repair_log"(uuid[], date) FROM PUBLIC;
