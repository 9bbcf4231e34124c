CREATE OR REPLACE FUNCTION private.answerable_chapter_ids (
  mentor_id uuid
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return coalesce(
    (select s.chapter_ids
     from private.roster_entries e
     join private.chapter_sets s on s.id = e.chapter_set_id
     where e.mentor_id = answerable_chapter_ids.mentor_id
     limit 1),
    (select array[m.chapter_id]
     from public.chapter_memberships m
     where m.user_id = answerable_chapter_ids.mentor_id and m.role = 'mentor'
     order by m.ended_at desc nulls first, m.chapter_id
     limit 1),
    '{}');
end
$function$;

COMMENT ON FUNCTION "private"."answerable_chapter_ids"(uuid) IS 'The chapters that answer for what could not be delivered about a mentor: those where the mentor is active, else the last one, else none.';

REVOKE ALL ON FUNCTION "private"."answerable_chapter_ids"(uuid) FROM PUBLIC;
