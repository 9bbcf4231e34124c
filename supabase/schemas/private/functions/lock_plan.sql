CREATE OR REPLACE FUNCTION private.lock_plan (
  planned_pause_id uuid,
  request_id       uuid,
  fingerprint      bytea
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := auth.uid();
  about uuid;
  live public.pause_records;
  replayed jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if lock_plan.planned_pause_id is null then
    perform private.refuse('invalid_request', 'planned_pause_id', 'planned_pause_id is required.');
  end if;
  about := coalesce(
    (select q.mentor_id from public.planned_pauses q where q.id = lock_plan.planned_pause_id),
    (select r.mentor_id from public.pause_records r where r.planned_pause_id = lock_plan.planned_pause_id),
    -- Taken back by this very request, perhaps.
    (select i.mentor_id from private.idempotent_requests i where i.caller_id = caller and i.request_id = lock_plan.request_id));
  live := private.lock_live_record(about, lock_plan.request_id);
  perform private.authorised_caller(about, 'not_found');
  replayed := private.replay(caller, lock_plan.request_id, lock_plan.fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  live := private.bring_up_to_date(about, live, private.date_of(clock_timestamp()));
  if live.planned_pause_id = lock_plan.planned_pause_id then
    perform private.refuse('already_paused', null, 'The planned pause has begun: change that pause.');
  end if;
  if not exists (select from public.planned_pauses q where q.id = lock_plan.planned_pause_id) then
    perform private.refuse('not_found');
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."lock_plan"(uuid, uuid, bytea) IS 'Locks the mentor of a plan that is there, or returns the answer given to this request before. Refuses with unauthenticated, invalid_request, request_in_progress, not_a_coordinator, not_found, already_paused, request_expired and idempotency_key_reused.';

REVOKE ALL ON FUNCTION "private"."lock_plan"(uuid, uuid, bytea) FROM PUBLIC;
