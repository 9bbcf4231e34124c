CREATE OR REPLACE FUNCTION private.is_followed_up (
  person_id   uuid,
  chapter_ids uuid[]
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (is_followed_up.chapter_ids is null or private.belongs_to(is_followed_up.person_id, is_followed_up.chapter_ids))
    and not exists (select from private.final_people f where f.person_id = is_followed_up.person_id);
end
$function$;

COMMENT ON FUNCTION "private"."is_followed_up"(uuid, uuid[]) IS 'Whether the person belongs to one of these chapters (null: to any, or none), and was neither erased nor joined into another. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."is_followed_up"(uuid, uuid[]) FROM PUBLIC;
