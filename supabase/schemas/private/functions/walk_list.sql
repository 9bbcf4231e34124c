CREATE OR REPLACE FUNCTION private.walk_list (
  chapter_id uuid,
  is_paused  boolean,
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
  f private.roster_filter := walk_list.filter;
begin
  return query
    (select p.display_name, p.mentor_id
     from private.roster_places p
     where walk_list.after_name = ''
       and p.chapter_id = walk_list.chapter_id and p.is_paused = walk_list.is_paused
       and p.from_on <= walk_list.as_of and p.until_on > walk_list.as_of
       and case when p.certified_until < walk_list.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
       and (not f.by_kind
         or p.is_paused and (p.certified_until < walk_list.as_of) is not true and (
           p.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and p.expected_return_date is null)
         or p.certified_until between f.certified_from and f.certified_until
         or f.has_request and p.has_request)
       and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
         or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_list.as_of))
       and (f.needle is null or strpos(p.searched_as, f.needle) > 0
         or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
     order by p.display_name, p.mentor_id
     limit walk_list.at_most)
    union all
    (select p.display_name, p.mentor_id
     from private.roster_places p
     where walk_list.after_name <> '' and (p.display_name, p.mentor_id) > (walk_list.after_name, walk_list.after_id)
       and p.chapter_id = walk_list.chapter_id and p.is_paused = walk_list.is_paused
       and p.from_on <= walk_list.as_of and p.until_on > walk_list.as_of
       and case when p.certified_until < walk_list.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
       and (not f.by_kind
         or p.is_paused and (p.certified_until < walk_list.as_of) is not true and (
           p.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and p.expected_return_date is null)
         or p.certified_until between f.certified_from and f.certified_until
         or f.has_request and p.has_request)
       and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
         or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_list.as_of))
       and (f.needle is null or strpos(p.searched_as, f.needle) > 0
         or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
     order by p.display_name, p.mentor_id
     limit walk_list.at_most);
end
$function$;

COMMENT ON FUNCTION "private"."walk_list"(uuid, boolean, private.roster_filter, date, text, uuid, integer) IS 'The first at_most of a chapter behind a place who meet a filter, in order, by walking the list of those who are on a pause, or of those who are not.';

REVOKE ALL ON FUNCTION "private"."walk_list"(uuid, boolean, private.roster_filter, date, text, uuid, integer) FROM PUBLIC;
