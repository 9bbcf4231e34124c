CREATE OR REPLACE FUNCTION private.name_key (
  name text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return normalize(lower(private.trimmed(regexp_replace(name_key.name collate "nb-x-icu", '[\s\u00a0]+', ' ', 'g')) collate "nb-x-icu"), nfc);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."name_key"(text) TO "service_role";

COMMENT ON FUNCTION "private"."name_key"(text) IS 'A name as it is compared: in any case, without repeated space, in any form of Unicode.';

REVOKE ALL ON FUNCTION "private"."name_key"(text) FROM PUBLIC;
