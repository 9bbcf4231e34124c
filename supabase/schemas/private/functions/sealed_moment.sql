CREATE OR REPLACE FUNCTION private.sealed_moment (
  moment timestamp with time zone,
  secret bytea
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return encode(timestamptz_send(moment) || sha256(secret || xid8send(pg_current_xact_id()) || timestamptz_send(moment)), 'hex');
end
$function$;

COMMENT ON FUNCTION "private"."sealed_moment"(timestamp with time zone, bytea) IS 'A transaction''s moment, as 16 hexadecimal digits, with what only this project, which has the secret, can say of it: anybody may set a setting.';

REVOKE ALL ON FUNCTION "private"."sealed_moment"(timestamp WITH time zone, bytea) FROM PUBLIC;
