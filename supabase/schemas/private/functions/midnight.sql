CREATE OR REPLACE FUNCTION private.midnight (
  day date
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return midnight.day::timestamp at time zone (select private.agreed_zone(s.time_zone) from private.settings s);
end
$function$;

COMMENT ON FUNCTION "private"."midnight"(date) IS 'The first moment of a day in the organisation''s time zone. Definer, because callers may not read private.settings.';

REVOKE ALL ON FUNCTION "private"."midnight"(date) FROM PUBLIC;
