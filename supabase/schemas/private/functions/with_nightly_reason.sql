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
            select from generate_series(1, with_nightly_reason.as_of - with_nightly_reason.since) n (days)
            cross join lateral (
              select with_nightly_reason.since + n.days - p.expected_return_date, with_nightly_reason.since + n.days - p.open_since
            ) d (late, open)
            where d.late in (-7, 0) or d.late >= 7 and (d.late - 7) % 30 = 0
              or p.expected_return_date is null and d.open >= 90 and d.open % 90 = 0))
      or exists (
        select from public.chapter_memberships t
        where t.user_id = m and t.role = 'mentor'
          and (t.ended_at >= private.day_start(with_nightly_reason.since + 1) and t.ended_at < private.day_start(with_nightly_reason.as_of + 1)
            or t.started_at >= private.day_start(with_nightly_reason.since + 1)
              and t.started_at < private.day_start(with_nightly_reason.as_of + 1)))
      or exists (
        select from public.planned_pauses q
        where q.mentor_id = m and q.starts_on > with_nightly_reason.since and q.starts_on <= with_nightly_reason.as_of)
      or exists (select from private.nightly_held h where h.mentor_id = m)
      or exists (select from private.nightly_pending p where p.mentor_id = m)
    order by m
  );
end
$function$;

COMMENT ON FUNCTION "private"."with_nightly_reason"(uuid[], date, date) IS 'Which of these mentors private.nightly_candidates would name, in a run that is not full.';

REVOKE ALL ON FUNCTION "private"."with_nightly_reason"(uuid[], date, date) FROM PUBLIC;
