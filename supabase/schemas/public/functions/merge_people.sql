CREATE OR REPLACE FUNCTION public.merge_people (
  kept_id    uuid DEFAULT NULL::uuid,
  dropped_id uuid DEFAULT NULL::uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.merge_people(merge_people.kept_id, merge_people.dropped_id, merge_people.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."merge_people"(uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."merge_people"(uuid, uuid, uuid) IS 'Joins two profiles that are one person, for administrators of every chapter in which either is active. Refuses with invalid_request, not_an_administrator, not_found, in_use (details login or pause_history), request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."merge_people"(uuid, uuid, uuid) FROM PUBLIC, "anon", "service_role";
