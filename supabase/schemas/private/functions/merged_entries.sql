CREATE OR REPLACE FUNCTION private.merged_entries (
  chapter_ids uuid[],
  as_of       date,
  after_name  text,
  after_id    uuid,
  at_most     integer,
  OUT         shown_in uuid[],
  OUT         shown uuid[]
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  share integer := 1 + merged_entries.at_most / cardinality(merged_entries.chapter_ids);
begin
  if share = 1 then
    -- More chapters than places on the page: only those whose first ones come first
    -- have any.
    with firsts as materialized (
      select o.chapter_id, w.display_name, w.mentor_id
      from unnest(merged_entries.chapter_ids) o (chapter_id)
      cross join lateral (
        (select n.display_name, n.mentor_id
         from private.roster_entries n
         where merged_entries.after_name is null and n.chapter_id = o.chapter_id
           and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
         order by n.display_name, n.mentor_id
         limit 1)
        union all
        (select n.display_name, n.mentor_id
         from private.roster_entries n
         where merged_entries.after_name is not null and n.chapter_id = o.chapter_id
           and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
           and (n.display_name, n.mentor_id) > (merged_entries.after_name, merged_entries.after_id)
         order by n.display_name, n.mentor_id
         limit 1)
      ) w
      order by w.display_name, w.mentor_id
      limit merged_entries.at_most
    ), edge as materialized (
      select f.display_name, f.mentor_id from firsts f offset merged_entries.at_most - 1 limit 1
    )
    select array_agg(d.chapter_id), array_agg(d.mentor_id)
    into merged_entries.shown_in, merged_entries.shown
    from (
      select distinct on (a.display_name, a.mentor_id) a.chapter_id, a.display_name, a.mentor_id
      from (
        select f.chapter_id, f.display_name, f.mentor_id from firsts f
        union all
        select f.chapter_id, w.display_name, w.mentor_id
        from firsts f
        cross join edge e
        cross join lateral (
          select n.display_name, n.mentor_id
          from private.roster_entries n
          where n.chapter_id = f.chapter_id
            and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
            and (n.display_name, n.mentor_id) > (f.display_name, f.mentor_id)
            and (n.display_name, n.mentor_id) < (e.display_name, e.mentor_id)
          order by n.display_name, n.mentor_id
          limit merged_entries.at_most
        ) w
      ) a
      order by a.display_name, a.mentor_id
      limit merged_entries.at_most
    ) d;
    if cardinality(merged_entries.shown) = merged_entries.at_most then
      return;
    end if;
    -- Some were first in several chapters, or most chapters have nobody left.
  end if;

  with firsts as materialized (
    select o.chapter_id, w.display_name, w.mentor_id
    from unnest(merged_entries.chapter_ids) o (chapter_id)
    cross join lateral (
      (select n.display_name, n.mentor_id
       from private.roster_entries n
       where merged_entries.after_name is null and n.chapter_id = o.chapter_id
         and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
       order by n.display_name, n.mentor_id
       limit share)
      union all
      (select n.display_name, n.mentor_id
       from private.roster_entries n
       where merged_entries.after_name is not null and n.chapter_id = o.chapter_id
         and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
         and (n.display_name, n.mentor_id) > (merged_entries.after_name, merged_entries.after_id)
       order by n.display_name, n.mentor_id
       limit share)
    ) w
  ), edge as materialized (
    -- Nobody behind this one is on the page. Whoever is first in several chapters counts
    -- once; where most are, there is no edge, and everything is read.
    select distinct d.display_name, d.mentor_id
    from (
      select f.display_name, f.mentor_id from firsts f
      order by f.display_name, f.mentor_id
      limit 2 * merged_entries.at_most
    ) d
    order by d.display_name, d.mentor_id
    offset merged_entries.at_most - 1 limit 1
  ), leaders as materialized (
    select f.chapter_id, f.display_name, f.mentor_id
    from firsts f
    left join edge e on true
    where e.mentor_id is null or (f.display_name, f.mentor_id) <= (e.display_name, e.mentor_id)
  ), lasts as materialized (
    select distinct on (l.chapter_id) l.chapter_id, l.display_name, l.mentor_id
    from leaders l
    order by l.chapter_id, l.display_name desc, l.mentor_id desc
  ), more as (
    select l.chapter_id, w.display_name, w.mentor_id
    from lasts l
    cross join edge e
    cross join lateral (
      select n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = l.chapter_id
        and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
        and (n.display_name, n.mentor_id) > (l.display_name, l.mentor_id)
        and (n.display_name, n.mentor_id) < (e.display_name, e.mentor_id)
      order by n.display_name, n.mentor_id
      limit merged_entries.at_most
    ) w
    union all
    select l.chapter_id, w.display_name, w.mentor_id
    from lasts l
    cross join lateral (
      select n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = l.chapter_id
        and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
        and (n.display_name, n.mentor_id) > (l.display_name, l.mentor_id)
      order by n.display_name, n.mentor_id
      limit merged_entries.at_most
    ) w
    where not exists (select from edge)
  )
  select array_agg(d.chapter_id), array_agg(d.mentor_id)
  into merged_entries.shown_in, merged_entries.shown
  from (
    select distinct on (a.display_name, a.mentor_id) a.chapter_id, a.display_name, a.mentor_id
    from (
      select l.chapter_id, l.display_name, l.mentor_id from leaders l
      union all
      select m.chapter_id, m.display_name, m.mentor_id from more m
    ) a
    order by a.display_name, a.mentor_id
    limit merged_entries.at_most
  ) d;
end
$function$;

COMMENT ON FUNCTION "private"."merged_entries"(uuid[], date, text, uuid, integer) IS 'The first at_most of these chapters on a date, behind a place (null: the beginning), in order, each mentor once.';

REVOKE ALL ON FUNCTION "private"."merged_entries"(uuid[], date, text, uuid, integer) FROM PUBLIC;
