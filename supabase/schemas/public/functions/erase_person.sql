CREATE OR REPLACE FUNCTION public.erase_person (
  person_id  uuid DEFAULT NULL::uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.erase_person(erase_person.person_id, erase_person.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."erase_person"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."erase_person"(uuid, uuid) IS 'Pseudonymises a person, with the profiles that were joined into this one, and removes the login. For administrators of every chapter in which the person is active, or of the last one left. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."erase_person"(uuid, uuid) FROM PUBLIC, "anon", "service_role";
