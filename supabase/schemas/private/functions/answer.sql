CREATE OR REPLACE FUNCTION private.answer (
  caller_id    uuid,
  request_id   uuid,
  fingerprint  bytea,
  pause_record public.pause_records,
  beside       jsonb                DEFAULT NULL::jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  response jsonb := jsonb_build_object('pause_record', jsonb_build_object(
    'id', (answer.pause_record).id,
    'mentor_id', (answer.pause_record).mentor_id,
    'status', (answer.pause_record).status,
    'pause_reason', (answer.pause_record).pause_reason,
    'expected_return_date', (answer.pause_record).expected_return_date,
    'paused_at', (answer.pause_record).paused_at,
    'reactivated_at', (answer.pause_record).reactivated_at,
    'coordinator_id', (answer.pause_record).coordinator_id,
    'version', (answer.pause_record).version,
    'created_at', (answer.pause_record).created_at,
    'updated_at', (answer.pause_record).updated_at)) || coalesce(answer.beside, '{}');
begin
  if answer.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (answer.caller_id, answer.request_id, answer.fingerprint, (answer.pause_record).mentor_id, response);
    -- The nightly run prunes too; but nothing may grow without end where no run ends.
    if uuid_hash(answer.request_id) & 63 = 0 then
      perform private.prune_requests(256);
    end if;
  end if;
  return response;
end
$function$;

COMMENT ON FUNCTION "private"."answer"(uuid, uuid, bytea, public.pause_records, jsonb) IS 'The answer that shows this record, and what is said beside it, stored in case the request is repeated.';

REVOKE ALL ON FUNCTION "private"."answer"(uuid, uuid, bytea, public.pause_records, jsonb) FROM PUBLIC;
