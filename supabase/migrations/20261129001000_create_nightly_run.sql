-- The nightly run: begin, chunk after chunk, each a transaction of its own, and stop.
-- The function that drives it may be killed at any moment: what a chunk did and how
-- far it got are committed together, a lease says for how long nobody else may work,
-- and a fencing token refuses a worker that was thought dead.

create table public.nightly_runs (
  id bigint generated always as identity,
  as_of date not null,
  since date,
  is_full boolean not null,
  outcome text,
  started_at timestamptz not null default clock_timestamp(),
  heartbeat_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  starts integer not null default 1,
  lease_until timestamptz not null,
  holder uuid not null,
  fencing_token bigint not null,
  phase text not null default 'reconcile',
  after_id uuid,
  held integer not null default 0,
  missed_nights integer not null default 0,
  expired integer not null default 0,
  restored integer not null default 0,
  reminders integer not null default 0,
  discrepancies integer not null default 0,
  requeued integer not null default 0,
  constraint nightly_runs_pkey primary key (id),
  constraint nightly_runs_outcome_known check (outcome in ('completed', 'partial')),
  constraint nightly_runs_finished_with_outcome check ((outcome is null) = (finished_at is null)),
  constraint nightly_runs_phase_known check (phase in ('reconcile', 'mentors', 'sweep', 'requeue', 'tidy', 'held', 'done')),
  constraint nightly_runs_since_before check (since <= as_of)
);
create unique index nightly_runs_one_open on public.nightly_runs ((true)) where outcome is null;
create index nightly_runs_by_date on public.nightly_runs (as_of) where outcome = 'completed';
alter table public.nightly_runs enable row level security;
revoke all on table public.nightly_runs from public, anon, authenticated, service_role;
revoke all on sequence public.nightly_runs_id_seq from public, anon, authenticated, service_role;
grant select on table public.nightly_runs to service_role;

comment on table public.nightly_runs is
  'One row per nightly run. A run that was stopped or died is resumed in the same row.';
comment on column public.nightly_runs.as_of is 'The date it was due for, on which facts are judged.';
comment on column public.nightly_runs.since is 'The newest date that was completed before; null: this is the first run.';
comment on column public.nightly_runs.is_full is
  'It looks at every mentor and the whole log: the first run, after more than 31 missed nights, or on request.';
comment on column public.nightly_runs.outcome is 'Null while it is under way. A start that was skipped and a dry run leave no row.';
comment on column public.nightly_runs.heartbeat_at is 'When its last chunk was committed.';
comment on column public.nightly_runs.starts is 'How many starts have worked on it.';
comment on column public.nightly_runs.lease_until is 'When another start may take over, unless a chunk extends it.';
comment on column public.nightly_runs.holder is 'The start that works on it; chosen by the caller, so that a repeated request is recognised.';
comment on column public.nightly_runs.fencing_token is 'Grows with each start; a chunk of an older start is refused.';
comment on column public.nightly_runs.phase is 'Where it continues; with after_id, what is left.';
comment on column public.nightly_runs.after_id is 'The last mentor that the phase has finished.';
comment on column public.nightly_runs.held is 'Mentors that somebody else held, to come back to.';
comment on column public.nightly_runs.missed_nights is 'Dates between since and as_of, without a completed run.';
comment on index public.nightly_runs_one_open is 'One run at a time.';

create trigger nightly_runs_refuse_removal
  before delete or truncate on public.nightly_runs
  for each statement execute function private.refuse_removal('The ledger is kept.');

create table private.nightly_state (
  only_row boolean not null default true,
  fencing_token bigint not null default 0,
  reconciled_to uuid not null default '00000000-0000-0000-0000-000000000000',
  swept_to uuid not null default '00000000-0000-0000-0000-000000000000',
  constraint nightly_state_pkey primary key (only_row),
  constraint nightly_state_only_one_row check (only_row)
);
insert into private.nightly_state default values;
alter table private.nightly_state enable row level security;
revoke all on table private.nightly_state from public, anon, authenticated, service_role;

comment on table private.nightly_state is 'One row: what outlives a run.';
comment on column private.nightly_state.reconciled_to is
  'The last mentor whose log was compared with the status. Each night compares the next few thousand, and starts again at the end.';
comment on column private.nightly_state.swept_to is
  'The last mentor who was looked at without a particular reason. Each night looks at the next few thousand, and starts again at the end.';

create function private.judge_mentors(
  mentor_ids uuid[], since date, as_of date, dry_run boolean,
  out expired integer, out restored integer, out reminders integer, out held uuid[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  marked uuid[];
  free_marks uuid[] := '{}'::uuid[];
  wanted uuid[] := judge_mentors.mentor_ids;
  locked uuid[];
  recheck uuid[];
begin
  judge_mentors.held := '{}';
  if judge_mentors.dry_run then
    select count(*) filter (where c.expired), count(*) filter (where not c.expired)
    into judge_mentors.expired, judge_mentors.restored
    from private.due_changes(judge_mentors.mentor_ids, judge_mentors.since, judge_mentors.as_of) c;
    judge_mentors.reminders := (
      select count(*) from private.due_reminders(judge_mentors.mentor_ids, judge_mentors.as_of));
    return;
  end if;

  -- Marks that somebody is writing, and mentors whom a coordinator holds, are not
  -- waited for. The facts are read by later statements, which see what earlier
  -- transactions have committed.
  marked := array(
    select p.mentor_id from private.nightly_pending p where p.mentor_id = any (judge_mentors.mentor_ids));
  if marked <> '{}' then
    free_marks := array(
      select p.mentor_id from private.nightly_pending p
      where p.mentor_id = any (marked) order by p.mentor_id for update skip locked);
    if cardinality(free_marks) < cardinality(marked) then
      wanted := array(select unnest(wanted) except (select unnest(marked) except select unnest(free_marks)));
    end if;
  end if;
  locked := private.try_lock_mentors(wanted);
  if cardinality(locked) < cardinality(judge_mentors.mentor_ids) then
    judge_mentors.held := array(select unnest(judge_mentors.mentor_ids) except select unnest(locked));
  end if;

  select a.expired, a.restored into judge_mentors.expired, judge_mentors.restored
  from private.apply_changes(locked, judge_mentors.since, judge_mentors.as_of, 'scheduler') a;
  judge_mentors.reminders := private.remind(locked, judge_mentors.as_of);
  delete from private.nightly_held h where h.mentor_id = any (locked);
  if free_marks <> '{}' then
    -- A mentor whose status was stored by facts after this date is still to be judged by those.
    delete from private.nightly_pending p
    where p.mentor_id = any (free_marks) and p.mentor_id = any (locked)
      -- The limit keeps it a look-up, whatever the statistics say of the table.
      and (
        select true from public.pause_records r
        where r.mentor_id = p.mentor_id and r.effective_on > judge_mentors.as_of
        limit 1) is null;
  end if;

  -- A certification registered in advance has begun. A transaction that holds the
  -- profile is about to refresh the entry anyway; until then the roster looks it up.
  recheck := array(
    select distinct e.mentor_id from private.roster_entries e
    where e.mentor_id = any (locked) and e.recheck_on <= private.today());
  if recheck <> '{}' then
    recheck := array(
      select l.person_id from private.person_locks l where l.person_id = any (recheck)
      order by l.person_id for no key update skip locked);
  end if;
  if recheck <> '{}' then
    perform private.refresh_roster(recheck);
  end if;
end
$$;
revoke all on function private.judge_mentors(uuid[], date, date, boolean) from public, anon, authenticated, service_role;

comment on function private.judge_mentors(uuid[], date, date, boolean) is
  'Does what is due for these mentors: status, reminders, read model. Returns how much, and which mentors somebody else held. A dry run reads only.';

create function private.tonights_reconciliation(batch integer) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  next_ids uuid[] := private.mentors_to_reconcile(
    (select s.reconciled_to from private.nightly_state s), tonights_reconciliation.batch);
begin
  if cardinality(next_ids) < tonights_reconciliation.batch then
    -- At the end it starts again.
    next_ids := next_ids || array(
      select w from unnest(private.mentors_to_reconcile(
        '00000000-0000-0000-0000-000000000000', tonights_reconciliation.batch - cardinality(next_ids))) w
      where w <> all (next_ids));
  end if;
  return next_ids;
end
$$;
revoke all on function private.tonights_reconciliation(integer) from public, anon, authenticated, service_role;

comment on function private.tonights_reconciliation(integer) is
  'The mentors whose logs a run that is not full compares: all in a small organisation; in a large one those that follow last night''s.';

create function private.tonights_sweep(batch integer) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  next_ids uuid[] := private.nightly_candidates(null, null, true,
    (select s.swept_to from private.nightly_state s), tonights_sweep.batch);
begin
  if cardinality(next_ids) < tonights_sweep.batch then
    next_ids := next_ids || array(
      select w from unnest(private.nightly_candidates(null, null, true,
        '00000000-0000-0000-0000-000000000000', tonights_sweep.batch - cardinality(next_ids))) w
      where w <> all (next_ids));
  end if;
  return next_ids;
end
$$;
revoke all on function private.tonights_sweep(integer) from public, anon, authenticated, service_role;

comment on function private.tonights_sweep(integer) is
  'The mentors that a run that is not full looks at without a particular reason: all in a small organisation; in a large one those that follow last night''s.';

create function private.requeueable(mentor_ids uuid[]) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return array(
    select distinct r.notification_id
    from private.recipients_of(array(
      select n.id from public.notifications n
      where n.mentor_id = any (requeueable.mentor_ids) and n.state = 'undeliverable' and n.acknowledged_at is null
    )) r
  );
end
$$;
revoke all on function private.requeueable(uuid[]) from public, anon, authenticated, service_role;

comment on function private.requeueable(uuid[]) is
  'Notifications about these mentors that were undeliverable, are not acknowledged, and have a recipient now.';

create function private.requeue(notification_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  requeued integer;
begin
  update public.notifications n
  set state = 'pending'
  where n.id = any (requeue.notification_ids) and n.state = 'undeliverable' and n.acknowledged_at is null;
  get diagnostics requeued = row_count;
  return requeued;
end
$$;
revoke all on function private.requeue(uuid[]) from public, anon, authenticated, service_role;

comment on function private.requeue(uuid[]) is 'Gives these undeliverable notifications to the dispatcher again.';

create type private.nightly_progress as (
  phase text,
  after_id uuid,
  expired integer,
  restored integer,
  reminders integer,
  discrepancies integer,
  requeued integer,
  is_waiting boolean,
  examined integer
);
revoke all on type private.nightly_progress from public;
comment on type private.nightly_progress is
  'Where the run continues after a chunk, and what the chunk did. is_waiting: all that is left is held by others. examined: how many mentors it looked at.';

create function private.nightly_chunk(
  run_id bigint, since date, as_of date, is_full boolean, phase text, after_id uuid, batch integer
) returns private.nightly_progress
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
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
$$;
revoke all on function private.nightly_chunk(bigint, date, date, boolean, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.nightly_chunk(bigint, date, date, boolean, text, uuid, integer) is
  'One chunk of a run. Without a run it only reads, and says what the chunk would do.';

create function private.nightly_answer(run public.nightly_runs, outcome text) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return jsonb_build_object(
    'run_id', (nightly_answer.run).id,
    'as_of', (nightly_answer.run).as_of,
    'outcome', nightly_answer.outcome,
    'is_full', (nightly_answer.run).is_full,
    'last_completed', (nightly_answer.run).since,
    'missed_nights', (nightly_answer.run).missed_nights,
    'fencing_token', (nightly_answer.run).fencing_token,
    'phase', (nightly_answer.run).phase,
    'after_id', (nightly_answer.run).after_id,
    'held', (nightly_answer.run).held,
    'expired', (nightly_answer.run).expired,
    'restored', (nightly_answer.run).restored,
    'reminders', (nightly_answer.run).reminders,
    'discrepancies', (nightly_answer.run).discrepancies,
    'requeued', (nightly_answer.run).requeued);
end
$$;
revoke all on function private.nightly_answer(public.nightly_runs, text) from public, anon, authenticated, service_role;

comment on function private.nightly_answer(public.nightly_runs, text) is 'A run in the form that the scheduled function reads.';

create function private.nightly_begin(as_of date, is_full boolean, holder uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  lease constant interval := interval '60 seconds';
  token bigint;
  completed public.nightly_runs;
  newest public.nightly_runs;
  run public.nightly_runs;
begin
  if nightly_begin.as_of is null or nightly_begin.holder is null then
    perform private.refuse('invalid_request', 'as_of', 'as_of and holder are required.');
  end if;
  -- One start at a time decides.
  update private.nightly_state s set fencing_token = s.fencing_token + 1 returning s.fencing_token into token;
  select * into completed from public.nightly_runs r where r.outcome = 'completed' order by r.as_of desc, r.id desc limit 1;
  select * into newest from public.nightly_runs r order by r.id desc limit 1;

  if nightly_begin.as_of < completed.as_of then
    return private.nightly_answer(completed, 'skipped') || jsonb_build_object('last_completed', completed.as_of);
  end if;
  if newest.outcome is null and newest.holder = nightly_begin.holder then
    return private.nightly_answer(newest, null); -- a repeated request
  end if;
  if newest.outcome is distinct from 'completed' and nightly_begin.as_of < newest.as_of then
    -- Status never goes back in time.
    return private.nightly_answer(newest, 'skipped') || jsonb_build_object('last_completed', completed.as_of);
  end if;
  if newest.id is not null and newest.outcome is null then
    -- A chunk that runs at this moment holds the row.
    select * into run from public.nightly_runs r where r.id = newest.id for update skip locked;
    if not found or run.lease_until > clock_timestamp() then
      return private.nightly_answer(newest, 'skipped') || jsonb_build_object('last_completed', completed.as_of);
    end if;
  end if;

  if newest.outcome is distinct from 'completed' and newest.as_of = nightly_begin.as_of then
    update public.nightly_runs r
    set outcome = null, finished_at = null, starts = r.starts + 1, holder = nightly_begin.holder, fencing_token = token,
      -- To look at everything, it has to start again.
      phase = case when nightly_begin.is_full and not r.is_full then 'reconcile' else r.phase end,
      after_id = case when nightly_begin.is_full and not r.is_full then null else r.after_id end,
      is_full = r.is_full or nightly_begin.is_full,
      heartbeat_at = clock_timestamp(), lease_until = clock_timestamp() + lease
    where r.id = newest.id
    returning * into run;
    return private.nightly_answer(run, null);
  end if;

  update public.nightly_runs r
  set outcome = 'partial', finished_at = clock_timestamp()
  where r.outcome is null; -- it died, and this date includes what it left
  insert into public.nightly_runs (as_of, since, is_full, missed_nights, holder, fencing_token, lease_until)
  values (nightly_begin.as_of, completed.as_of,
    nightly_begin.is_full or completed.as_of is null or nightly_begin.as_of - completed.as_of > 32,
    greatest(coalesce(nightly_begin.as_of - completed.as_of - 1, 0), 0),
    nightly_begin.holder, token, clock_timestamp() + lease)
  returning * into run;
  return private.nightly_answer(run, null);
end
$$;
revoke all on function private.nightly_begin(date, boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function private.nightly_begin(date, boolean, uuid) to pause_scheduler;

comment on function private.nightly_begin(date, boolean, uuid) is 'Behind public.nightly_begin. Definer, because the scheduler reaches no table.';

create function private.nightly_step(run_id bigint, fencing_token bigint, batch integer) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.nightly_step(bigint, bigint, integer) from public, anon, authenticated, service_role;
grant execute on function private.nightly_step(bigint, bigint, integer) to pause_scheduler;

comment on function private.nightly_step(bigint, bigint, integer) is 'Behind public.nightly_step. Definer, because the scheduler reaches no table.';

create function private.nightly_stop(run_id bigint, fencing_token bigint) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  run public.nightly_runs;
begin
  update public.nightly_runs r
  set outcome = 'partial', finished_at = clock_timestamp()
  where r.id = nightly_stop.run_id and r.fencing_token = nightly_stop.fencing_token and r.outcome is null
  returning * into run;
  if not found then
    select * into run from public.nightly_runs r where r.id = nightly_stop.run_id;
  end if;
  return private.nightly_answer(run, run.outcome);
end
$$;
revoke all on function private.nightly_stop(bigint, bigint) from public, anon, authenticated, service_role;
grant execute on function private.nightly_stop(bigint, bigint) to pause_scheduler;

comment on function private.nightly_stop(bigint, bigint) is 'Behind public.nightly_stop. Definer, because the scheduler reaches no table.';

create function private.nightly_preview(as_of date, is_full boolean, phase text, after_id uuid, batch integer) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  completed_on date := (select max(r.as_of) from public.nightly_runs r where r.outcome = 'completed');
  full_run boolean := nightly_preview.is_full or completed_on is null or nightly_preview.as_of - completed_on > 32;
  done private.nightly_progress;
begin
  if nightly_preview.as_of < completed_on then
    return jsonb_build_object('outcome', 'skipped', 'as_of', nightly_preview.as_of, 'last_completed', completed_on);
  end if;
  done := private.nightly_chunk(null, completed_on, nightly_preview.as_of, full_run,
    nightly_preview.phase, nightly_preview.after_id, nightly_preview.batch);
  return to_jsonb(done) || jsonb_build_object(
    'as_of', nightly_preview.as_of, 'is_full', full_run, 'last_completed', completed_on,
    'missed_nights', greatest(coalesce(nightly_preview.as_of - completed_on - 1, 0), 0),
    'outcome', case when done.phase = 'done' then 'completed' end);
end
$$;
revoke all on function private.nightly_preview(date, boolean, text, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function private.nightly_preview(date, boolean, text, uuid, integer) to pause_scheduler;

comment on function private.nightly_preview(date, boolean, text, uuid, integer) is 'Behind public.nightly_preview. Definer, because the scheduler reaches no table.';

-- What the scheduled function calls. Invoker in the exposed schema; the bodies are
-- parsed here and now, so that the scheduler needs no access to private.
create function public.nightly_begin(as_of date, is_full boolean, holder uuid) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_begin(nightly_begin.as_of, nightly_begin.is_full, nightly_begin.holder);
end;
revoke all on function public.nightly_begin(date, boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function public.nightly_begin(date, boolean, uuid) to pause_scheduler;

comment on function public.nightly_begin(date, boolean, uuid) is
  'Takes the lease for the run of a date, resuming an unfinished one of that date where it stopped, or answers skipped: another run is alive, or a later date has been completed. The holder is an id that the caller chooses; the same one gets the same lease again.';

create function public.nightly_step(run_id bigint, fencing_token bigint, batch integer) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_step(nightly_step.run_id, nightly_step.fencing_token, nightly_step.batch);
end;
revoke all on function public.nightly_step(bigint, bigint, integer) from public, anon, authenticated, service_role;
grant execute on function public.nightly_step(bigint, bigint, integer) to pause_scheduler;

comment on function public.nightly_step(bigint, bigint, integer) is
  'Does the next chunk, of at most so many mentors (and small ones that follow), in this transaction, and extends the lease. The outcome is null until the run is completed. SQLSTATE 55000: somebody else has taken over.';

create function public.nightly_stop(run_id bigint, fencing_token bigint) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_stop(nightly_stop.run_id, nightly_stop.fencing_token);
end;
revoke all on function public.nightly_stop(bigint, bigint) from public, anon, authenticated, service_role;
grant execute on function public.nightly_stop(bigint, bigint) to pause_scheduler;

comment on function public.nightly_stop(bigint, bigint) is
  'Ends an unfinished run as partial and returns the lease; the next start continues from there. Has no effect for a caller that has lost the lease.';

create function public.nightly_preview(as_of date, is_full boolean, phase text, after_id uuid, batch integer) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_preview(nightly_preview.as_of, nightly_preview.is_full, nightly_preview.phase,
    nightly_preview.after_id, nightly_preview.batch);
end;
revoke all on function public.nightly_preview(date, boolean, text, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.nightly_preview(date, boolean, text, uuid, integer) to pause_scheduler;

comment on function public.nightly_preview(date, boolean, text, uuid, integer) is
  'A chunk of a dry run: what it would do and where the next one continues; begins with phase reconcile and ends with outcome completed. Writes nothing.';
