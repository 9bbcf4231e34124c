CREATE OR REPLACE FUNCTION private.contains_identity_number (
  value text
)
  RETURNS boolean
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  form text := contains_identity_number.value collate "C";
  number constant text := '[0-9](?:[^!-,/-~]*[0-9]){10}(?![0-9])';
  found text;
begin
  -- Nearly every text is done here: no character becomes more digits than twice its further bytes.
  if char_length(form) - char_length(translate(form, '0123456789', '')) + 2 * (octet_length(form) - char_length(form)) < 11 then
    return false;
  end if;
  if octet_length(form) > char_length(form) then
    form := normalize(form, nfkc) collate "C"; -- digits of all widths become the plain ones
  end if;
  if form is null or char_length(translate(form, '0123456789', '')) > char_length(form) - 11 or form !~ number then
    return false;
  end if;
  -- From each digit that no other precedes: numbers may overlap what is written before them.
  for place in 1 .. char_length(form) - 10 loop
    if substr(form, place, 1) ~ '[0-9]' and (place = 1 or substr(form, place - 1, 1) !~ '[0-9]') then
      found := substring(substr(form, place) from '^(' || number || ')');
      if found is not null and private.is_identity_number(regexp_replace(found, '[^0-9]', '', 'g')) then
        return true;
      end if;
    end if;
  end loop;
  return false;
end
$function$;

COMMENT ON FUNCTION "private"."contains_identity_number"(text) IS 'Whether a text contains a national identity number, however its digits are grouped. Such a text is neither stored, nor logged, nor echoed.';

REVOKE ALL ON FUNCTION "private"."contains_identity_number"(text) FROM PUBLIC;
