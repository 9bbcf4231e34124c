CREATE OR REPLACE FUNCTION private.searchable (
  name text
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  -- In this order: only the small letter of a pair may exist as one character.
  select normalize(lower(searchable.name collate "nb-x-icu"), nfc)
$function$;

COMMENT ON FUNCTION "private"."searchable"(text) IS 'A name, or a part of one, as searches compare it: in any case, and in any form of Unicode.';

REVOKE ALL ON FUNCTION "private"."searchable"(text) FROM PUBLIC;
