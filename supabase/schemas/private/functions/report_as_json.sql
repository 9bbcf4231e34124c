CREATE OR REPLACE FUNCTION private.report_as_json (
  from_date   date,
  to_date     date,
  chapter_ids uuid[],
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
  SET jit TO 'off'
  SET work_mem TO '64MB'
  AS $function$
declare
  mentors constant uuid[] := private.report_mentors(report_as_json.chapter_ids, report_as_json.as_known_at);
  days constant text := private.report_days(mentors is not null, private.kinds_had_rules(report_as_json.as_known_at));
  zone constant text := (select private.agreed_zone(s.time_zone) from private.settings s);
  numbers record;
  answer jsonb;
begin
  numbers := private.report_numbers_of(report_as_json.from_date, report_as_json.to_date, report_as_json.chapter_ids,
    report_as_json.as_known_at, mentors);
  answer := jsonb_build_object(
    'from', report_as_json.from_date, 'to', report_as_json.to_date, 'as_known_at', report_as_json.as_known_at,
    'rule_version', private.rule_version(),
    'chapters', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', c.id, 'name', c.name) || (numbers.chapters -> c.id::text) order by c.name, c.id), '[]')
      from public.chapters c where c.id = any (report_as_json.chapter_ids)),
    'total', numbers.total);
  if report_as_json.detail = 'summary' then
    return answer;
  elsif report_as_json.detail = 'months' then
    return answer || jsonb_build_object('months', private.report_months(report_as_json.from_date, report_as_json.to_date,
      report_as_json.chapter_ids, report_as_json.as_known_at, mentors, days, zone));
  end if;
  return answer || jsonb_build_object(case report_as_json.detail when 'sample' then 'sample' else 'mentors' end,
    private.report_people(report_as_json.from_date, report_as_json.to_date, report_as_json.chapter_ids,
      report_as_json.as_known_at, mentors, days, zone, report_as_json.detail, report_as_json.sample, report_as_json.seed));
end
$function$;

COMMENT ON FUNCTION "private"."report_as_json"(date, date, uuid[], timestamp with time zone, text, integer, bigint) IS 'The report of these chapters as known at a moment, with the days by month (months), with names (mentors), or with the evidence of some (sample). Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."report_as_json"(date, date, uuid[], timestamp WITH time zone, text, integer, bigint) FROM PUBLIC;
