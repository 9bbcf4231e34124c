CREATE OR REPLACE FUNCTION private.today()
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (now() at time zone (select private.agreed_zone(s.time_zone) from private.settings s))::date;
end
$function$;

COMMENT ON FUNCTION "private"."today"() IS 'The as-of date: the calendar date now, in the organisation''s time zone. Definer, because callers may not read private.settings.';

REVOKE ALL ON FUNCTION "private"."today"() FROM PUBLIC;
