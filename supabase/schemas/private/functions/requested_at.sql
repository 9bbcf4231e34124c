CREATE OR REPLACE FUNCTION private.requested_at (
  request_id uuid
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  IMMUTABLE
  STRICT
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Version 7 of RFC 9562 begins with the milliseconds since 1970.
  if request_id::text ~ '^.{14}7.{4}[89ab]' then
    return to_timestamp(('x' || translate(left(request_id::text, 13), '-', ''))::bit(48)::bigint / 1000.0);
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."requested_at"(uuid) IS 'When the request with this key was made, by the clock of the client: the time in a UUID of version 7. Null for every other UUID.';

REVOKE ALL ON FUNCTION "private"."requested_at"(uuid) FROM PUBLIC;
