CREATE OR REPLACE FUNCTION private.judged_email (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  written text := private.judged_text('email', judged_email.value, 254, false);
begin
  if written is not null and private.email_address(written) is null then
    perform private.refuse('invalid_request', 'email', 'email must be an e-mail address.');
  end if;
  return private.email_address(written);
end
$function$;

COMMENT ON FUNCTION "private"."judged_email"(text) IS 'The e-mail address as it is stored, or null; refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_email"(text) FROM PUBLIC;
