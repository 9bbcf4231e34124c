CREATE OR REPLACE FUNCTION private.erase_person_as_administrator (
  person_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  administered uuid[];
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  -- The login first: Supabase Auth, which deletes a user, holds it before it erases.
  perform from auth.users u where u.id = erase_person_as_administrator.person_id for update;
  perform private.lock_for_erasure(erase_person_as_administrator.person_id);
  administered := private.my_administered_chapter_ids();
  if not exists (
    select from public.chapter_memberships m
    where m.user_id = erase_person_as_administrator.person_id and m.chapter_id = any (administered)
  ) or exists (
    select from public.chapter_memberships m
    where m.user_id = erase_person_as_administrator.person_id and m.ended_at is null and m.chapter_id <> all (administered)
  ) then
    perform private.refuse('mentor_not_found', null, 'No such person whose chapters are all yours.');
  end if;
  perform private.erase_person(erase_person_as_administrator.person_id, auth.uid());
  -- With the address, the phone number and the sessions; its trigger finds nothing left.
  delete from auth.users u where u.id = erase_person_as_administrator.person_id;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."erase_person_as_administrator"(uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."erase_person_as_administrator"(uuid) IS 'Behind public.erase_person. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."erase_person_as_administrator"(uuid) FROM PUBLIC;
