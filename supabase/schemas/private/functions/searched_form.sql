CREATE OR REPLACE FUNCTION private.searched_form (
  name            text,
  without_accents boolean
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  form text := regexp_replace(
    normalize(lower(searched_form.name collate "nb-x-icu"), nfkc) collate "C",
    '[\s\u0085\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\ufeff'
      || '\u002d\u00ad\u2010-\u2015\u2212'
      || '''`\u00b4\u02b9-\u02bf\u02c8\u02ca\u02cb\u2018-\u201b\u2032\u2035]+',
    '', 'g');
begin
  if not searched_form.without_accents or octet_length(form) = char_length(form) then
    return form;
  end if;
  -- Letters that Unicode takes for letters of their own, not for accented ones.
  return replace(replace(replace(replace(
    translate(
      regexp_replace(normalize(form, nfkd) collate "C",
        '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+', '', 'g'),
      'øđðħıłŋŧǥʒĸəς', 'oddhilntgzkeσ'),
    'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'þ', 'th');
end
$function$;

COMMENT ON FUNCTION "private"."searched_form"(text, boolean) IS 'A name, or a part of one, as searches compare it: in small letters, without spaces, hyphens and apostrophes, with its accents or without them.';

REVOKE ALL ON FUNCTION "private"."searched_form"(text, boolean) FROM PUBLIC;
