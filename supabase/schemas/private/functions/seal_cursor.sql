CREATE OR REPLACE FUNCTION private.seal_cursor (
  payload text,
  filters text,
  key     bytea
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Hashed twice with the key, as HMAC does, so that nothing can be appended.
  return left(encode(sha256(seal_cursor.key || sha256(seal_cursor.key || convert_to(
    seal_cursor.filters || seal_cursor.payload, 'UTF8'))), 'hex'), 32);
end
$function$;

COMMENT ON FUNCTION "private"."seal_cursor"(text, text, bytea) IS 'The seal of a page cursor under these filters, with the key of private.settings.';

REVOKE ALL ON FUNCTION "private"."seal_cursor"(text, text, bytea) FROM PUBLIC;
