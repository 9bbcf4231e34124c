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
  elsif tg_op = 'DELETE' then
    insert into private.nightly_pending (mentor_id)
    select distinct o.user_id from old_rows o where o.role = 'mentor'
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  else
    -- The certification of a mentor who joins may have expired while they were in no
    -- chapter; and whoever leaves may be paused.
    insert into private.nightly_pending (mentor_id)
    select distinct n.user_id from new_rows n where n.role = 'mentor'
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
create trigger chapter_memberships_tell_nightly_run_delete
  after delete on public.chapter_memberships referencing old table as old_rows
  for each statement execute function private.tell_nightly_run();

-- Returns are looked up by their date here, and by mentor in due_reminders, whatever
-- the statistics say. With plans made while there were no live records, each chunk of
-- a first large night read everything that the chunks before it had made.
create function private.nightly_candidates(since date, as_of date, is_full boolean, after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_bitmapscan = off
as $$
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
$$;
revoke all on function private.nightly_candidates(date, date, boolean, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.nightly_candidates(date, date, boolean, uuid, integer) is
  'The next mentors, by id, for whom something may be due on the dates after since through as_of: a certification or a membership ended or began, a planned pause begins, a reminder is due, the date of a leave request has come, or they are pending.';

create type private.status_change as (
  mentor_id uuid,
  ordinal integer,
  has_left boolean,
  expired boolean,
  effective_on date,
  version integer,
  certification_kind text,
  planned_pause_id uuid
);
revoke all on type private.status_change from public;
comment on type private.status_change is
  'A change that the stored status does not have yet; the ordinal counts those of one mentor. has_left: the person is no mentor any more, and what is open closes; planned_pause_id: the plan that becomes a pause; else expired says what the certification fact has become. effective_on: from when on (null: the certification that had expired is gone, not renewed). version: of the record, once it is changed. certification_kind: which one has expired, is missing or was renewed (null: has_left, or no kind was renewed).';

create type private.due_plan as (
  id uuid,
  mentor_id uuid,
  starts_on date,
  begins boolean
);
revoke all on type private.due_plan from public;
comment on type private.due_plan is 'A plan that is one no longer: it begins, or it has ended without having begun.';

create function private.due_plans(mentor_ids uuid[], as_of date) returns setof private.due_plan
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_nestloop = off
as $$
declare
  zone text := (select s.time_zone from private.settings s);
  planned uuid[] := array(select q.mentor_id from public.planned_pauses q where q.mentor_id = any (due_plans.mentor_ids));
begin
  if planned = '{}' then
    return;
  end if;
  return query
    with times as materialized (
      select t.mentor_id, t.from_on, t.until_on, t.is_return
      from private.mentor_times t
      where t.mentor_id = any (planned)
    ), judged as (
      -- Judged on its first day, or until then today: whoever has left since it was made is not there.
      select q.id, q.mentor_id, q.starts_on,
        coalesce(bool_or(
          t.from_on <= least(q.starts_on, due_plans.as_of) and t.until_on > least(q.starts_on, due_plans.as_of)
          and not (t.is_return and t.from_on > private.date_of(q.created_at))), false) as is_there
      from public.planned_pauses q
      left join times t on t.mentor_id = q.mentor_id
      where q.mentor_id = any (planned)
      group by q.id
    )
    select j.id, j.mentor_id, j.starts_on,
      j.starts_on <= due_plans.as_of and j.is_there
        -- A pause that was begun earlier, and still ran when the day began.
        and not exists (
          select from public.pause_records r
          where r.mentor_id = j.mentor_id and r.paused_at is not null
            and (r.status <> 'active' or r.reactivated_at > j.starts_on::timestamp at time zone zone)
          -- Looked up for each, not hashed from all records.
          offset 0)
    from judged j
    where j.starts_on <= due_plans.as_of or not j.is_there;
end
$$;
revoke all on function private.due_plans(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.due_plans(uuid[], date) is
  'The plans of these mentors that begin by the date, or have ended: because another pause still ran on the first day, or because the mentor has left every chapter.';

-- The one rule of what the stored status lacks, for the nightly run and for an RPC
-- that comes before it: whoever is first finds the same changes, with the same dates.
--
-- Who is a mentor for the first time is judged by all of the facts, also of the days
-- before; who was away from every chapter, from the day of the return on.
--
-- A mentor is judged on the last date, on the first one that nobody has judged yet
-- (facts may have been entered late), and on every date in between on which a fact
-- changes. Who has been judged since the last night is known by the newest change
-- that is stored.
--
-- One day is the usual case and is judged without looking for days on which a fact
-- might have changed, which took half of the time beside the writes.
create function private.due_changes(mentor_ids uuid[], since date, as_of date, all_plans private.due_plan[] default null)
returns setof private.status_change
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_nestloop = off
as $$
declare
  -- Any date may be written by hand.
  latest date := greatest(due_changes.as_of, private.today());
  plans private.due_plan[] := array(
    select p from unnest(coalesce(due_changes.all_plans, array(
      select p from private.due_plans(due_changes.mentor_ids, due_changes.as_of) p))) p
    where p.begins);
begin
  if (due_changes.since + 1 < due_changes.as_of) is not true and not exists (
    select from unnest(plans) p where p.starts_on < due_changes.as_of
  ) and not exists (
    -- Who was away when leaving, and is back since, has two changes.
    select from public.pause_records r
    join private.mentor_times t on t.mentor_id = r.mentor_id
    where r.mentor_id = any (due_changes.mentor_ids) and t.mentor_id = any (due_changes.mentor_ids)
      and r.status in ('paused', 'expired_cert') and t.is_return
      and t.from_on <= due_changes.as_of and t.from_on > private.date_of(coalesce(r.paused_at, r.created_at))
  ) then
    -- No night was missed: one day is judged.
    return query
      with stored as (
        select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
          bool_or(r.status in ('paused', 'expired_cert')) as is_away,
          max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
        from public.pause_records r
        where r.mentor_id = any (due_changes.mentor_ids)
        group by r.mentor_id
      ), times as (
        select t.mentor_id, max(t.until_on) as until_on, max(t.from_on) filter (where t.is_return) as returned_on
        from private.mentor_times t
        where t.mentor_id = any (due_changes.mentor_ids)
          and t.from_on <= case when t.is_return then due_changes.as_of else latest end
        group by t.mentor_id
      ), stretches as materialized (
        select s.mentor_id, s.kind, s.begins_on, s.ends_on, s.is_renewal, s.is_missing, s.is_succeeded
        from private.certification_stretches(due_changes.mentor_ids) s
        where s.begins_on <= due_changes.as_of and coalesce(s.next_begins_on, 'infinity') > due_changes.as_of
      ), facts as (
        select s.mentor_id, min(s.ends_on) as certified_until, max(s.begins_on) filter (where s.is_renewal) as certified_since
        from stretches s
        group by s.mentor_id
      ), due as (
      select distinct on (j.mentor_id) j.mentor_id, j.has_left, j.expired,
        case
          when j.has_left then j.until_on
          when j.expired then greatest(j.certified_until + 1, j.returned_on)
          else j.certified_since end as effective_on,
        j.version, k.kind
      from (
        select t.mentor_id, t.until_on, t.returned_on, f.certified_until, f.certified_since,
          t.until_on <= due_changes.as_of as has_left,
          t.until_on > due_changes.as_of and coalesce(f.certified_until < due_changes.as_of, false) as expired,
          coalesce(s.expired, false) as was_expired, coalesce(s.is_away, false) as was_away,
          coalesce(s.version, 0) as version, coalesce(s.judged_on, '-infinity') as judged_on
        from times t
        left join facts f on f.mentor_id = t.mentor_id
        left join stored s on s.mentor_id = t.mentor_id
      ) j
      left join stretches k on k.mentor_id = j.mentor_id and not j.has_left
        and case when j.expired then k.ends_on = j.certified_until else k.is_renewal and k.begins_on = j.certified_since end
      where case when j.has_left then j.was_away else j.expired <> j.was_expired end
        -- What an RPC stored before a late run was judged by later facts.
        and due_changes.as_of >= j.judged_on
      order by j.mentor_id, k.is_missing, k.is_succeeded, k.kind
      )
      select d.mentor_id, 1, d.has_left, d.expired, d.effective_on, d.version + 1, d.kind, null::uuid
      from due d
      union all
      -- On one day the certification first, then the pause.
      select p.mentor_id, 1 + c.before, false, false, p.starts_on, coalesce(s.version, 0) + 1 + c.before, null, p.id
      from unnest(plans) p
      left join due d on d.mentor_id = p.mentor_id
      left join stored s on s.mentor_id = p.mentor_id
      cross join lateral (select case when d.mentor_id is null then 0 else 1 end as before) c
      where d.has_left is not true;
    return;
  end if;

  return query
    with stored as (
      select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
        max(r.effective_on) filter (where r.effective_on <= latest) as judged_on,
        -- A pause under an expired certification is later than the record, one that was planned earlier.
        max(private.date_of(coalesce(r.paused_at, r.created_at))) filter (where r.status in ('paused', 'expired_cert')) as away_since
      from public.pause_records r
      where r.mentor_id = any (due_changes.mentor_ids)
      group by r.mentor_id
    ), times as materialized (
      select t.mentor_id, t.until_on, case when t.is_return then t.from_on else '-infinity' end as returned_on
      from private.mentor_times t
      where t.mentor_id = any (due_changes.mentor_ids)
        and t.from_on <= case when t.is_return then due_changes.as_of else latest end
    ), mentors as materialized (
      select m.mentor_id, coalesce(s.expired, false) as expired, coalesce(s.version, 0) as version, s.away_since,
        greatest(due_changes.since, s.judged_on) as judged_on, p.id as plan_id, p.starts_on,
        -- A plan is found late where a hand has made it so.
        greatest(p.starts_on, least(greatest(due_changes.since, s.judged_on) + 1, due_changes.as_of)) as plan_day
      from (select distinct t.mentor_id from times t) m
      left join stored s on s.mentor_id = m.mentor_id
      left join unnest(plans) p on p.mentor_id = m.mentor_id
      where due_changes.as_of >= coalesce(s.judged_on, '-infinity')
    ), stretches as materialized (
      select s.mentor_id, s.kind, s.begins_on, s.ends_on, s.next_begins_on, s.is_renewal, s.is_missing, s.is_succeeded
      from private.certification_stretches(due_changes.mentor_ids) s
      where s.begins_on <= due_changes.as_of
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
      union
      select m.mentor_id, v.day
      from mentors m
      join times t on t.mentor_id = m.mentor_id
      cross join lateral (values (t.returned_on), (t.until_on)) v (day)
      where v.day > m.judged_on and v.day < due_changes.as_of
      union
      select m.mentor_id, m.plan_day
      from mentors m
      where m.plan_id is not null
    ), facts as (
      select d.mentor_id, d.day, min(s.ends_on) as certified_until,
        max(s.begins_on) filter (where s.is_renewal) as certified_since
      from days d
      join stretches s on s.mentor_id = d.mentor_id and s.begins_on <= d.day and coalesce(s.next_begins_on, 'infinity') > d.day
      group by d.mentor_id, d.day
    ), present as (
      select d.mentor_id, d.day, max(t.returned_on) filter (where t.until_on > d.day) as returned_on,
        max(t.until_on) filter (where t.until_on <= d.day) as left_on
      from days d
      join times t on t.mentor_id = d.mentor_id and t.returned_on <= d.day
      group by d.mentor_id, d.day
    ), judged as (
      select d.mentor_id, d.day, f.certified_until, f.certified_since, m.version, p.returned_on, p.left_on,
        p.returned_on is not null and coalesce(f.certified_until < d.day, false) as expired,
        m.expired as stored_expired,
        -- Nobody is away from a time to which they have not come yet.
        a.since is not null and p.left_on is not null
          and coalesce(p.returned_on > a.since, true) as stored_is_over,
        case when d.day = m.plan_day then m.plan_id end as plan_id, m.starts_on
      from days d
      join mentors m on m.mentor_id = d.mentor_id
      left join facts f on f.mentor_id = d.mentor_id and f.day = d.day
      left join present p on p.mentor_id = d.mentor_id and p.day = d.day
      cross join lateral (select coalesce(m.away_since, case when d.day >= m.plan_day then m.starts_on end) as since) a
    ), compared as (
      select j.*,
        lag(j.expired, 1, j.stored_expired) over by_day as was_expired,
        j.stored_is_over and not lag(j.stored_is_over, 1, false) over by_day as closes_stored
      from judged j
      window by_day as (partition by j.mentor_id order by j.day)
    ), changed as (
      select c.mentor_id, c.day, c.version, c.certified_until, c.certified_since, v.has_left, v.expired, v.effective_on, v.plan_id,
        (row_number() over (partition by c.mentor_id order by c.day, v.place))::integer as ordinal
      from compared c
      cross join lateral (
        values
          (1, true, false, c.left_on, null::uuid,
            c.closes_stored or c.was_expired and c.returned_on is null and c.left_on is not null),
          (2, false, c.expired,
            case when c.expired then greatest(c.certified_until + 1, c.returned_on) else c.certified_since end, null,
            c.returned_on is not null and c.expired <> (c.was_expired and not c.closes_stored)),
          (3, false, false, c.starts_on, c.plan_id, c.plan_id is not null)
      ) v (place, has_left, expired, effective_on, plan_id, is_due)
      where v.is_due
    )
    select distinct on (c.mentor_id, c.ordinal) c.mentor_id, c.ordinal, c.has_left, c.expired, c.effective_on,
      c.version + c.ordinal, k.kind, c.plan_id
    from changed c
    left join stretches k on k.mentor_id = c.mentor_id and not c.has_left and c.plan_id is null
      and k.begins_on <= c.day and coalesce(k.next_begins_on, 'infinity') > c.day
      and case when c.expired then k.ends_on = c.certified_until else k.is_renewal and k.begins_on = c.certified_since end
    order by c.mentor_id, c.ordinal, k.is_missing, k.is_succeeded, k.kind;
end
$$;
revoke all on function private.due_changes(uuid[], date, date, private.due_plan[]) from public, anon, authenticated, service_role;

comment on function private.due_changes(uuid[], date, date, private.due_plan[]) is
  'What private.apply_changes would do: the changes that bring the stored status of these people in line with the facts of the dates after since through as_of; without since, of as_of alone. all_plans: what private.due_plans says, for whoever has asked; null: it is asked.';

create function private.beginning_of(day date, moment timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  begins_at timestamptz := private.day_start(beginning_of.day);
begin
  -- Only a night that is played ahead of its time begins or ends anything in the future.
  return case when beginning_of.day > private.today() then begins_at else least(begins_at, beginning_of.moment) end;
end
$$;
revoke all on function private.beginning_of(date, timestamptz) from public, anon, authenticated, service_role;

comment on function private.beginning_of(date, timestamptz) is
  'The first moment of a day; of one that is not ahead, not after the moment given.';

-- From its first day on, a plan was shown and counted as the pause that it becomes here.
create function private.begin_plans(changes private.status_change[], began_at timestamptz, actor_kind text) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
set enable_seqscan = off set enable_mergejoin = off
as $$
declare
  today date := private.today();
  prefix text := private.id_prefix();
  plans uuid[] := array(select c.planned_pause_id from unnest(begin_plans.changes) c);
  mentors uuid[] := array(select c.mentor_id from unnest(begin_plans.changes) c);
  -- Who is away by an expired certification: their record goes on.
  away uuid[] := array(
    select r.mentor_id from public.pause_records r
    where r.mentor_id = any (mentors) and r.status in ('paused', 'expired_cert'));
  -- Many begin on one day, whose first moment is asked for once.
  days date[] := array(select distinct q.starts_on from public.planned_pauses q where q.id = any (plans));
  moments timestamptz[] := array(
    select private.beginning_of(d.day, begin_plans.began_at) from unnest(days) with ordinality d (day, place) order by d.place);
  stale uuid[];
begin
  perform private.act_as('plan');
  -- The days before are over; what is left of the places is paused already.
  delete from private.roster_places p
  where p.mentor_id = any (mentors) and p.until_on <= today;
  if away <> '{}' then
    update public.pause_records r
    set paused_at = d.begins_at, pause_reason = q.pause_reason, expected_return_date = q.expected_return_date,
      coordinator_id = q.coordinator_id, effective_on = q.starts_on, planned_pause_id = q.id
    from public.planned_pauses q
    join unnest(days, moments) d (day, begins_at) on d.day = q.starts_on
    where q.id = any (plans) and r.mentor_id = q.mentor_id and r.mentor_id = any (away)
      and r.status in ('paused', 'expired_cert');
  end if;
  insert into public.pause_records
    (id, mentor_id, status, pause_reason, expected_return_date, open_since, paused_at, coordinator_id, effective_on, created_at,
      updated_at, version, first_version, planned_pause_id)
  select (prefix || to_hex(16777216 + row_number() over (order by c.mentor_id)))::uuid, c.mentor_id, 'paused', q.pause_reason,
    q.expected_return_date, case when q.expected_return_date is null then q.starts_on end, d.begins_at, q.coordinator_id,
    c.effective_on, begin_plans.began_at, begin_plans.began_at, c.version, c.version, q.id
  from unnest(begin_plans.changes) c
  join public.planned_pauses q on q.id = c.planned_pause_id
  join unnest(days, moments) d (day, begins_at) on d.day = q.starts_on
  -- Not asked of the table: all live records of the organisation would be read.
  where c.mentor_id <> all (away)
  order by c.mentor_id;

  -- The entries are right as they are, but made for a plan. A night leaves them, unless it is
  -- played ahead of its time.
  stale := array(
    select c.mentor_id from unnest(begin_plans.changes) c
    where begin_plans.actor_kind <> 'scheduler' or c.effective_on > today);
  perform set_config('mentorpause.beginning', 'on', true);
  delete from public.planned_pauses q where q.id = any (plans);
  perform set_config('mentorpause.beginning', '', true);
  if stale <> '{}' then
    perform private.refresh_roster(stale);
  end if;
end
$$;
revoke all on function private.begin_plans(private.status_change[], timestamptz, text) from public, anon, authenticated, service_role;

comment on function private.begin_plans(private.status_change[], timestamptz, text) is
  'Makes pause records of the plans that these changes begin, each dated by its first day, as whoever planned it.';

-- Keys that begin with the time keep the new rows together: random ones dirtied most
-- pages of two indexes in every chunk.
create function private.apply_changes(
  mentor_ids uuid[], since date, as_of date, actor_kind text,
  out expired integer, out restored integer, out begun integer, out held uuid[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
set enable_seqscan = off set enable_mergejoin = off
as $$
declare
  due private.due_plan[] := array(select p from private.due_plans(apply_changes.mentor_ids, apply_changes.as_of) p);
  changes private.status_change[] := array(
    select c from private.due_changes(apply_changes.mentor_ids, apply_changes.since, apply_changes.as_of, due) c);
  most integer;
  plans private.due_plan[] := array(select p from unnest(due) p where not p.begins);
  changing uuid[];
  away uuid[];
  settling uuid[];
  prefix text := private.id_prefix();
  changed_at timestamptz;
begin
  apply_changes.held := '{}'::uuid[];
  settling := array(
    select c.mentor_id from unnest(changes) c where c.has_left or c.planned_pause_id is not null
    union
    select p.mentor_id from unnest(plans) p);
  if settling <> '{}' then
    -- A pause begins or ends, which a refresh of the read model counts. Whoever is at it has
    -- this lock, and is not waited for; an RPC has it already.
    apply_changes.held := array(
      select unnest(settling)
      except
      select l.person_id from (
        select k.person_id from private.person_locks k
        where k.person_id = any (settling) order by k.person_id for no key update skip locked) l);
    if apply_changes.held <> '{}' then
      changes := array(select c from unnest(changes) c where c.mentor_id <> all (apply_changes.held));
      plans := array(select p from unnest(plans) p where p.mentor_id <> all (apply_changes.held));
    end if;
  end if;

  select count(*) filter (where c.expired), count(*) filter (where not c.expired and not c.has_left and c.planned_pause_id is null),
    count(*) filter (where c.planned_pause_id is not null), max(c.ordinal), array_agg(c.mentor_id)
  into apply_changes.expired, apply_changes.restored, apply_changes.begun, most, changing
  from unnest(changes) c;
  if changes = '{}' and plans = '{}' then
    return;
  end if;

  for n in 1 .. coalesce(most, 0) loop
    if exists (select from unnest(changes) c where c.ordinal = n and c.has_left) then
      -- Nobody decided it, and nobody is told that the mentor is back.
      perform private.act_as('system');
      perform set_config('mentorpause.leaving', 'on', true);
      update public.pause_records r
      set status = 'active', effective_on = c.effective_on, certification_kind = null,
        reactivated_at = greatest(r.paused_at, private.beginning_of(c.effective_on, clock_timestamp()))
      from unnest(changes) c
      where c.ordinal = n and c.has_left
        and r.mentor_id = c.mentor_id
        and r.status in ('paused', 'expired_cert');
      perform set_config('mentorpause.leaving', '', true);
    end if;

    perform private.act_as(apply_changes.actor_kind);
    away := array(
      select r.mentor_id from public.pause_records r
      where r.mentor_id = any (changing) and r.status in ('paused', 'expired_cert'));
    if away <> '{}' then
      update public.pause_records r
      set status = case when c.expired then 'expired_cert' when r.paused_at is null then 'active' else 'paused' end,
        certification_kind = c.certification_kind,
        -- A renewal that was dated before the expiry was noticed can't take effect before it.
        effective_on = case when c.expired then c.effective_on else greatest(c.effective_on, r.effective_on) end
      from unnest(changes) c
      where c.ordinal = n and not c.has_left and c.planned_pause_id is null
        and r.mentor_id = c.mentor_id
        and r.status in ('paused', 'expired_cert')
        and (r.status = 'expired_cert') <> c.expired;
    end if;

    -- After what the round before has closed.
    changed_at := clock_timestamp();
    insert into public.pause_records
      (id, mentor_id, status, paused_at, effective_on, created_at, updated_at, version, first_version, certification_kind)
    select (prefix || to_hex(16777216 + (n - 1) * cardinality(changes) + row_number() over (order by c.mentor_id)))::uuid,
      c.mentor_id, 'expired_cert', null, c.effective_on, changed_at, changed_at, c.version, c.version, c.certification_kind
    from unnest(changes) c
    where c.ordinal = n
      and c.expired
      and c.mentor_id <> all (away)
    order by c.mentor_id;

    if exists (select from unnest(changes) c where c.ordinal = n and c.planned_pause_id is not null) then
      perform private.begin_plans(
        array(select c from unnest(changes) c where c.ordinal = n and c.planned_pause_id is not null), changed_at,
        apply_changes.actor_kind);
    end if;
  end loop;
  perform private.act_as(null);

  if plans <> '{}' then
    with gone as (
      delete from public.planned_pauses q where q.id in (select p.id from unnest(plans) p) returning q.id, q.mentor_id, q.version, q.starts_on
    )
    insert into public.notifications (mentor_id, audience, kind, planned_pause_id, record_version, reference_on)
    select g.mentor_id, a.audience, 'pause_cancelled', g.id, g.version, g.starts_on
    from gone g
    cross join (values ('coordinator'), ('mentor')) a (audience);
  end if;
end
$$;
revoke all on function private.apply_changes(uuid[], date, date, text) from public, anon, authenticated, service_role;

comment on function private.apply_changes(uuid[], date, date, text) is
  'Brings the stored status of these mentors in line with the facts, as this kind of actor, and returns how many changes to and from expired_cert, and how many plans became pauses; plans that have ended are removed. The caller holds the mentors'' locks; held are those for whom nothing was done, because somebody is refreshing their entries.';

create function private.due_reminders(mentor_ids uuid[], as_of date)
returns table (mentor_id uuid, kind text, reminder text, reference_on date, certification_kind text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  latest date := greatest(due_reminders.as_of, private.today());
  ending uuid[] := due_reminders.mentor_ids;
begin
  if not (select s.kinds_have_rules from private.settings s) then
    -- A kind ends with one of its certifications: nobody else's have to be put together. By the
    -- days that are left, which no index has: by the one of the ends each certification that
    -- ends within the month was compared with all of these mentors.
    ending := array(
      select c.mentor_id from public.certifications c
      where c.mentor_id = any (due_reminders.mentor_ids)
        and c.expires_on - due_reminders.as_of between 0 and 30);
  end if;
  return query
    select d.mentor_id, d.kind, d.reminder, d.reference_on, d.certification_kind
    from (
      select s.mentor_id, 'certification_expiring' as kind,
        case when s.ends_on <= due_reminders.as_of + 7 then 'certification_in_7_days' else 'certification_in_30_days' end as reminder,
        s.ends_on as reference_on, s.kind as certification_kind
      from private.certification_stretches(ending) s
      where s.begins_on <= due_reminders.as_of
        -- Renewals that follow without a gap are part of it; a successor that ends last has its own.
        and not s.is_succeeded
        and s.ends_on between due_reminders.as_of and due_reminders.as_of + 30
      union all
      -- The latest that is due, not all of them.
      select r.mentor_id,
        case
          when r.expected_return_date is null then 'pause_open_ended'
          when r.expected_return_date <= due_reminders.as_of - 7 then 'return_overdue'
          else 'return_due' end,
        case
          when r.expected_return_date is null
            then format('open_for_%s_days', (due_reminders.as_of - r.open_since) / 90 * 90)
          when r.expected_return_date <= due_reminders.as_of - 7
            then format('return_%s_days_ago', (due_reminders.as_of - r.expected_return_date - 7) / 30 * 30 + 7)
          when r.expected_return_date <= due_reminders.as_of then 'return_today'
          else 'return_in_7_days' end,
        coalesce(r.expected_return_date, r.open_since), null
      from public.pause_records r
      where r.mentor_id = any (due_reminders.mentor_ids)
        and r.status in ('paused', 'expired_cert')
        -- So that it is looked up by mentor, not each mentor among all returns.
        and case
          when r.expected_return_date is null then coalesce(r.open_since, 'infinity') <= due_reminders.as_of - 90
          else r.paused_at is not null and r.expected_return_date <= due_reminders.as_of + 7 end
    ) d
    where exists (
        select from private.mentor_times t
        where t.mentor_id = d.mentor_id and t.until_on > due_reminders.as_of
          and t.from_on <= case when t.is_return then due_reminders.as_of else latest end
        -- Asked for each of them: joined, the view would be read as a whole.
        offset 0)
      and not exists (
        select from public.notifications s
        where s.mentor_id = d.mentor_id and s.reminder = d.reminder and s.reference_on = d.reference_on
          and s.certification_kind is not distinct from d.certification_kind);
end
$$;
revoke all on function private.due_reminders(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.due_reminders(uuid[], date) is
  'Reminders for these mentors that are due on the date and have not been sent: of the end of each kind of certification, unless a successor ends no earlier, of the return from a pause, and of a pause without a return date.';

create function private.remind(mentor_ids uuid[], as_of date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reminded integer;
begin
  with written as (
    insert into public.notifications (mentor_id, audience, kind, reminder, reference_on, certification_kind, created_at)
    select d.mentor_id, a.audience, d.kind, d.reminder, d.reference_on, d.certification_kind, clock_timestamp()
    from private.due_reminders(remind.mentor_ids, remind.as_of) d
    cross join (values ('coordinator'), ('mentor')) a (audience)
    on conflict (mentor_id, reminder, reference_on, audience, certification_kind) where reminder is not null do nothing
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
