CREATE OR REPLACE FUNCTION private.judged_phone (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  written text := private.trimmed(judged_phone.value);
  number text := private.phone_number(judged_phone.value);
begin
  if written is null or written = '' then
    return null;
  end if;
  -- A number with its country's code is one, whatever its digits look like.
  if written !~ '^(\+|00)' and private.contains_identity_number(written) then
    perform private.refuse('invalid_request', 'phone', 'phone must not contain a national identity number.');
  end if;
  if number is null then
    perform private.refuse('invalid_request', 'phone',
      'phone must be a telephone number: eight digits for a Norwegian one, else with a plus sign and the country''s code.');
  end if;
  return number;
end
$function$;

COMMENT ON FUNCTION "private"."judged_phone"(text) IS 'The telephone number as it is stored, or null; refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_phone"(text) FROM PUBLIC;
