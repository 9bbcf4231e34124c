CREATE OR REPLACE FUNCTION public.plan_pause (
  mentor_id            uuid,
  pause_reason         text,
  starts_on            date DEFAULT NULL::date,
  expected_return_date date DEFAULT NULL::date,
  request_id           uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.plan_pause(plan_pause.mentor_id, plan_pause.pause_reason, plan_pause.starts_on,
    plan_pause.expected_return_date, plan_pause.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."plan_pause"(uuid, text, date, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."plan_pause"(uuid, text, date, date, uuid) IS 'Plans a pause of a mentor of the caller''s chapters from a day on that lies ahead. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_paused, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."plan_pause"(uuid, text, date, date, uuid) FROM PUBLIC, "anon", "service_role";
