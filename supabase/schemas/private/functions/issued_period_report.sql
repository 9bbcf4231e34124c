CREATE OR REPLACE FUNCTION private.issued_period_report (
  report_id uuid,
  part      text,
  detail    text,
  sample    integer,
  seed      bigint
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  issued public.period_reports := private.readable_report(issued_period_report.report_id);
  parts text := coalesce(issued_period_report.detail, case when issued_period_report.sample is null then 'mentors' else 'sample' end);
  manifest constant jsonb := issued.manifest::jsonb;
  days constant text := private.issued_days(issued.id);
  content text;
  answer jsonb;
begin
  if issued_period_report.part = 'manifest' then
    return jsonb_build_object('content', issued.manifest);
  elsif issued_period_report.part is not null then
    select p.content into content
    from private.period_report_parts p
    where p.report_id = issued.id and p.chapter_id::text = lower(issued_period_report.part);
    if not found then
      perform private.refuse('not_found');
    end if;
    return jsonb_build_object('content', content);
  end if;
  if parts not in ('summary', 'months', 'mentors', 'sample') then
    perform private.refuse('invalid_request', 'detail', 'detail must be summary, months, mentors or sample.');
  end if;
  if issued_period_report.sample not between 1 and 200 then
    perform private.refuse('invalid_request', 'sample', 'sample must be a number from 1 to 200.');
  end if;
  answer := private.issued_as_json(issued) || jsonb_build_object(
    'issued_by_name', private.name_of_recorder(issued.issued_by),
    'from', issued.from_date, 'to', issued.to_date, 'requested_known_at', null, 'behind_writer', false,
    'chapters', (
      select coalesce(jsonb_agg(n - 'sha256' || jsonb_build_object('name', c.name) order by c.name, c.id), '[]')
      from jsonb_array_elements(manifest -> 'chapters') n
      join public.chapters c on c.id = (n ->> 'chapter_id')::uuid),
    'total', manifest -> 'total');
  if parts = 'summary' then
    return answer;
  elsif parts = 'months' then
    return answer || jsonb_build_object('months', private.report_months(issued.from_date, issued.to_date,
      issued.chapter_ids, issued.as_known_at, null, days, issued.time_zone));
  end if;
  -- What the days rest on is in no part; it is looked up among what was known then.
  return answer || jsonb_build_object(case parts when 'sample' then 'sample' else 'mentors' end,
    private.report_people(issued.from_date, issued.to_date, issued.chapter_ids, issued.as_known_at, null, days, issued.time_zone,
      parts, coalesce(issued_period_report.sample, 20), coalesce(issued_period_report.seed, 1)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."issued_period_report"(uuid, text, text, integer, bigint) TO "authenticated";

COMMENT ON FUNCTION "private"."issued_period_report"(uuid, text, text, integer, bigint) IS 'Behind public.issued_period_report: numbers of the manifest and days of the parts; names, and what the days rest on, are joined. Definer, because nobody reads the parts directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."issued_period_report"(uuid, text, text, integer, bigint) FROM PUBLIC;
