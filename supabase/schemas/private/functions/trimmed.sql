CREATE OR REPLACE FUNCTION private.trimmed (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return btrim(trimmed.value,
    E' \t\n\u000b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff');
end
$function$;

COMMENT ON FUNCTION "private"."trimmed"(text) IS 'The text without what Unicode calls White_Space around it, and without byte order marks.';

REVOKE ALL ON FUNCTION "private"."trimmed"(text) FROM PUBLIC;
