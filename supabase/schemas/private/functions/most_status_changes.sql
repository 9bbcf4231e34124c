CREATE OR REPLACE FUNCTION private.most_status_changes()
  RETURNS integer
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return 2000;
end
$function$;

COMMENT ON FUNCTION "private"."most_status_changes"() IS 'For how many people of a list who are known the stored status is brought up to date at once.';

REVOKE ALL ON FUNCTION "private"."most_status_changes"() FROM PUBLIC;
