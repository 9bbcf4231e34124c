CREATE OR REPLACE FUNCTION private.phone_number (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  number text := regexp_replace(normalize(private.trimmed(phone_number.value), nfkc) collate "C", '[\s.()/\u00ad\u2010-\u2015\u2212-]+', '', 'g');
begin
  number := regexp_replace(number, '^00', '+');
  if number ~ '^(47)?[2-9][0-9]{7}$' then
    number := '+47' || right(number, 8);
  end if;
  -- A Norwegian number has eight digits: eleven after +47 are an identity number.
  if number ~ '^\+47[2-9][0-9]{7}$' or number ~ '^\+(?!47)[1-9][0-9]{6,14}$' then
    return number;
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."phone_number"(text) IS 'A telephone number as it is stored, in E.164: eight digits are Norwegian, with or without 47, and 00 is a plus sign. Null for what is none.';

REVOKE ALL ON FUNCTION "private"."phone_number"(text) FROM PUBLIC;
