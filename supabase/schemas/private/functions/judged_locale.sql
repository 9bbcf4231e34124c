CREATE OR REPLACE FUNCTION private.judged_locale (
  locale text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if judged_locale.locale is not null
     and (judged_locale.locale !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$' or char_length(judged_locale.locale) > 35) then
    perform private.refuse('invalid_request', 'locale', 'locale must be a language tag: nb, nn or en.');
  end if;
  if private.contains_identity_number(judged_locale.locale) then
    perform private.refuse('invalid_request', 'locale', 'locale must not contain a national identity number.');
  end if;
  return judged_locale.locale;
end
$function$;

COMMENT ON FUNCTION "private"."judged_locale"(text) IS 'The language tag, or null; refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_locale"(text) FROM PUBLIC;
