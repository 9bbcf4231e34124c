CREATE OR REPLACE FUNCTION public.amend_pause (
  mentor_id        uuid,
  changes          jsonb   DEFAULT NULL::jsonb,
  expected_version integer DEFAULT NULL::integer,
  request_id       uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.amend_pause(amend_pause.mentor_id, amend_pause.changes, amend_pause.expected_version,
    amend_pause.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."amend_pause"(uuid, jsonb, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."amend_pause"(uuid, jsonb, integer, uuid) IS 'Changes the fields of a live pause that changes names (pause_reason, expected_return_date; null clears the date) and leaves the others. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_paused, version_conflict, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."amend_pause"(uuid, jsonb, integer, uuid) FROM PUBLIC, "anon", "service_role";
