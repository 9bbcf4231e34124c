-- After a change of pause records came three triggers, each with statements of
-- its own over the same rows: log and outbox, counts, marks for the nightly run.
-- Now it is one trigger, with one statement for log, outbox and counts: for a
-- coordinator's one row as for the nightly run's thousands. And fewer relations
-- are locked: of those that a transaction locks, Postgres keeps sixteen with the
-- connection, and more in a table that all connections share and wait for.

create or replace function private.today() returns date
language plpgsql stable security definer set search_path = ''
as $$
declare
  zone text := nullif(current_setting('mentorpause.time_zone', true), '');
begin
  if zone is null then
    select s.time_zone into zone from private.settings s;
  end if;
  return (now() at time zone zone)::date;
end
$$;

-- Not SQL: with a search_path of its own it would not be inlined, and be planned
-- in each transaction.
create or replace function private.mentor_lock(mentor_id uuid) returns bigint
language plpgsql immutable security invoker set search_path = ''
as $$
begin
  return uuid_hash_extended(mentor_lock.mentor_id, 20261123);
end
$$;

create or replace function private.act_as(actor_kind text, actor_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  -- Assigned, not performed: an expression is cheaper than a statement.
  act_as.actor_kind := set_config('mentorpause.actor_kind', coalesce(act_as.actor_kind, ''), true);
  act_as.actor_kind := set_config('mentorpause.actor_id', coalesce(act_as.actor_id::text, ''), true);
end
$$;

drop trigger pause_records_tally_insert on public.pause_records;
drop trigger pause_records_tally_update on public.pause_records;
drop function private.count_pause_changes();
drop trigger pause_records_tell_nightly_run_insert on public.pause_records;
drop trigger pause_records_tell_nightly_run_update on public.pause_records;
drop function private.tell_nightly_run_of_pauses();

-- Nothing is known of how many rows changed, and of thousands the estimate is so
-- high that compiling the statement takes longer than running it.
create or replace function private.record_pause_changes() returns trigger
language plpgsql volatile security definer set search_path = '' set jit = off
as $$
declare
  acting_kind text := nullif(current_setting('mentorpause.actor_kind', true), '');
  acting_id uuid := nullif(current_setting('mentorpause.actor_id', true), '')::uuid;
  by_hand boolean := acting_kind is null;
  changed_at timestamptz := clock_timestamp();
  prefix text := private.id_prefix();
begin
  if by_hand then
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

  -- By hand: whatever was stored may differ from the facts.
  if by_hand or acting_kind <> 'scheduler' and exists (
    select from new_rows n where n.status <> 'active' and n.expected_return_date <= private.today() + 7
  ) then
    insert into private.nightly_pending (mentor_id)
    select distinct n.mentor_id
    from new_rows n
    where by_hand or n.status <> 'active' and n.expected_return_date <= private.today() + 7
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  end if;

  if tg_op = 'INSERT' then
    with logged as (
      insert into public.pause_status_log
        (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on, occurred_at)
      select n.id, n.mentor_id, 'active', n.status, acting_id, acting_kind, n.version,
        coalesce(n.effective_on, private.today()), changed_at
      from new_rows n
    ), counted as (
      insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
      select e.chapter_set_id, count(*), true, e.certified_until, n.expected_return_date
      from new_rows n
      cross join lateral (
        select r.chapter_set_id, r.certified_until from private.roster_entries r where r.mentor_id = n.mentor_id limit 1
      ) e
      where n.status <> 'active' and n.paused_at is not null
      group by e.chapter_set_id, e.certified_until, n.expected_return_date
    )
    insert into public.notifications (id, mentor_id, audience, kind, pause_record_id, record_version, created_at)
    select (prefix || to_hex(16777216 + row_number() over ()))::uuid, n.mentor_id, a.audience,
      case when n.paused_at is null then 'certification_expired' else 'mentor_paused' end,
      n.id, n.version, changed_at
    from new_rows n
    cross join (values ('coordinator'), ('mentor')) a (audience)
    where n.status <> 'active';
    return null;
  end if;

  with changed as (
    select n.id, n.mentor_id, n.version, n.effective_on,
      o.status as old_status, n.status,
      o.paused_at as old_paused_at, n.paused_at,
      o.expected_return_date as old_return, n.expected_return_date,
      o.status <> 'active' and o.paused_at is not null as was_paused,
      n.status <> 'active' and n.paused_at is not null as is_paused
    from new_rows n
    join old_rows o on o.id = n.id
    where n.version <> o.version -- an erased reason is no new version
  ), logged as (
    insert into public.pause_status_log
      (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on, occurred_at)
    select c.id, c.mentor_id, c.old_status, c.status, acting_id, acting_kind, c.version,
      coalesce(c.effective_on, private.today()), changed_at
    from changed c
  ), counted as (
    -- An expiry that is stored was counted by its date all along.
    insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
    select e.chapter_set_id, sum(f.change), true, e.certified_until, f.expected_return_date
    from changed c
    cross join lateral (
      select r.chapter_set_id, r.certified_until from private.roster_entries r where r.mentor_id = c.mentor_id limit 1
    ) e
    cross join lateral (
      values (-1, c.old_return, c.was_paused), (1, c.expected_return_date, c.is_paused)
    ) f (change, expected_return_date, counts)
    where (c.was_paused, c.old_return) is distinct from (c.is_paused, c.expected_return_date) and f.counts
    group by e.chapter_set_id, e.certified_until, f.expected_return_date
    having sum(f.change) <> 0
  )
  insert into public.notifications (id, mentor_id, audience, kind, pause_record_id, record_version, created_at)
  select (prefix || to_hex(16777216 + row_number() over ()))::uuid, e.mentor_id, a.audience, e.kind, e.id, e.version, changed_at
  from (
    select c.mentor_id, c.id, c.version,
      case
        when c.old_paused_at is null and c.paused_at is not null then 'mentor_paused'
        when c.old_status = 'expired_cert' and c.status <> 'expired_cert' then 'certification_restored'
        when c.old_status = 'paused' and c.status = 'expired_cert' then 'certification_expired'
        when c.old_status = 'paused' and c.status = 'active' then 'mentor_reactivated'
      end as kind
    from changed c
  ) e
  cross join (values ('coordinator'), ('mentor')) a (audience)
  where e.kind is not null
    and e.mentor_id::text is distinct from current_setting('mentorpause.erasing', true);
  return null;
end
$$;

comment on function private.record_pause_changes() is
  'Trigger: for the records that a statement inserted or changed, writes the status log and the outbox, counts pauses that began, ended or have another return date, and marks for the nightly run who was changed by hand or returns before the dates that it looks ahead to. A change by hand locks its mentors first.';

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
  if by_hand and new.status = 'active' and private.has_lapsed(new.mentor_id, private.today()) then
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

-- No function is called for the 127 deltas that have nothing to fold.
drop trigger roster_deltas_fold on private.roster_deltas;
create or replace function private.fold_now_and_then() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Of a large statement the first call folds them all, and the others would only
  -- walk over what it left behind.
  if exists (select from private.roster_deltas d where d.id = new.id) then
    perform private.fold_roster_deltas();
  end if;
  return null;
end
$$;
create trigger roster_deltas_fold
  after insert on private.roster_deltas
  for each row when (new.id % 128 = 0)
  execute function private.fold_now_and_then();
