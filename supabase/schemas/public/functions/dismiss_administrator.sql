CREATE OR REPLACE FUNCTION public.dismiss_administrator (
  person_id  uuid DEFAULT NULL::uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.dismiss_administrator(dismiss_administrator.person_id, dismiss_administrator.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."dismiss_administrator"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."dismiss_administrator"(uuid, uuid) IS 'Ends what appoint_administrator began. For organisation administrators. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."dismiss_administrator"(uuid, uuid) FROM PUBLIC, "anon", "service_role";
