CREATE OR REPLACE FUNCTION private.preview_chunk (
  start public.nightly_runs,
  INOUT run public.nightly_runs,
  batch integer
)
  RETURNS public.nightly_runs
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
declare
  nobody constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  ids uuid[] := '{}'::uuid[];
  suspects uuid[];
  judged record;
  compared record;
  next record;
begin
  run.ended := 0;
  run.requeued := 0;
  run.reconciled := 0;
  run.counts_repaired := 0;
  select 0 as expired, 0 as restored, 0 as begun, 0 as reminders into judged;
  select 0 as discrepancies, 0 as roster_repaired, 0 as counts_repaired into compared;
  case run.phase
  when 'reconcile' then
    if not run.is_full and run.reconcile_seconds = 0 then
      run.phase := 'mentors';
    else
      select * into next from private.next_to_reconcile(run.reconcile_from, run.after_id, preview_chunk.batch) n;
      select * into compared from private.would_reconcile(next.ids) r;
      suspects := compared.suspects;
      if not run.is_full then
        suspects := array(
          select unnest(suspects) union select unnest(private.unannounced(next.ids, run.since, run.as_of)));
      end if;
      select * into judged from private.would_judge(private.not_reached_by(start, suspects), run.since, run.as_of) j;
      run.reconciled := cardinality(next.ids);
      if run.after_id is not distinct from start.after_id then
        run.counts_repaired := cardinality(private.find_count_differences_of_nobody());
      end if;
      run.after_id := next.next_id;
      if next.is_all then
        run.phase := 'mentors';
        run.after_id := null;
      end if;
    end if;

  when 'mentors' then
    ids := private.nightly_candidates(run.since, run.as_of, run.is_full, coalesce(run.after_id, nobody), preview_chunk.batch);
    select * into judged from private.would_judge(ids, run.since, run.as_of) j;
    run.after_id := ids[cardinality(ids)];
    if cardinality(ids) < preview_chunk.batch then
      run.phase := 'requeue';
      run.after_id := null;
    end if;

  when 'requeue' then
    ids := private.mentors_to_requeue(coalesce(run.after_id, nobody), preview_chunk.batch);
    run.requeued := cardinality(private.requeueable(ids, run.as_of));
    run.after_id := ids[cardinality(ids)];
    if cardinality(ids) < preview_chunk.batch then
      run.phase := 'tidy';
      run.after_id := null;
    end if;

  when 'digest' then
    run.phase := 'tidy'; -- whom a digest is for shows when it is written

  when 'tidy' then
    run.phase := 'held';
    run.ended := private.ended_count(run.since, run.as_of);
    run.counts_repaired := private.total_differs()::integer;

  when 'held' then
    ids := array(
      select h.mentor_id from private.nightly_held h
      where h.mentor_id > coalesce(run.after_id, nobody)
      order by h.mentor_id
      limit preview_chunk.batch);
    run.after_id := ids[cardinality(ids)];
    if cardinality(ids) < preview_chunk.batch then
      run.phase := 'done';
      run.after_id := null;
    end if;
    ids := private.not_reached_by(start, ids);
    select * into compared from private.would_reconcile(ids) r;
    select * into judged from private.would_judge(ids, run.since, run.as_of) j;

  else
    raise exception 'a nightly run has no phase %', run.phase using errcode = 'invalid_parameter_value';
  end case;

  run.expired := judged.expired;
  run.restored := judged.restored;
  run.begun := judged.begun;
  run.reminders := judged.reminders;
  run.discrepancies := compared.discrepancies;
  run.roster_repaired := compared.roster_repaired;
  run.counts_repaired := run.counts_repaired + compared.counts_repaired;
end
$function$;

COMMENT ON FUNCTION "private"."preview_chunk"(public.nightly_runs, public.nightly_runs, integer) IS 'What the next chunk of a run would do that begins as start, and where it then is; reads only.';

REVOKE ALL ON FUNCTION "private"."preview_chunk"(public.nightly_runs, public.nightly_runs, integer) FROM PUBLIC;
