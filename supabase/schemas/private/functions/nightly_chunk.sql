CREATE OR REPLACE FUNCTION private.nightly_chunk (
  run_id   bigint,
  since    date,
  as_of    date,
  is_full  boolean,
  phase    text,
  after_id uuid,
  batch    integer
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
  dry_run boolean := nightly_chunk.run_id is null;
  done private.nightly_progress := row(nightly_chunk.phase, nightly_chunk.after_id, 0, 0, 0, 0, 0, false, 0);
  ids uuid[] := '{}'::uuid[];
  judged record;
  reconciled record;
  held uuid[] := '{}'::uuid[];
  suspects uuid[];
begin
  case nightly_chunk.phase
  when 'reconcile' then
    if nightly_chunk.is_full then
      ids := private.mentors_to_reconcile(coalesce(nightly_chunk.after_id, nobody), nightly_chunk.batch);
    else
      ids := private.tonights_reconciliation(nightly_chunk.batch);
    end if;
    if dry_run then
      done.discrepancies := (
        select count(*)
        from private.find_discrepancies(ids) d
        where not exists (
          select from public.status_discrepancies s
          where s.kind in ('version_repeated', 'version_ahead', 'stretches_overlap')
            and (s.pause_record_id, s.kind) = (d.pause_record_id, d.kind) and s.log_id is not distinct from d.log_id));
    else
      select * into reconciled from private.reconcile(ids, nightly_chunk.as_of) r;
      done.discrepancies := reconciled.reported;
      -- A mentor whose status or log was wrong is judged by the facts too, whatever the date.
      held := reconciled.held || reconciled.touched;
      if not nightly_chunk.is_full and ids <> '{}' then
        update private.nightly_state set reconciled_to = ids[cardinality(ids)];
      end if;
    end if;
    done.after_id := ids[cardinality(ids)];
    if not nightly_chunk.is_full or cardinality(ids) < nightly_chunk.batch then
      done.phase := 'mentors';
      done.after_id := null;
    end if;

  when 'mentors' then
    ids := private.nightly_candidates(nightly_chunk.since, nightly_chunk.as_of, nightly_chunk.is_full,
      coalesce(nightly_chunk.after_id, nobody), nightly_chunk.batch);
    if ids <> '{}' then
      select * into judged from private.judge_mentors(ids, nightly_chunk.since, nightly_chunk.as_of, dry_run) j;
      done.expired := judged.expired;
      done.restored := judged.restored;
      done.reminders := judged.reminders;
      held := judged.held;
    end if;
    done.after_id := ids[cardinality(ids)];
    if cardinality(ids) < nightly_chunk.batch then
      done.phase := case when nightly_chunk.is_full or dry_run then 'requeue' else 'sweep' end;
      done.after_id := null;
    end if;

  -- Whatever kept a mentor from being marked (a load with triggers disabled, say), the
  -- facts prevail in time.
  when 'sweep' then
    ids := private.tonights_sweep(nightly_chunk.batch);
    suspects := array(
      select c.mentor_id from private.due_changes(ids, nightly_chunk.since, nightly_chunk.as_of) c
      union
      select r.mentor_id from private.due_reminders(ids, nightly_chunk.as_of) r);
    if suspects <> '{}' then
      select * into judged from private.judge_mentors(suspects, nightly_chunk.since, nightly_chunk.as_of, false) j;
      done.expired := judged.expired;
      done.restored := judged.restored;
      done.reminders := judged.reminders;
      held := judged.held;
    end if;
    if ids <> '{}' then
      update private.nightly_state set swept_to = ids[cardinality(ids)];
    end if;
    done.phase := 'requeue';
    done.after_id := null;

  when 'requeue' then
    ids := array(
      select distinct n.mentor_id from public.notifications n
      where n.state = 'undeliverable' and n.acknowledged_at is null
        and n.mentor_id > coalesce(nightly_chunk.after_id, nobody)
      order by n.mentor_id
      limit nightly_chunk.batch);
    if dry_run then
      done.requeued := cardinality(private.requeueable(ids));
    elsif ids <> '{}' then
      done.requeued := private.requeue(private.requeueable(ids));
    end if;
    done.after_id := ids[cardinality(ids)];
    if cardinality(ids) < nightly_chunk.batch then
      done.phase := 'tidy';
      done.after_id := null;
    end if;

  when 'tidy' then
    done.phase := 'held';
    if not dry_run then
      -- Answers to repeated requests are promised for 72 hours.
      with outdated as (
        select i.caller_id, i.request_id from private.idempotent_requests i
        where i.created_at < now() - interval '72 hours'
        limit nightly_chunk.batch
        for update skip locked
      )
      delete from private.idempotent_requests i
      using outdated o
      where i.caller_id = o.caller_id and i.request_id = o.request_id;
      if found then
        done.phase := 'tidy';
      end if;
    end if;

  when 'held' then
    ids := array(
      select h.mentor_id from private.nightly_held h
      where h.mentor_id > coalesce(nightly_chunk.after_id, nobody)
      order by h.mentor_id
      limit nightly_chunk.batch);
    if ids <> '{}' then
      select * into reconciled from private.reconcile(ids, nightly_chunk.as_of) r;
      select * into judged from private.judge_mentors(
        array(select i from unnest(ids) i where i <> all (reconciled.held)), nightly_chunk.since, nightly_chunk.as_of, false) j;
      done.expired := judged.expired;
      done.restored := judged.restored;
      done.reminders := judged.reminders;
      done.discrepancies := reconciled.reported;
    end if;
    done.after_id := ids[cardinality(ids)];
    if cardinality(ids) < nightly_chunk.batch then
      done.after_id := null;
      done.is_waiting := exists (select from private.nightly_held h);
      if not done.is_waiting then
        done.phase := 'done';
      end if;
    end if;
  end case;

  done.examined := cardinality(ids);
  insert into private.nightly_held (mentor_id)
  select distinct h from unnest(held) h order by h
  on conflict on constraint nightly_held_pkey do nothing;
  return done;
end
$function$;

COMMENT ON FUNCTION "private"."nightly_chunk"(bigint, date, date, boolean, text, uuid, integer) IS 'One chunk of a run. Without a run it only reads, and says what the chunk would do.';

REVOKE ALL ON FUNCTION "private"."nightly_chunk"(bigint, date, date, boolean, text, uuid, integer) FROM PUBLIC;
