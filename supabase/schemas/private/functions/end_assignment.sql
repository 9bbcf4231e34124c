CREATE OR REPLACE FUNCTION private.end_assignment (
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
  caller uuid := private.begin_command('end_assignment', end_assignment.request_id);
  mine uuid[] := private.require_coordinator(caller);
  fingerprint bytea := private.fingerprint('end_assignment', jsonb_build_array(end_assignment.mentor_id, end_assignment.coordinator_id));
  replayed jsonb;
  stored public.coordinator_assignments;
  changed jsonb;
begin
  replayed := private.replay_command(caller, mine, end_assignment.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('mentor_id', end_assignment.mentor_id);
  perform private.require_id('coordinator_id', end_assignment.coordinator_id);

  perform private.lock_people(array[end_assignment.mentor_id], array[end_assignment.coordinator_id], false);
  perform private.managed_chapters(end_assignment.mentor_id, caller);
  select * into stored from public.coordinator_assignments a
  where a.mentor_id = end_assignment.mentor_id and a.coordinator_id = end_assignment.coordinator_id and a.ended_at is null;
  if not found then
    perform private.refuse('not_found', null, 'This coordinator is not assigned to the mentor.');
  end if;
  update public.coordinator_assignments a set ended_at = greatest(clock_timestamp(), a.started_at)
  where a.id = stored.id
  returning to_jsonb(a) into changed;
  perform private.log_command(caller, end_assignment.mentor_id, null, to_jsonb(stored), changed);
  return private.finish_command(caller, end_assignment.request_id, fingerprint, end_assignment.mentor_id,
    jsonb_build_object('assignment', changed));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."end_assignment"(uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."end_assignment"(uuid, uuid, uuid) IS 'Behind public.end_assignment. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."end_assignment"(uuid, uuid, uuid) FROM PUBLIC;
