CREATE OR REPLACE FUNCTION private.nightly_begin (
  as_of             date,
  is_full           boolean,
  holder            uuid,
  reconcile_seconds integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  lease constant interval := interval '60 seconds';
  plan public.nightly_runs;
  open public.nightly_runs;
  is_free boolean;
  run public.nightly_runs;
begin
  if nightly_begin.holder is null then
    perform private.refuse('invalid_request', 'holder', 'holder is required.');
  end if;
  if nightly_begin.reconcile_seconds < 0 then
    perform private.refuse('invalid_request', 'reconcile_seconds', 'reconcile_seconds can''t be negative.');
  end if;
  plan := private.nightly_plan(nightly_begin.as_of, nightly_begin.is_full);
  if plan.outcome = 'skipped' then
    return private.nightly_answer(plan, 'skipped');
  end if;
  select * into open from public.nightly_runs r where r.outcome is null;
  if open.holder = nightly_begin.holder then
    return private.nightly_answer(open, null); -- a repeated request
  end if;

  -- One start at a time decides, and waits neither for another one nor for a chunk,
  -- which holds the row of its run.
  is_free := pg_try_advisory_xact_lock(hashtextextended('mentorpause.nightly_begin', 0));
  if is_free and open.id is not null then
    select r.lease_until < clock_timestamp() into is_free
    from public.nightly_runs r where r.id = open.id and r.outcome is null for update skip locked;
  end if;
  if is_free is not true then
    open.since := private.last_judged();
    return private.nightly_answer(open, 'skipped');
  end if;

  -- Another start may have been quicker.
  plan := private.nightly_plan(nightly_begin.as_of, nightly_begin.is_full);
  if plan.outcome = 'skipped' then
    return private.nightly_answer(plan, 'skipped');
  end if;
  if open.id is null and exists (select from public.nightly_runs r where r.outcome is null) then
    select * into open from public.nightly_runs r where r.outcome is null;
    open.since := private.last_judged();
    return private.nightly_answer(open, 'skipped');
  end if;
  update private.nightly_state s set fencing_token = s.fencing_token + 1 returning s.fencing_token into plan.fencing_token;
  if plan.id is not null then
    update public.nightly_runs r
    set outcome = null, finished_at = null, starts = r.starts + 1, holder = nightly_begin.holder, fencing_token = plan.fencing_token,
      phase = plan.phase, after_id = plan.after_id, is_full = plan.is_full, reconcile_from = plan.reconcile_from,
      reconcile_seconds = coalesce(nightly_begin.reconcile_seconds, r.reconcile_seconds),
      heartbeat_at = clock_timestamp(), lease_until = clock_timestamp() + lease
    where r.id = plan.id
    returning * into run;
    return private.nightly_answer(run, null);
  end if;

  update public.nightly_runs r
  set outcome = 'partial', finished_at = clock_timestamp()
  where r.outcome is null; -- it died, and this date includes what it left
  insert into public.nightly_runs
    (as_of, since, is_full, missed_nights, holder, fencing_token, lease_until, reconcile_from, reconcile_seconds)
  values (plan.as_of, plan.since, plan.is_full, plan.missed_nights, nightly_begin.holder, plan.fencing_token,
    clock_timestamp() + lease, plan.reconcile_from, coalesce(nightly_begin.reconcile_seconds, plan.reconcile_seconds))
  returning * into run;
  return private.nightly_answer(run, null);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_begin"(date, boolean, uuid, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_begin"(date, boolean, uuid, integer) IS 'Behind public.nightly_begin. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_begin"(date, boolean, uuid, integer) FROM PUBLIC;
