CREATE OR REPLACE FUNCTION public.set_weekly_digest (
  weekly_digest boolean DEFAULT NULL::boolean,
  request_id    uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.set_weekly_digest(set_weekly_digest.weekly_digest, set_weekly_digest.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."set_weekly_digest"(boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."set_weekly_digest"(boolean, uuid) IS 'Turns the caller''s weekly digest off, or on again, as it is at first. Refuses with invalid_request, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."set_weekly_digest"(boolean, uuid) FROM PUBLIC, "anon", "service_role";
