CREATE OR REPLACE FUNCTION public.remove_certification (
  certification_id uuid DEFAULT NULL::uuid,
  request_id       uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.remove_certification(remove_certification.certification_id, remove_certification.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."remove_certification"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."remove_certification"(uuid, uuid) IS 'Removes a certification that was a mistake; the history keeps it as removed. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."remove_certification"(uuid, uuid) FROM PUBLIC, "anon", "service_role";
