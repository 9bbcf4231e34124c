CREATE OR REPLACE FUNCTION private.is_shown (
  person_id   uuid,
  chapter_ids uuid[],
  role        text,
  everybody   boolean
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if exists (select from private.final_people f where f.person_id = is_shown.person_id) then
    return false;
  end if;
  if is_shown.everybody and is_shown.role is null then
    return true;
  end if;
  if is_shown.role is null then
    return private.belongs_to(is_shown.person_id, is_shown.chapter_ids);
  end if;
  return exists (
    select from public.chapter_memberships m
    where m.user_id = is_shown.person_id and m.role = is_shown.role and m.chapter_id = any (is_shown.chapter_ids)
      and (m.ended_at is null or m.ended_at > greatest(m.started_at, statement_timestamp())));
end
$function$;

COMMENT ON FUNCTION "private"."is_shown"(uuid, uuid[], text, boolean) IS 'Whether a person is one of these chapters'' people, in that role if one is given. everybody: for the national office, which keeps also those who belong nowhere.';

REVOKE ALL ON FUNCTION "private"."is_shown"(uuid, uuid[], text, boolean) FROM PUBLIC;
