CREATE OR REPLACE FUNCTION public.assign_coordinator (
  mentor_id      uuid DEFAULT NULL::uuid,
  coordinator_id uuid DEFAULT NULL::uuid,
  request_id     uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.assign_coordinator(assign_coordinator.mentor_id, assign_coordinator.coordinator_id, assign_coordinator.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."assign_coordinator"(uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."assign_coordinator"(uuid, uuid, uuid) IS 'Makes a coordinator of the mentor''s chapters responsible for the mentor. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."assign_coordinator"(uuid, uuid, uuid) FROM PUBLIC, "anon", "service_role";
