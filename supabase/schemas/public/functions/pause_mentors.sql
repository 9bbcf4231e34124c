CREATE OR REPLACE FUNCTION public.pause_mentors (
  mentor_ids           uuid[]  DEFAULT NULL::uuid[],
  pause_reason         text    DEFAULT NULL::text,
  starts_on            date    DEFAULT NULL::date,
  expected_return_date date    DEFAULT NULL::date,
  dry_run              boolean DEFAULT NULL::boolean,
  request_id           uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.pause_mentors(pause_mentors.mentor_ids, pause_mentors.pause_reason, pause_mentors.starts_on,
    pause_mentors.expected_return_date, pause_mentors.dry_run, pause_mentors.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."pause_mentors"(uuid[], text, date, date, boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."pause_mentors"(uuid[], text, date, date, boolean, uuid) IS 'Pauses up to 500 mentors at once, or with starts_on plans it; each by the rules of one, and in the order given with its outcome (paused, planned, refused with a code). dry_run: says what it would do, and does nothing. Refuses as a whole with invalid_request, not_a_coordinator, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."pause_mentors"(uuid[], text, date, date, boolean, uuid) FROM PUBLIC, "anon", "service_role";
