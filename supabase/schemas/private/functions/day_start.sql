CREATE OR REPLACE FUNCTION private.day_start (
  day date
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return day_start.day::timestamp at time zone (select s.time_zone from private.settings s);
end
$function$;

COMMENT ON FUNCTION "private"."day_start"(date) IS 'The moment at which a date begins in the organisation''s time zone. Definer, because callers may not read private.settings.';

REVOKE ALL ON FUNCTION "private"."day_start"(date) FROM PUBLIC;
