CREATE OR REPLACE FUNCTION private.requeueable (
  mentor_ids uuid[],
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
    select f.notification_id
    from private.notification_facts(array(
      select distinct r.notification_id
      from private.recipients_of(array(
        select n.id from public.notifications n
        where n.mentor_id = any (requeueable.mentor_ids) and n.state = 'undeliverable' and n.acknowledged_at is null
          -- What could not be written or recorded would fail again.
          and not exists (
            select from public.notification_attempts a
            where a.notification_id = n.id and a.recipient_id is null and a.outcome = 'failed')
      )) r
    ), requeueable.as_of) f
    where f.is_true
  );
end
$function$;

COMMENT ON FUNCTION "private"."requeueable"(uuid[], date) IS 'Notifications about these mentors that were undeliverable, are not acknowledged, have a recipient now, and are still true on the date.';

REVOKE ALL ON FUNCTION "private"."requeueable"(uuid[], date) FROM PUBLIC;
