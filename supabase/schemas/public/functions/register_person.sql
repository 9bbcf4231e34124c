CREATE OR REPLACE FUNCTION public.register_person (
  display_name   text  DEFAULT NULL::text,
  chapter_id     uuid  DEFAULT NULL::uuid,
  role           text  DEFAULT NULL::text,
  locale         text  DEFAULT NULL::text,
  email          text  DEFAULT NULL::text,
  phone          text  DEFAULT NULL::text,
  started_on     date  DEFAULT NULL::date,
  certifications jsonb DEFAULT NULL::jsonb,
  coordinator_id uuid  DEFAULT NULL::uuid,
  source         text  DEFAULT NULL::text,
  external_id    text  DEFAULT NULL::text,
  request_id     uuid  DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.register_person(register_person.display_name, register_person.chapter_id, register_person.role, register_person.locale, register_person.email, register_person.phone, register_person.started_on, register_person.certifications, register_person.coordinator_id, register_person.source, register_person.external_id, register_person.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."register_person"(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."register_person"(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) IS 'Registers a person in a chapter that the caller administers, as mentor unless role says otherwise, from today unless started_on does. Somebody who is known by member number or address gets the membership only; the answer then has the code belongs_elsewhere. Refuses with invalid_request, not_an_administrator, chapter_not_found, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."register_person"(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) FROM PUBLIC, "anon", "service_role";
