CREATE OR REPLACE FUNCTION private.erase_person (
  person_id uuid,
  actor_id  uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.erase_people(array[erase_person.person_id], erase_person.actor_id, false);
end
$function$;

COMMENT ON FUNCTION "private"."erase_person"(uuid, uuid) IS 'Pseudonymises a person and keeps the login. For the role postgres; does not check the caller.';

REVOKE ALL ON FUNCTION "private"."erase_person"(uuid, uuid) FROM PUBLIC;
