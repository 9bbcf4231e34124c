CREATE OR REPLACE FUNCTION private.report_months (
  from_date   date,
  to_date     date,
  chapter_ids uuid[],
  as_known_at timestamp with time zone,
  mentor_ids  uuid[],
  days        text,
  zone        text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET jit TO 'off'
  SET work_mem TO '64MB'
  SET enable_sort TO 'off'
  AS $function$
declare
  answer jsonb;
begin
  execute replace($query$
    with placed as (
      select d.mine * $5 as r, d.lapsed, d.away from ( /* days */ ) d where d.mine && $5 offset 0
    ), judged as (
      select p.r, p.r * p.lapsed as x, p.r - p.lapsed - p.away as a from placed p offset 0
    ), turns as (
      select s.name, e.day, sum(e.n) as n
      from judged j
      cross join lateral (
        select 'days_active' as name, unnest(j.a) as days
        union all select 'days_expired_cert', unnest(j.x)
        union all select 'days_paused', unnest(j.r - j.a - j.x)
      ) s
      cross join lateral (values (lower(s.days), 1), (upper(s.days), -1)) e (day, n)
      group by s.name, e.day
    ), months as (
      select greatest(m.day::date, $6) as from_on, least((m.day + interval '1 month')::date, $7 + 1) as until_on
      from generate_series(date_trunc('month', $6::timestamp), $7::timestamp, interval '1 month') m (day)
    )
    select jsonb_agg(c.counted order by c.from_on)
    from (
      select m.from_on, jsonb_build_object('from', m.from_on, 'to', m.until_on - 1) || jsonb_object_agg(n.name, (
        select coalesce(sum(t.n * (greatest(m.until_on - t.day, 0) - greatest(m.from_on - t.day, 0))), 0)
        from turns t where t.name = n.name)) as counted
      from months m
      cross join unnest(array['days_active', 'days_paused', 'days_expired_cert']) n (name)
      group by m.from_on, m.until_on
    ) c$query$,
    '/* days */', report_months.days)
  into answer
  using report_months.as_known_at, report_months.zone, report_months.mentor_ids,
    report_months.chapter_ids, datemultirange(daterange(report_months.from_date, report_months.to_date, '[]')),
    report_months.from_date, report_months.to_date;
  return answer;
end
$function$;

COMMENT ON FUNCTION "private"."report_months"(date, date, uuid[], timestamp with time zone, uuid[], text, text) IS 'The days of all these chapters'' mentors by calendar month, the first and the last one cut to the period. days, zone: as of private.report_people(). Its sums are the days in the total of private.report_numbers_of().';

REVOKE ALL ON FUNCTION "private"."report_months"(date, date, uuid[], timestamp WITH time zone, uuid[], text, text) FROM PUBLIC;
