CREATE OR REPLACE FUNCTION public.erase_person (
  person_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.erase_person_as_administrator(erase_person.person_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."erase_person"(uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."erase_person"(uuid) IS 'Pseudonymises a person and removes the login. For administrators of a chapter of this person who is active in no other chapter; else mentor_not_found.';

REVOKE ALL ON FUNCTION "public"."erase_person"(uuid) FROM PUBLIC, "anon", "service_role";
