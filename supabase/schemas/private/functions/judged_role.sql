CREATE OR REPLACE FUNCTION private.judged_role (
  role text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if judged_role.role is null or judged_role.role not in ('mentor', 'coordinator', 'administrator') then
    perform private.refuse('invalid_request', 'role', 'role must be mentor, coordinator or administrator.');
  end if;
  return judged_role.role;
end
$function$;

COMMENT ON FUNCTION "private"."judged_role"(text) IS 'The role; refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."judged_role"(text) FROM PUBLIC;
