CREATE OR REPLACE FUNCTION public.reactivate_mentor (
  mentor_id        uuid,
  expected_version integer DEFAULT NULL::integer,
  request_id       uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.reactivate_mentor(reactivate_mentor.mentor_id,
    reactivate_mentor.expected_version, reactivate_mentor.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."reactivate_mentor"(uuid, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."reactivate_mentor"(uuid, integer, uuid) IS 'Ends the pause of a mentor of the caller''s chapters. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_paused, version_conflict, certification_expired, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."reactivate_mentor"(uuid, integer, uuid) FROM PUBLIC, "anon", "service_role";
