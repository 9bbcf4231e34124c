CREATE OR REPLACE FUNCTION private.pause_mentor (
  mentor_id            uuid,
  pause_reason         text,
  expected_return_date date,
  expected_version     integer,
  request_id           uuid,
  given                text[]  DEFAULT NULL::text[],
  amends               boolean DEFAULT false
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
  live public.pause_records := private.lock_live_record(pause_mentor.mentor_id, pause_mentor.request_id);
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  caller uuid := private.authorised_caller(pause_mentor.mentor_id);
  fingerprint bytea := sha256(convert_to(case
    when pause_mentor.given is null then jsonb_build_array('pause_mentor', pause_mentor.mentor_id,
      pause_mentor.pause_reason, pause_mentor.expected_return_date, pause_mentor.expected_version)
    else jsonb_build_array('amend_pause', pause_mentor.mentor_id, pause_mentor.pause_reason,
      pause_mentor.expected_return_date, pause_mentor.expected_version, pause_mentor.given, pause_mentor.amends)
    end::text, 'UTF8'));
  replayed jsonb := private.replay(caller, pause_mentor.request_id, fingerprint);
  reason text;
  has_reason boolean := pause_mentor.given is null or 'pause_reason' = any (pause_mentor.given);
  has_return boolean := pause_mentor.given is null or 'expected_return_date' = any (pause_mentor.given);
begin
  if replayed is not null then
    return replayed;
  end if;

  if has_reason then
    reason := private.judged_reason(pause_mentor.pause_reason);
  end if;
  if pause_mentor.expected_return_date <= today
     -- A date that has passed may be sent back with whatever else is changed.
     and (live.paused_at is not null and live.expected_return_date = pause_mentor.expected_return_date
       and (pause_mentor.expected_version is not null or pause_mentor.amends)) is not true then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  end if;
  if pause_mentor.expected_return_date > today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;

  if pause_mentor.expected_version is not null and live.version is distinct from pause_mentor.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(pause_mentor.mentor_id, live, today);
  if live.paused_at is not null and pause_mentor.expected_version is null and not pause_mentor.amends then
    perform private.refuse('already_paused');
  end if;
  if live.paused_at is null and (pause_mentor.amends or not has_reason) then
    if pause_mentor.expected_version is null then
      perform private.refuse('not_paused');
    end if;
    perform private.refuse('version_conflict', live.version::text);
  end if;

  perform private.act_as('coordinator', caller);
  if live.id is null or live.status = 'active' then
    live := private.begin_pause(pause_mentor.mentor_id, reason, pause_mentor.expected_return_date, caller, moment, today);
  else
    -- An amendment, or the pause under an expired certification.
    update public.pause_records r
    set pause_reason = case when has_reason then reason else r.pause_reason end,
      expected_return_date = case when has_return then pause_mentor.expected_return_date else r.expected_return_date end,
      paused_at = coalesce(r.paused_at, greatest(moment, r.created_at)),
      coordinator_id = caller,
      effective_on = today
    where r.id = live.id
    returning * into live;
  end if;
  perform private.act_as(null);

  return private.answer(caller, pause_mentor.request_id, fingerprint, live);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."pause_mentor"(uuid, text, date, integer, uuid, text[], boolean) TO "authenticated";

COMMENT ON FUNCTION "private"."pause_mentor"(uuid, text, date, integer, uuid, text[], boolean) IS 'Behind public.pause_mentor. given: the fields that the caller named, of which the others stay as they are (null: all). amends: never begins a pause. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."pause_mentor"(uuid, text, date, integer, uuid, text[], boolean) FROM PUBLIC;
