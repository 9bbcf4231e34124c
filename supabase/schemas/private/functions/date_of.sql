CREATE OR REPLACE FUNCTION private.date_of (
  moment timestamp with time zone
)
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (date_of.moment at time zone (select private.agreed_zone(s.time_zone) from private.settings s))::date;
end
$function$;

COMMENT ON FUNCTION "private"."date_of"(timestamp with time zone) IS 'The calendar date of a moment in the organisation''s time zone. Whoever waited for a lock asks for the date of clock_timestamp() then, because private.today() is that of the transaction''s start. Definer, because callers may not read private.settings.';

REVOKE ALL ON FUNCTION "private"."date_of"(timestamp WITH time zone) FROM PUBLIC;
