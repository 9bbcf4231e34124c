CREATE OR REPLACE FUNCTION private.numbers_by_ranges (
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
  period constant datemultirange := datemultirange(daterange(from_date, to_date, '[]'));
  counts constant text := (
    select string_agg(format('%L, coalesce(sum(f.%I), 0)', n, n), ', ' order by o)
    from unnest(private.report_numbers()) with ordinality u (n, o));
begin
  execute replace(replace($query$
    with days as ( /* days */ ), counting as (
      select d.*, generate_series(case when d.n = 1 then 1 else 0 end, d.n) as i
      from days d
      where d.mine && $6
      offset 0
    ), subjects as (
      -- Whoever is in one of the chapters counts in it and in all by the same row. Without the
      -- fences each of the counts below would compute its days anew.
      select d.mentor_id, d.n, d.chapter_ids, d.chapter_days, d.valid, d.lapsed, d.away, d.i,
        case when d.i = 0 then d.mine else d.chapter_days[d.i] end as mine,
        case when d.i > 0 then d.chapter_ids[d.i] end as chapter_id
      from counting d
      offset 0
    ), placed as (
      select s.*, s.mine * $5 as r, s.mine * $6 as around from subjects s offset 0
    ), judged as (
      select p.*, p.r * p.lapsed as x, p.r - p.lapsed - p.away as a from placed p where not isempty(p.around) offset 0
    ), certain as (
      select j.*, j.a * j.valid as c, case when j.a = j.r then '{}' else j.r - j.a - j.x end as p from judged j offset 0
    ), counted as (
      select j.chapter_id, j.i = 0 or j.n = 1 as is_total,
        count(*) filter (where $7 <@ j.r) as registered_start,
        count(*) filter (where $8 <@ j.r) as registered_end,
        count(*) filter (where not isempty(j.r)) as registered_any,
        count(*) filter (where not isempty(j.a)) as active_any,
        count(*) filter (where $8 <@ j.a) as active_end,
        count(*) filter (where j.a = $5) as active_every_day,
        count(*) filter (where not isempty(j.c)) as certified_any,
        count(*) filter (where $8 <@ j.c) as certified_end,
        count(*) filter (where j.c = $5) as certified_every_day,
        sum(case when isempty(j.a) then 0 when j.a = $5 then $9 else case when j.a = range_merge(j.a)::datemultirange then upper(j.a) - lower(j.a) else (select sum(upper(d) - lower(d)) from unnest(j.a) d) end end) as days_active,
        sum(case when isempty(j.p) then 0 else case when j.p = range_merge(j.p)::datemultirange then upper(j.p) - lower(j.p) else (select sum(upper(d) - lower(d)) from unnest(j.p) d) end end) as days_paused,
        sum(case when isempty(j.x) then 0 else case when j.x = range_merge(j.x)::datemultirange then upper(j.x) - lower(j.x) else (select sum(upper(d) - lower(d)) from unnest(j.x) d) end end) as days_expired_cert,
        count(*) filter (where lower(j.around) >= $7 or j.around <> range_merge(j.around)::datemultirange) as joined,
        count(*) filter (where upper(j.around) <= $8 or j.around <> range_merge(j.around)::datemultirange) as "left",
        count(*) filter (where j.n > 1 and (j.i = 0 or j.around <> $6) and not $6 <@ all (j.chapter_days) and exists (
          -- On a day of the period one of the chapters was left and another joined.
          select
          from unnest(j.chapter_ids, j.chapter_days) f (chapter_id, days)
          cross join unnest(f.days * $6) x
          join unnest(j.chapter_ids, j.chapter_days) t (chapter_id, days) on t.chapter_id <> f.chapter_id
          cross join unnest(t.days * $6) y
          where upper(x) = lower(y) and upper(x) <@ $5
            and (j.i = 0 or j.chapter_id in (f.chapter_id, t.chapter_id)))) as moved
      from certain j
      group by j.chapter_id, j.i = 0 or j.n = 1
    ), by_chapter as (
      select i.chapter_id, jsonb_build_object( /* counts */ ) as numbers
      from unnest($10) i (chapter_id)
      left join counted f on f.chapter_id = i.chapter_id
      group by i.chapter_id
    )
    select (select jsonb_object_agg(b.chapter_id, b.numbers) from by_chapter b),
      (select jsonb_build_object( /* counts */ ) from counted f where f.is_total)$query$,
    '/* counts */', counts),
    '/* days */', private.report_days(numbers_by_ranges.mentor_ids is not null, private.kinds_had_rules(numbers_by_ranges.as_known_at)))
  into numbers_by_ranges.chapters, numbers_by_ranges.total
  using numbers_by_ranges.as_known_at, (select private.agreed_zone(s.time_zone) from private.settings s),
    numbers_by_ranges.mentor_ids,
    case when cardinality(numbers_by_ranges.chapter_ids) < (select count(*) from public.chapters c) then numbers_by_ranges.chapter_ids end,
    period,
    datemultirange(daterange(from_date - 1, to_date, '[]')), from_date, to_date, to_date - from_date + 1,
    numbers_by_ranges.chapter_ids;
end
$function$;

COMMENT ON FUNCTION "private"."numbers_by_ranges"(date, date, uuid[], timestamp with time zone, uuid[]) IS 'The numbers of these mentors (null: all) in each chapter, by its id, and in all of them, whatever their days are: by arithmetic with multiranges.';

REVOKE ALL ON FUNCTION "private"."numbers_by_ranges"(date, date, uuid[], timestamp WITH time zone, uuid[]) FROM PUBLIC;
