CREATE OR REPLACE FUNCTION private.report_numbers_of (
  from_date   date,
  to_date     date,
  chapter_ids uuid[],
  as_known_at timestamp with time zone,
  mentor_ids  uuid[],
  OUT         chapters jsonb,
  OUT         total jsonb
)
  RETURNS record
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  SET work_mem TO '64MB'
  SET enable_sort TO 'off'
  AS $function$
declare
  of_all constant boolean := (select count(*) from public.chapters c) = cardinality(report_numbers_of.chapter_ids);
  others uuid[] := report_numbers_of.mentor_ids;
  by_dates jsonb;
  ranged_chapters jsonb;
  ranged_total jsonb;
begin
  -- In a period in which a rule changes a kind lapses on other days than before.
  if not exists (
    select from private.kind_versions v
    where v.recorded_at <= report_numbers_of.as_known_at and v.superseded_at > report_numbers_of.as_known_at
      and v.from_day > report_numbers_of.from_date and v.from_day <= report_numbers_of.to_date
  ) and not exists (
    select from public.chapters c group by uuid_hash_extended(c.id, 0) having count(*) > 1
  ) then
    execute private.numbers_by_dates_query(others is not null, of_all, private.kinds_had_rules(report_numbers_of.as_known_at))
    into others, by_dates
    using report_numbers_of.as_known_at, (select private.agreed_zone(s.time_zone) from private.settings s),
      others, report_numbers_of.chapter_ids, report_numbers_of.from_date, report_numbers_of.to_date,
      (report_numbers_of.from_date - 3)::timestamp at time zone 'UTC', (report_numbers_of.to_date + 3)::timestamp at time zone 'UTC';
  end if;
  if others is null or others <> '{}' then
    select n.chapters, n.total into ranged_chapters, ranged_total
    from private.numbers_by_ranges(report_numbers_of.from_date, report_numbers_of.to_date, report_numbers_of.chapter_ids,
      report_numbers_of.as_known_at, others) n;
  end if;

  select jsonb_object_agg(c, private.summed_numbers(by_dates -> uuid_hash_extended(c, 0)::text, ranged_chapters -> c::text))
  into report_numbers_of.chapters
  from unnest(report_numbers_of.chapter_ids) c;
  report_numbers_of.total := private.summed_numbers(by_dates -> 'total', ranged_total);
end
$function$;

COMMENT ON FUNCTION "private"."report_numbers_of"(date, date, uuid[], timestamp with time zone, uuid[]) IS 'The numbers of each chapter, by its id, and of all of them. mentor_ids: whose facts are read (null: everybody''s).';

REVOKE ALL ON FUNCTION "private"."report_numbers_of"(date, date, uuid[], timestamp WITH time zone, uuid[]) FROM PUBLIC;
