-- What is due for a mentor: changes of the stored status, recomputed from the
-- facts and dated by them, and reminders.
--
-- The functions of the nightly run pin the shape of their plans: rows are looked
-- up by the index of an array of mentors, and what was found is hashed. A plan made
-- for the numbers of the moment would read whole tables, in a small organisation
-- or in the night after a large one.

create type private.status_change as (
  mentor_id uuid,
  ordinal integer,
  expired boolean,
  certified_until date,
  certified_since date
);
revoke all on type private.status_change from public;
comment on type private.status_change is
  'A change of the certification fact that the stored status does not have yet; the ordinal counts those of one mentor.';

create function private.due_changes(mentor_ids uuid[], since date, as_of date) returns setof private.status_change
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_nestloop = off
as $$
begin
  return query
    with mentors as materialized (
      -- Who has left every chapter is no mentor.
      select distinct m.user_id as mentor_id
      from public.chapter_memberships m
      where m.user_id = any (due_changes.mentor_ids) and m.role = 'mentor' and m.ended_at is null
    ), held as materialized (
      select c.mentor_id, c.kind, c.issued_on, coalesce(c.expires_on, 'infinity') as expires_on
      from public.certifications c
      where c.mentor_id = any (due_changes.mentor_ids) and c.issued_on <= due_changes.as_of
    ), days as (
      -- The date itself, and for missed nights each day on which the fact may have changed.
      select m.mentor_id, v.day
      from mentors m
      cross join (values (due_changes.as_of), (due_changes.since + 1)) v (day)
      where v.day <= due_changes.as_of
      union
      select h.mentor_id, v.day
      from held h
      cross join lateral (values (h.expires_on + 1), (h.issued_on)) v (day)
      where v.day > due_changes.since and v.day < due_changes.as_of
    ), facts as (
      select k.mentor_id, k.day, min(k.valid_until) as certified_until, max(k.valid_since) as certified_since
      from (
        select d.mentor_id, d.day, max(h.expires_on) as valid_until,
          min(h.issued_on) filter (where h.expires_on >= d.day) as valid_since
        from days d
        join held h on h.mentor_id = d.mentor_id and h.issued_on <= d.day
        group by d.mentor_id, d.day, h.kind
      ) k
      group by k.mentor_id, k.day
    ), stored as (
      select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, 
        -- A hand may write any date.
        max(r.effective_on) filter (where r.effective_on <= greatest(due_changes.as_of, private.today())) as judged_on
      from public.pause_records r
      where r.mentor_id = any (due_changes.mentor_ids)
      group by r.mentor_id
    ), compared as (
      select d.mentor_id, d.day, f.certified_until, f.certified_since,
        coalesce(f.certified_until < d.day, false) as expired,
        lag(coalesce(f.certified_until < d.day, false), 1, coalesce(s.expired, false))
          over (partition by d.mentor_id order by d.day) as was_expired
      from days d
      join mentors m on m.mentor_id = d.mentor_id
      left join facts f on f.mentor_id = d.mentor_id and f.day = d.day
      left join stored s on s.mentor_id = d.mentor_id
      -- What was stored later, by an RPC before a late run, was judged by later facts.
      where d.day >= coalesce(s.judged_on, '-infinity')
    )
    select c.mentor_id, (row_number() over (partition by c.mentor_id order by c.day))::integer,
      c.expired, c.certified_until, c.certified_since
    from compared c
    where c.expired <> c.was_expired
    order by c.mentor_id;
end
$$;
revoke all on function private.due_changes(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.due_changes(uuid[], date, date) is
  'What private.apply_changes would do: the changes that bring the stored status of these mentors in line with the facts of the dates after since through as_of; without since, of as_of alone.';

create function private.apply_changes(mentor_ids uuid[], since date, as_of date, out expired integer, out restored integer)
language plpgsql volatile security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' set jit = off
set enable_seqscan = off set enable_mergejoin = off
as $$
declare
  changes private.status_change[] := array(
    select c from private.due_changes(apply_changes.mentor_ids, apply_changes.since, apply_changes.as_of) c);
  changed_at timestamptz := clock_timestamp();
begin
  select count(*) filter (where c.expired), count(*) filter (where not c.expired)
  into apply_changes.expired, apply_changes.restored
  from unnest(changes) c;
  if changes = '{}' then
    return;
  end if;

  perform private.act_as('scheduler');
  for n in 1 .. (select max(c.ordinal) from unnest(changes) c) loop
    update public.pause_records r
    set status = case when c.expired then 'expired_cert' when r.paused_at is null then 'active' else 'paused' end,
      -- A renewal that was dated before the expiry was noticed can't take effect before it.
      effective_on = case when c.expired then c.certified_until + 1 else greatest(c.certified_since, r.effective_on) end
    from unnest(changes) c
    where c.ordinal = n
      and r.mentor_id = c.mentor_id
      and r.status in ('paused', 'expired_cert')
      and (r.status = 'expired_cert') <> c.expired;

    insert into public.pause_records (mentor_id, status, paused_at, effective_on, created_at, updated_at)
    select c.mentor_id, 'expired_cert', null, c.certified_until + 1, changed_at, changed_at
    from unnest(changes) c
    left join lateral (
      -- The limit keeps it a look-up, whatever the statistics say of the table.
      select r.id from public.pause_records r
      where r.mentor_id = c.mentor_id and r.status in ('paused', 'expired_cert')
      limit 1
    ) l on true
    where c.ordinal = n
      and c.expired
      and l.id is null
    order by c.mentor_id;
  end loop;
  perform private.act_as(null);
end
$$;
revoke all on function private.apply_changes(uuid[], date, date) from public, anon, authenticated, service_role;

comment on function private.apply_changes(uuid[], date, date) is
  'Brings the stored status of these mentors in line with the facts, as actor scheduler; the set-based twin of private.bring_up_to_date. The caller holds the mentors'' locks.';

create function private.due_reminders(mentor_ids uuid[], as_of date)
returns table (mentor_id uuid, kind text, reminder text, reference_on date)
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return query
    select d.mentor_id, d.kind, d.reminder, d.reference_on
    from (
      select distinct c.mentor_id, 'certification_expiring' as kind,
        case when c.expires_on <= due_reminders.as_of + 7 then 'certification_in_7_days' else 'certification_in_30_days' end as reminder,
        c.expires_on as reference_on
      from public.certifications c
      where c.mentor_id = any (due_reminders.mentor_ids)
        and c.expires_on between due_reminders.as_of and due_reminders.as_of + 30
        and c.issued_on <= due_reminders.as_of
        -- Renewed already, perhaps ahead.
        and not exists (
          select from public.certifications n
          where n.mentor_id = c.mentor_id and n.kind = c.kind
            and coalesce(n.expires_on, 'infinity') > c.expires_on
            and n.issued_on <= c.expires_on + 1)
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
        and r.expected_return_date <= due_reminders.as_of + 7
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
  'Reminders for these mentors that are due on the date and have not gone out: of each certification kind its end, of a pause its return.';

create function private.remind(mentor_ids uuid[], as_of date) returns integer
language plpgsql volatile security definer set search_path = ''
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
  'Writes the due reminders of these mentors to the outbox, to the coordinator and the mentor; answers how many reminders that were.';
