CREATE OR REPLACE FUNCTION private.mentor_lock (
  mentor_id uuid
)
  RETURNS bigint
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return uuid_hash_extended(mentor_lock.mentor_id, 20261123);
end
$function$;

COMMENT ON FUNCTION "private"."mentor_lock"(uuid) IS 'The key of the advisory lock to hold while changing this mentor''s status. Not the row in profiles: locking a hundred thousand rows in a night would write as many pages.';

REVOKE ALL ON FUNCTION "private"."mentor_lock"(uuid) FROM PUBLIC;
