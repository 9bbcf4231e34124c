CREATE OR REPLACE FUNCTION private.request_id_of (
  request_id uuid,
  mentor_id  uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  IMMUTABLE
  STRICT
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return extensions.uuid_generate_v5(request_id_of.request_id, request_id_of.mentor_id::text);
end
$function$;

COMMENT ON FUNCTION "private"."request_id_of"(uuid, uuid) IS 'The idempotency key of one mentor''s change in a batch with this key: a UUID of version 5 (RFC 9562), whose namespace is the batch''s key and whose name is the mentor''s id. Null for a batch without a key.';

REVOKE ALL ON FUNCTION "private"."request_id_of"(uuid, uuid) FROM PUBLIC;
