CREATE OR REPLACE FUNCTION public.compare_period_report (
  report_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.compare_period_report(compare_period_report.report_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."compare_period_report"(uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."compare_period_report"(uuid) IS 'What differs between an issued report and what is known now, with the facts recorded since that explain it. Refuses with unauthenticated, not_an_administrator, not_found, invalid_request, database_unavailable.';

REVOKE ALL ON FUNCTION "public"."compare_period_report"(uuid) FROM PUBLIC, "anon", "service_role";
