CREATE OR REPLACE FUNCTION private.issue_period_report (
  from_date  date,
  to_date    date,
  chapter_id uuid,
  request_id uuid
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
  caller uuid := private.begin_command('issue_period_report', issue_period_report.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('issue_period_report',
    jsonb_build_array(issue_period_report.from_date, issue_period_report.to_date, issue_period_report.chapter_id));
  replayed jsonb;
  chapters uuid[];
  period datemultirange;
  moment timestamptz;
  mentors uuid[];
  numbers record;
  part_ids uuid[];
  parts text[];
  issued public.period_reports;
begin
  chapters := private.report_chapters(caller, issue_period_report.chapter_id, true);
  replayed := private.replay_command(caller, mine, issue_period_report.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.judged_period(issue_period_report.from_date, issue_period_report.to_date);
  period := datemultirange(daterange(issue_period_report.from_date, issue_period_report.to_date, '[]'));

  -- What is being recorded meanwhile is waited for, and belongs to the report.
  moment := private.known_moment(null, waits => true);
  mentors := private.report_mentors(chapters, moment);
  numbers := private.report_numbers_of(issue_period_report.from_date, issue_period_report.to_date, chapters, moment, mentors);

  issued.id := gen_random_uuid();
  issued.from_date := issue_period_report.from_date;
  issued.to_date := issue_period_report.to_date;
  issued.chapter_ids := chapters;
  issued.issued_by := caller;
  issued.as_known_at := moment;
  issued.time_zone := (select private.agreed_zone(s.time_zone) from private.settings s);
  issued.rule_version := private.rule_version();
  issued.rules := private.report_rules(issued.rule_version);

  execute replace($query$
    with listed as (
      select s.chapter_ids[1] as chapter_id, s.mentor_id, string_agg('{"certified":' || s.certified || ',"from":"' || to_char(s.from_on, 'YYYY-MM-DD')
        || '","status":"' || s.status || '","to":"' || to_char(s.until_on, 'YYYY-MM-DD') || '"}', ',' order by s.from_on) as stretches
      from ( /* stretches */ ) s
      group by s.chapter_ids, s.mentor_id
    ), lists as (
      select l.chapter_id,
        '[' || string_agg('{"mentor_id":"' || l.mentor_id || '","stretches":[' || l.stretches || ']}', ',' order by l.mentor_id) || ']' as mentors
      from listed l
      group by l.chapter_id
    )
    select array_agg(c.chapter_id order by c.chapter_id), array_agg(private.canonical_object(
        ($6 -> c.chapter_id::text) || jsonb_build_object('chapter_id', c.chapter_id, 'from', lower($5), 'to', upper($5) - 1),
        jsonb_build_object('mentors', coalesce(l.mentors, '[]'))) order by c.chapter_id)
    from unnest($7) c (chapter_id)
    left join lists l on l.chapter_id = c.chapter_id $query$,
    '/* stretches */', private.stretches_query(
      'select d.mentor_id, array[u.chapter_id] as chapter_ids, array[u.days] as chapter_days, d.lapsed, d.away, d.valid from ('
        || private.report_days(mentors is not null, private.kinds_had_rules(moment))
        || ') d cross join lateral unnest(d.chapter_ids, d.chapter_days) u (chapter_id, days) where u.days && $5',
      '$5'))
  into part_ids, parts
  using moment, issued.time_zone, mentors, chapters, period, numbers.chapters, chapters;

  issued.manifest := private.canonical_object(
    jsonb_build_object('as_known_at', private.canonical_moment(moment), 'from', issued.from_date, 'to', issued.to_date,
      'rule_version', issued.rule_version),
    jsonb_build_object(
      'total', private.canonical_object(numbers.total),
      'chapters', '[' || (
        select string_agg(private.canonical_object((numbers.chapters -> u.chapter_id::text)
          || jsonb_build_object('chapter_id', u.chapter_id, 'sha256', encode(sha256(convert_to(u.content, 'UTF8')), 'hex'))), ',' order by u.chapter_id)
        from unnest(part_ids, parts) u (chapter_id, content)) || ']'));
  issued.sha256 := encode(sha256(convert_to(issued.manifest, 'UTF8')), 'hex');
  issued.issued_at := clock_timestamp();
  insert into public.period_reports select issued.*;
  insert into private.period_report_parts (report_id, chapter_id, content)
  select issued.id, u.chapter_id, u.content from unnest(part_ids, parts) u (chapter_id, content);

  return private.finish_command(caller, issue_period_report.request_id, fingerprint, null,
    jsonb_build_object('period_report', private.issued_as_json(issued)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."issue_period_report"(date, date, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."issue_period_report"(date, date, uuid, uuid) IS 'Behind public.issue_period_report. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."issue_period_report"(date, date, uuid, uuid) FROM PUBLIC;
