CREATE OR REPLACE FUNCTION public.period_report (
  from_date   date                     DEFAULT NULL::date,
  to_date     date                     DEFAULT NULL::date,
  chapter_id  uuid                     DEFAULT NULL::uuid,
  as_known_at timestamp with time zone DEFAULT NULL::timestamp WITH time zone,
  detail      text                     DEFAULT NULL::text,
  sample      integer                  DEFAULT NULL::integer,
  seed        bigint                   DEFAULT NULL::bigint
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.period_report(period_report.from_date, period_report.to_date, period_report.chapter_id,
    period_report.as_known_at, period_report.detail, period_report.sample, period_report.seed);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."period_report"(date, date, uuid, timestamp WITH time zone, text, integer, bigint) TO "authenticated";

COMMENT ON FUNCTION "public"."period_report"(date, date, uuid, timestamp with time zone, text, integer, bigint) IS 'Who was active in a period, as known now or at a moment: numbers for coordinators, also by month (detail months), names (detail mentors) and the evidence of some (detail sample) for administrators. Refuses with unauthenticated, invalid_request, not_a_coordinator, not_an_administrator, chapter_not_found, database_unavailable.';

REVOKE ALL ON FUNCTION "public"."period_report"(date, date, uuid, timestamp WITH time zone, text, integer, bigint) FROM PUBLIC, "anon", "service_role";
