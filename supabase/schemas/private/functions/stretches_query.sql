CREATE OR REPLACE FUNCTION private.stretches_query (
  days   text,
  period text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return replace(replace($query$
    with cut as (
      select row_number() over () as n, d.mentor_id, d.chapter_ids, d.chapter_days, d.lapsed, d.away, d.valid,
        array(
          select distinct e.day
          from (
            select unnest(u.days * /* period */) as r from unnest(d.chapter_days) u (days)
            union all select unnest(d.lapsed * /* period */)
            union all select unnest(d.away * /* period */)
            union all select unnest(d.valid * /* period */)
          ) x
          cross join lateral (values (lower(x.r)), (upper(x.r))) e (day)
          order by e.day) as cuts
      from ( /* days */ ) d
      offset 0
    ), pieces as (
      select p.n, p.mentor_id, p.from_on, p.until_on, p.status, p.status = 'active' and p.valid_then as certified, p.chapter_ids
      from (
        select c.n, c.mentor_id, c.cuts[i] as from_on, c.cuts[i + 1] as until_on, c.cuts[i] <@ c.valid as valid_then,
          case when c.cuts[i] <@ c.lapsed then 'expired_cert' when c.cuts[i] <@ c.away then 'paused' else 'active' end as status,
          case
            when cardinality(c.chapter_ids) > 1 then array(
              select u.chapter_id from unnest(c.chapter_ids, c.chapter_days) u (chapter_id, days)
              where c.cuts[i] <@ u.days order by u.chapter_id)
            when c.cuts[i] <@ c.chapter_days[1] then c.chapter_ids
            else '{}'
          end as chapter_ids
        from cut c
        cross join lateral generate_series(1, cardinality(c.cuts) - 1) i
        offset 0
      ) p
      where p.chapter_ids <> '{}'
    ), marked as (
      select p.*, p.from_on is distinct from lag(p.until_on) over w or p.status <> lag(p.status) over w
        or p.certified <> lag(p.certified) over w or p.chapter_ids <> lag(p.chapter_ids) over w as begins
      from pieces p
      window w as (partition by p.n order by p.from_on)
    ), runs as (
      select m.*, count(*) filter (where m.begins) over (partition by m.n order by m.from_on) as run
      from marked m
    )
    select r.mentor_id, min(r.from_on) as from_on, max(r.until_on) - 1 as until_on, r.status, r.certified, r.chapter_ids
    from runs r
    group by r.n, r.run, r.mentor_id, r.status, r.certified, r.chapter_ids$query$,
    '/* period */', stretches_query.period), '/* days */', stretches_query.days);
end
$function$;

COMMENT ON FUNCTION "private"."stretches_query"(text, text) IS 'The query for the longest runs of days with the same status, certified and chapters, through until_on, of each row of a query for days. period: the parameter that says between which days; days in none of the chapters are left out.';

REVOKE ALL ON FUNCTION "private"."stretches_query"(text, text) FROM PUBLIC;
