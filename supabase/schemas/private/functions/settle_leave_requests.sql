CREATE OR REPLACE FUNCTION private.settle_leave_requests (
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
declare
  asking uuid[] := array(
    select l.id from public.leave_requests l where l.mentor_id = any (settle_leave_requests.mentor_ids) and l.state = 'open');
begin
  if asking = '{}' then
    return;
  end if;
  update public.leave_requests l
  set state = 'settled', answered_at = greatest(clock_timestamp(), l.created_at)
  where l.id = any (array(
    select o.id
    from public.leave_requests o
    cross join lateral (
      select exists (
        select from private.mentor_times t
        where t.mentor_id = o.mentor_id
          and t.from_on <= settle_leave_requests.as_of and t.until_on > settle_leave_requests.as_of
          and not (t.is_return and t.from_on > private.date_of(o.created_at))) as is_there
      offset 0
    ) f
    left join lateral (
      select true as is_paused, r.expected_return_date from public.pause_records r
      where r.mentor_id = o.mentor_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null
      union all
      -- A plan is a pause from its first day on.
      select true, q.expected_return_date from public.planned_pauses q
      where q.mentor_id = o.mentor_id and q.starts_on <= settle_leave_requests.as_of
      limit 1
    ) p on true
    where o.id = any (asking)
      and (
        not f.is_there
        or o.expected_return_date <= settle_leave_requests.as_of
        or case o.kind
          when 'pause' then p.is_paused
            or o.starts_on is not null and exists (select from public.planned_pauses q where q.mentor_id = o.mentor_id)
          when 'change_return' then p.is_paused is null or p.expected_return_date is not distinct from o.expected_return_date
          else p.is_paused is null end)));
end
$function$;

COMMENT ON FUNCTION "private"."settle_leave_requests"(uuid[], date) IS 'Settles the open requests of these mentors, who are held, that have become pointless by the date: for a pause of somebody who is paused, or has a plan instead; for a return, or another date, of somebody who is not, or for the date that there is; for a date that has come; and of whoever is a mentor no more.';

REVOKE ALL ON FUNCTION "private"."settle_leave_requests"(uuid[], date) FROM PUBLIC;
