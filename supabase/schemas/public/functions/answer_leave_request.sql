CREATE OR REPLACE FUNCTION public.answer_leave_request (
  leave_request_id uuid    DEFAULT NULL::uuid,
  answer           text    DEFAULT NULL::text,
  message          text    DEFAULT NULL::text,
  expected_version integer DEFAULT NULL::integer,
  request_id       uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.answer_leave_request(answer_leave_request.leave_request_id, answer_leave_request.answer,
    answer_leave_request.message, answer_leave_request.expected_version, answer_leave_request.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."answer_leave_request"(uuid, text, text, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."answer_leave_request"(uuid, text, text, integer, uuid) IS 'Answers a leave request: accept (makes the transition) or decline, by whoever manages the mentor, with a message; withdraw, by the mentor, also an accepted one whose first day has not come. Refuses with invalid_request, not_a_coordinator, not_found, already_answered, version_conflict, certification_expired, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."answer_leave_request"(uuid, text, text, integer, uuid) FROM PUBLIC, "anon", "service_role";
