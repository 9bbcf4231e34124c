CREATE OR REPLACE FUNCTION private.log_command (
  actor_id   uuid,
  person_id  uuid,
  chapter_id uuid,
  before     jsonb,
  after      jsonb
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  insert into public.people_log (actor_id, command, person_id, chapter_id, before, after)
  values (log_command.actor_id, current_setting('mentorpause.command'), log_command.person_id, log_command.chapter_id,
    log_command.before, log_command.after);
end
$function$;

COMMENT ON FUNCTION "private"."log_command"(uuid, uuid, uuid, jsonb, jsonb) IS 'Writes what the command under way has changed into the log.';

REVOKE ALL ON FUNCTION "private"."log_command"(uuid, uuid, uuid, jsonb, jsonb) FROM PUBLIC;
