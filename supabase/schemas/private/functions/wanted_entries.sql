CREATE OR REPLACE FUNCTION private.wanted_entries (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS TABLE (
    mentor_id       uuid,
    chapter_id      uuid,
    display_name    text,
    chapter_ids     uuid[],
    certified_until date,
    recheck_on      date,
    coordinators    jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select a.mentor_id, c.chapter_id, p.display_name, a.chapter_ids,
      f.certified_until, f.recheck_on, coalesce(r.coordinators, '[]')
    from (
      select m.user_id as mentor_id, array_agg(m.chapter_id order by m.chapter_id) as chapter_ids
      from public.chapter_memberships m
      where m.user_id = any (wanted_entries.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      group by m.user_id
    ) a
    join public.profiles p on p.id = a.mentor_id
    left join private.certification_facts(wanted_entries.mentor_ids, wanted_entries.as_of) f on f.mentor_id = a.mentor_id
    cross join lateral unnest(a.chapter_ids) c (chapter_id)
    left join (
      select o.mentor_id,
        jsonb_agg(jsonb_build_object('id', q.id, 'display_name', q.display_name) order by q.display_name, q.id) as coordinators
      from public.coordinator_assignments o
      join public.profiles q on q.id = o.coordinator_id
      where o.mentor_id = any (wanted_entries.mentor_ids)
        and o.ended_at is null
        and exists (
          select from public.chapter_memberships m
          join public.chapter_memberships t on t.chapter_id = m.chapter_id
          where m.user_id = o.coordinator_id and m.role = 'coordinator' and m.ended_at is null
            and t.user_id = o.mentor_id and t.role = 'mentor' and t.ended_at is null)
      group by o.mentor_id
    ) r on r.mentor_id = a.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."wanted_entries"(uuid[], date) IS 'What the roster''s entries of these mentors should be according to the tables.';

REVOKE ALL ON FUNCTION "private"."wanted_entries"(uuid[], date) FROM PUBLIC;
