CREATE OR REPLACE FUNCTION private.withdraw_login (
  person_id uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if not exists (select from private.final_people f where f.person_id = withdraw_login.person_id) then
    return false;
  end if;
  delete from auth.users u where u.id = withdraw_login.person_id;
  return found;
end
$function$;

COMMENT ON FUNCTION "private"."withdraw_login"(uuid) IS 'Removes a login, with its address, that was made under the id of somebody who was erased or joined into another profile meanwhile. Returns whether there was one.';

REVOKE ALL ON FUNCTION "private"."withdraw_login"(uuid) FROM PUBLIC;
