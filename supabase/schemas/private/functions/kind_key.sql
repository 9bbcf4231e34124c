CREATE OR REPLACE FUNCTION private.kind_key (
  kind text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return normalize(lower(private.trimmed(kind_key.kind) collate "nb-x-icu"), nfc);
end
$function$;

COMMENT ON FUNCTION "private"."kind_key"(text) IS 'A kind''s code as it is matched: without surrounding space, in any case, in any form of Unicode.';

REVOKE ALL ON FUNCTION "private"."kind_key"(text) FROM PUBLIC;
