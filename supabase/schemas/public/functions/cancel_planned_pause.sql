CREATE OR REPLACE FUNCTION public.cancel_planned_pause (
  planned_pause_id uuid DEFAULT NULL::uuid,
  request_id       uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.cancel_planned_pause(cancel_planned_pause.planned_pause_id, cancel_planned_pause.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."cancel_planned_pause"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."cancel_planned_pause"(uuid, uuid) IS 'Takes a planned pause back, and answers it as it was. Refuses with invalid_request, not_a_coordinator, not_found, already_paused (it has begun), request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."cancel_planned_pause"(uuid, uuid) FROM PUBLIC, "anon", "service_role";
