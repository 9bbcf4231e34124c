CREATE OR REPLACE FUNCTION private.issued_stretches (
  issued     public.period_reports,
  mentor_ids uuid[]
)
  RETURNS SETOF private.mentor_stretches
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
begin
  return query execute replace($query$
    select s.mentor_id, jsonb_agg(jsonb_build_object('from', s.from_on, 'to', s.until_on, 'status', s.status, 'certified', s.certified,
      'chapter_ids', to_jsonb(s.chapter_ids)) order by s.from_on)
    from ( /* stretches */ ) s
    group by s.mentor_id$query$,
    '/* stretches */', private.stretches_query(
      'select d.* from (' || private.issued_days(issued.id) || ') d where d.mentor_id = any ($1)', '$2'))
  using issued_stretches.mentor_ids, datemultirange(daterange(issued.from_date, issued.to_date, '[]'));
end
$function$;

COMMENT ON FUNCTION "private"."issued_stretches"(public.period_reports, uuid[]) IS 'The stretches of mentors as an issued report has them.';

REVOKE ALL ON FUNCTION "private"."issued_stretches"(public.period_reports, uuid[]) FROM PUBLIC;
