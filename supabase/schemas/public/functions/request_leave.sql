CREATE OR REPLACE FUNCTION public.request_leave (
  kind                 text DEFAULT NULL::text,
  reason               text DEFAULT NULL::text,
  starts_on            date DEFAULT NULL::date,
  expected_return_date date DEFAULT NULL::date,
  request_id           uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.request_leave(request_leave.kind, request_leave.reason, request_leave.starts_on,
    request_leave.expected_return_date, request_leave.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."request_leave"(text, text, date, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."request_leave"(text, text, date, date, uuid) IS 'Asks for the caller''s own leave: pause (now, or from starts_on), change_return (null clears the date) or return. Takes effect at once where all of the mentor''s chapters say so. Refuses with invalid_request, not_a_mentor, already_paused, not_paused, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."request_leave"(text, text, date, date, uuid) FROM PUBLIC, "anon", "service_role";
