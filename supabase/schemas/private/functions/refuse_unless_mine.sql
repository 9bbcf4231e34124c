CREATE OR REPLACE FUNCTION private.refuse_unless_mine (
  person_id   uuid,
  chapter_ids uuid[],
  is_whole    boolean DEFAULT false,
  code        text    DEFAULT 'not_found'::text,
  everybody   boolean DEFAULT false
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  kept uuid := private.kept_id(refuse_unless_mine.person_id);
begin
  -- Of what isn't theirs the caller learns nothing, not even that it was there once.
  if not refuse_unless_mine.everybody and not private.belongs_to(kept, refuse_unless_mine.chapter_ids) then
    perform private.refuse(refuse_unless_mine.code);
  end if;
  if kept <> refuse_unless_mine.person_id then
    perform private.refuse('not_found', null, 'This profile was joined into another one.', kept::text);
  end if;
  if exists (select from public.erasures e where e.person_id = refuse_unless_mine.person_id) then
    perform private.refuse('not_found', null, 'No such person in your chapters.');
  end if;
  if refuse_unless_mine.everybody and not exists (select from public.profiles p where p.id = refuse_unless_mine.person_id) then
    perform private.refuse(refuse_unless_mine.code);
  end if;
  if refuse_unless_mine.is_whole and not refuse_unless_mine.everybody and private.is_active_outside(refuse_unless_mine.person_id, refuse_unless_mine.chapter_ids) then
    perform private.refuse(refuse_unless_mine.code, null, 'No such person whose chapters are all yours.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_unless_mine"(uuid, uuid[], boolean, text, boolean) IS 'Refuses with not_found, or the code given, unless the person belongs to one of these chapters; is_whole: and is active in no other, nor an organisation administrator. everybody: for organisation administrators, who keep also those who belong nowhere. Of these, who was erased is not_found, as is who was joined into another profile, with that one as the hint.';

REVOKE ALL ON FUNCTION "private"."refuse_unless_mine"(uuid, uuid[], boolean, text, boolean) FROM PUBLIC;
