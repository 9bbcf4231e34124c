CREATE OR REPLACE FUNCTION private.has_name_with (
  needle     text,
  mentor_id  uuid,
  chapter_id uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from private.roster_names k
    where k.mentor_id = has_name_with.mentor_id and k.chapter_id = has_name_with.chapter_id
      and strpos(k.searched_as, has_name_with.needle) > 0);
end
$function$;

COMMENT ON FUNCTION "private"."has_name_with"(text, uuid, uuid) IS 'Whether a mentor''s name has this part: looked up where it is too long for the lists.';

REVOKE ALL ON FUNCTION "private"."has_name_with"(text, uuid, uuid) FROM PUBLIC;
