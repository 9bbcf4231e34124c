CREATE OR REPLACE FUNCTION private.refuse_address_in_use()
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.refuse('in_use', 'email', 'The address is another person''s.');
end
$function$;

COMMENT ON FUNCTION "private"."refuse_address_in_use"() IS 'Refuses somebody else''s address, with in_use.';

REVOKE ALL ON FUNCTION "private"."refuse_address_in_use"() FROM PUBLIC;
