CREATE OR REPLACE FUNCTION private.finish_command (
  caller_id   uuid,
  request_id  uuid,
  fingerprint bytea,
  person_id   uuid,
  response    jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform set_config('mentorpause.command', '', true);
  if finish_command.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (finish_command.caller_id, finish_command.request_id, finish_command.fingerprint, finish_command.person_id,
      finish_command.response);
    if uuid_hash(finish_command.request_id) & 63 = 0 then
      perform private.prune_requests(256);
    end if;
  end if;
  return finish_command.response;
end
$function$;

COMMENT ON FUNCTION "private"."finish_command"(uuid, uuid, bytea, uuid, jsonb) IS 'Ends a command: keeps its answer, in case the request is repeated, and returns it.';

REVOKE ALL ON FUNCTION "private"."finish_command"(uuid, uuid, bytea, uuid, jsonb) FROM PUBLIC;
