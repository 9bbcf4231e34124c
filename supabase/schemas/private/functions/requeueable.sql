CREATE OR REPLACE FUNCTION private.requeueable (
  mentor_ids uuid[]
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
    select distinct r.notification_id
    from private.recipients_of(array(
      select n.id from public.notifications n
      where n.mentor_id = any (requeueable.mentor_ids) and n.state = 'undeliverable' and n.acknowledged_at is null
    )) r
  );
end
$function$;

COMMENT ON FUNCTION "private"."requeueable"(uuid[]) IS 'Notifications about these mentors that were undeliverable, are not acknowledged, and have a recipient now.';

REVOKE ALL ON FUNCTION "private"."requeueable"(uuid[]) FROM PUBLIC;
