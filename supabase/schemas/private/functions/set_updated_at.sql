CREATE OR REPLACE FUNCTION private.set_updated_at()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."set_updated_at"() IS 'Trigger: dates the change.';

REVOKE ALL ON FUNCTION "private"."set_updated_at"() FROM PUBLIC;
