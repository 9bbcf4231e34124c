CREATE OR REPLACE FUNCTION private.email_address (
  value text
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  address text := normalize(lower(private.trimmed(email_address.value)), nfc); -- as typed on a Mac and elsewhere
begin
  if char_length(address) between 3 and 254 and address ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$' then
    return address;
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."email_address"(text) IS 'An e-mail address as it is stored, in lower case; null for what is none.';

REVOKE ALL ON FUNCTION "private"."email_address"(text) FROM PUBLIC;
