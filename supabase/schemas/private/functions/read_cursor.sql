CREATE OR REPLACE FUNCTION private.read_cursor (
  page_cursor text,
  filters     text,
  key         bytea
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  payload text := split_part(read_cursor.page_cursor, '.', 1);
begin
  -- The seal comes first: what it covers is known to decode.
  if read_cursor.page_cursor is distinct from payload || '.' || private.seal_cursor(payload, read_cursor.filters, read_cursor.key) then
    perform private.refuse('invalid_request', 'cursor', 'cursor was altered or belongs to other filters.');
  end if;
  payload := translate(payload, '-_', '+/');
  return convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
end
$function$;

COMMENT ON FUNCTION "private"."read_cursor"(text, text, bytea) IS 'The place that a page cursor leads behind. Refuses one that was altered or written under other filters.';

REVOKE ALL ON FUNCTION "private"."read_cursor"(text, text, bytea) FROM PUBLIC;
