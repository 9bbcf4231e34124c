CREATE OR REPLACE FUNCTION public.pause_mentor (
  mentor_id            uuid,
  pause_reason         text,
  expected_return_date date    DEFAULT NULL::date,
  expected_version     integer DEFAULT NULL::integer,
  request_id           uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.pause_mentor(pause_mentor.mentor_id, pause_mentor.pause_reason,
    pause_mentor.expected_return_date, pause_mentor.expected_version, pause_mentor.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."pause_mentor"(uuid, text, date, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."pause_mentor"(uuid, text, date, integer, uuid) IS 'Pauses a mentor of the caller''s chapters; with expected_version amends the live pause. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_paused, version_conflict, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."pause_mentor"(uuid, text, date, integer, uuid) FROM PUBLIC, "anon", "service_role";
