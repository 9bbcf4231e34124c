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
  zone constant text := (select private.agreed_zone(s.time_zone) from private.settings s);
  period constant datemultirange := datemultirange(daterange(report_as_json.from_date, report_as_json.to_date, '[]'));
  mentors constant uuid[] := private.report_mentors(report_as_json.chapter_ids, report_as_json.as_known_at);
  numbers record;
  answer jsonb;
  people jsonb;
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
  end if;
  execute replace(replace(replace($query$
    select coalesce(jsonb_agg(jsonb_build_object('mentor_id', m.mentor_id, 'display_name', p.display_name, 'stretches', m.stretches)
        /* evidence */ order by /* order */), '[]')
    from (
      select s.mentor_id, jsonb_agg(jsonb_build_object('from', s.from_on, 'to', s.until_on, 'status', s.status, 'certified', s.certified,
        'chapter_ids', to_jsonb(s.chapter_ids), 'rests_on', jsonb_build_object(
          'memberships', (
            select coalesce(jsonb_agg(v.id order by v.id), '[]')
            from private.membership_versions v
            where v.mentor_id = s.mentor_id and v.recorded_at <= $1 and v.superseded_at > $1
              and v.chapter_id = any (s.chapter_ids)
              and daterange((v.started_at at time zone $2)::date, (v.ended_at at time zone $2)::date) && daterange(s.from_on, s.until_on, '[]')),
          -- Valid ones; of who is expired also those that have ended.
          'certifications', (
            select coalesce(jsonb_agg(v.id order by v.id), '[]')
            from private.certification_versions v
            where v.mentor_id = s.mentor_id and v.recorded_at <= $1 and v.superseded_at > $1
              and v.issued_on <= s.until_on
              and (s.status = 'expired_cert' or v.expires_on is null or v.expires_on >= s.from_on)),
          -- None of a planned pause that nobody has begun.
          'pause_record_id', case when s.status = 'paused' then (
            select v.id
            from private.pause_versions v
            where v.mentor_id = s.mentor_id and v.recorded_at <= $1 and v.superseded_at > $1
              and daterange((v.paused_at at time zone $2)::date, (v.ended_at at time zone $2)::date) && daterange(s.from_on, s.until_on, '[]')
            order by v.paused_at, v.id
            limit 1) end)) order by s.from_on) as stretches
      from ( /* stretches */ ) s
      group by s.mentor_id
    ) m
    join public.profiles p on p.id = m.mentor_id$query$,
    '/* stretches */', private.stretches_query(
      'select d.* from (' || private.report_days(mentors is not null, private.kinds_had_rules(report_as_json.as_known_at))
        || ') d join public.profiles p on p.id = d.mentor_id where d.mine && $5'
        -- By a hash of the seed and the id: the same for ever, and nobody's choice.
        || case when report_as_json.detail = 'sample' then ' order by private.sample_key(d.mentor_id, $6) limit $7' else '' end,
      '$5')),
    '/* evidence */', case when report_as_json.detail = 'sample'
      then '|| jsonb_build_object(''evidence'', private.evidence(m.mentor_id, $4, $5, $1, $2))' else '' end),
    '/* order */', case when report_as_json.detail = 'sample' then 'private.sample_key(m.mentor_id, $6)' else 'p.display_name, m.mentor_id' end)
  into people
  using report_as_json.as_known_at, zone, mentors, report_as_json.chapter_ids, period, report_as_json.seed, report_as_json.sample;
  return answer || jsonb_build_object(case report_as_json.detail when 'sample' then 'sample' else 'mentors' end, people);
end
$function$;

COMMENT ON FUNCTION "private"."report_as_json"(date, date, uuid[], timestamp with time zone, text, integer, bigint) IS 'The report of these chapters as known at a moment, with names (mentors), or with the evidence of some (sample). Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."report_as_json"(date, date, uuid[], timestamp WITH time zone, text, integer, bigint) FROM PUBLIC;
