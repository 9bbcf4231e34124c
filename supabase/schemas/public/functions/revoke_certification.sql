CREATE OR REPLACE FUNCTION public.revoke_certification (
  certification_id uuid DEFAULT NULL::uuid,
  last_valid_on    date DEFAULT NULL::date,
  request_id       uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.revoke_certification(revoke_certification.certification_id, revoke_certification.last_valid_on, revoke_certification.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."revoke_certification"(uuid, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."revoke_certification"(uuid, date, uuid) IS 'Ends a certification earlier than it says. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."revoke_certification"(uuid, date, uuid) FROM PUBLIC, "anon", "service_role";
