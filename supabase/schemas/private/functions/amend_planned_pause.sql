CREATE OR REPLACE FUNCTION private.amend_planned_pause (
  planned_pause_id uuid,
  changes          jsonb,
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
  given text[];
  first_day date;
  return_day date;
  fingerprint bytea := private.fingerprint('amend_planned_pause',
    jsonb_build_array(amend_planned_pause.planned_pause_id, amend_planned_pause.changes, amend_planned_pause.expected_version));
  replayed jsonb;
  was public.planned_pauses;
  plan public.planned_pauses;
  reason text;
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if amend_planned_pause.changes is null or jsonb_typeof(amend_planned_pause.changes) <> 'object' then
    perform private.refuse('invalid_request', 'changes', 'changes must be an object.');
  end if;
  given := array(select k from jsonb_object_keys(amend_planned_pause.changes) k);
  if given = '{}' or not given <@ array['starts_on', 'pause_reason', 'expected_return_date'] then
    perform private.refuse('invalid_request', 'changes', 'changes must name starts_on, pause_reason or expected_return_date, and nothing else.');
  end if;
  if exists (
    select from jsonb_each(amend_planned_pause.changes) c
    where jsonb_typeof(c.value) not in ('string', case when c.key = 'expected_return_date' then 'null' else 'string' end)
  ) then
    perform private.refuse('invalid_request', 'changes', 'Each change must be a string; expected_return_date may be null.');
  end if;
  first_day := private.judged_date('starts_on', amend_planned_pause.changes ->> 'starts_on', is_required => 'starts_on' = any (given));
  return_day := private.judged_date('expected_return_date', amend_planned_pause.changes ->> 'expected_return_date',
    is_required => jsonb_typeof(amend_planned_pause.changes -> 'expected_return_date') = 'string');

  replayed := private.lock_plan(amend_planned_pause.planned_pause_id, amend_planned_pause.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  select * into was from public.planned_pauses q where q.id = amend_planned_pause.planned_pause_id;
  if was.version <> amend_planned_pause.expected_version then
    perform private.refuse('version_conflict', was.version::text, 'The plan has changed since you read it.');
  end if;
  first_day := coalesce(first_day, was.starts_on);
  if 'expected_return_date' <> all (given) then
    return_day := was.expected_return_date;
  end if;
  reason := private.judge_plan(private.date_of(clock_timestamp()), first_day, return_day,
    amend_planned_pause.changes ->> 'pause_reason', 'pause_reason' = any (given));
  update public.planned_pauses q
  set starts_on = first_day, expected_return_date = return_day,
    pause_reason = case when 'pause_reason' = any (given) then reason else q.pause_reason end,
    coordinator_id = auth.uid(), version = q.version + 1, updated_at = clock_timestamp()
  where q.id = was.id
  returning * into plan;
  if (plan.starts_on, plan.expected_return_date) is distinct from (was.starts_on, was.expected_return_date) then
    perform private.tell_of_plan('pause_planned', plan);
  end if;
  return private.answer_plan(auth.uid(), amend_planned_pause.request_id, fingerprint, plan);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."amend_planned_pause"(uuid, jsonb, integer, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."amend_planned_pause"(uuid, jsonb, integer, uuid) IS 'Behind public.amend_planned_pause. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."amend_planned_pause"(uuid, jsonb, integer, uuid) FROM PUBLIC;
