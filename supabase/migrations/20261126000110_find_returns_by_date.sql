-- Whose return comes round is looked up by its date, and the returns of given mentors
-- by mentor, whatever the statistics say. With plans made while there were no live
-- records, each chunk of a first large night read all that the chunks before it had
-- made: the fifth night cost twice the first.
create or replace function private.nightly_candidates(since date, as_of date, is_full boolean, after_id uuid, batch integer) returns uuid[]
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

create or replace function private.due_reminders(mentor_ids uuid[], as_of date)
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
