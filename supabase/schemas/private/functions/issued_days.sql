CREATE OR REPLACE FUNCTION private.issued_days (
  report_id uuid
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return replace($query$
    select c.mentor_id, array_agg(c.chapter_id order by c.chapter_id) as chapter_ids, array_agg(c.days order by c.chapter_id) as chapter_days,
      range_agg(c.valid) as valid, range_agg(c.lapsed) as lapsed, range_agg(c.away) as away, range_agg(c.days) as mine
    from (
      select (m ->> 'mentor_id')::uuid as mentor_id, p.chapter_id, range_agg(s.days) as days,
        coalesce(range_agg(s.days) filter (where s.certified), '{}') as valid,
        coalesce(range_agg(s.days) filter (where s.status = 'expired_cert'), '{}') as lapsed,
        coalesce(range_agg(s.days) filter (where s.status = 'paused'), '{}') as away
      from private.period_report_parts p
      cross join lateral jsonb_array_elements(p.content::jsonb -> 'mentors') m
      cross join lateral (
        select daterange((e ->> 'from')::date, (e ->> 'to')::date, '[]') as days, e ->> 'status' as status, (e ->> 'certified')::boolean as certified
        from jsonb_array_elements(m -> 'stretches') e
      ) s
      where p.report_id = /* report */
      group by m ->> 'mentor_id', p.chapter_id
    ) c
    group by c.mentor_id$query$,
    '/* report */', quote_literal(issued_days.report_id));
end
$function$;

COMMENT ON FUNCTION "private"."issued_days"(uuid) IS 'The query for the days of the mentors of an issued report as its parts have them, in the columns of private.report_days().';

REVOKE ALL ON FUNCTION "private"."issued_days"(uuid) FROM PUBLIC;
