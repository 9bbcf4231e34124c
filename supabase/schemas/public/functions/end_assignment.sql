CREATE OR REPLACE FUNCTION public.end_assignment (
  mentor_id      uuid DEFAULT NULL::uuid,
  coordinator_id uuid DEFAULT NULL::uuid,
  request_id     uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.end_assignment(end_assignment.mentor_id, end_assignment.coordinator_id, end_assignment.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."end_assignment"(uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."end_assignment"(uuid, uuid, uuid) IS 'Ends what assign_coordinator began. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."end_assignment"(uuid, uuid, uuid) FROM PUBLIC, "anon", "service_role";
