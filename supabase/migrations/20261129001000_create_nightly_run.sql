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
  reconcile_from uuid not null default '00000000-0000-0000-0000-000000000000',
  reconcile_seconds integer not null default 60,
  held integer not null default 0,
  missed_nights integer not null default 0,
  expired integer not null default 0,
  restored integer not null default 0,
  begun integer not null default 0,
  reminders integer not null default 0,
  discrepancies integer not null default 0,
  ended integer not null default 0,
  requeued integer not null default 0,
  reconciled integer not null default 0,
  roster_repaired integer not null default 0,
  counts_repaired integer not null default 0,
  reconcile_ms integer not null default 0,
  constraint nightly_runs_pkey primary key (id),
  constraint nightly_runs_outcome_known check (outcome in ('completed', 'partial')),
  constraint nightly_runs_finished_with_outcome check ((outcome is null) = (finished_at is null)),
  constraint nightly_runs_phase_known check (phase in ('reconcile', 'mentors', 'requeue', 'digest', 'tidy', 'held', 'done')),
  constraint nightly_runs_as_of_possible check (as_of between '1900-01-01' and '9999-12-31'),
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
comment on column public.nightly_runs.reconcile_from is 'The mentor after whom its reconciliation begins, and to whom it goes round.';
comment on column public.nightly_runs.reconcile_seconds is 'How long it may reconcile, unless the week asks for more; 0: not at all.';
comment on column public.nightly_runs.begun is 'Planned pauses that it began.';
comment on column public.nightly_runs.ended is 'Memberships whose last day was over on one of its dates.';
comment on column public.nightly_runs.reconciled is 'Mentors whose status it compared with log and facts, and whose entries with the tables.';
comment on column public.nightly_runs.roster_repaired is 'Mentors whose entries in the roster were not what the tables say.';
comment on column public.nightly_runs.counts_repaired is 'Sets of chapters whose counts were not.';
comment on column public.nightly_runs.reconcile_ms is 'What it took of the time for the reconciliation.';
comment on column public.nightly_runs.held is 'Mentors that somebody else held, to come back to.';
comment on column public.nightly_runs.missed_nights is 'Dates between since and as_of, without a completed run.';
comment on index public.nightly_runs_one_open is 'One run at a time.';

create trigger nightly_runs_refuse_removal
  before delete or truncate on public.nightly_runs
  for each statement execute function private.refuse_removal('The ledger is kept.');

create table private.nightly_state (
  only_row boolean not null default true,
  fencing_token bigint not null default 0,
  judged_on date,
  digested_week date,
  reconciled_to uuid not null default '00000000-0000-0000-0000-000000000000',
  round_reached integer not null default 0,
  round_size integer not null default 0,
  constraint nightly_state_pkey primary key (only_row),
  constraint nightly_state_only_one_row check (only_row)
);
insert into private.nightly_state default values;
alter table private.nightly_state enable row level security;
revoke all on table private.nightly_state from public, anon, authenticated, service_role;

comment on table private.nightly_state is 'One row: what outlives a run.';
comment on column private.nightly_state.judged_on is
  'The newest date that a run has completed; null: none has. Here, so that a pause learns it from one page.';
comment on column private.nightly_state.digested_week is 'The Monday of the newest week whose digests have been made.';
comment on column private.nightly_state.reconciled_to is
  'The last mentor who was reconciled, where time did not suffice for all: the next night goes on from there.';
comment on column private.nightly_state.round_reached is 'How many have been reconciled since the last round ended.';
comment on column private.nightly_state.round_size is 'How many the last round reached: of so many a night takes a sixth at least.';
create function private.judge_mentors(
  mentor_ids uuid[], since date, as_of date,
  out expired integer, out restored integer, out begun integer, out reminders integer, out held uuid[]
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
  busy uuid[];
  -- Asked for once, not for each entry.
  today date := private.today();
begin
  judge_mentors.held := '{}';
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

  select a.expired, a.restored, a.begun, a.held into judge_mentors.expired, judge_mentors.restored, judge_mentors.begun, busy
  from private.apply_changes(locked, judge_mentors.since, judge_mentors.as_of, 'scheduler') a;
  if busy <> '{}' then
    judge_mentors.held := judge_mentors.held || busy;
    locked := array(select unnest(locked) except select unnest(busy));
  end if;
  perform private.settle_leave_requests(locked, judge_mentors.as_of);
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

  -- The entries of days that are over. A transaction that holds the mentor is about to
  -- refresh them anyway; until then no page shows them.
  recheck := array(
    select distinct e.mentor_id from private.roster_entries e
    where e.mentor_id = any (locked) and e.until_on <= today);
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
revoke all on function private.judge_mentors(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.judge_mentors(uuid[], date, date) is
  'Does what is due for these mentors: status, leave requests, reminders, read model. Returns how much, and which mentors somebody else held.';

create function private.ended_count(since date, as_of date) returns integer
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select count(*) from public.chapter_memberships m
    where m.ended_at >= private.day_start(coalesce(ended_count.since, ended_count.as_of - 1) + 1)
      and m.ended_at < private.day_start(ended_count.as_of + 1));
end
$$;
revoke all on function private.ended_count(date, date) from public, anon, authenticated, service_role;

comment on function private.ended_count(date, date) is
  'How many memberships have their end on the dates after since (null: the day before) through as_of.';

create function private.would_judge(
  mentor_ids uuid[], since date, as_of date, out expired integer, out restored integer, out begun integer, out reminders integer
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  select count(*) filter (where c.expired), count(*) filter (where not c.expired and not c.has_left and c.planned_pause_id is null),
    count(*) filter (where c.planned_pause_id is not null)
  into would_judge.expired, would_judge.restored, would_judge.begun
  from private.due_changes(would_judge.mentor_ids, would_judge.since, would_judge.as_of) c;
  would_judge.reminders := (select count(*) from private.due_reminders(would_judge.mentor_ids, would_judge.as_of));
end
$$;
revoke all on function private.would_judge(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.would_judge(uuid[], date, date) is 'What private.judge_mentors would do, if nobody held a mentor.';

create function private.next_to_reconcile(
  reconcile_from uuid, after_id uuid, batch integer, out ids uuid[], out next_id uuid, out is_end boolean, out is_all boolean
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  nobody constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  goes_round boolean := coalesce(next_to_reconcile.after_id < next_to_reconcile.reconcile_from, false);
begin
  ids := private.mentors_to_reconcile(coalesce(next_to_reconcile.after_id, next_to_reconcile.reconcile_from), next_to_reconcile.batch);
  is_end := cardinality(ids) < next_to_reconcile.batch;
  if goes_round then
    is_all := is_end or ids[cardinality(ids)] >= next_to_reconcile.reconcile_from;
    ids := array(select i from unnest(ids) i where i <= next_to_reconcile.reconcile_from);
    is_end := false;
  else
    is_all := is_end and next_to_reconcile.reconcile_from = nobody;
  end if;
  next_id := case
    when is_end then nobody
    else coalesce(ids[cardinality(ids)], next_to_reconcile.after_id, next_to_reconcile.reconcile_from)
  end;
end
$$;
revoke all on function private.next_to_reconcile(uuid, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.next_to_reconcile(uuid, uuid, integer) is
  'Who is reconciled next by a run that began after reconcile_from and has come to after_id, and where it then is; is_end: at the end of a round, from where it goes on at the beginning; is_all: back where it began.';

create function private.with_nightly_reason(mentor_ids uuid[], since date, as_of date) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return array(
    select distinct m
    from unnest(with_nightly_reason.mentor_ids) m
    where exists (
        select from public.certifications c
        where c.mentor_id = m
          and (c.issued_on > with_nightly_reason.since and c.issued_on <= with_nightly_reason.as_of
            or exists (
              select from unnest(array[0, 8, 31]) ahead (days)
              where c.expires_on between with_nightly_reason.since + ahead.days and with_nightly_reason.as_of - 1 + ahead.days)))
      or exists (
        select from public.pause_records p
        where p.mentor_id = m
          and p.status in ('paused', 'expired_cert')
          and exists (
            select from generate_series(1, with_nightly_reason.as_of - with_nightly_reason.since) n (days)
            cross join lateral (
              select with_nightly_reason.since + n.days - p.expected_return_date, with_nightly_reason.since + n.days - p.open_since
            ) d (late, open)
            where d.late in (-7, 0) or d.late >= 7 and (d.late - 7) % 30 = 0
              or p.expected_return_date is null and d.open >= 90 and d.open % 90 = 0))
      or exists (
        select from public.chapter_memberships t
        where t.user_id = m and t.role = 'mentor'
          and (t.ended_at >= private.day_start(with_nightly_reason.since + 1) and t.ended_at < private.day_start(with_nightly_reason.as_of + 1)
            or t.started_at >= private.day_start(with_nightly_reason.since + 1)
              and t.started_at < private.day_start(with_nightly_reason.as_of + 1)))
      or exists (
        select from public.planned_pauses q
        where q.mentor_id = m and q.starts_on > with_nightly_reason.since and q.starts_on <= with_nightly_reason.as_of)
      or exists (select from private.nightly_held h where h.mentor_id = m)
      or exists (select from private.nightly_pending p where p.mentor_id = m)
    order by m
  );
end
$$;
revoke all on function private.with_nightly_reason(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.with_nightly_reason(uuid[], date, date) is
  'Which of these mentors private.nightly_candidates would name, in a run that is not full.';

create function private.unannounced(mentor_ids uuid[], since date, as_of date) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  due uuid[] := array(
    select c.mentor_id from private.due_changes(unannounced.mentor_ids, unannounced.since, unannounced.as_of) c
    union
    select r.mentor_id from private.due_reminders(unannounced.mentor_ids, unannounced.as_of) r);
begin
  if due = '{}' then
    return due;
  end if;
  return array(
    select unnest(due)
    except
    select unnest(private.with_nightly_reason(due, unannounced.since, unannounced.as_of)));
end
$$;
revoke all on function private.unannounced(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.unannounced(uuid[], date, date) is
  'For which of these mentors something is due that no mark and no date announces: whatever kept them from being marked (a load with triggers disabled, say), the facts prevail.';

create function private.mentors_to_requeue(after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return array(
    select distinct n.mentor_id from public.notifications n
    where n.state = 'undeliverable' and n.acknowledged_at is null and n.mentor_id > mentors_to_requeue.after_id
    order by n.mentor_id
    limit mentors_to_requeue.batch);
end
$$;
revoke all on function private.mentors_to_requeue(uuid, integer) from public, anon, authenticated, service_role;

comment on function private.mentors_to_requeue(uuid, integer) is
  'The next mentors, by id, about whom a notification is undeliverable and not acknowledged.';

create function private.requeueable(mentor_ids uuid[], as_of date) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return array(
    select f.notification_id
    from private.notification_facts(array(
      select distinct r.notification_id
      from private.recipients_of(array(
        select n.id from public.notifications n
        where n.mentor_id = any (requeueable.mentor_ids) and n.state = 'undeliverable' and n.acknowledged_at is null
          -- What could not be written or recorded would fail again.
          and not exists (
            select from public.notification_attempts a
            where a.notification_id = n.id and a.recipient_id is null and a.outcome = 'failed')
      )) r
    ), requeueable.as_of) f
    where f.is_true
  );
end
$$;
revoke all on function private.requeueable(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.requeueable(uuid[], date) is
  'Notifications about these mentors that were undeliverable, are not acknowledged, have a recipient now, and are still true on the date.';

create function private.requeue(notification_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  requeued integer;
begin
  update public.notifications n
  set state = 'pending', claims = 0, queued_at = clock_timestamp()
  where n.id = any (requeue.notification_ids) and n.state = 'undeliverable' and n.acknowledged_at is null;
  get diagnostics requeued = row_count;
  return requeued;
end
$$;
revoke all on function private.requeue(uuid[]) from public, anon, authenticated, service_role;

comment on function private.requeue(uuid[]) is 'Gives these undeliverable notifications to the dispatcher again.';

create type private.nightly_progress as (
  run public.nightly_runs,
  is_waiting boolean,
  examined integer
);
revoke all on type private.nightly_progress from public;
comment on type private.nightly_progress is
  'A run after a chunk. is_waiting: all that is left is held by others. examined: how many mentors the chunk looked at.';

create function private.nightly_chunk(run public.nightly_runs, batch integer) returns private.nightly_progress
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
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
$$;
revoke all on function private.nightly_chunk(public.nightly_runs, integer) from public, anon, authenticated, service_role;

comment on function private.nightly_chunk(public.nightly_runs, integer) is
  'One chunk of a run.';

-- A dry run has a reading path of its own through each phase. What a real run finds
-- changed by the phases before, it has to tell apart: nobody is counted twice.
create function private.not_reached_by(start public.nightly_runs, mentor_ids uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reached uuid[] := not_reached_by.mentor_ids;
begin
  if (not_reached_by.start).phase not in ('reconcile', 'mentors') then
    return not_reached_by.mentor_ids;
  end if;
  if not (not_reached_by.start).is_full then
    reached := private.with_nightly_reason(
      not_reached_by.mentor_ids, (not_reached_by.start).since, (not_reached_by.start).as_of);
  end if;
  return array(
    select i from unnest(not_reached_by.mentor_ids) i
    where i <> all (reached)
      or (not_reached_by.start).phase = 'mentors' and i <= (not_reached_by.start).after_id
    order by i);
end
$$;
revoke all on function private.not_reached_by(public.nightly_runs, uuid[]) from public, anon, authenticated, service_role;

comment on function private.not_reached_by(public.nightly_runs, uuid[]) is
  'Which of these mentors are not looked at in the phase mentors by a run that begins as start.';

create function private.preview_chunk(start public.nightly_runs, inout run public.nightly_runs, batch integer)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
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
$$;
revoke all on function private.preview_chunk(public.nightly_runs, public.nightly_runs, integer) from public, anon, authenticated, service_role;

comment on function private.preview_chunk(public.nightly_runs, public.nightly_runs, integer) is
  'What the next chunk of a run would do that begins as start, and where it then is; reads only.';

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
    'begun', (nightly_answer.run).begun,
    'reminders', (nightly_answer.run).reminders,
    'discrepancies', (nightly_answer.run).discrepancies,
    'ended', (nightly_answer.run).ended,
    'requeued', (nightly_answer.run).requeued,
    'reconciled', (nightly_answer.run).reconciled,
    'roster_repaired', (nightly_answer.run).roster_repaired,
    'counts_repaired', (nightly_answer.run).counts_repaired,
    'reconcile_ms', (nightly_answer.run).reconcile_ms);
end
$$;
revoke all on function private.nightly_answer(public.nightly_runs, text) from public, anon, authenticated, service_role;

comment on function private.nightly_answer(public.nightly_runs, text) is 'A run in the form that the scheduled function reads.';

create function private.nightly_plan(as_of date, is_full boolean) returns public.nightly_runs
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.nightly_plan(date, boolean) from public, anon, authenticated, service_role;

comment on function private.nightly_plan(date, boolean) is
  'The run that a start for this date would do: an unfinished one as it was left, or one that is not in the ledger yet (id null). outcome skipped: none, because of that later run.';

create function private.nightly_begin(as_of date, is_full boolean, holder uuid, reconcile_seconds integer) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.nightly_begin(date, boolean, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function private.nightly_begin(date, boolean, uuid, integer) to pause_scheduler;

comment on function private.nightly_begin(date, boolean, uuid, integer) is 'Behind public.nightly_begin. Definer, because the scheduler reaches no table.';

create function private.nightly_batch(batch integer) returns integer
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if nightly_batch.batch < 1 then
    perform private.refuse('invalid_request', 'batch', 'batch must be at least 1.');
  end if;
  return coalesce(nightly_batch.batch, 2000);
end
$$;
revoke all on function private.nightly_batch(integer) from public, anon, authenticated, service_role;

comment on function private.nightly_batch(integer) is 'How many mentors a chunk looks at: as asked for, by default 2000. Refuses with invalid_request.';

create function private.nightly_required(run_id bigint, fencing_token bigint) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if nightly_required.run_id is null then
    perform private.refuse('invalid_request', 'run_id', 'run_id is required.');
  end if;
  if nightly_required.fencing_token is null then
    perform private.refuse('invalid_request', 'fencing_token', 'fencing_token is required.');
  end if;
end
$$;
revoke all on function private.nightly_required(bigint, bigint) from public, anon, authenticated, service_role;

comment on function private.nightly_required(bigint, bigint) is 'Refuses with invalid_request unless both are given, as private.nightly_begin answered them.';

create function private.nightly_step(run_id bigint, fencing_token bigint, batch integer) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
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
  perform private.nightly_required(nightly_stop.run_id, nightly_stop.fencing_token);
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
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  start public.nightly_runs := private.nightly_plan(nightly_preview.as_of, nightly_preview.is_full);
  run public.nightly_runs := start;
begin
  if start.outcome = 'skipped' then
    return private.nightly_answer(start, 'skipped');
  end if;
  if nightly_preview.phase is not null then
    if nightly_preview.phase not in ('reconcile', 'mentors', 'requeue', 'digest', 'tidy', 'held') then
      perform private.refuse('invalid_request', 'phase', 'phase must be one of reconcile, mentors, requeue, digest, tidy, held.');
    end if;
    run.phase := nightly_preview.phase;
    run.after_id := nightly_preview.after_id;
  end if;
  run := private.preview_chunk(start, run, private.nightly_batch(nightly_preview.batch));
  run.id := null;
  run.held := 0;
  run.reconcile_ms := 0;
  return private.nightly_answer(run, case when run.phase = 'done' then 'completed' end);
end
$$;
revoke all on function private.nightly_preview(date, boolean, text, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function private.nightly_preview(date, boolean, text, uuid, integer) to pause_scheduler;

comment on function private.nightly_preview(date, boolean, text, uuid, integer) is 'Behind public.nightly_preview. Definer, because the scheduler reaches no table.';

-- What the scheduled function calls. Invoker in the exposed schema; the bodies are
-- parsed here and now, so that the scheduler needs no access to private.
create function public.nightly_begin(
  as_of date default null,
  is_full boolean default null,
  holder uuid default null,
  reconcile_seconds integer default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_begin(nightly_begin.as_of, nightly_begin.is_full, nightly_begin.holder, nightly_begin.reconcile_seconds);
end;
revoke all on function public.nightly_begin(date, boolean, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.nightly_begin(date, boolean, uuid, integer) to pause_scheduler;

comment on function public.nightly_begin(date, boolean, uuid, integer) is
  'Takes the lease for the run of a date, resuming an unfinished one of that date where it stopped, or answers skipped, at once: another run is alive, or a later date has been completed. The holder is an id that the caller chooses; the same one gets the same lease again. reconcile_seconds: how long the reconciliation may take (60 by default), beyond which it reaches a sixth of all mentors, so that it goes round within a week; 0: none tonight.';

create function public.nightly_step(
  run_id bigint default null,
  fencing_token bigint default null,
  batch integer default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_step(nightly_step.run_id, nightly_step.fencing_token, nightly_step.batch);
end;
revoke all on function public.nightly_step(bigint, bigint, integer) from public, anon, authenticated, service_role;
grant execute on function public.nightly_step(bigint, bigint, integer) to pause_scheduler;

comment on function public.nightly_step(bigint, bigint, integer) is
  'Does the next chunk, of at most so many mentors, 2000 by default (and small ones that follow), in this transaction, and extends the lease. The outcome is null until the run is completed. SQLSTATE 55000: somebody else has taken over.';

create function public.nightly_stop(run_id bigint default null, fencing_token bigint default null) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_stop(nightly_stop.run_id, nightly_stop.fencing_token);
end;
revoke all on function public.nightly_stop(bigint, bigint) from public, anon, authenticated, service_role;
grant execute on function public.nightly_stop(bigint, bigint) to pause_scheduler;

comment on function public.nightly_stop(bigint, bigint) is
  'Ends an unfinished run as partial and returns the lease; the next start continues from there. Has no effect for a caller that has lost the lease.';

create function public.nightly_preview(
  as_of date default null,
  is_full boolean default null,
  phase text default null,
  after_id uuid default null,
  batch integer default null
) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.nightly_preview(nightly_preview.as_of, nightly_preview.is_full, nightly_preview.phase,
    nightly_preview.after_id, nightly_preview.batch);
end;
revoke all on function public.nightly_preview(date, boolean, text, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.nightly_preview(date, boolean, text, uuid, integer) to pause_scheduler;

comment on function public.nightly_preview(date, boolean, text, uuid, integer) is
  'A chunk of a dry run: what it would do and where the next one continues; begins with phase null, where a start would begin, and ends with outcome completed. Reads only; call it in a read-only transaction.';
