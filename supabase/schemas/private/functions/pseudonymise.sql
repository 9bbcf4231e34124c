CREATE OR REPLACE FUNCTION private.pseudonymise (
  person_id uuid,
  actor_id  uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.erase_people(array[pseudonymise.person_id], pseudonymise.actor_id, false);
end
$function$;

COMMENT ON FUNCTION "private"."pseudonymise"(uuid, uuid) IS 'Pseudonymises a person and keeps the login. For the role postgres; does not check the caller.';

REVOKE ALL ON FUNCTION "private"."pseudonymise"(uuid, uuid) FROM PUBLIC;
