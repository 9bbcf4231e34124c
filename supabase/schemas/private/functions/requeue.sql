CREATE OR REPLACE FUNCTION private.requeue (
  notification_ids uuid[]
)
  RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  requeued integer;
begin
  update public.notifications n
  set state = 'pending', claims = 0, queued_at = clock_timestamp()
  where n.id = any (requeue.notification_ids) and n.state = 'undeliverable' and n.acknowledged_at is null;
  get diagnostics requeued = row_count;
  return requeued;
end
$function$;

COMMENT ON FUNCTION "private"."requeue"(uuid[]) IS 'Gives these undeliverable notifications to the dispatcher again.';

REVOKE ALL ON FUNCTION "private"."requeue"(uuid[]) FROM PUBLIC;
