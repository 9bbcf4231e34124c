CREATE OR REPLACE FUNCTION private.nightly_chunk (
  run   public.nightly_runs,
  batch integer
)
  RETURNS private.nightly_progress
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
declare
  nobody constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  began timestamptz := clock_timestamp();
  ids uuid[] := '{}'::uuid[];
  judged record;
  reconciled record;
  next record;
  round_size integer;
  held uuid[] := '{}'::uuid[];
  is_waiting boolean := false;
begin
  case run.phase
  when 'reconcile' then
    if not run.is_full and run.reconcile_seconds = 0 then
      run.phase := 'mentors';
    else
      select * into next from private.next_to_reconcile(run.reconcile_from, run.after_id, nightly_chunk.batch) n;
      ids := next.ids;
      select * into reconciled from private.reconcile(ids, run.as_of) r;
      run.discrepancies := run.discrepancies + reconciled.reported;
      run.roster_repaired := run.roster_repaired + reconciled.roster_repaired;
      run.counts_repaired := run.counts_repaired + reconciled.counts_repaired;
      run.reconciled := run.reconciled + cardinality(ids);
      run.after_id := next.next_id;
      -- A mentor whose status or log was wrong is judged by the facts too, whatever the
      -- date; and so is everybody when the run looks at everybody.
      held := reconciled.held || reconciled.touched;
      if not run.is_full then
        held := held || private.unannounced(ids, run.since, run.as_of);
      end if;
      update private.nightly_state s
      set reconciled_to = case when next.is_all then nobody else next.next_id end,
        round_size = case
          when next.is_all then run.reconciled
          when next.is_end then s.round_reached + cardinality(ids)
          else s.round_size end,
        round_reached = case when next.is_all or next.is_end then 0 else s.round_reached + cardinality(ids) end
      returning s.round_size into round_size;
      run.reconcile_ms := run.reconcile_ms + (extract(epoch from clock_timestamp() - began) * 1000)::integer;
      -- Beyond its time it goes on only for the week's sake.
      if next.is_all
         or not run.is_full and run.reconcile_ms >= 1000 * run.reconcile_seconds and 6 * run.reconciled >= round_size then
        run.phase := 'mentors';
        run.after_id := null;
      end if;
    end if;

  when 'mentors' then
    ids := private.nightly_candidates(run.since, run.as_of, run.is_full, coalesce(run.after_id, nobody), nightly_chunk.batch);
    if ids <> '{}' then
      select * into judged from private.judge_mentors(ids, run.since, run.as_of) j;
      run.expired := run.expired + judged.expired;
      run.restored := run.restored + judged.restored;
      run.begun := run.begun + judged.begun;
      run.reminders := run.reminders + judged.reminders;
      held := judged.held;
    end if;
    run.after_id := ids[cardinality(ids)];
    if cardinality(ids) < nightly_chunk.batch then
      run.phase := 'requeue';
      run.after_id := null;
    end if;

  when 'requeue' then
    ids := private.mentors_to_requeue(coalesce(run.after_id, nobody), nightly_chunk.batch);
    if ids <> '{}' then
      run.requeued := run.requeued + private.requeue(private.requeueable(ids, run.as_of));
    end if;
    run.after_id := ids[cardinality(ids)];
    if cardinality(ids) < nightly_chunk.batch then
      run.phase := 'digest';
      run.after_id := null;
    end if;

  when 'digest' then
    -- The first night of a week that comes this far makes them; a later date of it does not.
    if (select s.digested_week >= date_trunc('week', run.as_of) from private.nightly_state s) is not true then
      ids := private.digest_recipients(coalesce(run.after_id, nobody), nightly_chunk.batch);
      if ids <> '{}' then
        perform private.make_digests(ids, run.as_of);
      end if;
      run.after_id := ids[cardinality(ids)];
    end if;
    if cardinality(ids) < nightly_chunk.batch then
      update private.nightly_state s set digested_week = date_trunc('week', run.as_of)
      where (s.digested_week >= date_trunc('week', run.as_of)) is not true;
      run.phase := 'tidy';
      run.after_id := null;
    end if;

  when 'tidy' then
    run.phase := 'held';
    run.ended := private.ended_count(run.since, run.as_of);
    if private.total_differs() then
      perform private.recount('{}');
      run.counts_repaired := run.counts_repaired + 1;
    end if;
    -- Answers to repeated requests are promised for 72 hours.
    if private.prune_requests(nightly_chunk.batch) > 0 then
      run.phase := 'tidy';
    end if;

  when 'held' then
    ids := array(
      select h.mentor_id from private.nightly_held h
      where h.mentor_id > coalesce(run.after_id, nobody)
      order by h.mentor_id
      limit nightly_chunk.batch);
    if ids <> '{}' then
      select * into reconciled from private.reconcile(ids, run.as_of) r;
      select * into judged from private.judge_mentors(
        array(select i from unnest(ids) i where i <> all (reconciled.held)), run.since, run.as_of) j;
      run.expired := run.expired + judged.expired;
      run.restored := run.restored + judged.restored;
      run.begun := run.begun + judged.begun;
      run.reminders := run.reminders + judged.reminders;
      run.discrepancies := run.discrepancies + reconciled.reported;
      run.roster_repaired := run.roster_repaired + reconciled.roster_repaired;
      run.counts_repaired := run.counts_repaired + reconciled.counts_repaired;
    end if;
    run.after_id := ids[cardinality(ids)];
    if cardinality(ids) < nightly_chunk.batch then
      run.after_id := null;
      is_waiting := exists (select from private.nightly_held h);
      if not is_waiting then
        run.phase := 'done';
      end if;
    end if;
  end case;

  if held <> '{}' then
    insert into private.nightly_held (mentor_id)
    select distinct h from unnest(held) h order by h
    on conflict on constraint nightly_held_pkey do nothing;
  end if;
  return row(run, is_waiting, cardinality(ids))::private.nightly_progress;
end
$function$;

COMMENT ON FUNCTION "private"."nightly_chunk"(public.nightly_runs, integer) IS 'One chunk of a run.';

REVOKE ALL ON FUNCTION "private"."nightly_chunk"(public.nightly_runs, integer) FROM PUBLIC;
