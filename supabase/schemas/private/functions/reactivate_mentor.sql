CREATE OR REPLACE FUNCTION private.reactivate_mentor (
  mentor_id        uuid,
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
  live public.pause_records := private.lock_live_record(reactivate_mentor.mentor_id, reactivate_mentor.request_id);
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  caller uuid := private.authorised_caller(reactivate_mentor.mentor_id);
  fingerprint bytea := sha256(convert_to(jsonb_build_array('reactivate_mentor', reactivate_mentor.mentor_id,
    reactivate_mentor.expected_version)::text, 'UTF8'));
  replayed jsonb := private.replay(caller, reactivate_mentor.request_id, fingerprint);
begin
  if replayed is not null then
    return replayed;
  end if;

  if live.version <> reactivate_mentor.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(reactivate_mentor.mentor_id, live, today);
  if live.status = 'expired_cert' then
    perform private.refuse('certification_expired');
  end if;
  if live.id is null or live.status = 'active' then
    perform private.refuse('not_paused');
  end if;

  perform private.act_as('coordinator', caller);
  update public.pause_records r
  set status = 'active', reactivated_at = greatest(moment, r.created_at, r.paused_at), coordinator_id = caller, effective_on = today
  where r.id = live.id
  returning * into live;
  perform private.act_as(null);

  return private.answer(caller, reactivate_mentor.request_id, fingerprint, live,
    jsonb_build_object('hints', private.hints_after_pause(live.mentor_id, live.paused_at, today)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."reactivate_mentor"(uuid, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."reactivate_mentor"(uuid, integer, uuid) IS 'Behind public.reactivate_mentor. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."reactivate_mentor"(uuid, integer, uuid) FROM PUBLIC;
