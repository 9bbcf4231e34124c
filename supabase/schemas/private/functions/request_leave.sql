CREATE OR REPLACE FUNCTION private.request_leave (
  kind                 text,
  reason               text,
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
  live public.pause_records := private.lock_live_record(auth.uid(), request_leave.request_id);
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  caller uuid := private.my_id();
  fingerprint bytea := private.fingerprint('request_leave', jsonb_build_array(request_leave.kind, request_leave.reason,
    request_leave.starts_on, request_leave.expected_return_date));
  replayed jsonb;
  trimmed text;
  at_once boolean;
  asked public.leave_requests;
  made jsonb := jsonb_build_object();
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  -- Null: a mentor of no chapter.
  select bool_and(c.requests_take_effect) into at_once
  from public.chapter_memberships m
  join public.chapters c on c.id = m.chapter_id
  where m.user_id = caller and m.role = 'mentor' and m.started_at <= moment and (m.ended_at is null or m.ended_at > moment);
  if at_once is null then
    perform private.refuse('not_a_mentor');
  end if;
  replayed := private.replay(caller, request_leave.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  trimmed := private.judge_optional_text('reason', request_leave.reason);
  perform private.judge_leave(request_leave.kind, request_leave.starts_on, request_leave.expected_return_date, today);

  live := private.bring_up_to_date(caller, live, today);
  perform private.settle_leave_requests(array[caller], today);
  if request_leave.kind = 'pause' and live.paused_at is not null then
    perform private.refuse('already_paused', null, 'You are paused already.');
  end if;
  if request_leave.kind <> 'pause' and live.paused_at is null then
    perform private.refuse('not_paused', null, 'You are not paused.');
  end if;
  if request_leave.kind = 'change_return' and live.expected_return_date is not distinct from request_leave.expected_return_date then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be another one than there is.');
  end if;
  if request_leave.starts_on is not null and exists (select from public.planned_pauses q where q.mentor_id = caller) then
    perform private.refuse('already_exists', 'planned_pause', 'A pause is planned already.');
  end if;
  if exists (
    select from public.leave_requests l where l.mentor_id = caller and l.kind = request_leave.kind and l.state = 'open'
  ) then
    perform private.refuse('already_exists', 'leave_request', 'You have asked for that already, and nobody has answered yet.');
  end if;

  -- Nobody becomes active over an expired certification: a coordinator has to see to it.
  at_once := at_once and not (request_leave.kind = 'return' and live.status = 'expired_cert');
  insert into public.leave_requests (mentor_id, kind, state, reason, starts_on, expected_return_date, answered_at, created_at)
  values (caller, request_leave.kind, case when at_once then 'accepted' else 'open' end, trimmed, request_leave.starts_on,
    request_leave.expected_return_date, case when at_once then moment end, moment)
  returning * into asked;
  if at_once then
    made := private.grant_leave(asked, live, null, moment, today);
    select * into asked from public.leave_requests l where l.id = asked.id;
  else
    insert into public.notifications (mentor_id, audience, kind, leave_request_id, reference_on)
    values (caller, 'coordinator', 'leave_requested', asked.id, asked.starts_on);
  end if;
  return private.finish_command(caller, request_leave.request_id, fingerprint, caller,
    jsonb_build_object('leave_request', private.leave_request_as_json(asked)) || made);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."request_leave"(text, text, date, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."request_leave"(text, text, date, date, uuid) IS 'Behind public.request_leave. Definer, because nobody may write the tables directly; is about the caller alone, who has to be a mentor.';

REVOKE ALL ON FUNCTION "private"."request_leave"(text, text, date, date, uuid) FROM PUBLIC;
