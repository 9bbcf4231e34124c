CREATE OR REPLACE FUNCTION private.my_id()
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := auth.uid();
begin
  if exists (select from public.erasures e where e.person_id = caller) then
    return null;
  end if;
  return caller;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."my_id"() TO "authenticated";

COMMENT ON FUNCTION "private"."my_id"() IS 'The signed-in person; null without one, and for a login that was made under the id of somebody who was erased. Policies call it once per statement.';

REVOKE ALL ON FUNCTION "private"."my_id"() FROM PUBLIC;
