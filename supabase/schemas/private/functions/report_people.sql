CREATE OR REPLACE FUNCTION private.report_people (
  from_date   date,
  to_date     date,
  chapter_ids uuid[],
  as_known_at timestamp with time zone,
  mentor_ids  uuid[],
  days        text,
  zone        text,
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
  period constant datemultirange := datemultirange(daterange(report_people.from_date, report_people.to_date, '[]'));
  people jsonb;
begin
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
      'select d.* from (' || report_people.days || ') d join public.profiles p on p.id = d.mentor_id where d.mine && $5'
        -- By a hash of the seed and the id: the same for ever, and nobody's choice.
        || case when report_people.detail = 'sample' then ' order by private.sample_key(d.mentor_id, $6) limit $7' else '' end,
      '$5')),
    '/* evidence */', case when report_people.detail = 'sample'
      then '|| jsonb_build_object(''evidence'', private.evidence(m.mentor_id, $4, $5, $1, $2))' else '' end),
    '/* order */', case when report_people.detail = 'sample' then 'private.sample_key(m.mentor_id, $6)' else 'p.display_name, m.mentor_id' end)
  into people
  using report_people.as_known_at, report_people.zone, report_people.mentor_ids, report_people.chapter_ids, period, report_people.seed, report_people.sample;
  return people;
end
$function$;

COMMENT ON FUNCTION "private"."report_people"(date, date, uuid[], timestamp with time zone, uuid[], text, text, text, integer, bigint) IS 'The mentors of a report with their stretches; of a sample (detail sample) with the evidence. mentor_ids: whose facts are read (null: everybody''s). days: the query for their days, private.report_days() or private.issued_days(). zone: in which what they rest on is looked up. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."report_people"(date, date, uuid[], timestamp WITH time zone, uuid[], text, text, text, integer, bigint) FROM PUBLIC;
