CREATE OR REPLACE FUNCTION private.mentors_to_requeue (
  after_id uuid,
  batch    integer
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
    select distinct n.mentor_id from public.notifications n
    where n.state = 'undeliverable' and n.acknowledged_at is null and n.mentor_id > mentors_to_requeue.after_id
    order by n.mentor_id
    limit mentors_to_requeue.batch);
end
$function$;

COMMENT ON FUNCTION "private"."mentors_to_requeue"(uuid, integer) IS 'The next mentors, by id, about whom a notification is undeliverable and not acknowledged.';

REVOKE ALL ON FUNCTION "private"."mentors_to_requeue"(uuid, integer) FROM PUBLIC;
