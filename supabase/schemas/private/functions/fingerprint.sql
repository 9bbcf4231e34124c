CREATE OR REPLACE FUNCTION private.fingerprint (
  command   text,
  arguments jsonb
)
  RETURNS bytea
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return sha256(convert_to(jsonb_build_array(fingerprint.command, fingerprint.arguments)::text, 'UTF8'));
end
$function$;

COMMENT ON FUNCTION "private"."fingerprint"(text, jsonb) IS 'The hash of what a command was asked.';

REVOKE ALL ON FUNCTION "private"."fingerprint"(text, jsonb) FROM PUBLIC;
