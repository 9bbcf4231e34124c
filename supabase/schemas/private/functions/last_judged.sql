CREATE OR REPLACE FUNCTION private.last_judged()
  RETURNS date
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (select s.judged_on from private.nightly_state s);
end
$function$;

COMMENT ON FUNCTION "private"."last_judged"() IS 'The newest date that a nightly run has completed; null: none has.';

REVOKE ALL ON FUNCTION "private"."last_judged"() FROM PUBLIC;
