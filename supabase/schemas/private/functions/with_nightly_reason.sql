CREATE OR REPLACE FUNCTION private.with_nightly_reason (
  mentor_ids uuid[],
  since      date,
  as_of      date
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
begin
  return array(
    select distinct m
    from unnest(with_nightly_reason.mentor_ids) m
    where exists (
        select from public.certifications c
        where c.mentor_id = m
          and (c.issued_on > with_nightly_reason.since and c.issued_on <= with_nightly_reason.as_of
            or exists (
              select from unnest(array[0, 8, 31]) ahead (days)
              where c.expires_on between with_nightly_reason.since + ahead.days and with_nightly_reason.as_of - 1 + ahead.days)))
      or exists (
        select from public.pause_records p
        where p.mentor_id = m
          and p.status in ('paused', 'expired_cert')
          and exists (
            select from unnest(array[-7, 0, 7]) ahead (days)
            where p.expected_return_date between with_nightly_reason.since + 1 + ahead.days and with_nightly_reason.as_of + ahead.days))
      or exists (select from private.nightly_held h where h.mentor_id = m)
      or exists (select from private.nightly_pending p where p.mentor_id = m)
    order by m
  );
end
$function$;

COMMENT ON FUNCTION "private"."with_nightly_reason"(uuid[], date, date) IS 'Which of these mentors private.nightly_candidates would name, in a run that is not full.';

REVOKE ALL ON FUNCTION "private"."with_nightly_reason"(uuid[], date, date) FROM PUBLIC;
