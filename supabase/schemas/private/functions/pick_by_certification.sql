CREATE OR REPLACE FUNCTION private.pick_by_certification (
  chapter_ids uuid[],
  status      text,
  needle      text,
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
begin
  return query
    select distinct on (f.display_name, f.mentor_id) f.chapter_id, f.display_name, f.mentor_id
    from (
      select n.chapter_id, n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = any (pick_by_certification.chapter_ids)
        and pick_by_certification.status = 'expired_cert'
        and n.certified_until < pick_by_certification.as_of
        and n.from_on <= pick_by_certification.as_of and n.until_on > pick_by_certification.as_of
        and (pick_by_certification.needle is null or (strpos(n.searched_as, pick_by_certification.needle) > 0
          or n.searched_as is null and private.has_name_with(pick_by_certification.needle, n.mentor_id, n.chapter_id)))
      union all
      select n.chapter_id, n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = any (pick_by_certification.chapter_ids)
        and pick_by_certification.status <> 'expired_cert'
        and n.certified_until >= pick_by_certification.as_of
        and n.from_on <= pick_by_certification.as_of and n.until_on > pick_by_certification.as_of
        and (pick_by_certification.needle is null or (strpos(n.searched_as, pick_by_certification.needle) > 0
          or n.searched_as is null and private.has_name_with(pick_by_certification.needle, n.mentor_id, n.chapter_id)))
      union all
      select n.chapter_id, n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = any (pick_by_certification.chapter_ids)
        and pick_by_certification.status <> 'expired_cert'
        and n.certified_until is null
        and n.from_on <= pick_by_certification.as_of and n.until_on > pick_by_certification.as_of
        and (pick_by_certification.needle is null or (strpos(n.searched_as, pick_by_certification.needle) > 0
          or n.searched_as is null and private.has_name_with(pick_by_certification.needle, n.mentor_id, n.chapter_id)))
      order by display_name, mentor_id, chapter_id
    ) f
    cross join lateral (
      -- Looked up in this order, until there are enough.
      select from (select) o where pick_by_certification.status = 'expired_cert'
      union all
      select from private.roster_places p
      where pick_by_certification.status <> 'expired_cert'
        and p.mentor_id = f.mentor_id and p.chapter_id = f.chapter_id
        and p.from_on <= pick_by_certification.as_of and p.until_on > pick_by_certification.as_of
        and p.is_paused = (pick_by_certification.status = 'paused')
    ) p
    where (pick_by_certification.after_name = ''
        or ((f.display_name, f.mentor_id) > (pick_by_certification.after_name, pick_by_certification.after_id)) is true)
    order by f.display_name, f.mentor_id
    limit pick_by_certification.at_most;
end
$function$;

COMMENT ON FUNCTION "private"."pick_by_certification"(uuid[], text, text, date, text, uuid, integer) IS 'The first at_most of these chapters behind a place, with a status and a part of the name (null: any), among all who are expired, or among all who are not.';

REVOKE ALL ON FUNCTION "private"."pick_by_certification"(uuid[], text, text, date, text, uuid, integer) FROM PUBLIC;
