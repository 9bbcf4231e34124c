CREATE OR REPLACE FUNCTION public.end_membership (
  membership_id uuid DEFAULT NULL::uuid,
  last_day      date DEFAULT NULL::date,
  request_id    uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.end_membership(end_membership.membership_id, end_membership.last_day, end_membership.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."end_membership"(uuid, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."end_membership"(uuid, date, uuid) IS 'Ends a membership after its last day, which may lie ahead; until then another day changes it, and null takes it back. Refuses with invalid_request, not_an_administrator, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."end_membership"(uuid, date, uuid) FROM PUBLIC, "anon", "service_role";
