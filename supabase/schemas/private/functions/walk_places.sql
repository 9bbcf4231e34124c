CREATE OR REPLACE FUNCTION private.walk_places (
  chapter_id uuid,
  filter     private.roster_filter,
  as_of      date,
  after_name text,
  after_id   uuid,
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
declare
  f private.roster_filter := walk_places.filter;
  is_of_pauses boolean := f.by_kind and f.certified_from is null and not f.has_request;
  lists boolean[] := case
    when is_of_pauses or not f.wants_expired and not f.wants_active then '{true}'
    when not f.wants_expired and not f.wants_paused then '{false}'
    else '{false,true}' end::boolean[];
begin
  if f.by_kind and f.has_request and f.returns_from is null and f.certified_from is null and not f.is_open_ended then
    return query
      (select p.display_name, p.mentor_id
       from private.roster_places p
       where walk_places.after_name = ''
         and p.chapter_id = walk_places.chapter_id and p.has_request
         and p.from_on <= walk_places.as_of and p.until_on > walk_places.as_of
         and case when p.certified_until < walk_places.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
         and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
           or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_places.as_of))
         and (f.needle is null or strpos(p.searched_as, f.needle) > 0
           or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
       order by p.display_name, p.mentor_id
       limit walk_places.at_most)
      union all
      (select p.display_name, p.mentor_id
       from private.roster_places p
       where walk_places.after_name <> '' and (p.display_name, p.mentor_id) > (walk_places.after_name, walk_places.after_id)
         and p.chapter_id = walk_places.chapter_id and p.has_request
         and p.from_on <= walk_places.as_of and p.until_on > walk_places.as_of
         and case when p.certified_until < walk_places.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
         and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
           or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_places.as_of))
         and (f.needle is null or strpos(p.searched_as, f.needle) > 0
           or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
       order by p.display_name, p.mentor_id
       limit walk_places.at_most);
  elsif cardinality(lists) = 1 then
    return query select * from private.walk_list(walk_places.chapter_id, lists[1], f, walk_places.as_of,
      walk_places.after_name, walk_places.after_id, walk_places.at_most);
  elsif not f.by_kind and f.wants_active and f.wants_paused and f.coordinator_id is null then
    -- All of a chapter are one list. Only a name is asked for.
    return query select * from private.walk_entries(walk_places.chapter_id, null, f.needle, walk_places.as_of,
      walk_places.after_name, walk_places.after_id, null, walk_places.at_most);
  else
    return query
      select e.display_name, e.mentor_id
      from unnest(lists) o (is_paused)
      cross join lateral private.walk_list(walk_places.chapter_id, o.is_paused, f, walk_places.as_of,
        walk_places.after_name, walk_places.after_id, walk_places.at_most) e
      -- A function doesn't return a collation.
      order by e.display_name collate "nb-x-icu", e.mentor_id
      limit walk_places.at_most;
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."walk_places"(uuid, private.roster_filter, date, text, uuid, integer) IS 'The first at_most of a chapter behind a place who meet a filter, in order, by walking the list of those who may.';

REVOKE ALL ON FUNCTION "private"."walk_places"(uuid, private.roster_filter, date, text, uuid, integer) FROM PUBLIC;
