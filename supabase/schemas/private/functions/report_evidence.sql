CREATE OR REPLACE FUNCTION private.report_evidence (
  mentor_id   uuid,
  from_date   date,
  to_date     date,
  chapter_id  uuid,
  as_known_at timestamp with time zone
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.my_id();
  chapters uuid[];
  began timestamptz := clock_timestamp();
  moment timestamptz;
  mentor jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  chapters := private.report_chapters(caller, report_evidence.chapter_id, true);
  if report_evidence.mentor_id is null then
    perform private.refuse('invalid_request', 'mentor_id', 'mentor_id is required.');
  end if;
  perform private.judged_period(report_evidence.from_date, report_evidence.to_date);
  moment := private.known_moment(report_evidence.as_known_at);
  -- A sample of one, drawn from one.
  mentor := private.report_people(report_evidence.from_date, report_evidence.to_date, chapters, moment,
    array[report_evidence.mentor_id], private.report_days(true, private.kinds_had_rules(moment)),
    (select private.agreed_zone(s.time_zone) from private.settings s), 'sample', 1, 1) -> 0;
  if mentor is null then
    perform private.refuse('mentor_not_found');
  end if;
  return jsonb_build_object('from', report_evidence.from_date, 'to', report_evidence.to_date, 'as_known_at', moment,
    'requested_known_at', report_evidence.as_known_at, 'behind_writer', moment < coalesce(report_evidence.as_known_at, began),
    'rule_version', private.rule_version(), 'mentor', mentor,
    'chapters', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', c.id, 'name', c.name) order by c.name, c.id), '[]')
      from public.chapters c
      where c.id in (select i::uuid from jsonb_array_elements(mentor -> 'stretches') s cross join jsonb_array_elements_text(s -> 'chapter_ids') i)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."report_evidence"(uuid, date, date, uuid, timestamp WITH time zone) TO "authenticated";

COMMENT ON FUNCTION "private"."report_evidence"(uuid, date, date, uuid, timestamp with time zone) IS 'Behind public.report_evidence. Definer, so that the days rest on all facts; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."report_evidence"(uuid, date, date, uuid, timestamp WITH time zone) FROM PUBLIC;
