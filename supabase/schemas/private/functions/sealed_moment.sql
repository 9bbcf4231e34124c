CREATE OR REPLACE FUNCTION private.sealed_moment (
  micros text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return encode(sha256((select s.cursor_key from private.settings s)
    || convert_to('recorded_at ' || pg_current_xact_id() || ' ' || sealed_moment.micros, 'UTF8')), 'hex');
end
$function$;

COMMENT ON FUNCTION "private"."sealed_moment"(text) IS 'What only this project can say of a transaction''s moment: anybody may set a setting.';

REVOKE ALL ON FUNCTION "private"."sealed_moment"(text) FROM PUBLIC;
