CREATE OR REPLACE FUNCTION private.require_office (
  caller_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if not private.administers_organisation(require_office.caller_id) then
    perform private.refuse('not_an_administrator');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."require_office"(uuid) IS 'Refuses everybody but organisation administrators with not_an_administrator.';

REVOKE ALL ON FUNCTION "private"."require_office"(uuid) FROM PUBLIC;
