-- What a night has to look at, and what is due for a mentor: changes of the stored
-- status, recomputed from the facts and dated by them, and reminders.
--
-- With the marks of those whose facts changed since the last run, and the dates on
-- which certifications end and begin, a night looks only at mentors for whom
-- something may be due. A night with nothing to do costs the same however many
-- mentors there are.
--
-- The functions of the nightly run pin the shape of their plans: rows are looked up
-- by the index of an array of mentors, and what was found is hashed. A plan made for
-- the numbers of the moment would read whole tables, in a small organisation or in
-- the night after a large one.

create table private.nightly_pending (
  mentor_id uuid not null,
  marked_at timestamptz not null default clock_timestamp(),
  constraint nightly_pending_pkey primary key (mentor_id)
);
alter table private.nightly_pending enable row level security;
revoke all on table private.nightly_pending from public, anon, authenticated, service_role;

comment on table private.nightly_pending is
  'Mentors whom the next run looks at whatever the date: certifications or memberships were changed, a return is near, a record was changed by hand.';

-- A table of the run's own: if it marked mentors where others do, it would wait for
-- the very transactions that it passes by.
create table private.nightly_held (
  mentor_id uuid not null,
  constraint nightly_held_pkey primary key (mentor_id)
);
alter table private.nightly_held enable row level security;
revoke all on table private.nightly_held from public, anon, authenticated, service_role;

comment on table private.nightly_held is
  'Mentors that the run skipped because a transaction held them. It comes back to them before it ends, or the next run does.';

-- A mark that is there already is written again: the writer holds it until the commit,
-- and the run, which takes the marks before it reads the facts, passes the mentor by
-- instead of clearing a mark whose reason it can't see yet.
create function private.tell_nightly_run() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
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
    -- The certification of a mentor who joins may have expired while they were in no chapter.
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

-- Returns are looked up by their date here, and by mentor in due_reminders, whatever
-- the statistics say. With plans made while there were no live records, each chunk of
-- a first large night read everything that the chunks before it had made.
create function private.nightly_candidates(since date, as_of date, is_full boolean, after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
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
  -- Each list is distinct in itself: if its limit were spent on repetitions, a
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
        -- Compared as a row, which no index but the one by return can serve.
        select p.mentor_id from public.pause_records p
        where p.status in ('paused', 'expired_cert')
          and (p.expected_return_date, p.mentor_id) > (nightly_candidates.since + n.days + ahead.days, nightly_candidates.after_id)
          and p.expected_return_date <= nightly_candidates.since + n.days + ahead.days
        order by p.expected_return_date, p.mentor_id
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
  'The next mentors, by id, for whom something may be due on the dates after since through as_of: a certification ended or began, a reminder is due, or they are pending.';

create type private.status_change as (
  mentor_id uuid,
  ordinal integer,
  expired boolean,
  effective_on date,
  version integer
);
revoke all on type private.status_change from public;
comment on type private.status_change is
  'A change of the certification fact that the stored status does not have yet; the ordinal counts those of one mentor. effective_on: from when on the mentor has expired, or had none expired (null: never had). version: of the record, once it is changed.';

-- The one rule of what the stored status lacks, for the nightly run and for an RPC
-- that comes before it: whoever is first finds the same changes, with the same dates.
--
-- A mentor is judged on the last date, on the first one that nobody has judged yet
-- (facts may have been entered late), and on every date in between on which a fact
-- changes. Who has been judged since the last night is known by the newest change
-- that is stored.
--
-- One day is the usual case and is judged without looking for days on which a fact
-- might have changed, which took half of the time beside the writes.
create function private.due_changes(mentor_ids uuid[], since date, as_of date) returns setof private.status_change
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_nestloop = off
as $$
declare
  -- Any date may be written by hand.
  latest date := greatest(due_changes.as_of, private.today());
begin
  if (due_changes.since + 1 < due_changes.as_of) is not true then
    -- No night was missed: one day is judged.
    return query
      with stored as (
        select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
          max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
        from public.pause_records r
        where r.mentor_id = any (due_changes.mentor_ids)
        group by r.mentor_id
      )
      select m.mentor_id, 1, coalesce(f.certified_until < due_changes.as_of, false),
        case when f.certified_until < due_changes.as_of then f.certified_until + 1 else f.certified_since end,
        coalesce(s.version, 0) + 1
      from (
        -- A person who has left every chapter is no mentor.
        select distinct m.user_id as mentor_id
        from public.chapter_memberships m
        where m.user_id = any (due_changes.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      ) m
      left join private.certification_facts(due_changes.mentor_ids, due_changes.as_of) f on f.mentor_id = m.mentor_id
      left join stored s on s.mentor_id = m.mentor_id
      where coalesce(f.certified_until < due_changes.as_of, false) <> coalesce(s.expired, false)
        -- What an RPC stored before a late run was judged by later facts.
        and due_changes.as_of >= coalesce(s.judged_on, '-infinity')
      order by m.mentor_id;
    return;
  end if;

  return query
    with stored as (
      select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
        max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
      from public.pause_records r
      where r.mentor_id = any (due_changes.mentor_ids)
      group by r.mentor_id
    ), mentors as materialized (
      select m.mentor_id, coalesce(s.expired, false) as expired, coalesce(s.version, 0) as version,
        greatest(due_changes.since, s.judged_on) as judged_on
      from (
        select distinct m.user_id as mentor_id
        from public.chapter_memberships m
        where m.user_id = any (due_changes.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      ) m
      left join stored s on s.mentor_id = m.mentor_id
      where due_changes.as_of >= coalesce(s.judged_on, '-infinity')
    ), stretches as materialized (
      select s.mentor_id, s.begins_on, s.ends_on, s.next_begins_on, s.is_renewal
      from private.certification_stretches s
      where s.mentor_id = any (due_changes.mentor_ids) and s.begins_on <= due_changes.as_of
    ), days as (
      select m.mentor_id, due_changes.as_of as day
      from mentors m
      union
      select m.mentor_id, m.judged_on + 1
      from mentors m
      where m.judged_on + 1 < due_changes.as_of
      union
      select m.mentor_id, v.day
      from mentors m
      join stretches s on s.mentor_id = m.mentor_id
      cross join lateral (values (s.ends_on + 1), (s.begins_on)) v (day)
      where v.day > m.judged_on and v.day < due_changes.as_of
    ), facts as (
      select d.mentor_id, d.day, min(s.ends_on) as certified_until,
        max(s.begins_on) filter (where s.is_renewal) as certified_since
      from days d
      join stretches s on s.mentor_id = d.mentor_id and s.begins_on <= d.day and coalesce(s.next_begins_on, 'infinity') > d.day
      group by d.mentor_id, d.day
    ), compared as (
      select d.mentor_id, d.day, f.certified_until, f.certified_since, m.version,
        coalesce(f.certified_until < d.day, false) as expired,
        lag(coalesce(f.certified_until < d.day, false), 1, m.expired) over (partition by d.mentor_id order by d.day) as was_expired
      from days d
      join mentors m on m.mentor_id = d.mentor_id
      left join facts f on f.mentor_id = d.mentor_id and f.day = d.day
    ), changed as (
      select c.mentor_id, c.version, c.expired, (row_number() over (partition by c.mentor_id order by c.day))::integer as ordinal,
        case when c.expired then c.certified_until + 1 else c.certified_since end as effective_on
      from compared c
      where c.expired <> c.was_expired
    )
    select c.mentor_id, c.ordinal, c.expired, c.effective_on, c.version + c.ordinal
    from changed c
    order by c.mentor_id;
end
$$;
revoke all on function private.due_changes(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.due_changes(uuid[], date, date) is
  'What private.apply_changes would do: the changes that bring the stored status of these mentors in line with the facts of the dates after since through as_of; without since, of as_of alone.';

-- Keys that begin with the time keep the new rows together: random ones dirtied most
-- pages of two indexes in every chunk.
create function private.apply_changes(
  mentor_ids uuid[], since date, as_of date, actor_kind text, out expired integer, out restored integer
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
set enable_seqscan = off set enable_mergejoin = off
as $$
declare
  changes private.status_change[] := array(
    select c from private.due_changes(apply_changes.mentor_ids, apply_changes.since, apply_changes.as_of) c);
  most integer;
  changing uuid[];
  away uuid[];
  prefix text := private.id_prefix();
  changed_at timestamptz;
begin
  select count(*) filter (where c.expired), count(*) filter (where not c.expired), max(c.ordinal), array_agg(c.mentor_id)
  into apply_changes.expired, apply_changes.restored, most, changing
  from unnest(changes) c;
  if changes = '{}' then
    return;
  end if;

  perform private.act_as(apply_changes.actor_kind);
  for n in 1 .. most loop
    away := array(
      select r.mentor_id from public.pause_records r
      where r.mentor_id = any (changing) and r.status in ('paused', 'expired_cert'));
    if away <> '{}' then
      update public.pause_records r
      set status = case when c.expired then 'expired_cert' when r.paused_at is null then 'active' else 'paused' end,
        -- A renewal that was dated before the expiry was noticed can't take effect before it.
        effective_on = case when c.expired then c.effective_on else greatest(c.effective_on, r.effective_on) end
      from unnest(changes) c
      where c.ordinal = n
        and r.mentor_id = c.mentor_id
        and r.status in ('paused', 'expired_cert')
        and (r.status = 'expired_cert') <> c.expired;
    end if;

    -- After what the round before has closed.
    changed_at := clock_timestamp();
    insert into public.pause_records
      (id, mentor_id, status, paused_at, effective_on, created_at, updated_at, version, first_version)
    select (prefix || to_hex(16777216 + (n - 1) * cardinality(changes) + row_number() over (order by c.mentor_id)))::uuid,
      c.mentor_id, 'expired_cert', null, c.effective_on, changed_at, changed_at, c.version, c.version
    from unnest(changes) c
    where c.ordinal = n
      and c.expired
      and c.mentor_id <> all (away)
    order by c.mentor_id;
  end loop;
  perform private.act_as(null);
end
$$;
revoke all on function private.apply_changes(uuid[], date, date, text) from public, anon, authenticated, service_role;

comment on function private.apply_changes(uuid[], date, date, text) is
  'Brings the stored status of these mentors in line with the facts, as this kind of actor, and returns how many changes to and from expired_cert. The caller holds the mentors'' locks.';

create function private.due_reminders(mentor_ids uuid[], as_of date)
returns table (mentor_id uuid, kind text, reminder text, reference_on date)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return query
    select d.mentor_id, d.kind, d.reminder, d.reference_on
    from (
      select distinct s.mentor_id, 'certification_expiring' as kind,
        case when s.ends_on <= due_reminders.as_of + 7 then 'certification_in_7_days' else 'certification_in_30_days' end as reminder,
        s.ends_on as reference_on
      from private.certification_stretches s
      where s.mentor_id = any (due_reminders.mentor_ids)
        and s.begins_on <= due_reminders.as_of
        -- Renewals that follow without a gap are part of it.
        and s.ends_on between due_reminders.as_of and due_reminders.as_of + 30
      union all
      -- The latest that is due, not all of them.
      select r.mentor_id,
        case when r.expected_return_date <= due_reminders.as_of - 7 then 'return_overdue' else 'return_due' end,
        case
          when r.expected_return_date <= due_reminders.as_of - 7 then 'return_7_days_ago'
          when r.expected_return_date <= due_reminders.as_of then 'return_today'
          else 'return_in_7_days' end,
        r.expected_return_date
      from public.pause_records r
      where r.mentor_id = any (due_reminders.mentor_ids)
        and r.status in ('paused', 'expired_cert')
        and r.paused_at is not null
        -- So that it is looked up by mentor, not each mentor among all returns.
        and coalesce(r.expected_return_date, 'infinity') <= due_reminders.as_of + 7
    ) d
    where exists (
        select from public.chapter_memberships m
        where m.user_id = d.mentor_id and m.role = 'mentor' and m.ended_at is null)
      and not exists (
        select from public.notifications s
        where s.mentor_id = d.mentor_id and s.reminder = d.reminder and s.reference_on = d.reference_on);
end
$$;
revoke all on function private.due_reminders(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.due_reminders(uuid[], date) is
  'Reminders for these mentors that are due on the date and have not been sent: of the end of each kind of certification, and of the return from a pause.';

create function private.remind(mentor_ids uuid[], as_of date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reminded integer;
begin
  with written as (
    insert into public.notifications (mentor_id, audience, kind, reminder, reference_on, created_at)
    select d.mentor_id, a.audience, d.kind, d.reminder, d.reference_on, clock_timestamp()
    from private.due_reminders(remind.mentor_ids, remind.as_of) d
    cross join (values ('coordinator'), ('mentor')) a (audience)
    on conflict (mentor_id, reminder, reference_on, audience) where reminder is not null do nothing
    returning audience
  )
  select count(*) filter (where w.audience = 'mentor') into reminded from written w;
  return reminded;
end
$$;
revoke all on function private.remind(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.remind(uuid[], date) is
  'Writes the due reminders of these mentors to the outbox, to the coordinator and the mentor, and returns how many reminders.';

create function private.try_lock_mentors(mentor_ids uuid[]) returns uuid[]
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select m from unnest(try_lock_mentors.mentor_ids) m
    where pg_try_advisory_xact_lock(uuid_hash_extended(m, 20261123)));
end
$$;
revoke all on function private.try_lock_mentors(uuid[]) from public, anon, authenticated, service_role;

comment on function private.try_lock_mentors(uuid[]) is
  'Takes the lock of each of these mentors that is free, until the transaction ends, and returns theirs. The key is that of private.mentor_lock, a call of which would cost ten times the lock.';
