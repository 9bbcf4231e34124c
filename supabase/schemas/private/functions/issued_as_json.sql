CREATE OR REPLACE FUNCTION private.issued_as_json (
  issued public.period_reports
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
  select jsonb_build_object('id', issued.id, 'issued_at', issued.issued_at, 'issued_by', issued.issued_by,
    'as_known_at', issued.as_known_at, 'rule_version', issued.rule_version, 'sha256', issued.sha256)
$function$;

COMMENT ON FUNCTION "private"."issued_as_json"(public.period_reports) IS 'An issued report as the RPCs name it.';

REVOKE ALL ON FUNCTION "private"."issued_as_json"(public.period_reports) FROM PUBLIC;
