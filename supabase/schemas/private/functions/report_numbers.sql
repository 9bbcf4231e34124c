CREATE OR REPLACE FUNCTION private.report_numbers()
  RETURNS text[]
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  select array['registered_start', 'registered_end', 'registered_any', 'active_any', 'active_end', 'active_every_day',
    'certified_any', 'certified_end', 'certified_every_day', 'days_active', 'days_paused', 'days_expired_cert',
    'joined', 'left', 'moved']
$function$;

COMMENT ON FUNCTION "private"."report_numbers"() IS 'The numbers of a report, in their order.';

REVOKE ALL ON FUNCTION "private"."report_numbers"() FROM PUBLIC;
