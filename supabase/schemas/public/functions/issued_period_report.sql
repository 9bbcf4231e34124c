CREATE OR REPLACE FUNCTION public.issued_period_report (
  report_id uuid    DEFAULT NULL::uuid,
  part      text    DEFAULT NULL::text,
  detail    text    DEFAULT NULL::text,
  sample    integer DEFAULT NULL::integer,
  seed      bigint  DEFAULT NULL::bigint
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.issued_period_report(issued_period_report.report_id, issued_period_report.part, issued_period_report.detail,
    issued_period_report.sample, issued_period_report.seed);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."issued_period_report"(uuid, text, text, integer, bigint) TO "authenticated";

COMMENT ON FUNCTION "public"."issued_period_report"(uuid, text, text, integer, bigint) IS 'An issued report, with names as they are now; with part, {"content"}: the text of its manifest, or of a chapter''s part, which the checksum covers. Refuses with unauthenticated, not_an_administrator, not_found, invalid_request.';

REVOKE ALL ON FUNCTION "public"."issued_period_report"(uuid, text, text, integer, bigint) FROM PUBLIC, "anon", "service_role";
