CREATE OR REPLACE FUNCTION public.mark_read (
  message_ids bigint[] DEFAULT NULL::bigint[],
  everything  boolean  DEFAULT NULL::boolean,
  request_id  uuid     DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.mark_read(mark_read.message_ids, mark_read.everything, mark_read.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."mark_read"(bigint[], boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."mark_read"(bigint[], boolean, uuid) IS 'Marks messages of the caller''s inbox as read: these, or everything. Refuses with invalid_request, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."mark_read"(bigint[], boolean, uuid) FROM PUBLIC, "anon", "service_role";
