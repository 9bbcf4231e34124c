CREATE OR REPLACE FUNCTION private.assign_coordinator (
  mentor_id      uuid,
  coordinator_id uuid,
  request_id     uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('assign_coordinator', assign_coordinator.request_id);
  mine uuid[] := private.require_coordinator(caller);
  fingerprint bytea := private.fingerprint('assign_coordinator', jsonb_build_array(assign_coordinator.mentor_id, assign_coordinator.coordinator_id));
  replayed jsonb;
  shared uuid[];
  made jsonb;
begin
  replayed := private.replay_command(caller, mine, assign_coordinator.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('mentor_id', assign_coordinator.mentor_id);
  perform private.require_id('coordinator_id', assign_coordinator.coordinator_id);

  perform private.lock_people(array[assign_coordinator.mentor_id], array[assign_coordinator.coordinator_id], false);
  shared := private.managed_chapters(assign_coordinator.mentor_id, caller);
  if not private.coordinates(assign_coordinator.coordinator_id, shared) then
    perform private.refuse_unless_mine(assign_coordinator.coordinator_id, shared);
    perform private.refuse('not_found', null, 'No such coordinator of the mentor''s chapters.');
  end if;
  if exists (
    select from public.coordinator_assignments a
    where a.mentor_id = assign_coordinator.mentor_id and a.coordinator_id = assign_coordinator.coordinator_id and a.ended_at is null
  ) then
    perform private.refuse('already_exists', null, 'This coordinator is assigned to the mentor already.');
  end if;
  insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
  values (assign_coordinator.mentor_id, assign_coordinator.coordinator_id, clock_timestamp())
  returning to_jsonb(coordinator_assignments) into made;
  perform private.log_command(caller, assign_coordinator.mentor_id, null, null, made);
  return private.finish_command(caller, assign_coordinator.request_id, fingerprint, assign_coordinator.mentor_id,
    jsonb_build_object('assignment', made));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."assign_coordinator"(uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."assign_coordinator"(uuid, uuid, uuid) IS 'Behind public.assign_coordinator. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."assign_coordinator"(uuid, uuid, uuid) FROM PUBLIC;
