CREATE OR REPLACE FUNCTION public.issue_period_report (
  from_date  date DEFAULT NULL::date,
  to_date    date DEFAULT NULL::date,
  chapter_id uuid DEFAULT NULL::uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.issue_period_report(issue_period_report.from_date, issue_period_report.to_date,
    issue_period_report.chapter_id, issue_period_report.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."issue_period_report"(date, date, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."issue_period_report"(date, date, uuid, uuid) IS 'Issues the report of a period, for administrators of all its chapters: stored with its checksum, for ever. Refuses with unauthenticated, not_an_administrator, chapter_not_found, invalid_request, request_in_progress, request_expired, idempotency_key_reused, database_unavailable.';

REVOKE ALL ON FUNCTION "public"."issue_period_report"(date, date, uuid, uuid) FROM PUBLIC, "anon", "service_role";
