CREATE OR REPLACE FUNCTION public.allow_address (
  person_id  uuid DEFAULT NULL::uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.allow_address(allow_address.person_id, allow_address.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."allow_address"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."allow_address"(uuid, uuid) IS 'Takes a person''s e-mail address off the list of refused ones, so that the next e-mail goes there again; without an entry it changes nothing. For administrators of a chapter where the person is active, or of the last one left; else not_found, or not_an_administrator.';

REVOKE ALL ON FUNCTION "public"."allow_address"(uuid, uuid) FROM PUBLIC, "anon", "service_role";
