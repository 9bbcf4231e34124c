CREATE OR REPLACE FUNCTION private.contains_identity_number (
  value text
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- Digits and spaces of all widths become the plain ones.
  form text := normalize(contains_identity_number.value, nfkc) collate "C";
  number constant text := '[0-9](?:[\s.\u00ad\u2010-\u2015\u2212-]{0,3}[0-9]){10}(?![0-9])';
  found text;
begin
  -- Nearly every text is done here.
  if form !~ number or form is null then
    return false;
  end if;
  -- From each digit that no other precedes: numbers may overlap what is written before them.
  for place in 1 .. char_length(form) - 10 loop
    if substr(form, place, 1) ~ '[0-9]' and (place = 1 or substr(form, place - 1, 1) !~ '[0-9]') then
      found := substring(substr(form, place, 50) from '^(' || number || ')');
      if found is not null and private.is_identity_number(regexp_replace(found, '[^0-9]', '', 'g')) then
        return true;
      end if;
    end if;
  end loop;
  return false;
end
$function$;

COMMENT ON FUNCTION "private"."contains_identity_number"(text) IS 'Whether a text contains a national identity number, also grouped by space, dot or hyphen. Such a text is neither stored, nor logged, nor echoed.';

REVOKE ALL ON FUNCTION "private"."contains_identity_number"(text) FROM PUBLIC;
