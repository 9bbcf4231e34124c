CREATE OR REPLACE FUNCTION private.try_lock_mentors (
  mentor_ids uuid[]
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return array(
    select m from unnest(try_lock_mentors.mentor_ids) m
    where pg_try_advisory_xact_lock(uuid_hash_extended(m, 20261123)));
end
$function$;

COMMENT ON FUNCTION "private"."try_lock_mentors"(uuid[]) IS 'Takes the lock of each of these mentors that is free, until the transaction ends, and returns theirs. The key is that of private.mentor_lock, a call of which would cost ten times the lock.';

REVOKE ALL ON FUNCTION "private"."try_lock_mentors"(uuid[]) FROM PUBLIC;
