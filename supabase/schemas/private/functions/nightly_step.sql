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
  left_to_examine integer := nightly_step.batch;
begin
  select * into run from public.nightly_runs r where r.id = nightly_step.run_id for update;
  if run.fencing_token is distinct from nightly_step.fencing_token or run.outcome is not null then
    raise exception 'nightly run % was taken over or has ended', nightly_step.run_id
      using errcode = 'object_not_in_prerequisite_state', constraint = 'nightly_runs_lease';
  end if;
  -- What is not worth a transaction of its own is done together with the next.
  loop
    done := private.nightly_chunk(run.id, run.since, run.as_of, run.is_full, run.phase, run.after_id, nightly_step.batch);
    run.phase := done.phase;
    run.after_id := done.after_id;
    run.expired := run.expired + done.expired;
    run.restored := run.restored + done.restored;
    run.reminders := run.reminders + done.reminders;
    run.discrepancies := run.discrepancies + done.discrepancies;
    run.requeued := run.requeued + done.requeued;
    left_to_examine := left_to_examine - 10 * done.examined;
    exit when done.phase = 'done' or done.is_waiting or done.after_id is not null or left_to_examine <= 0;
  end loop;
  update public.nightly_runs r
  set phase = run.phase, after_id = run.after_id,
    expired = run.expired,
    restored = run.restored,
    reminders = run.reminders,
    discrepancies = run.discrepancies,
    requeued = run.requeued,
    held = (select count(*) from private.nightly_held h),
    heartbeat_at = clock_timestamp(), lease_until = clock_timestamp() + interval '60 seconds',
    outcome = case when done.phase = 'done' then 'completed' end,
    finished_at = case when done.phase = 'done' then clock_timestamp() end
  where r.id = run.id
  returning * into run;
  return private.nightly_answer(run, run.outcome) || jsonb_build_object('is_waiting', done.is_waiting);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."nightly_step"(bigint, bigint, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."nightly_step"(bigint, bigint, integer) IS 'Behind public.nightly_step. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."nightly_step"(bigint, bigint, integer) FROM PUBLIC;
