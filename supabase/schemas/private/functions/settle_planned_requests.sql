CREATE OR REPLACE FUNCTION private.settle_planned_requests()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.settle_leave_requests(array(select n.mentor_id from new_rows n), private.today());
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."settle_planned_requests"() IS 'Trigger: settles what a new plan makes pointless. Definer, because requests have no other writer.';

REVOKE ALL ON FUNCTION "private"."settle_planned_requests"() FROM PUBLIC;
