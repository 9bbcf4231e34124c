CREATE OR REPLACE FUNCTION private.period_report (
  from_date   date,
  to_date     date,
  chapter_id  uuid,
  as_known_at timestamp with time zone,
  detail      text,
  sample      integer,
  seed        bigint
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.my_id();
  parts text := coalesce(period_report.detail, case when period_report.sample is null then 'summary' else 'sample' end);
  chapters uuid[];
  began timestamptz := clock_timestamp();
  moment timestamptz;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if parts not in ('summary', 'months', 'mentors', 'sample') then
    perform private.refuse('invalid_request', 'detail', 'detail must be summary, months, mentors or sample.');
  end if;
  chapters := private.report_chapters(caller, period_report.chapter_id, parts not in ('summary', 'months'));
  perform private.judged_period(period_report.from_date, period_report.to_date);
  if period_report.sample not between 1 and 200 then
    perform private.refuse('invalid_request', 'sample', 'sample must be a number from 1 to 200.');
  end if;
  moment := private.known_moment(period_report.as_known_at);
  return jsonb_build_object('requested_known_at', period_report.as_known_at,
      'behind_writer', moment < coalesce(period_report.as_known_at, began))
    || private.report_as_json(period_report.from_date, period_report.to_date, chapters, moment, parts,
      coalesce(period_report.sample, 20), coalesce(period_report.seed, 1));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."period_report"(date, date, uuid, timestamp WITH time zone, text, integer, bigint) TO "authenticated";

COMMENT ON FUNCTION "private"."period_report"(date, date, uuid, timestamp with time zone, text, integer, bigint) IS 'Behind public.period_report. Definer, so that the numbers rest on all facts; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."period_report"(date, date, uuid, timestamp WITH time zone, text, integer, bigint) FROM PUBLIC;
