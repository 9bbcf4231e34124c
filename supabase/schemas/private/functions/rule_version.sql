CREATE OR REPLACE FUNCTION private.rule_version()
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$ select '1' $function$;

COMMENT ON FUNCTION "private"."rule_version"() IS 'Which text of the rules a report is made by; its texts are in private.report_rules(). It changes when a number would.';

REVOKE ALL ON FUNCTION "private"."rule_version"() FROM PUBLIC;
