CREATE OR REPLACE FUNCTION private.today()
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  zone text := nullif(current_setting('mentorpause.time_zone', true), '');
begin
  if zone is null then
    select s.time_zone into zone from private.settings s;
  end if;
  return (now() at time zone zone)::date;
end
$function$;

COMMENT ON FUNCTION "private"."today"() IS 'The as-of date: the calendar date now, in the organisation''s time zone. Definer, because callers may not read private.settings.';

REVOKE ALL ON FUNCTION "private"."today"() FROM PUBLIC;
