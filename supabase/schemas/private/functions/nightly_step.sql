CREATE OR REPLACE FUNCTION private.nightly_step (
  run_id        bigint,
  fencing_token bigint,
  batch         integer
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  run public.nightly_runs;
  done private.nightly_progress;
  size constant integer := private.nightly_batch(nightly_step.batch);
  left_to_examine integer := size;
begin
  perform private.nightly_required(nightly_step.run_id, nightly_step.fencing_token);
  select * into run from public.nightly_runs r where r.id = nightly_step.run_id for update;
  if run.fencing_token is distinct from nightly_step.fencing_token or run.outcome is not null then
    raise exception 'nightly run % was taken over or has ended', nightly_step.run_id
      using errcode = 'object_not_in_prerequisite_state', constraint = 'nightly_runs_lease';
  end if;
  -- What is not worth a transaction of its own is done together with the next.
  loop
    done := private.nightly_chunk(run, size);
    run := done.run;
    left_to_examine := left_to_examine - 10 * done.examined;
    exit when run.phase = 'done' or done.is_waiting or run.after_id is not null or left_to_examine <= 0;
  end loop;
  update public.nightly_runs r
  set phase = run.phase, after_id = run.after_id,
    expired = run.expired,
    restored = run.restored,
    begun = run.begun,
    reminders = run.reminders,
    discrepancies = run.discrepancies,
    ended = run.ended,
    requeued = run.requeued,
    reconciled = run.reconciled,
    roster_repaired = run.roster_repaired,
    counts_repaired = run.counts_repaired,
    reconcile_ms = run.reconcile_ms,
    held = (select count(*) from private.nightly_held h),
    heartbeat_at = clock_timestamp(), lease_until = clock_timestamp() + interval '60 seconds',
    outcome = case when run.phase = 'done' then 'completed' end,
    finished_at = case when run.phase = 'done' then clock_timestamp() end
  where r.id = run.id
  returning * into run;
  if run.outcome = 'completed' then
    update private.nightly_state set judged_on = run.as_of;
  end if;
  return private.nightly_answer(run, run.outcome) || jsonb_build_object('is_waiting', done.is_waiting);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_step"(bigint, bigint, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_step"(bigint, bigint, integer) IS 'Behind public.nightly_step. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_step"(bigint, bigint, integer) FROM PUBLIC;
