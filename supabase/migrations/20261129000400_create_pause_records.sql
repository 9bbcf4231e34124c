-- Pause records, their log, and the outbox of notifications. The RPCs are the only
-- intended writers; the triggers here hold for every other writer too, the SQL
-- editor included.
--
-- The nightly run writes a hundred thousand rows at a time to these tables, where
-- each foreign key would cost about a quarter of the speed. The references are
-- checked per statement instead: people are never deleted, so it is enough to
-- check what is inserted.
--
-- A change also counts in the roster, is marked for the nightly run and is kept as a
-- fact; the tables for these come with the migrations of those.

create table public.pause_records (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  status text not null,
  pause_reason text,
  expected_return_date date,
  paused_at timestamptz,
  reactivated_at timestamptz,
  coordinator_id uuid,
  version integer not null default 1,
  first_version integer,
  effective_on date,
  certification_kind text,
  planned_pause_id uuid,
  open_since date,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint pause_records_pkey primary key (id),
  constraint pause_records_status_known check (status in ('active', 'paused', 'expired_cert')),
  constraint pause_records_reason_length check (char_length(pause_reason) between 1 and 500),
  constraint pause_records_reason_visible check (private.is_visible(pause_reason)),
  constraint pause_records_expected_return_date_possible check (expected_return_date between '1900-01-01' and '9999-12-31'),
  constraint pause_records_paused_at_possible check (paused_at >= timestamptz '1899-12-31 23:00+00' and paused_at < timestamptz '10000-01-01 00:00+00'),
  constraint pause_records_reactivated_at_possible check (reactivated_at >= timestamptz '1899-12-31 23:00+00' and reactivated_at < timestamptz '10000-01-01 00:00+00'),
  constraint pause_records_created_at_possible check (created_at >= timestamptz '1899-12-31 23:00+00' and created_at < timestamptz '10000-01-01 00:00+00'),
  constraint pause_records_updated_at_possible check (updated_at >= timestamptz '1899-12-31 23:00+00' and updated_at < timestamptz '10000-01-01 00:00+00'),
  constraint pause_records_effective_on_possible check (effective_on between '1900-01-01' and '9999-12-31'),
  constraint pause_records_open_since_possible check (open_since between '1900-01-01' and '9999-12-31'),
  constraint pause_records_paused_since check (status <> 'paused' or paused_at is not null),
  constraint pause_records_closed_has_end check ((status = 'active') = (reactivated_at is not null)),
  constraint pause_records_ends_after_start check (reactivated_at >= paused_at),
  constraint pause_records_version_positive check (version >= 1),
  constraint pause_records_versions_in_order check (first_version between 1 and version)
);
create unique index pause_records_one_live_per_mentor
  on public.pause_records (mentor_id) where status in ('paused', 'expired_cert');
-- The next version is one more than the last of these, however long the history is.
create index pause_records_by_mentor on public.pause_records (mentor_id, version);
create index pause_records_by_return on public.pause_records (expected_return_date, mentor_id)
  where status in ('paused', 'expired_cert') and expected_return_date is not null;

create index pause_records_open_ended on public.pause_records (open_since, mentor_id)
  where status in ('paused', 'expired_cert') and expected_return_date is null and open_since is not null;
create unique index pause_records_by_plan on public.pause_records (planned_pause_id) where planned_pause_id is not null;

comment on table public.pause_records is
  'One absence from duty, from leaving the status active until returning to it. Written by the RPCs alone; a closed record never changes.';
comment on index public.pause_records_one_live_per_mentor is
  'A mentor is away at most once at a time: at most one record that is paused or expired_cert.';
comment on index public.pause_records_by_return is 'The nightly run looks only at returns that are due on the days it covers.';
comment on column public.pause_records.status is
  'As last brought up to date. What a reader is shown follows from the facts on the as-of date.';
comment on column public.pause_records.pause_reason is
  'May be health data: for the mentor and those who manage them, never in a message, a log line or an export.';
comment on column public.pause_records.expected_return_date is 'When the mentor is expected back; null: open.';
comment on column public.pause_records.paused_at is
  'When a coordinator paused: the pause fact. For a record that begins as paused it defaults to now. Null while only an expired certification holds the record open.';
comment on column public.pause_records.reactivated_at is 'When the record was closed; null while it is live.';
comment on column public.pause_records.coordinator_id is
  'The coordinator who last managed the status; null: none has, the mentor did where requests take effect at once. Grants nothing.';
comment on column public.pause_records.version is
  'Counts the changes of the mentor''s records, from 1 and on from record to record, so that it names one state of one mentor; the log has one row for each.';
comment on column public.pause_records.first_version is 'The version with which this record began: what its log has to begin with.';
comment on column public.pause_records.effective_on is
  'The day from which this version counts, which a late nightly run finds after the fact. Null: the day of the change.';
comment on index public.pause_records_open_ended is 'The nightly run looks only at those of whom it is to be reminded on the days it covers.';
comment on column public.pause_records.open_since is
  'Since when the pause has had no return date: its first day, or the day on which the date was taken away. Null: it has one, or there is no pause.';
comment on column public.pause_records.planned_pause_id is 'The plan that this pause was; null: it was not planned.';
comment on column public.pause_records.certification_kind is
  'The code of the kind that expired, was missing, or was renewed when the status last became or ceased to be expired_cert. Null: none, or none in particular.';

create table public.pause_status_log (
  id bigint generated always as identity,
  pause_record_id uuid not null,
  mentor_id uuid not null,
  from_status text not null,
  to_status text not null,
  actor_id uuid,
  actor_kind text not null,
  record_version integer not null,
  effective_on date not null,
  certification_kind text,
  occurred_at timestamptz not null default clock_timestamp(),
  constraint pause_status_log_pkey primary key (id),
  constraint pause_status_log_from_known check (from_status in ('active', 'paused', 'expired_cert')),
  constraint pause_status_log_to_known check (to_status in ('active', 'paused', 'expired_cert')),
  constraint pause_status_log_effective_on_possible check (effective_on between '1900-01-01' and '9999-12-31'),
  constraint pause_status_log_actor_known check (actor_kind in ('coordinator', 'mentor', 'scheduler', 'reconciler', 'system'))
);
create index pause_status_log_by_record on public.pause_status_log (pause_record_id, record_version);
-- A page of the log begins anywhere in it, and costs the same wherever that is.
create index pause_status_log_by_mentor on public.pause_status_log (mentor_id, occurred_at, id);

comment on table public.pause_status_log is
  'Append-only: one row for each version of each pause record, amendments included, written by the database itself.';
comment on column public.pause_status_log.from_status is 'The status before; active for a record''s first version.';
comment on column public.pause_status_log.actor_id is 'Who did it, for a person; null for the system.';
comment on column public.pause_status_log.actor_kind is
  'coordinator: by RPC · mentor: by a request that took effect at once · scheduler: the nightly run · reconciler: its repair of the log · system: the database bringing the status in line with the facts.';
comment on column public.pause_status_log.effective_on is 'The day from which the status counts.';
comment on column public.pause_status_log.certification_kind is
  'The code of the kind that expired, was missing, or was renewed. Null: the change is not about one.';
comment on column public.pause_status_log.occurred_at is 'When it was written; never before the row that it follows.';

-- The ids are UUIDs that begin with the time (version 7, which PostgreSQL itself
-- makes from 18 on). Outbox, inbox and ledger are all keyed by them: what belongs
-- together lies together at the end of each index, however many old rows there are.
create table public.notifications (
  id uuid not null default overlay(
    overlay(gen_random_uuid()::text placing '7' from 15)
    placing overlay(lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint), 12, '0') placing '-' from 9 for 0)
    from 1 for 13)::uuid,
  mentor_id uuid,
  audience text not null,
  kind text not null,
  state text not null default 'pending',
  pause_record_id uuid,
  record_version integer,
  created_at timestamptz not null default clock_timestamp(),
  acknowledged_at timestamptz,
  reminder text,
  reference_on date,
  certification_kind text,
  planned_pause_id uuid,
  leave_request_id uuid,
  due_at timestamptz not null default clock_timestamp(),
  claim uuid,
  claims integer not null default 0,
  queued_at timestamptz,
  constraint notifications_pkey primary key (id),
  constraint notifications_audience_known check (audience in ('coordinator', 'mentor', 'administrator')),
  constraint notifications_kind_known check (kind in (
    'mentor_paused', 'mentor_reactivated', 'certification_expired', 'certification_restored',
    'certification_expiring', 'return_due', 'return_overdue', 'return_changed', 'pause_open_ended', 'pause_planned',
    'pause_cancelled', 'leave_requested', 'leave_answered', 'discrepancy_found', 'several_paused', 'weekly_digest')),
  constraint notifications_about_somebody check ((mentor_id is null) = (kind in ('several_paused', 'weekly_digest'))),
  constraint notifications_state_known check (state in ('pending', 'delivered', 'undeliverable', 'settled')),
  -- What waits for an administrator waits in a chapter, which the mentor tells.
  constraint notifications_undeliverable_has_mentor check (state <> 'undeliverable' or mentor_id is not null),
  constraint notifications_reminder_known check (
    reminder in ('certification_in_30_days', 'certification_in_7_days', 'return_in_7_days', 'return_today')
    or reminder ~ '^(return_[0-9]+_days_ago|open_for_[0-9]+_days)$'),
  constraint notifications_reference_on_possible check (reference_on between '1900-01-01' and '9999-12-31'),
  constraint notifications_reminder_has_date check (reminder is null or reference_on is not null)
);
create index notifications_due on public.notifications (due_at) where state = 'pending';
create index notifications_unacknowledged
  on public.notifications (mentor_id) where state = 'undeliverable' and acknowledged_at is null;
create index notifications_by_plan on public.notifications (planned_pause_id) where planned_pause_id is not null;
create unique index notifications_reminder_once
  on public.notifications (mentor_id, reminder, reference_on, audience, certification_kind)
  nulls not distinct where reminder is not null;

comment on table public.notifications is
  'The outbox: one row per event and audience, written in the transition''s own transaction. Recipients are looked up when it is dispatched.';
comment on column public.notifications.mentor_id is
  'The mentor whom it is about; null: it is about several; private.notification_mentors, or the recipient''s list when it is written, says about whom.';
comment on column public.notifications.pause_record_id is 'The record whose change this announces; null when it is not about a record.';
comment on column public.notifications.planned_pause_id is 'The plan that it is about; null: none.';
comment on column public.notifications.leave_request_id is 'The leave request that it is about; null: none.';
comment on column public.notifications.record_version is 'The version that the change made, of the record or of the plan.';
comment on column public.notifications.reminder is 'Which reminder this is; null when it announces a change.';
comment on column public.notifications.reference_on is
  'The date it refers to: the last day of a certification, the first day of a plan or of the pause that is asked for, since when a pause has had no return date, or the expected return (null: taken away). A renewal or a new return date is another date, and so is reminded of again.';
comment on column public.notifications.certification_kind is
  'The code of the kind of certification that it is about. Null: of none, or of none in particular.';
comment on column public.notifications.due_at is
  'When a pending one is next to be dispatched. A claim moves it to the end of its lease, so that what a dispatcher lost becomes due again by itself; a failed e-mail moves it to the next attempt.';
comment on column public.notifications.claim is
  'The claim that holds it: only the dispatcher that claimed it last may record the outcome. Null: nobody holds it.';
comment on column public.notifications.state is
  'pending: to be dispatched · delivered: in somebody''s inbox, and each e-mail sent or given up · undeliverable: nobody could be given it · settled: no longer true when it was to be dispatched, or about a person who was erased.';
comment on column public.notifications.claims is
  'How often it was claimed since an outcome was last recorded for it. After too many it ends: whatever kept the outcome from being recorded would do so for ever.';
comment on column public.notifications.queued_at is 'When it was last given to the dispatcher again; null: never.';
comment on index public.notifications_due is 'What the dispatcher claims, in that order; delivered rows do not slow it down.';
comment on index public.notifications_reminder_once is 'Each reminder goes out once per mentor, kind of certification and reference date.';

alter table public.pause_records enable row level security;
alter table public.pause_status_log enable row level security;
alter table public.notifications enable row level security;

revoke all on table public.pause_records, public.pause_status_log, public.notifications
from public, anon, authenticated, service_role;
revoke all on sequence public.pause_status_log_id_seq from public, anon, authenticated, service_role;
grant select on table public.pause_records, public.pause_status_log, public.notifications
to authenticated, service_role;

create policy select_own_and_managed on public.pause_records
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = pause_records.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
        -- From before a return, it counts no more, though no night has closed it yet.
        and (pause_records.status = 'active' or m.started_at <= coalesce(pause_records.paused_at, pause_records.created_at)
          or private.is_of_this_time(pause_records.mentor_id, coalesce(pause_records.paused_at, pause_records.created_at)))
    )
    -- What ended while the mentor was not in the caller's chapters, before they came or
    -- between two memberships, is not theirs to see.
    and (
      status <> 'active'
      or exists (
        select from public.chapter_memberships m
        where m.user_id = pause_records.mentor_id
          and m.role = 'mentor'
          and m.started_at <= pause_records.reactivated_at
          and (m.ended_at is null or m.ended_at >= pause_records.reactivated_at)
          and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
      )
    )
  );

create policy select_own_and_managed on public.pause_status_log
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = pause_status_log.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
    -- The row that closes a record is seen with it, whenever it was written down: a record
    -- may have ended with a membership, and a late night said so in the days of the next one.
    -- The other rows are seen by those who had the mentor when they were written, unless that
    -- is a membership of today and the record was over before it.
    and (
      to_status <> 'active' and exists (
        select from public.chapter_memberships m
        where m.user_id = pause_status_log.mentor_id
          and m.role = 'mentor'
          and m.started_at <= pause_status_log.occurred_at
          and (m.ended_at is null or m.ended_at >= pause_status_log.occurred_at)
          and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
          and (
            m.ended_at <= statement_timestamp()
            or exists (select from public.pause_records r where r.id = pause_status_log.pause_record_id)
          )
      )
      or to_status = 'active' and exists (
        select from public.pause_records r
        where r.id = pause_status_log.pause_record_id and r.version = pause_status_log.record_version
          and r.status = 'active'
      )
    )
  );

-- What was delivered is in the recipients' inboxes; the outbox shows administrators
-- what needs their attention.
create policy select_undeliverable on public.notifications
  for select to authenticated
  using (
    state = 'undeliverable'
    and (
      (select private.is_organisation_administrator())
      or exists (
        select from public.chapter_memberships m
        where m.user_id = notifications.mentor_id
          and m.role = 'mentor'
          and m.started_at <= statement_timestamp()
          and (m.ended_at is null or m.ended_at > statement_timestamp())
          and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
      ) and exists (
        select from public.chapter_memberships m
        where m.user_id = notifications.mentor_id
          and m.role = 'mentor'
          and m.started_at <= notifications.created_at
          and (m.ended_at is null or m.ended_at >= notifications.created_at)
          and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
      )
      or mentor_id = any ((select private.my_former_mentor_ids())::uuid[])
    )
  );

-- The writer says who acts in two transaction-local settings, mentorpause.actor_kind
-- and mentorpause.actor_id, not in columns: a change in the SQL editor that sets
-- neither must not be logged as the last coordinator's.
create function private.act_as(actor_kind text, actor_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  -- Assigned, not performed: an expression is cheaper than a statement.
  act_as.actor_kind := set_config('mentorpause.actor_kind', coalesce(act_as.actor_kind, ''), true);
  act_as.actor_kind := set_config('mentorpause.actor_id', coalesce(act_as.actor_id::text, ''), true);
end
$$;
revoke all on function private.act_as(text, uuid) from public, anon, authenticated, service_role;

comment on function private.act_as(text, uuid) is
  'Says who acts in the rest of the transaction. Null ends it: later changes count as made by hand in the SQL editor (actor_kind system).';

create function private.guard_pause_record() returns trigger
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  by_hand boolean := coalesce(current_setting('mentorpause.actor_kind', true), '') = '';
begin
  if by_hand then
    -- Not an RPC, which would know its mentor and hold the lock. Of a record that is
    -- there, the row is held already, for which somebody with the lock may wait.
    if tg_op = 'INSERT' then
      perform from private.person_locks l where l.person_id = new.mentor_id for no key update;
    else
      perform from private.person_locks l where l.person_id = new.mentor_id for no key update nowait;
    end if;
    if tg_op = 'INSERT' and greatest(new.paused_at, new.reactivated_at) > clock_timestamp()
       or tg_op = 'UPDATE' and (
         new.paused_at is distinct from old.paused_at and new.paused_at > clock_timestamp()
         or new.reactivated_at is distinct from old.reactivated_at and new.reactivated_at > clock_timestamp()) then
      raise exception 'a pause can neither begin nor end in the future'
        using errcode = 'check_violation', constraint = 'pause_records_not_in_the_future',
          table = tg_table_name, schema = tg_table_schema;
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.first_version := 1 + coalesce((select max(r.version) from public.pause_records r where r.mentor_id = new.mentor_id), 0);
    new.version := new.first_version;
    -- The columns' defaults are older than the lock.
    if new.created_at >= now() then
      new.created_at := clock_timestamp();
      new.updated_at := new.created_at;
    end if;
    if new.status = 'paused' then
      new.paused_at := coalesce(new.paused_at, clock_timestamp());
    end if;
    if new.expected_return_date is null and new.open_since is null then
      new.open_since := private.date_of(new.paused_at);
    end if;
    -- A record that is inserted as closed is history imported from another system.
    if new.status = 'active' then
      new.reactivated_at := coalesce(new.reactivated_at, clock_timestamp());
    end if;
    return new;
  end if;

  if current_setting('mentorpause.erasing', true) = new.mentor_id::text
     and new.pause_reason is null
     and to_jsonb(new) - 'pause_reason' = to_jsonb(old) - 'pause_reason' then
    return new;
  end if;

  if old.status = 'active' then
    raise exception 'pause record % is closed and can''t be changed', old.id
      using errcode = 'restrict_violation', constraint = 'pause_records_closed_is_final',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  if new.id <> old.id or new.mentor_id <> old.mentor_id or new.created_at <> old.created_at
     or new.first_version is distinct from old.first_version then
    raise exception 'pause record % can''t change its id, mentor, first version or creation', old.id
      using errcode = 'check_violation', constraint = 'pause_records_identity_is_fixed',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  if old.paused_at is not null and new.paused_at is distinct from old.paused_at then
    raise exception 'the pause of record % ends by reactivation, not by taking back its start', old.id
      using errcode = 'check_violation', constraint = 'pause_records_pause_is_kept',
        table = tg_table_name, schema = tg_table_schema;
  end if;

  if new.status = 'active' then
    -- The clock may have been set back.
    new.reactivated_at := coalesce(new.reactivated_at, greatest(clock_timestamp(), new.paused_at));
  end if;
  -- An RPC has checked already, and refuses with a code of its own.
  if by_hand and new.status = 'active' and private.has_lapsed(new.mentor_id, private.date_of(clock_timestamp())) then
    raise exception 'the mentor of pause record % has an expired certification', old.id
      using errcode = 'check_violation', constraint = 'pause_records_certification_is_valid',
        table = tg_table_name, schema = tg_table_schema, hint = 'Register the renewal first.';
  end if;
  if by_hand and new.effective_on is not distinct from old.effective_on then
    new.effective_on := private.date_of(clock_timestamp());
  end if;
  if new.status <> 'active' then
    new.open_since := case
      when new.paused_at is null or new.expected_return_date is not null then null
      when old.paused_at is not null and old.expected_return_date is null then old.open_since
      else coalesce(new.effective_on, private.date_of(clock_timestamp())) end;
  end if;
  new.version := old.version + 1;
  return new;
end
$$;
revoke all on function private.guard_pause_record() from public, anon, authenticated, service_role;

comment on function private.guard_pause_record() is
  'Trigger: lets through only the transitions of a live record, counts the mentor''s versions, leaves closed records unchanged (SQLSTATE 23001, 23514).';

-- A writer of our own says with which version a record begins; it knows without
-- asking for each row.
create trigger pause_records_guard_birth
  before insert on public.pause_records
  for each row when (new.first_version is distinct from new.version
    or coalesce(current_setting('mentorpause.actor_kind', true), '') = ''
    or new.status = 'paused' and new.paused_at is null
    or new.status = 'active' and new.reactivated_at is null)
  execute function private.guard_pause_record();
create trigger pause_records_guard_transition
  before update on public.pause_records
  for each row execute function private.guard_pause_record();

create function private.set_updated_at() returns trigger
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$;
revoke all on function private.set_updated_at() from public, anon, authenticated, service_role;

comment on function private.set_updated_at() is 'Trigger: dates the change.';

-- After the guard, by name: an erased reason is no new version and keeps its date.
create trigger pause_records_set_updated_at
  before update on public.pause_records
  for each row when (new.version <> old.version)
  execute function private.set_updated_at();

create trigger pause_records_refuse_removal
  before delete or truncate on public.pause_records
  for each statement execute function private.refuse_removal('Close the record by reactivating the mentor.');
create trigger pause_status_log_refuse_change
  before update or delete or truncate on public.pause_status_log
  for each statement execute function private.refuse_removal('The log is append-only.');
create trigger notifications_refuse_removal
  before delete or truncate on public.notifications
  for each statement execute function private.refuse_removal('Acknowledge the notification instead.');
-- Not SQL: with a search_path of its own it would not be inlined, and would be
-- planned again in each transaction.
create function private.mentor_lock(mentor_id uuid) returns bigint
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return uuid_hash_extended(mentor_lock.mentor_id, 20261123);
end
$$;
revoke all on function private.mentor_lock(uuid) from public, anon, authenticated, service_role;

comment on function private.mentor_lock(uuid) is
  'The key of the advisory lock to hold while changing this mentor''s status. Not the row in profiles: locking a hundred thousand rows in a night would write as many pages.';

-- The ids of a statement's notifications are made together, with one random number
-- for all of them: the column's default took a quarter of the time of the bare
-- writes.
create function private.id_prefix() returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment text := lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint), 12, '0');
begin
  return substr(moment, 1, 8) || '-' || substr(moment, 9) || '-7' || substr(gen_random_uuid()::text, 16, 14);
end
$$;
revoke all on function private.id_prefix() from public, anon, authenticated, service_role;

comment on function private.id_prefix() is
  'What the ids of a statement''s rows begin with: (prefix || to_hex(16777216 + n))::uuid, n counting the rows from 1, is a UUID of version 7: the time and 46 random bits before the counter. Such ids are adjacent in an index, and cost one random number for all. Anyone who knows one of them can guess the others.';

-- Everything that follows from a change of pause records, in one trigger and one
-- statement for log, outbox, counts and what was known: for a coordinator's one row as
-- for the nightly run's thousands. Each relation less is a lock less: PostgreSQL keeps
-- sixteen of a transaction's locks with the connection, and more in a table that
-- all connections share.
--
-- Definer, because the log and the outbox have no other writer. No JIT: nothing is
-- known of how many rows changed, and for an estimate of thousands compiling the
-- statement would take longer than running it.
create function private.record_pause_changes() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
declare
  acting_kind text := nullif(current_setting('mentorpause.actor_kind', true), '');
  acting_id uuid := nullif(current_setting('mentorpause.actor_id', true), '')::uuid;
  by_hand boolean := acting_kind is null;
  -- Each plan begins in the name of whoever planned it: the mentor, if it is nobody else.
  by_plan boolean := acting_kind = 'plan';
  -- Of many at once the coordinators are told together, by the command itself.
  by_batch boolean := coalesce(acting_kind = 'batch', false);
  changed_at timestamptz := clock_timestamp();
  prefix text := private.id_prefix();
begin
  if by_hand then
    if exists (
      select from new_rows n where not exists (select from public.profiles p where p.id = n.mentor_id)
    ) then
      raise exception 'a pause record needs a mentor with a profile'
        using errcode = 'foreign_key_violation', constraint = 'pause_records_mentor_exists',
          table = 'pause_records', schema = 'public';
    end if;
    if exists (select from new_rows n join public.erasures e on e.person_id = n.mentor_id) then
      raise exception 'a pause record needs a mentor who was not erased'
        using errcode = 'restrict_violation', constraint = 'pause_records_erased_is_final',
          table = 'pause_records', schema = 'public', hint = 'A person who returns is registered under a new id.';
    end if;
    acting_kind := 'system';
    acting_id := auth.uid();
  end if;
  if by_plan or by_batch then
    acting_kind := 'coordinator';
  end if;

  -- Of what was asked for, some has happened now, or can't any more.
  if exists (
    select from new_rows n
    cross join lateral (
      select from public.leave_requests l where l.mentor_id = n.mentor_id and l.state = 'open' offset 0
    ) r
  ) then
    perform private.settle_leave_requests(array(select distinct n.mentor_id from new_rows n), private.today());
  end if;

  -- By hand: what is stored may differ from the facts.
  if by_hand or acting_kind <> 'scheduler' and exists (
    -- Without a return date today is not asked for, and with many once.
    select from new_rows n
    where n.status <> 'active'
      and case when n.expected_return_date is not null then n.expected_return_date <= (select private.today() + 7) end
  ) then
    insert into private.nightly_pending (mentor_id)
    select distinct n.mentor_id
    from new_rows n
    where by_hand or n.status <> 'active' and n.expected_return_date <= (select private.today() + 7)
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  end if;

  if tg_op = 'INSERT' then
    with logged as (
      insert into public.pause_status_log
        (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on,
          certification_kind, occurred_at)
      select n.id, n.mentor_id, 'active', n.status, case when by_plan then coalesce(n.coordinator_id, n.mentor_id) else acting_id end,
        case when by_plan and n.coordinator_id is null then 'mentor' else acting_kind end, n.version,
        coalesce(n.effective_on, private.date_of(changed_at)), n.certification_kind, changed_at
      from new_rows n
    ), counted as (
      insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
      select e.chapter_set_id, sum(f.change), 'pause', f.from_on, e.until_on, e.certified_until, f.expected_return_date
      from new_rows n
      cross join lateral (
        select distinct r.chapter_set_id, r.from_on, r.until_on, r.certified_until, r.planned_from
        from private.roster_entries r
        where r.mentor_id = n.mentor_id
          and (r.present_from = '-infinity' or private.date_of(n.paused_at) >= r.present_from)
      ) e
      cross join lateral (
        select 1 as change, e.from_on, n.expected_return_date
        union all
        -- A plan has counted as a pause from its first day on.
        select -1, greatest(e.from_on, q.starts_on), q.expected_return_date
        from public.planned_pauses q
        where q.mentor_id = case when e.planned_from is not null then n.mentor_id end and q.starts_on < e.until_on
      ) f
      where n.status <> 'active' and n.paused_at is not null
      group by e.chapter_set_id, f.from_on, e.until_on, e.certified_until, f.expected_return_date
      having sum(f.change) <> 0
    ), placed as (
      -- By address, which is found row by row however many rows are expected.
      update private.roster_places p
      set is_paused = true, expected_return_date = (
        select r.expected_return_date from public.pause_records r
        where r.mentor_id = p.mentor_id and r.status in ('paused', 'expired_cert'))
      where p.ctid = any (array(
        select r.ctid
        from new_rows n
        cross join lateral (
          select q.ctid from private.roster_places q
          where q.mentor_id = n.mentor_id
            and (not q.is_paused or q.expected_return_date is distinct from n.expected_return_date)
            and (q.present_from = '-infinity' or private.date_of(n.paused_at) >= q.present_from)
          offset 0
        ) r
        where n.status <> 'active' and n.paused_at is not null))
    ), recorded as (
      -- A night in which certifications end records nothing, and asks for no moment.
      insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
      select n.mentor_id, n.id, n.paused_at, n.reactivated_at, (select private.fact_moment(s.cursor_key) from private.settings s),
        case when current_setting('role') = 'authenticated' then coalesce(acting_id, auth.uid()) end,
        coalesce(nullif(current_setting('mentorpause.command', true), ''), case
          when current_setting('role') = 'authenticated' then 'pause_mentor'
          when session_user = 'pause_scheduler' then 'nightly_step'
        end)
      from new_rows n
      where n.paused_at is not null
    )
    insert into public.notifications
      (id, mentor_id, audience, kind, pause_record_id, record_version, certification_kind, created_at)
    select (prefix || to_hex(16777216 + row_number() over ()))::uuid, n.mentor_id, a.audience,
      case when n.paused_at is null then 'certification_expired' else 'mentor_paused' end,
      n.id, n.version, n.certification_kind, changed_at
    from new_rows n
    cross join (values ('coordinator'), ('mentor')) a (audience)
    where n.status <> 'active' and (a.audience = 'mentor' or not by_batch);
    return null;
  end if;

  with changed as (
    select n.id, n.mentor_id, n.version, n.effective_on, n.coordinator_id,
      o.status as old_status, n.status,
      o.paused_at as old_paused_at, n.paused_at,
      o.reactivated_at as old_reactivated_at, n.reactivated_at,
      o.expected_return_date as old_return, n.expected_return_date,
      case when (o.status = 'expired_cert') <> (n.status = 'expired_cert') and not by_hand
        then n.certification_kind end as certification_kind,
      o.status <> 'active' and o.paused_at is not null as was_paused,
      n.status <> 'active' and n.paused_at is not null as is_paused
    from new_rows n
    join old_rows o on o.id = n.id
    where n.version <> o.version -- an erased reason is no new version
  ), logged as (
    insert into public.pause_status_log
      (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on,
        certification_kind, occurred_at)
    select c.id, c.mentor_id, c.old_status, c.status, case when by_plan then coalesce(c.coordinator_id, c.mentor_id) else acting_id end,
      case when by_plan and c.coordinator_id is null then 'mentor' else acting_kind end, c.version,
      coalesce(c.effective_on, private.date_of(changed_at)), c.certification_kind, changed_at
    from changed c
  ), counted as (
    -- An expiry was counted by its date before it was stored.
    insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
    select e.chapter_set_id, sum(f.change), 'pause', f.from_on, e.until_on, e.certified_until, f.expected_return_date
    from changed c
    cross join lateral (
      select distinct r.chapter_set_id, r.from_on, r.until_on, r.certified_until, r.planned_from
      from private.roster_entries r
      where r.mentor_id = c.mentor_id
        and (r.present_from = '-infinity' or private.date_of(c.paused_at) >= r.present_from)
    ) e
    cross join lateral (
      select v.*
      from (values (-1, e.from_on, c.old_return, c.was_paused), (1, e.from_on, c.expected_return_date, c.is_paused))
        v (change, from_on, expected_return_date, counts)
      where v.counts
      union all
      -- A plan counts as a pause from its first day on, where there is no other.
      select case when c.is_paused then -1 else 1 end, greatest(e.from_on, q.starts_on), q.expected_return_date, true
      from public.planned_pauses q
      where q.mentor_id = case when e.planned_from is not null and c.was_paused <> c.is_paused then c.mentor_id end
        and q.starts_on < e.until_on
    ) f
    where (c.was_paused, c.old_return) is distinct from (c.is_paused, c.expected_return_date)
    group by e.chapter_set_id, f.from_on, e.until_on, e.certified_until, f.expected_return_date
    having sum(f.change) <> 0
  ), placed as (
    -- The pause itself, else the plan, on the days of one.
    update private.roster_places p
    set (is_paused, expected_return_date) = (
      select count(*) > 0, (array_agg(f.expected_return_date order by f.nth))[1]
      from (
        select 1 as nth, r.expected_return_date from public.pause_records r
        where r.mentor_id = p.mentor_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null
        union all
        select 2, x.expected_return_date from public.planned_pauses x
        where x.mentor_id = case when p.is_planned then p.mentor_id end
      ) f)
    where p.ctid = any (array(
      select r.ctid
      from changed c
      cross join lateral (
        select q.ctid from private.roster_places q
        left join public.planned_pauses x on x.mentor_id = case when q.is_planned and not c.is_paused then q.mentor_id end
        where q.mentor_id = c.mentor_id
          and (q.is_paused, q.expected_return_date) is distinct from
            (c.is_paused or x.id is not null, case when c.is_paused then c.expected_return_date else x.expected_return_date end)
          and (q.present_from = '-infinity' or private.date_of(c.paused_at) >= q.present_from)
        offset 0
      ) r
      where (c.was_paused, c.old_return) is distinct from (c.is_paused, c.expected_return_date)))
  ), recorded as (
    insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
    select c.mentor_id, c.id, c.paused_at, c.reactivated_at, (select private.fact_moment(s.cursor_key) from private.settings s),
      case when current_setting('role') = 'authenticated' then coalesce(acting_id, auth.uid()) end,
      coalesce(nullif(current_setting('mentorpause.command', true), ''), case
        when current_setting('role') = 'authenticated' then 'reactivate_mentor'
        when session_user = 'pause_scheduler' then 'nightly_step'
      end)
    from changed c
    where c.paused_at is not null
      and (c.old_paused_at, c.old_reactivated_at) is distinct from (c.paused_at, c.reactivated_at)
    -- What this transaction recorded itself was known to nobody in between.
    on conflict on constraint recorded_pauses_pkey do update
    set ended_at = excluded.ended_at, recorded_by = excluded.recorded_by, command = excluded.command
  )
  insert into public.notifications
    (id, mentor_id, audience, kind, pause_record_id, record_version, reference_on, certification_kind, created_at)
  select (prefix || to_hex(16777216 + row_number() over ()))::uuid, e.mentor_id, a.audience, e.kind, e.id, e.version,
    case when e.kind = 'return_changed' then e.expected_return_date end, e.certification_kind, changed_at
  from (
    select c.mentor_id, c.id, c.version, c.certification_kind, c.expected_return_date,
      case
        when c.old_paused_at is null and c.paused_at is not null then 'mentor_paused'
        when c.old_status = 'expired_cert' and c.status <> 'expired_cert' then 'certification_restored'
        when c.old_status = 'paused' and c.status = 'expired_cert' then 'certification_expired'
        when c.old_status = 'paused' and c.status = 'active' then 'mentor_reactivated'
        when c.was_paused and c.is_paused and c.old_return is distinct from c.expected_return_date then 'return_changed'
      end as kind
    from changed c
  ) e
  cross join (values ('coordinator'), ('mentor')) a (audience)
  where e.kind is not null
    and (a.audience = 'mentor' or e.kind <> 'return_changed' and not by_batch)
    and coalesce(current_setting('mentorpause.leaving', true), '') = ''
    and e.mentor_id::text is distinct from current_setting('mentorpause.erasing', true);
  return null;
end
$$;
revoke all on function private.record_pause_changes() from public, anon, authenticated, service_role;

comment on function private.record_pause_changes() is
  'Trigger: for the records that a statement inserted or changed, writes the status log and the outbox, keeps when pauses begin and end as facts, counts pauses that began, ended or got another return date, settles leave requests that became pointless, and marks for the nightly run the mentors that were changed by hand or return before the dates it looks ahead to.';

create trigger pause_records_record_insert
  after insert on public.pause_records
  referencing new table as new_rows
  for each statement execute function private.record_pause_changes();
create trigger pause_records_record_update
  after update on public.pause_records
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.record_pause_changes();
