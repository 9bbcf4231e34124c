CREATE OR REPLACE FUNCTION private.begin_office_command (
  command    text,
  request_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.begin_command(begin_office_command.command, begin_office_command.request_id);
begin
  perform private.require_office(caller);
  return caller;
end
$function$;

COMMENT ON FUNCTION "private"."begin_office_command"(text, uuid) IS 'Begins a command of organisation administrators, and refuses everybody else with not_an_administrator.';

REVOKE ALL ON FUNCTION "private"."begin_office_command"(text, uuid) FROM PUBLIC;
