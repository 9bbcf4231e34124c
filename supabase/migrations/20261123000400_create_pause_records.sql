-- Pause records and their log. The RPCs are the only intended writers; the
-- triggers here hold against every other one too, the SQL editor included.
--
-- These tables and the outbox are written a hundred thousand rows at a time by
-- the nightly run, where each foreign key costs about a quarter of the speed.
-- Their references are checked per statement instead: people are never
-- deleted, so checking what is inserted is enough.

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
  effective_on date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pause_records_pkey primary key (id),
  constraint pause_records_status_known check (status in ('active', 'paused', 'expired_cert')),
  constraint pause_records_reason_length check (char_length(pause_reason) between 1 and 500),
  constraint pause_records_paused_since check (status <> 'paused' or paused_at is not null),
  constraint pause_records_closed_has_end check ((status = 'active') = (reactivated_at is not null)),
  constraint pause_records_ends_after_start check (reactivated_at >= paused_at),
  constraint pause_records_version_positive check (version >= 1)
);
create unique index pause_records_one_live_per_mentor
  on public.pause_records (mentor_id) where status in ('paused', 'expired_cert');
create index pause_records_by_mentor on public.pause_records (mentor_id, paused_at);

comment on table public.pause_records is
  'One stretch away from duty, from leaving active until being active again. Written by the RPCs alone; a closed record never changes.';
comment on index public.pause_records_one_live_per_mentor is
  'A mentor is away at most once at a time: at most one record that is paused or expired_cert.';
comment on column public.pause_records.status is
  'As last brought up to date. What a reader is shown follows from the facts on the as-of date.';
comment on column public.pause_records.pause_reason is
  'May be health data: for the mentor and those who manage them, never in a message, a log line or an export.';
comment on column public.pause_records.expected_return_date is 'When the mentor is expected back; null: open.';
comment on column public.pause_records.paused_at is
  'When a coordinator paused: the pause fact; of a record that begins as paused, now unless said otherwise. Null while only an expired certification holds the record open.';
comment on column public.pause_records.reactivated_at is 'When the record was closed; null while it is live.';
comment on column public.pause_records.coordinator_id is 'Who last managed the status. Grants nothing.';
comment on column public.pause_records.version is 'Counts the changes from 1; the log has one row for each.';
comment on column public.pause_records.effective_on is
  'The day from which this version counts, which a late nightly run finds after the fact. Null: the day of the change.';

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
  occurred_at timestamptz not null default clock_timestamp(),
  constraint pause_status_log_pkey primary key (id),
  constraint pause_status_log_from_known check (from_status in ('active', 'paused', 'expired_cert')),
  constraint pause_status_log_to_known check (to_status in ('active', 'paused', 'expired_cert')),
  constraint pause_status_log_actor_known check (actor_kind in ('coordinator', 'scheduler', 'reconciler', 'system'))
);
create index pause_status_log_by_record on public.pause_status_log (pause_record_id, record_version);
create index pause_status_log_by_mentor on public.pause_status_log (mentor_id);

comment on table public.pause_status_log is
  'Append-only: one row for each version of each pause record, an amendment too, written by the database itself.';
comment on column public.pause_status_log.from_status is 'The status before; active for a record''s first version.';
comment on column public.pause_status_log.actor_id is 'Who did it, for a person; null for the system.';
comment on column public.pause_status_log.actor_kind is
  'coordinator: by RPC · scheduler: the nightly run · reconciler: its repair of the log · system: the database bringing the status in line with the facts.';
comment on column public.pause_status_log.effective_on is 'The day from which the status counts.';
comment on column public.pause_status_log.occurred_at is 'When it was written; never before the row that it follows.';

create table public.notifications (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  audience text not null,
  kind text not null,
  state text not null default 'pending',
  pause_record_id uuid,
  record_version integer,
  created_at timestamptz not null default clock_timestamp(),
  acknowledged_at timestamptz,
  constraint notifications_pkey primary key (id),
  constraint notifications_audience_known check (audience in ('coordinator', 'mentor', 'administrator')),
  constraint notifications_kind_known check (kind in (
    'mentor_paused', 'mentor_reactivated', 'certification_expired', 'certification_restored',
    'certification_expiring', 'return_due', 'return_overdue', 'discrepancy_found')),
  constraint notifications_state_known check (state in ('pending', 'delivered', 'undeliverable'))
);
create index notifications_pending on public.notifications (created_at) where state = 'pending';
create index notifications_unacknowledged
  on public.notifications (mentor_id) where state = 'undeliverable' and acknowledged_at is null;

comment on table public.notifications is
  'The outbox: one row per event and audience, written in the transition''s own transaction. Recipients are looked up when it is dispatched.';
comment on column public.notifications.pause_record_id is 'The record whose change this tells of; null for what is not about a record.';
comment on column public.notifications.record_version is 'The version that the change made.';
comment on index public.notifications_pending is 'What the dispatcher claims; delivered rows do not slow it down.';

create table public.status_discrepancies (
  id bigint generated always as identity,
  mentor_id uuid not null,
  kind text not null,
  found_at timestamptz not null default clock_timestamp(),
  acknowledged_at timestamptz,
  constraint status_discrepancies_pkey primary key (id)
);
create index status_discrepancies_open
  on public.status_discrepancies (mentor_id) where acknowledged_at is null;

comment on table public.status_discrepancies is
  'Differences between status and log that the nightly run found and repaired; counted in the roster until acknowledged.';

alter table public.pause_records enable row level security;
alter table public.pause_status_log enable row level security;
alter table public.notifications enable row level security;
alter table public.status_discrepancies enable row level security;

revoke all on table public.pause_records, public.pause_status_log, public.notifications, public.status_discrepancies
from public, anon, authenticated, service_role;
revoke all on sequence public.pause_status_log_id_seq, public.status_discrepancies_id_seq
from public, anon, authenticated, service_role;
grant select on table public.pause_records, public.pause_status_log, public.notifications, public.status_discrepancies
to authenticated, service_role;

create policy select_own_and_managed on public.pause_records
  for select to authenticated
  using (
    mentor_id = (select auth.uid())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = pause_records.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

create policy select_own_and_managed on public.pause_status_log
  for select to authenticated
  using (
    mentor_id = (select auth.uid())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = pause_status_log.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

-- What was delivered is in the recipients' inboxes; the outbox shows people what
-- they have to see to.
create policy select_undeliverable on public.notifications
  for select to authenticated
  using (
    state = 'undeliverable'
    and exists (
      select from public.chapter_memberships m
      where m.user_id = notifications.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create policy select_administered on public.status_discrepancies
  for select to authenticated
  using (
    exists (
      select from public.chapter_memberships m
      where m.user_id = status_discrepancies.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

-- Who acts is told by the writer in two transaction-local settings,
-- mentorpause.actor_kind and mentorpause.actor_id, not by columns: a hand in
-- the SQL editor that sets neither must not be logged as the last coordinator.
create function private.act_as(actor_kind text, actor_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform
    set_config('mentorpause.actor_kind', coalesce(act_as.actor_kind, ''), true),
    set_config('mentorpause.actor_id', coalesce(act_as.actor_id::text, ''), true);
end
$$;
revoke all on function private.act_as(text, uuid) from public, anon, authenticated, service_role;

comment on function private.act_as(text, uuid) is
  'Says who acts in the rest of the transaction. Null ends it: later changes count as a hand in the SQL editor (actor_kind system).';

create function private.guard_pause_record() returns trigger
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  by_hand boolean := coalesce(current_setting('mentorpause.actor_kind', true), '') = '';
begin
  if tg_op = 'INSERT' then
    new.version := 1;
    if new.status = 'paused' then
      new.paused_at := coalesce(new.paused_at, now());
    end if;
    -- A record that is born closed is history brought in from elsewhere.
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
  if new.id <> old.id or new.mentor_id <> old.mentor_id or new.created_at <> old.created_at then
    raise exception 'pause record % can''t change its id, mentor or creation', old.id
      using errcode = 'check_violation', constraint = 'pause_records_identity_is_fixed',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  if old.paused_at is not null and new.paused_at is distinct from old.paused_at then
    raise exception 'the pause of record % ends by reactivation, not by taking back its start', old.id
      using errcode = 'check_violation', constraint = 'pause_records_pause_is_kept',
        table = tg_table_name, schema = tg_table_schema;
  end if;

  if new.status = 'active' then
    new.reactivated_at := coalesce(new.reactivated_at, clock_timestamp());
  end if;
  -- An RPC has looked, and refuses with a code of its own.
  if by_hand and new.status = 'active' and exists (
    select from private.certification_facts(array[new.mentor_id], private.today()) f
    where f.certified_until < private.today()
  ) then
    raise exception 'the mentor of pause record % has an expired certification', old.id
      using errcode = 'check_violation', constraint = 'pause_records_certification_is_valid',
        table = tg_table_name, schema = tg_table_schema, hint = 'Register the renewal first.';
  end if;
  if by_hand and new.effective_on is not distinct from old.effective_on then
    new.effective_on := private.today();
  end if;
  new.version := old.version + 1;
  return new;
end
$$;
revoke all on function private.guard_pause_record() from public, anon, authenticated, service_role;

comment on function private.guard_pause_record() is
  'Trigger: lets through only the transitions of a live record, counts its versions, keeps closed records as they are (SQLSTATE 23001, 23514).';

create trigger pause_records_guard_birth
  before insert on public.pause_records
  for each row when (new.version > 1
    or new.status = 'paused' and new.paused_at is null
    or new.status = 'active' and new.reactivated_at is null)
  execute function private.guard_pause_record();
create trigger pause_records_guard_transition
  before update on public.pause_records
  for each row execute function private.guard_pause_record();

create function private.set_updated_at() returns trigger
language plpgsql volatile security invoker set search_path = ''
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
create trigger status_discrepancies_refuse_removal
  before delete or truncate on public.status_discrepancies
  for each statement execute function private.refuse_removal('Acknowledge the discrepancy instead.');

-- Per statement, not per row: a night's chunk of thousands of changes is logged
-- and announced by two inserts. Definer, because the log and the outbox have no
-- other writer.
create function private.record_pause_changes() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
  acting_kind text := nullif(current_setting('mentorpause.actor_kind', true), '');
  acting_id uuid := nullif(current_setting('mentorpause.actor_id', true), '')::uuid;
  today date := private.today();
  changed_at timestamptz := clock_timestamp();
begin
  if acting_kind is null then
    -- Not an RPC, which would know its mentor and hold its lock.
    perform from public.profiles p
    where p.id in (select n.mentor_id from new_rows n)
    order by p.id
    for no key update;
    if exists (
      select from new_rows n where not exists (select from public.profiles p where p.id = n.mentor_id)
    ) then
      raise exception 'a pause record needs a mentor with a profile'
        using errcode = 'foreign_key_violation', constraint = 'pause_records_mentor_exists',
          table = 'pause_records', schema = 'public';
    end if;
    acting_kind := 'system';
    acting_id := auth.uid();
  end if;

  if tg_op = 'INSERT' then
    insert into public.pause_status_log
      (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on, occurred_at)
    select n.id, n.mentor_id, 'active', n.status, acting_id, acting_kind, n.version,
      coalesce(n.effective_on, today), changed_at
    from new_rows n;

    insert into public.notifications (mentor_id, audience, kind, pause_record_id, record_version, created_at)
    select n.mentor_id, a.audience,
      case when n.paused_at is null then 'certification_expired' else 'mentor_paused' end,
      n.id, n.version, changed_at
    from new_rows n
    cross join (values ('coordinator'), ('mentor')) a (audience)
    where n.status <> 'active';
    return null;
  end if;

  insert into public.pause_status_log
    (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on, occurred_at)
  select n.id, n.mentor_id, o.status, n.status, acting_id, acting_kind, n.version,
    coalesce(n.effective_on, today), changed_at
  from new_rows n
  join old_rows o on o.id = n.id
  where n.version <> o.version; -- an erased reason is no new version

  insert into public.notifications (mentor_id, audience, kind, pause_record_id, record_version, created_at)
  select e.mentor_id, a.audience, e.kind, e.id, e.version, changed_at
  from (
    select n.mentor_id, n.id, n.version,
      case
        when o.paused_at is null and n.paused_at is not null then 'mentor_paused'
        when o.status = 'expired_cert' and n.status <> 'expired_cert' then 'certification_restored'
        when o.status = 'paused' and n.status = 'expired_cert' then 'certification_expired'
        when o.status = 'paused' and n.status = 'active' then 'mentor_reactivated'
      end as kind
    from new_rows n
    join old_rows o on o.id = n.id
    where n.version <> o.version
  ) e
  cross join (values ('coordinator'), ('mentor')) a (audience)
  where e.kind is not null
    and e.mentor_id::text is distinct from current_setting('mentorpause.erasing', true);
  return null;
end
$$;
revoke all on function private.record_pause_changes() from public, anon, authenticated, service_role;

comment on function private.record_pause_changes() is
  'Trigger: writes the status log and the outbox for the records that a statement inserted or changed.';

create trigger pause_records_record_insert
  after insert on public.pause_records
  referencing new table as new_rows
  for each statement execute function private.record_pause_changes();
create trigger pause_records_record_update
  after update on public.pause_records
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.record_pause_changes();
