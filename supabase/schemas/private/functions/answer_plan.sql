CREATE OR REPLACE FUNCTION private.answer_plan (
  caller_id   uuid,
  request_id  uuid,
  fingerprint bytea,
  plan        public.planned_pauses
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  response jsonb := jsonb_build_object('planned_pause', jsonb_build_object(
    'id', (answer_plan.plan).id,
    'mentor_id', (answer_plan.plan).mentor_id,
    'starts_on', (answer_plan.plan).starts_on,
    'pause_reason', (answer_plan.plan).pause_reason,
    'expected_return_date', (answer_plan.plan).expected_return_date,
    'coordinator_id', (answer_plan.plan).coordinator_id,
    'version', (answer_plan.plan).version));
begin
  if answer_plan.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (answer_plan.caller_id, answer_plan.request_id, answer_plan.fingerprint, (answer_plan.plan).mentor_id, response);
  end if;
  return response;
end
$function$;

COMMENT ON FUNCTION "private"."answer_plan"(uuid, uuid, bytea, public.planned_pauses) IS 'The answer that shows this plan, stored in case the request is repeated.';

REVOKE ALL ON FUNCTION "private"."answer_plan"(uuid, uuid, bytea, public.planned_pauses) FROM PUBLIC;
