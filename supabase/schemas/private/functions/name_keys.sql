CREATE OR REPLACE FUNCTION private.name_keys (
  name text
)
  RETURNS bigint[]
  LANGUAGE plpgsql
  IMMUTABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.search_keys(uuid '00000000-0000-0000-0000-000000000000', private.searchable(name_keys.name), 1);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."name_keys"(text) TO "service_role";

COMMENT ON FUNCTION "private"."name_keys"(text) IS 'Hashes of all parts of a name that have one to three letters, without regard to chapters. A name has all keys of each part of it.';

REVOKE ALL ON FUNCTION "private"."name_keys"(text) FROM PUBLIC;
