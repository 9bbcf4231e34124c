CREATE OR REPLACE FUNCTION private.answerable_chapter_ids (
  mentor_id uuid
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  active uuid[] := array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = answerable_chapter_ids.mentor_id and m.role = 'mentor'
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
    order by m.chapter_id);
begin
  if active <> '{}' then
    return active;
  end if;
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = answerable_chapter_ids.mentor_id and m.role = 'mentor'
      and m.ended_at = (
        select max(l.ended_at)
        from public.chapter_memberships l
        where l.user_id = answerable_chapter_ids.mentor_id and l.role = 'mentor' and l.ended_at <= statement_timestamp())
    order by m.chapter_id
  );
end
$function$;

COMMENT ON FUNCTION "private"."answerable_chapter_ids"(uuid) IS 'The chapters that answer for this mentor: those in which the mentor is active; of one who is active nowhere, the last one left; sorted. Definer, because callers may not see the memberships of other chapters.';

REVOKE ALL ON FUNCTION "private"."answerable_chapter_ids"(uuid) FROM PUBLIC;
