CREATE OR REPLACE FUNCTION public.register_certification (
  mentor_id  uuid DEFAULT NULL::uuid,
  kind       text DEFAULT NULL::text,
  issued_on  date DEFAULT NULL::date,
  expires_on text DEFAULT NULL::text,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.register_certification(register_certification.mentor_id, register_certification.kind, register_certification.issued_on, register_certification.expires_on, register_certification.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."register_certification"(uuid, text, date, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."register_certification"(uuid, text, date, text, uuid) IS 'Registers a certification or a renewal. Without expires_on it is valid for as many calendar months as its kind says; never: for ever. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."register_certification"(uuid, text, date, text, uuid) FROM PUBLIC, "anon", "service_role";
