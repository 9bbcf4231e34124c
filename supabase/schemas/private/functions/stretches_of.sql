CREATE OR REPLACE FUNCTION private.stretches_of (
  mentor_ids     uuid[],
  issued         public.period_reports,
  as_known_at    timestamp with time zone,
  reverted       uuid[]                   DEFAULT '{}'::uuid[],
  kinds_known_at timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS SETOF private.mentor_stretches
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  kinds_at timestamptz := coalesce(stretches_of.kinds_known_at, stretches_of.as_known_at);
begin
  return query execute replace($query$
    select s.mentor_id, jsonb_agg(jsonb_build_object('from', s.from_on, 'to', s.until_on, 'status', s.status, 'certified', s.certified,
      'chapter_ids', to_jsonb(s.chapter_ids)) order by s.from_on)
    from ( /* stretches */ ) s
    group by s.mentor_id$query$,
    '/* stretches */', private.stretches_query(
      'select k.* from (' || private.known_days_query(true, private.kinds_had_rules(kinds_at), true) || ') k where k.chapter_ids is not null',
      '$8'))
  using stretches_of.as_known_at, (select private.agreed_zone(s.time_zone) from private.settings s), stretches_of.mentor_ids,
    issued.chapter_ids, stretches_of.reverted, issued.as_known_at, kinds_at,
    datemultirange(daterange(issued.from_date, issued.to_date, '[]'));
end
$function$;

COMMENT ON FUNCTION "private"."stretches_of"(uuid[], public.period_reports, timestamp with time zone, uuid[], timestamp with time zone) IS 'The stretches of mentors in the chapters and the period of an issued report, if they have any. reverted: the ids of rows whose facts are taken as known when it was issued.';

REVOKE ALL ON FUNCTION "private"."stretches_of"(uuid[], public.period_reports, timestamp WITH time zone, uuid[], timestamp WITH time zone) FROM PUBLIC;
