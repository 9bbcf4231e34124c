CREATE OR REPLACE FUNCTION private.sealed_moment (
  micros text,
  secret bytea
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  STRICT
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return sealed_moment.micros || ' '
    || encode(sha256(sealed_moment.secret || convert_to('recorded_at ' || pg_current_xact_id() || ' ' || sealed_moment.micros, 'UTF8')), 'hex');
end
$function$;

COMMENT ON FUNCTION "private"."sealed_moment"(text, bytea) IS 'A transaction''s moment with what only this project, which has the secret, can say of it: anybody may set a setting.';

REVOKE ALL ON FUNCTION "private"."sealed_moment"(text, bytea) FROM PUBLIC;
