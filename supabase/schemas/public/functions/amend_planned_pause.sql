CREATE OR REPLACE FUNCTION public.amend_planned_pause (
  planned_pause_id uuid    DEFAULT NULL::uuid,
  changes          jsonb   DEFAULT NULL::jsonb,
  expected_version integer DEFAULT NULL::integer,
  request_id       uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.amend_planned_pause(amend_planned_pause.planned_pause_id, amend_planned_pause.changes,
    amend_planned_pause.expected_version, amend_planned_pause.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."amend_planned_pause"(uuid, jsonb, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."amend_planned_pause"(uuid, jsonb, integer, uuid) IS 'Changes the fields of a planned pause that changes names (starts_on, pause_reason, expected_return_date; null clears that date). Refuses with invalid_request, not_a_coordinator, not_found, already_paused (it has begun), version_conflict, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."amend_planned_pause"(uuid, jsonb, integer, uuid) FROM PUBLIC, "anon", "service_role";
