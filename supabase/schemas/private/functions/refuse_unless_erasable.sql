CREATE OR REPLACE FUNCTION private.refuse_unless_erasable (
  person_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  administered uuid[] := private.my_administered_chapter_ids();
begin
  if not exists (
    select from public.chapter_memberships m
    where m.user_id = refuse_unless_erasable.person_id and m.chapter_id = any (administered)
  ) or exists (
    select from public.chapter_memberships m
    where m.user_id = refuse_unless_erasable.person_id and m.ended_at is null and m.chapter_id <> all (administered)
  ) then
    perform private.refuse('mentor_not_found', null, 'No such person whose chapters are all yours.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_unless_erasable"(uuid) IS 'Refuses with mentor_not_found unless the caller administers a chapter of the person, and every one in which the person is active.';

REVOKE ALL ON FUNCTION "private"."refuse_unless_erasable"(uuid) FROM PUBLIC;
