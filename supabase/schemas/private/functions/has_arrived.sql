CREATE OR REPLACE FUNCTION private.has_arrived (
  notification_id uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- The ledger too, because an erased person did receive it.
  return exists (
      select from public.notification_attempts a
      where a.notification_id = has_arrived.notification_id and a.outcome = 'delivered')
    or exists (
      select from public.notification_inbox i where i.notification_id = has_arrived.notification_id);
end
$function$;

COMMENT ON FUNCTION "private"."has_arrived"(uuid) IS 'Whether the notification has reached anybody.';

REVOKE ALL ON FUNCTION "private"."has_arrived"(uuid) FROM PUBLIC;
