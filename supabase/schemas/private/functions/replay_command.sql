CREATE OR REPLACE FUNCTION private.replay_command (
  caller_id   uuid,
  chapter_ids uuid[],
  request_id  uuid,
  fingerprint bytea
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  replayed jsonb := private.replay(replay_command.caller_id, replay_command.request_id, replay_command.fingerprint);
  about uuid;
begin
  if replayed is null then
    return null;
  end if;
  select r.mentor_id into about
  from private.idempotent_requests r
  where r.caller_id = replay_command.caller_id and r.request_id = replay_command.request_id;
  if about is not null and not private.administers_organisation(replay_command.caller_id) and not exists (
    select from public.chapter_memberships m
    where m.user_id = private.kept_id(about) and m.chapter_id = any (replay_command.chapter_ids)
  ) then
    perform private.refuse('not_found');
  end if;
  perform set_config('mentorpause.command', '', true);
  return replayed;
end
$function$;

COMMENT ON FUNCTION "private"."replay_command"(uuid, uuid[], uuid, bytea) IS 'The answer that this caller got for this command before; null for a new one. Refuses as private.replay() does, and with not_found when the person never was in any of these chapters.';

REVOKE ALL ON FUNCTION "private"."replay_command"(uuid, uuid[], uuid, bytea) FROM PUBLIC;
