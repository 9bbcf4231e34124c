CREATE OR REPLACE FUNCTION private.write_cursor (
  place   jsonb,
  filters text,
  key     bytea
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  payload text := translate(encode(convert_to(write_cursor.place::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
begin
  return payload || '.' || private.seal_cursor(payload, write_cursor.filters, write_cursor.key);
end
$function$;

COMMENT ON FUNCTION "private"."write_cursor"(jsonb, text, bytea) IS 'The page cursor that leads behind a place of a list under these filters, in characters that a URL may have, sealed.';

REVOKE ALL ON FUNCTION "private"."write_cursor"(jsonb, text, bytea) FROM PUBLIC;
