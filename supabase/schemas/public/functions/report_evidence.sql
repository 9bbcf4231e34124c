CREATE OR REPLACE FUNCTION public.report_evidence (
  mentor_id   uuid                     DEFAULT NULL::uuid,
  from_date   date                     DEFAULT NULL::date,
  to_date     date                     DEFAULT NULL::date,
  chapter_id  uuid                     DEFAULT NULL::uuid,
  as_known_at timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.report_evidence(report_evidence.mentor_id, report_evidence.from_date, report_evidence.to_date,
    report_evidence.chapter_id, report_evidence.as_known_at);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."report_evidence"(uuid, date, date, uuid, timestamp WITH time zone) TO "authenticated";

COMMENT ON FUNCTION "public"."report_evidence"(uuid, date, date, uuid, timestamp with time zone) IS 'One mentor''s days in a period, for administrators, each with what it rests on and who recorded that. Refuses with unauthenticated, invalid_request, not_an_administrator, chapter_not_found, mentor_not_found, database_unavailable.';

REVOKE ALL ON FUNCTION "public"."report_evidence"(uuid, date, date, uuid, timestamp WITH time zone) FROM PUBLIC, "anon", "service_role";
