CREATE OR REPLACE FUNCTION private.report_days (
  of_some          boolean,
  kinds_have_rules boolean
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return replace($query$
    select d.mentor_id, d.chapter_ids, d.chapter_days, d.valid, d.lapsed, d.away, cardinality(d.chapter_ids) as n,
      case when cardinality(d.chapter_ids) = 1 then d.chapter_days[1]
        when cardinality(d.chapter_ids) = 2 then d.chapter_days[1] + d.chapter_days[2]
        else (select range_agg(u.days) from unnest(d.chapter_days) u (days)) end as mine
    from ( /* days */ ) d
    where d.chapter_ids is not null
    offset 0$query$,
    '/* days */', private.known_days_query(report_days.of_some, report_days.kinds_have_rules));
end
$function$;

COMMENT ON FUNCTION "private"."report_days"(boolean, boolean) IS 'The query for the days of the mentors of a report: private.known_days_query() with the days in any of the report''s chapters.';

REVOKE ALL ON FUNCTION "private"."report_days"(boolean, boolean) FROM PUBLIC;
