CREATE OR REPLACE FUNCTION private.pick_places (
  chapter_ids    uuid[],
  filter         private.roster_filter,
  by_coordinator boolean,
  as_of          date,
  after_name     text,
  after_id       uuid,
  at_most        integer
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
  f private.roster_filter := pick_places.filter;
begin
  return query
    select min(p.chapter_id::text)::uuid, p.display_name, p.mentor_id
    from (
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_places p
      where not pick_places.by_coordinator and p.chapter_id = any (pick_places.chapter_ids) and p.is_paused
        and p.expected_return_date between f.returns_from and f.returns_until
        and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of and (p.certified_until < pick_places.as_of) is not true
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_places p
      where not pick_places.by_coordinator and f.is_open_ended and p.chapter_id = any (pick_places.chapter_ids) and p.is_paused
        and p.expected_return_date is null
        and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of and (p.certified_until < pick_places.as_of) is not true
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_places p
      where not pick_places.by_coordinator and f.has_request and p.chapter_id = any (pick_places.chapter_ids) and p.has_request
        and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_entries n
      cross join lateral (
        select p.*
        from private.roster_places p
        where p.mentor_id = n.mentor_id and p.chapter_id = n.chapter_id and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of
        offset 0
      ) p
      where not pick_places.by_coordinator and n.chapter_id = any (pick_places.chapter_ids)
        and n.certified_until between f.certified_from and f.certified_until
        and n.from_on <= pick_places.as_of and n.until_on > pick_places.as_of
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from public.coordinator_assignments a
      cross join lateral (
        select p.*
        from private.roster_places p
        where p.mentor_id = a.mentor_id and p.chapter_id = any (pick_places.chapter_ids) and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of
          and (not f.by_kind
            or p.is_paused and (p.certified_until < pick_places.as_of) is not true and (
              p.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and p.expected_return_date is null)
            or p.certified_until between f.certified_from and f.certified_until
            or f.has_request and p.has_request)
        offset 0
      ) p
      where pick_places.by_coordinator and a.coordinator_id = f.coordinator_id and a.ended_at is null
    ) p
    where case when p.certified_until < pick_places.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
      and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
        or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, pick_places.as_of))
      and (f.needle is null or strpos(p.searched_as, f.needle) > 0
        or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
      and (pick_places.after_name = '' or ((p.display_name, p.mentor_id) > (pick_places.after_name, pick_places.after_id)) is true)
    group by p.mentor_id, p.display_name
    order by p.display_name, p.mentor_id
    limit pick_places.at_most;
end
$function$;

COMMENT ON FUNCTION "private"."pick_places"(uuid[], private.roster_filter, boolean, date, text, uuid, integer) IS 'The first at_most of these chapters behind a place who meet a filter, among all who have what it asks for by kind, or all whom its coordinator is responsible for.';

REVOKE ALL ON FUNCTION "private"."pick_places"(uuid[], private.roster_filter, boolean, date, text, uuid, integer) FROM PUBLIC;
