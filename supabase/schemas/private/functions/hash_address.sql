CREATE OR REPLACE FUNCTION private.hash_address (
  address text
)
  RETURNS bytea
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  select sha256(convert_to(lower(hash_address.address), 'UTF8'))
$function$;

COMMENT ON FUNCTION "private"."hash_address"(text) IS 'The hash under which private.refused_addresses keeps an address.';

REVOKE ALL ON FUNCTION "private"."hash_address"(text) FROM PUBLIC;
