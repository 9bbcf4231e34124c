drop trigger roster_deltas_fold on private.roster_deltas;
create or replace function private.fold_now_and_then() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if exists (select from added a where a.id % 128 = 0) then
    perform private.fold_roster_deltas();
  end if;
  return null;
end
$$;
create trigger roster_deltas_fold
  after insert on private.roster_deltas
  referencing new table as added
  for each statement execute function private.fold_now_and_then();

create or replace function private.guard_pause_record() returns trigger
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

create or replace function private.record_pause_changes() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
declare
  acting_kind text := nullif(current_setting('mentorpause.actor_kind', true), '');
  acting_id uuid := nullif(current_setting('mentorpause.actor_id', true), '')::uuid;
  today date := private.today();
  changed_at timestamptz := clock_timestamp();
  prefix text := private.id_prefix();
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

    insert into public.notifications (id, mentor_id, audience, kind, pause_record_id, record_version, created_at)
    select (prefix || to_hex(16777216 + row_number() over ()))::uuid, n.mentor_id, a.audience,
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

  insert into public.notifications (id, mentor_id, audience, kind, pause_record_id, record_version, created_at)
  select (prefix || to_hex(16777216 + row_number() over ()))::uuid, e.mentor_id, a.audience, e.kind, e.id, e.version, changed_at
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

comment on function private.record_pause_changes() is
  'Trigger: writes the status log and the outbox for the records that a statement inserted or changed.';

create function private.count_pause_changes() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
    select e.chapter_set_id, count(*), true, e.certified_until, n.expected_return_date
    from new_rows n
    cross join lateral (
      select r.chapter_set_id, r.certified_until from private.roster_entries r where r.mentor_id = n.mentor_id limit 1
    ) e
    where n.status <> 'active' and n.paused_at is not null
    group by e.chapter_set_id, e.certified_until, n.expected_return_date;
    return null;
  end if;

  insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
  select e.chapter_set_id, sum(c.change), true, e.certified_until, c.expected_return_date
  from (
    select o.mentor_id, -1 as change, o.expected_return_date
    from old_rows o where o.status <> 'active' and o.paused_at is not null
    union all
    select n.mentor_id, 1, n.expected_return_date
    from new_rows n where n.status <> 'active' and n.paused_at is not null
  ) c
  cross join lateral (
    select r.chapter_set_id, r.certified_until from private.roster_entries r where r.mentor_id = c.mentor_id limit 1
  ) e
  group by e.chapter_set_id, e.certified_until, c.expected_return_date
  having sum(c.change) <> 0;
  return null;
end
$$;
revoke all on function private.count_pause_changes() from public, anon, authenticated, service_role;

comment on function private.count_pause_changes() is
  'Trigger: counts pauses that a statement began, ended or gave another return date.';

create trigger pause_records_tally_insert
  after insert on public.pause_records
  referencing new table as new_rows
  for each statement execute function private.count_pause_changes();
create trigger pause_records_tally_update
  after update on public.pause_records
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.count_pause_changes();

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

create or replace function private.act_as(actor_kind text, actor_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform
    set_config('mentorpause.actor_kind', coalesce(act_as.actor_kind, ''), true),
    set_config('mentorpause.actor_id', coalesce(act_as.actor_id::text, ''), true);
end
$$;

create or replace function private.mentor_lock(mentor_id uuid) returns bigint
language sql immutable security invoker set search_path = ''
as $$
  select uuid_hash_extended(mentor_lock.mentor_id, 20261123)
$$;

create or replace function private.today() returns date
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (now() at time zone coalesce(
    nullif(current_setting('mentorpause.time_zone', true), ''),
    (select s.time_zone from private.settings s)
  ))::date;
end
$$;
