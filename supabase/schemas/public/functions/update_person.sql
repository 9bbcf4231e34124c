CREATE OR REPLACE FUNCTION public.update_person (
  person_id    uuid DEFAULT NULL::uuid,
  display_name text DEFAULT NULL::text,
  locale       text DEFAULT NULL::text,
  email        text DEFAULT NULL::text,
  phone        text DEFAULT NULL::text,
  request_id   uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.update_person(update_person.person_id, update_person.display_name, update_person.locale, update_person.email, update_person.phone, update_person.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."update_person"(uuid, text, text, text, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."update_person"(uuid, text, text, text, text, uuid) IS 'Changes what is not null, for administrators of every chapter in which the person is active. An empty email or phone is removed. Refuses with invalid_request, not_an_administrator, not_found, in_use, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."update_person"(uuid, text, text, text, text, uuid) FROM PUBLIC, "anon", "service_role";
