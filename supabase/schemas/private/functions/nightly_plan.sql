CREATE OR REPLACE FUNCTION private.nightly_plan (
  as_of   date,
  is_full boolean
)
  RETURNS public.nightly_runs
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  completed public.nightly_runs;
  newest public.nightly_runs;
  run public.nightly_runs;
begin
  -- The scheduled function has judged the date in its own zone.
  perform private.agreed_zone(s.time_zone) from private.settings s;
  if nightly_plan.as_of is null or nightly_plan.as_of not between '1900-01-01' and '9999-12-31' then
    perform private.refuse('invalid_request', 'as_of', 'as_of is required, and a date from 1900 to 9999.');
  end if;
  select * into completed from public.nightly_runs r where r.outcome = 'completed' order by r.as_of desc, r.id desc limit 1;
  select * into newest from public.nightly_runs r order by r.id desc limit 1;

  if nightly_plan.as_of < completed.as_of then
    run := completed;
    run.outcome := 'skipped';
    run.since := completed.as_of;
  elsif newest.outcome is distinct from 'completed' and nightly_plan.as_of < newest.as_of then
    -- Status never goes back in time.
    run := newest;
    run.outcome := 'skipped';
    run.since := completed.as_of;
  elsif newest.outcome is distinct from 'completed' and nightly_plan.as_of = newest.as_of then
    run := newest;
    run.outcome := null;
    if nightly_plan.is_full and not run.is_full then
      -- To look at everything, it has to start again.
      run.is_full := true;
      run.phase := 'reconcile';
      run.after_id := null;
      run.reconcile_from := '00000000-0000-0000-0000-000000000000';
    end if;
  else
    run.as_of := nightly_plan.as_of;
    run.since := completed.as_of;
    run.is_full := coalesce(nightly_plan.is_full, false) or completed.as_of is null or nightly_plan.as_of - completed.as_of > 32;
    run.missed_nights := greatest(coalesce(nightly_plan.as_of - completed.as_of - 1, 0), 0);
    run.phase := 'reconcile';
    run.reconcile_seconds := 60;
    run.reconcile_from := (
      select case when run.is_full then '00000000-0000-0000-0000-000000000000' else s.reconciled_to end from private.nightly_state s);
  end if;
  return run;
end
$function$;

COMMENT ON FUNCTION "private"."nightly_plan"(date, boolean) IS 'The run that a start for this date would do: an unfinished one as it was left, or one that is not in the ledger yet (id null). outcome skipped: none, because of that later run.';

REVOKE ALL ON FUNCTION "private"."nightly_plan"(date, boolean) FROM PUBLIC;
