CREATE OR REPLACE FUNCTION private.judge_optional_text (
  field text,
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  trimmed text := private.trimmed(judge_optional_text.value);
begin
  if char_length(trimmed) not between 1 and 500 then
    perform private.refuse('invalid_request', judge_optional_text.field,
      format('%s must have 1 to 500 characters after trimming, or be left out.', judge_optional_text.field));
  end if;
  if not private.is_visible(trimmed) then
    perform private.refuse('invalid_request', judge_optional_text.field,
      format('%s must have a character that can be seen.', judge_optional_text.field));
  end if;
  if private.contains_identity_number(trimmed) then
    perform private.refuse('invalid_request', judge_optional_text.field,
      format('%s must not contain a national identity number.', judge_optional_text.field));
  end if;
  return trimmed;
end
$function$;

COMMENT ON FUNCTION "private"."judge_optional_text"(text, text) IS 'A reason or a message, trimmed; null: none was given. Refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judge_optional_text"(text, text) FROM PUBLIC;
