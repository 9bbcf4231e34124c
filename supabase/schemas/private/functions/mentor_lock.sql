CREATE OR REPLACE FUNCTION private.mentor_lock (
  mentor_id uuid
)
  RETURNS bigint
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO ''
  AS $function$
begin
  return uuid_hash_extended(mentor_lock.mentor_id, 20261123);
end
$function$;

COMMENT ON FUNCTION "private"."mentor_lock"(uuid) IS 'The advisory lock of who changes this mentor''s status. Not the row of profiles: to lock a hundred thousand rows in a night means to write as many pages.';

REVOKE ALL ON FUNCTION "private"."mentor_lock"(uuid) FROM PUBLIC;
