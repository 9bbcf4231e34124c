CREATE OR REPLACE FUNCTION private.cancel_planned_pause (
  planned_pause_id uuid,
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
  fingerprint bytea := private.fingerprint('cancel_planned_pause', jsonb_build_array(cancel_planned_pause.planned_pause_id));
  replayed jsonb := private.lock_plan(cancel_planned_pause.planned_pause_id, cancel_planned_pause.request_id, fingerprint);
  plan public.planned_pauses;
begin
  if replayed is not null then
    return replayed;
  end if;
  delete from public.planned_pauses q where q.id = cancel_planned_pause.planned_pause_id returning * into plan;
  perform private.tell_of_plan('pause_cancelled', plan);
  return private.answer_plan(auth.uid(), cancel_planned_pause.request_id, fingerprint, plan);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."cancel_planned_pause"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."cancel_planned_pause"(uuid, uuid) IS 'Behind public.cancel_planned_pause. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."cancel_planned_pause"(uuid, uuid) FROM PUBLIC;
