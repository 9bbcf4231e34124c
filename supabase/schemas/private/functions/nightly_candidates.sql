CREATE OR REPLACE FUNCTION private.nightly_candidates (
  since    date,
  as_of    date,
  is_full  boolean,
  after_id uuid,
  batch    integer
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  SET enable_bitmapscan TO 'off'
  AS $function$
declare
  first_return date := (
    select p.expected_return_date from public.pause_records p
    where p.status in ('paused', 'expired_cert') and p.expected_return_date is not null
    order by p.expected_return_date limit 1);
  first_open date := (
    select p.open_since from public.pause_records p
    where p.status in ('paused', 'expired_cert') and p.expected_return_date is null and p.open_since is not null
    order by p.open_since limit 1);
begin
  if nightly_candidates.is_full then
    return array(
      select distinct m.user_id
      from public.chapter_memberships m
      where m.user_id > nightly_candidates.after_id and m.role = 'mentor'
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
      -- Whoever is overdue is reminded of every 30 days, however long it has been.
      cross join (
        select v.days from (values (0), (7)) v (days)
        union all
        select -d from generate_series(7, nightly_candidates.as_of - first_return, 30) d
      ) ahead (days)
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
      select o.mentor_id
      from generate_series(1, nightly_candidates.as_of - nightly_candidates.since) n (days)
      cross join generate_series(90, nightly_candidates.as_of - first_open, 90) ahead (days)
      cross join lateral (
        select p.mentor_id from public.pause_records p
        where p.status in ('paused', 'expired_cert') and p.expected_return_date is null
          and (p.open_since, p.mentor_id) > (nightly_candidates.since + n.days - ahead.days, nightly_candidates.after_id)
          and p.open_since <= nightly_candidates.since + n.days - ahead.days
        order by p.open_since, p.mentor_id
        limit nightly_candidates.batch
      ) o
      union all
      (select distinct m.user_id
       from public.chapter_memberships m
       where m.role = 'mentor' and m.user_id > nightly_candidates.after_id
         and m.ended_at >= private.day_start(nightly_candidates.since + 1)
         and m.ended_at < private.day_start(nightly_candidates.as_of + 1)
       order by m.user_id
       limit nightly_candidates.batch)
      union all
      (select distinct m.user_id
       from public.chapter_memberships m
       where m.role = 'mentor' and m.user_id > nightly_candidates.after_id
         and m.started_at >= private.day_start(nightly_candidates.since + 1)
         and m.started_at < private.day_start(nightly_candidates.as_of + 1)
       order by m.user_id
       limit nightly_candidates.batch)
      union all
      (select q.mentor_id
       from public.planned_pauses q
       where q.starts_on > nightly_candidates.since and q.starts_on <= nightly_candidates.as_of
         and q.mentor_id > nightly_candidates.after_id
       order by q.mentor_id
       limit nightly_candidates.batch)
      union all
      (select distinct l.mentor_id
       from public.leave_requests l
       where l.state = 'open'
         and l.expected_return_date > nightly_candidates.since and l.expected_return_date <= nightly_candidates.as_of
         and l.mentor_id > nightly_candidates.after_id
       order by l.mentor_id
       limit nightly_candidates.batch)
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
$function$;

COMMENT ON FUNCTION "private"."nightly_candidates"(date, date, boolean, uuid, integer) IS 'The next mentors, by id, for whom something may be due on the dates after since through as_of: a certification or a membership ended or began, a planned pause begins, a reminder is due, the date of a leave request has come, or they are pending.';

REVOKE ALL ON FUNCTION "private"."nightly_candidates"(date, date, boolean, uuid, integer) FROM PUBLIC;
