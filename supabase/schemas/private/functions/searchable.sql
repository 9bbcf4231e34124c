CREATE OR REPLACE FUNCTION private.searchable (
  name text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  accented text := private.searched_form(searchable.name, false);
  plain text;
begin
  if octet_length(accented) = char_length(accented) then
    return accented;
  end if;
  plain := private.searched_form(searchable.name, true);
  return plain || case when accented <> plain then E'\n' || accented else '' end;
end
$function$;

COMMENT ON FUNCTION "private"."searchable"(text) IS 'What a search looks in: the name without accents and, in a second line if it has any, with them.';

REVOKE ALL ON FUNCTION "private"."searchable"(text) FROM PUBLIC;
