CREATE OR REPLACE FUNCTION private.pick_by_name (
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
  SET enable_bitmapscan TO 'on'
  AS $function$
declare
  f private.roster_filter := pick_by_name.filter;
  most integer := 2 * pick_by_name.at_most;
  found_in uuid[];
  found_names text[];
  found_ids uuid[];
  so_many integer;
  shown integer;
begin
  loop
    select array_agg(k.chapter_id), array_agg(k.display_name), array_agg(k.mentor_id)
    into found_in, found_names, found_ids
    from (
      select r.chapter_id, r.display_name, r.mentor_id
      from unnest(pick_by_name.chapter_ids) o (chapter_id)
      join private.roster_names r
        on private.search_keys(r.chapter_id, r.searched_as, 1)
          @> private.search_keys(o.chapter_id, f.needle, least(3, char_length(f.needle)))
        and (r.chapter_id = o.chapter_id) is true
      where strpos(r.searched_as, f.needle) > 0
        and (pick_by_name.after_name = '' or ((r.display_name, r.mentor_id) > (pick_by_name.after_name, pick_by_name.after_id)) is true)
      order by r.display_name, r.mentor_id
      limit most
    ) k;
    so_many := cardinality(found_ids);
    if so_many = most then
      -- Whoever comes last may have more chapters than were read.
      so_many := array_position(found_ids, found_ids[most]) - 1;
    end if;
    return query
      select w.chapter_id, w.display_name, w.mentor_id
      from (
        select k.chapter_id, k.display_name, k.mentor_id, lag(k.mentor_id) over () as last_id
        from unnest(found_in[:so_many], found_names[:so_many], found_ids[:so_many]) k (chapter_id, display_name, mentor_id)
        cross join lateral (
          -- Looked up in this order, until there are enough.
          select p.*
          from private.roster_places p
          where p.mentor_id = k.mentor_id and p.chapter_id = k.chapter_id
            and p.from_on <= pick_by_name.as_of and p.until_on > pick_by_name.as_of
          offset 0
        ) n
        where case when n.certified_until < pick_by_name.as_of then f.wants_expired when n.is_paused then f.wants_paused else f.wants_active end
          and (not f.by_kind
            or n.is_paused and (n.certified_until < pick_by_name.as_of) is not true and (
              n.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and n.expected_return_date is null)
            or n.certified_until between f.certified_from and f.certified_until
            or f.has_request and n.has_request)
          and (f.coordinator_id is null or f.coordinator_id = any (n.assigned_to)
            or (n.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, n.mentor_id, n.chapter_id, pick_by_name.as_of))
      ) w
      where w.last_id is distinct from w.mentor_id
      limit pick_by_name.at_most;
    exit when most is null or cardinality(found_ids) is distinct from most;
    get diagnostics shown = row_count;
    pick_by_name.at_most := pick_by_name.at_most - shown;
    exit when pick_by_name.at_most = 0;
    if so_many > 0 then
      pick_by_name.after_name := found_names[so_many];
      pick_by_name.after_id := found_ids[so_many];
    end if;
    most := null;
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."pick_by_name"(uuid[], private.roster_filter, date, text, uuid, integer) IS 'The first at_most of these chapters behind a place who meet a filter, among all who have its part of a name.';

REVOKE ALL ON FUNCTION "private"."pick_by_name"(uuid[], private.roster_filter, date, text, uuid, integer) FROM PUBLIC;
