CREATE OR REPLACE FUNCTION private.judged_text (
  field       text,
  value       text,
  longest     integer,
  is_required boolean DEFAULT true
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  trimmed text := private.trimmed(private.without_bidi_controls(judged_text.value));
begin
  if trimmed is null or trimmed = '' then
    if judged_text.is_required then
      perform private.refuse('invalid_request', judged_text.field, judged_text.field || ' is required.');
    end if;
    return null;
  end if;
  if char_length(trimmed) > judged_text.longest then
    perform private.refuse('invalid_request', judged_text.field,
      format('%s must have at most %s characters.', judged_text.field, judged_text.longest));
  end if;
  if not private.is_visible(trimmed) then
    perform private.refuse('invalid_request', judged_text.field, judged_text.field || ' must have a character that can be seen.');
  end if;
  if private.contains_identity_number(trimmed) then
    perform private.refuse('invalid_request', judged_text.field, judged_text.field || ' must not contain a national identity number.');
  end if;
  return trimmed;
end
$function$;

COMMENT ON FUNCTION "private"."judged_text"(text, text, integer, boolean) IS 'The text without surrounding space and controls of direction; null for an empty one that is not required. Refuses with invalid_request what can''t be stored, and national identity numbers, without echoing them.';

REVOKE ALL ON FUNCTION "private"."judged_text"(text, text, integer, boolean) FROM PUBLIC;
