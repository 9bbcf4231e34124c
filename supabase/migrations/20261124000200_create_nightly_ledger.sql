-- The nightly run's ledger, and what it is told by others: whose facts changed
-- since the last run. With that, and the dates on which certifications end and
-- begin, a night looks only at mentors for whom something may be due, and a
-- night with nothing to do costs the same however many mentors there are.

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
  'One row per nightly run. A run that was stopped or died is taken up again in the same row.';
comment on column public.nightly_runs.as_of is 'The date that it was due for, and that facts are judged on.';
comment on column public.nightly_runs.since is 'The newest date that was completed before; null: this is the first run.';
comment on column public.nightly_runs.is_full is
  'It looks at every mentor and the whole log: the first run, after more than 31 missed nights, or by wish.';
comment on column public.nightly_runs.outcome is 'Null while it is under way. A start that was skipped and a dry run leave no row.';
comment on column public.nightly_runs.heartbeat_at is 'When its last chunk was committed.';
comment on column public.nightly_runs.starts is 'How many starts have worked on it.';
comment on column public.nightly_runs.lease_until is 'When another start may take over, unless a chunk prolongs it.';
comment on column public.nightly_runs.holder is 'The start that works on it; chosen by the caller, so that a repeated request is recognised.';
comment on column public.nightly_runs.fencing_token is 'Grows with each start; a chunk of an older start is refused.';
comment on column public.nightly_runs.phase is 'Where it goes on, and with after_id what is left.';
comment on column public.nightly_runs.after_id is 'The last mentor whom the phase is done with.';
comment on column public.nightly_runs.held is 'Mentors whom somebody else held, still to come back to.';
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
  'The last mentor whose log was compared with the status. Each night compares the next thousands and goes round.';
comment on column private.nightly_state.swept_to is
  'The last mentor who was looked at without an occasion. Each night looks at the next thousands and goes round.';

create table private.nightly_pending (
  mentor_id uuid not null,
  marked_at timestamptz not null default clock_timestamp(),
  constraint nightly_pending_pkey primary key (mentor_id)
);
alter table private.nightly_pending enable row level security;
revoke all on table private.nightly_pending from public, anon, authenticated, service_role;

comment on table private.nightly_pending is
  'Mentors whom the next run looks at whatever the date: certifications or memberships were changed, a return is near, a hand was at a record.';

-- A table of the run's own: were it to mark mentors where others do, it would
-- wait for the very transactions that it passes by.
create table private.nightly_held (
  mentor_id uuid not null,
  constraint nightly_held_pkey primary key (mentor_id)
);
alter table private.nightly_held enable row level security;
revoke all on table private.nightly_held from public, anon, authenticated, service_role;

comment on table private.nightly_held is
  'Mentors whom the run passed by, because a transaction held them, and to whom it comes back before it ends, or else the next run.';

create index pause_records_by_return on public.pause_records (expected_return_date, mentor_id)
  where status in ('paused', 'expired_cert') and expected_return_date is not null;
comment on index public.pause_records_by_return is 'The nightly run looks only at returns that are due on the days it covers.';

-- A mark that is there already is written again: who does so holds it until the
-- commit, and the run, which takes the marks before it reads the facts, passes
-- the mentor by instead of clearing a mark whose reason it can't see yet.
create function private.tell_nightly_run() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if tg_table_name = 'certifications' and tg_op = 'DELETE' then
    insert into private.nightly_pending (mentor_id)
    select distinct o.mentor_id from old_rows o
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  elsif tg_table_name = 'certifications' then
    insert into private.nightly_pending (mentor_id)
    select distinct n.mentor_id from new_rows n
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  else
    -- Who joins a chapter may have lapsed while being in none.
    insert into private.nightly_pending (mentor_id)
    select distinct n.user_id from new_rows n where n.role = 'mentor' and n.ended_at is null
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  end if;
  return null;
end
$$;
revoke all on function private.tell_nightly_run() from public, anon, authenticated, service_role;

comment on function private.tell_nightly_run() is
  'Trigger: marks the mentors whose certifications or memberships a statement changed. Definer, for writers who reach only the table itself.';

create trigger certifications_tell_nightly_run_insert
  after insert on public.certifications referencing new table as new_rows
  for each statement execute function private.tell_nightly_run();
create trigger certifications_tell_nightly_run_update
  after update on public.certifications referencing new table as new_rows
  for each statement execute function private.tell_nightly_run();
create trigger certifications_tell_nightly_run_delete
  after delete on public.certifications referencing old table as old_rows
  for each statement execute function private.tell_nightly_run();
create trigger chapter_memberships_tell_nightly_run_insert
  after insert on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.tell_nightly_run();
create trigger chapter_memberships_tell_nightly_run_update
  after update on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.tell_nightly_run();

create function private.tell_nightly_run_of_pauses() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
  acting text := coalesce(current_setting('mentorpause.actor_kind', true), '');
begin
  if acting = 'scheduler' then
    return null; -- the run itself
  end if;
  insert into private.nightly_pending (mentor_id)
  select distinct n.mentor_id
  from new_rows n
  where acting = '' -- by hand: whatever was stored may differ from the facts
    or n.status <> 'active' and n.expected_return_date <= private.today() + 7
  order by 1
  on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  return null;
end
$$;
revoke all on function private.tell_nightly_run_of_pauses() from public, anon, authenticated, service_role;

comment on function private.tell_nightly_run_of_pauses() is
  'Trigger: marks mentors whose record was changed by hand, or whose return is nearer than the dates that the run looks ahead to.';

create trigger pause_records_tell_nightly_run_insert
  after insert on public.pause_records referencing new table as new_rows
  for each statement execute function private.tell_nightly_run_of_pauses();
create trigger pause_records_tell_nightly_run_update
  after update on public.pause_records referencing new table as new_rows
  for each statement execute function private.tell_nightly_run_of_pauses();

create function private.nightly_candidates(since date, as_of date, is_full boolean, after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_bitmapscan = off
as $$
begin
  if nightly_candidates.is_full then
    return array(
      select distinct m.user_id
      from public.chapter_memberships m
      where m.user_id > nightly_candidates.after_id and m.role = 'mentor' and m.ended_at is null
      order by m.user_id
      limit nightly_candidates.batch
    );
  end if;

  -- Day by day, so that each index gives its mentors in order and stops early.
  -- Each list is distinct in itself: were its limit spent on repetitions, a
  -- longer list could carry the cursor past a mentor.
  return array(
    select distinct found.mentor_id
    from (
      select e.mentor_id
      from generate_series(0, nightly_candidates.as_of - nightly_candidates.since - 1) n (days)
      -- The certification that ended the day before, and those that reminders are about.
      cross join (values (0), (8), (31)) ahead (days)
      cross join lateral (
        select distinct c.mentor_id from public.certifications c
        where c.expires_on = nightly_candidates.since + n.days + ahead.days
          and c.mentor_id > nightly_candidates.after_id
        order by c.mentor_id
        limit nightly_candidates.batch
      ) e
      union all
      select b.mentor_id
      from generate_series(1, nightly_candidates.as_of - nightly_candidates.since) n (days)
      cross join lateral (
        select distinct c.mentor_id from public.certifications c
        where c.issued_on = nightly_candidates.since + n.days
          and c.mentor_id > nightly_candidates.after_id
        order by c.mentor_id
        limit nightly_candidates.batch
      ) b
      union all
      select r.mentor_id
      from generate_series(1, nightly_candidates.as_of - nightly_candidates.since) n (days)
      cross join (values (-7), (0), (7)) ahead (days)
      cross join lateral (
        select p.mentor_id from public.pause_records p
        where p.status in ('paused', 'expired_cert')
          and p.expected_return_date = nightly_candidates.since + n.days + ahead.days
          and p.mentor_id > nightly_candidates.after_id
        order by p.mentor_id
        limit nightly_candidates.batch
      ) r
      union all
      (select h.mentor_id
       from private.nightly_held h
       where h.mentor_id > nightly_candidates.after_id
       order by h.mentor_id
       limit nightly_candidates.batch)
      union all
      (select p.mentor_id
       from private.nightly_pending p
       where p.mentor_id > nightly_candidates.after_id
       order by p.mentor_id
       limit nightly_candidates.batch)
    ) found
    order by found.mentor_id
    limit nightly_candidates.batch
  );
end
$$;
revoke all on function private.nightly_candidates(date, date, boolean, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.nightly_candidates(date, date, boolean, uuid, integer) is
  'The next mentors, by id, for whom something may be due on the dates after since through as_of: a certification ended or began, a reminder comes round, or they are pending.';
