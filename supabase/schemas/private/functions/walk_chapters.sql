CREATE OR REPLACE FUNCTION private.walk_chapters (
  chapter_ids uuid[],
  filter      private.roster_filter,
  as_of       date,
  after_name  text,
  after_id    uuid,
  at_most     integer
)
  RETURNS TABLE (
    chapter_id   uuid,
    display_name text,
    mentor_id    uuid
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- Of many chapters each has few of the page.
  share integer := 1 + walk_chapters.at_most / cardinality(walk_chapters.chapter_ids);
begin
  if cardinality(walk_chapters.chapter_ids) = 1 then
    return query
      select walk_chapters.chapter_ids[1], w.display_name, w.mentor_id
      from private.walk_places(walk_chapters.chapter_ids[1], walk_chapters.filter, walk_chapters.as_of,
        walk_chapters.after_name, walk_chapters.after_id, walk_chapters.at_most) w;
    return;
  end if;
  return query
    with firsts as materialized (
      -- A function neither takes nor returns a collation.
      select o.chapter_id, w.display_name collate "nb-x-icu" as display_name, w.mentor_id, w.nth
      from unnest(walk_chapters.chapter_ids) o (chapter_id)
      cross join lateral private.walk_places(o.chapter_id, walk_chapters.filter, walk_chapters.as_of,
        walk_chapters.after_name, walk_chapters.after_id, share) with ordinality w (display_name, mentor_id, nth)
    ), edge as materialized (
      -- Nobody behind this one is on the page.
      select d.display_name, d.mentor_id
      from (select distinct f.display_name, f.mentor_id from firsts f) d
      order by d.display_name, d.mentor_id
      offset walk_chapters.at_most - 1 limit 1
    ), more as (
      select f.chapter_id, w.display_name collate "nb-x-icu" as display_name, w.mentor_id
      from firsts f
      cross join lateral private.walk_places(f.chapter_id, walk_chapters.filter, walk_chapters.as_of,
        f.display_name collate "default", f.mentor_id, walk_chapters.at_most) w
      where f.nth = share
        and not exists (select from edge e where (e.display_name, e.mentor_id) <= (f.display_name, f.mentor_id))
    )
    select distinct on (a.display_name, a.mentor_id) a.chapter_id, a.display_name, a.mentor_id
    from (
      select f.chapter_id, f.display_name, f.mentor_id from firsts f
      union all
      select m.chapter_id, m.display_name, m.mentor_id from more m
    ) a
    order by a.display_name, a.mentor_id
    limit walk_chapters.at_most;
end
$function$;

COMMENT ON FUNCTION "private"."walk_chapters"(uuid[], private.roster_filter, date, text, uuid, integer) IS 'What walk_places finds in several chapters, each mentor once.';

REVOKE ALL ON FUNCTION "private"."walk_chapters"(uuid[], private.roster_filter, date, text, uuid, integer) FROM PUBLIC;
