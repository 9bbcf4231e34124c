CREATE OR REPLACE FUNCTION private.begin_command (
  command    text,
  request_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.my_id();
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if begin_command.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || begin_command.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  perform set_config('mentorpause.command', begin_command.command, true);
  return caller;
end
$function$;

COMMENT ON FUNCTION "private"."begin_command"(text, uuid) IS 'Begins a command: takes the request''s key, and says to the triggers of the log that the command logs itself. Returns the caller; refuses with unauthenticated and request_in_progress.';

REVOKE ALL ON FUNCTION "private"."begin_command"(text, uuid) FROM PUBLIC;
