CREATE OR REPLACE FUNCTION private.answer_leave_request (
  leave_request_id uuid,
  answer           text,
  message          text,
  expected_version integer,
  request_id       uuid
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
  caller uuid := private.my_id();
  fingerprint bytea := private.fingerprint('answer_leave_request', jsonb_build_array(answer_leave_request.leave_request_id,
    answer_leave_request.answer, answer_leave_request.message, answer_leave_request.expected_version));
  withdraws boolean := answer_leave_request.answer = 'withdraw';
  about uuid;
  live public.pause_records;
  moment timestamptz;
  today date;
  replayed jsonb;
  trimmed text;
  asked public.leave_requests;
  plan public.planned_pauses;
  made jsonb := jsonb_build_object();
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if answer_leave_request.leave_request_id is null then
    perform private.refuse('invalid_request', 'leave_request_id', 'The id of a leave request is required.');
  end if;
  if answer_leave_request.answer is null or answer_leave_request.answer not in ('accept', 'decline', 'withdraw') then
    perform private.refuse('invalid_request', 'answer', 'answer must be accept, decline or withdraw.');
  end if;
  about := (select l.mentor_id from public.leave_requests l where l.id = answer_leave_request.leave_request_id);
  live := private.lock_live_record(about, answer_leave_request.request_id);
  moment := clock_timestamp();
  today := private.date_of(moment);
  if withdraws then
    if about is distinct from caller or private.my_id() is null then
      perform private.refuse('not_found');
    end if;
  elsif about = caller then
    perform private.refuse('not_a_coordinator', null, 'Your coordinator answers what you have asked for.');
  else
    perform private.authorised_caller(about, 'not_found');
  end if;
  replayed := private.replay(caller, answer_leave_request.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  trimmed := private.judge_optional_text('message', answer_leave_request.message);
  if withdraws and trimmed is not null then
    perform private.refuse('invalid_request', 'message', 'message belongs to accept and decline.');
  end if;
  if withdraws and answer_leave_request.expected_version is not null then
    perform private.refuse('invalid_request', 'expected_version', 'expected_version belongs to accept and decline.');
  end if;

  select * into asked from public.leave_requests l
  where l.id = answer_leave_request.leave_request_id and l.mentor_id = about for update;
  if (asked.state = 'open' or withdraws and asked.state = 'accepted') is not true then
    perform private.refuse('already_answered');
  end if;
  if answer_leave_request.expected_version is not null and live.version is distinct from answer_leave_request.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(about, live, today);
  if asked.state = 'accepted' then
    -- Its first day has not come if it is still a plan now.
    delete from public.planned_pauses q where q.id = asked.planned_pause_id and q.starts_on > today returning * into plan;
    if not found then
      perform private.refuse('already_answered');
    end if;
    perform private.tell_of_plan('pause_cancelled', plan);
  else
    perform private.settle_leave_requests(array[about], today);
    select * into asked from public.leave_requests l where l.id = asked.id;
    if asked.state <> 'open' then
      perform private.refuse('already_answered');
    end if;
    if answer_leave_request.answer = 'accept' and asked.kind = 'return' and live.status = 'expired_cert' then
      perform private.refuse('certification_expired');
    end if;
  end if;

  update public.leave_requests l
  set state = case answer_leave_request.answer when 'accept' then 'accepted' when 'decline' then 'declined' else 'withdrawn' end,
    answered_by = caller, answered_at = greatest(moment, l.created_at), message = trimmed
  where l.id = asked.id
  returning * into asked;
  if answer_leave_request.answer = 'accept' then
    made := private.grant_leave(asked, live, caller, moment, today);
    select * into asked from public.leave_requests l where l.id = asked.id;
  end if;
  if not withdraws then
    insert into public.notifications (mentor_id, audience, kind, leave_request_id, reference_on)
    values (about, 'mentor', 'leave_answered', asked.id, asked.starts_on);
  end if;
  return private.finish_command(caller, answer_leave_request.request_id, fingerprint, about,
    jsonb_build_object('leave_request', private.leave_request_as_json(asked)) || made);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."answer_leave_request"(uuid, text, text, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."answer_leave_request"(uuid, text, text, integer, uuid) IS 'Behind public.answer_leave_request. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."answer_leave_request"(uuid, text, text, integer, uuid) FROM PUBLIC;
