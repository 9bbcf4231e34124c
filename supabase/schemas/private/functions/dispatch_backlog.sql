CREATE OR REPLACE FUNCTION private.dispatch_backlog (
  as_of timestamp with time zone
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  AS $function$
declare
  moment timestamptz := coalesce(dispatch_backlog.as_of, clock_timestamp());
begin
  return (
    select jsonb_build_object(
      'pending', count(*),
      'oldest_pending_seconds', coalesce(extract(epoch from moment - min(p.since)), 0)::bigint,
      'oldest_unreceived_seconds', coalesce(extract(epoch from moment - min(p.since) filter (where not p.has_arrived)), 0)::bigint)
    from (
      select case when isfinite(n.created_at) then least(coalesce(n.queued_at, n.created_at), moment) end as since,
        private.has_arrived(n.id) as has_arrived
      from public.notifications n
      where n.state = 'pending'
    ) p);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."dispatch_backlog"(timestamp WITH time zone) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."dispatch_backlog"(timestamp with time zone) IS 'Behind public.dispatch_backlog. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."dispatch_backlog"(timestamp WITH time zone) FROM PUBLIC;
