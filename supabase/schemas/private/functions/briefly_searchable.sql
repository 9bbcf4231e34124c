CREATE OR REPLACE FUNCTION private.briefly_searchable (
  name text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  searched text := private.searchable(briefly_searchable.name);
begin
  return case when octet_length(searched) <= 500 then searched end;
end
$function$;

COMMENT ON FUNCTION "private"."briefly_searchable"(text) IS 'What a search looks in, unless it is longer than 500 bytes: null, and private.roster_names has it.';

REVOKE ALL ON FUNCTION "private"."briefly_searchable"(text) FROM PUBLIC;
