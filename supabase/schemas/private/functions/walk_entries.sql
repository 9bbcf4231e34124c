CREATE OR REPLACE FUNCTION private.walk_entries (
  chapter_id uuid,
  status     text,
  needle     text,
  as_of      date,
  after_name text,
  after_id   uuid,
  most       integer,
  at_most    integer
)
  RETURNS TABLE (
    display_name text,
    mentor_id    uuid
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  SET enable_sort TO 'off'
  AS $function$
begin
  if walk_entries.status in ('active', 'paused') then
    return query
      select p.display_name, p.mentor_id
      from (
        select p.display_name, p.mentor_id, p.chapter_id, p.from_on, p.until_on, p.certified_until, p.searched_as
        from private.roster_places p
        where p.chapter_id = walk_entries.chapter_id
          and p.is_paused = (walk_entries.status = 'paused')
          and (p.display_name, p.mentor_id) > (walk_entries.after_name, walk_entries.after_id)
        order by p.display_name, p.mentor_id
        limit walk_entries.most
      ) p
      where p.from_on <= walk_entries.as_of and p.until_on > walk_entries.as_of
        and (p.certified_until < walk_entries.as_of) is not true
        and (walk_entries.needle is null or (strpos(p.searched_as, walk_entries.needle) > 0
            or p.searched_as is null and private.has_name_with(walk_entries.needle, p.mentor_id, p.chapter_id)))
      limit walk_entries.at_most;
  else
    return query
      select n.display_name, n.mentor_id
      from (
        select n.display_name, n.mentor_id, n.chapter_id, n.searched_as, n.certified_until
        from private.roster_entries n
        where n.chapter_id = walk_entries.chapter_id
          and n.from_on <= walk_entries.as_of and n.until_on > walk_entries.as_of
          and (n.display_name, n.mentor_id) > (walk_entries.after_name, walk_entries.after_id)
        order by n.display_name, n.mentor_id
        limit walk_entries.most
      ) n
      where (walk_entries.needle is null or (strpos(n.searched_as, walk_entries.needle) > 0
            or n.searched_as is null and private.has_name_with(walk_entries.needle, n.mentor_id, n.chapter_id)))
        and (walk_entries.status is null or n.certified_until < walk_entries.as_of)
      limit walk_entries.at_most;
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."walk_entries"(uuid, text, text, date, text, uuid, integer, integer) IS 'The first at_most of a chapter behind a place with a status and a part of the name (null: any), in order, among the next most (null: all) who may have it.';

REVOKE ALL ON FUNCTION "private"."walk_entries"(uuid, text, text, date, text, uuid, integer, integer) FROM PUBLIC;
