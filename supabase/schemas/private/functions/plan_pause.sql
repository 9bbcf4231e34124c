CREATE OR REPLACE FUNCTION private.plan_pause (
  mentor_id            uuid,
  pause_reason         text,
  starts_on            date,
  expected_return_date date,
  request_id           uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  AS $function$
declare
  live public.pause_records := private.lock_live_record(plan_pause.mentor_id, plan_pause.request_id);
  today date := private.date_of(clock_timestamp());
  caller uuid := private.authorised_caller(plan_pause.mentor_id);
  fingerprint bytea := private.fingerprint('plan_pause', jsonb_build_array(plan_pause.mentor_id, plan_pause.pause_reason,
    plan_pause.starts_on, plan_pause.expected_return_date));
  replayed jsonb := private.replay(caller, plan_pause.request_id, fingerprint);
  reason text;
  plan public.planned_pauses;
begin
  if replayed is not null then
    return replayed;
  end if;
  reason := private.judge_plan(today, plan_pause.starts_on, plan_pause.expected_return_date, plan_pause.pause_reason);
  live := private.bring_up_to_date(plan_pause.mentor_id, live, today);
  if live.paused_at is not null then
    perform private.refuse('already_paused');
  end if;
  if exists (select from public.planned_pauses q where q.mentor_id = plan_pause.mentor_id) then
    perform private.refuse('already_exists', 'planned_pause', 'A pause is planned already: change that one.');
  end if;
  insert into public.planned_pauses (mentor_id, starts_on, pause_reason, expected_return_date, coordinator_id)
  values (plan_pause.mentor_id, plan_pause.starts_on, reason, plan_pause.expected_return_date, caller)
  returning * into plan;
  perform private.tell_of_plan('pause_planned', plan);
  return private.answer_plan(caller, plan_pause.request_id, fingerprint, plan);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."plan_pause"(uuid, text, date, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."plan_pause"(uuid, text, date, date, uuid) IS 'Behind public.plan_pause. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."plan_pause"(uuid, text, date, date, uuid) FROM PUBLIC;
