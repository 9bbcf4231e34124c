create or replace function private.find_discrepancies(mentor_ids uuid[])
returns table (mentor_id uuid, pause_record_id uuid, kind text, log_id bigint)
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_nestloop = off
as $$
begin
  return query
    with records as materialized (
      select r.id, r.mentor_id, r.status, r.version, least(r.created_at, r.paused_at) as began, r.reactivated_at as ended
      from public.pause_records r
      where r.mentor_id = any (find_discrepancies.mentor_ids)
    ), logged as materialized (
      select l.id, l.pause_record_id, l.mentor_id, l.record_version, l.to_status, l.actor_kind,
        row_number() over (
          partition by l.pause_record_id, l.mentor_id, l.record_version,
            -- Of a row that was ahead of its record, the later one of that version is no repetition.
            l.actor_kind = 'reconciler' or exists (
              select from public.status_discrepancies s
              where s.pause_record_id = l.pause_record_id and s.kind = 'version_ahead' and s.log_id = l.id)
          order by l.id) as nth
      from public.pause_status_log l
      where l.mentor_id = any (find_discrepancies.mentor_ids)
    ), logs as (
      select l.pause_record_id, l.mentor_id, max(l.id) as last_id,
        (array_agg(l.to_status order by l.id desc))[1] as last_status,
        (array_agg(l.actor_kind order by l.id desc))[1] as last_actor,
        array_agg(distinct l.record_version) as versions
      from logged l
      group by l.pause_record_id, l.mentor_id
    ), gaps as (
      select r.id, bool_or(true) as any_missing, bool_or(v = r.version) as last_missing
      from records r
      cross join lateral generate_series(1, r.version) v
      left join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
      where v <> all (coalesce(l.versions, '{}'))
      group by r.id
    )
    select r.mentor_id, r.id, case when l.last_id is null then 'log_missing' else 'version_missing' end, l.last_id
    from gaps g
    join records r on r.id = g.id
    left join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
    union all
    -- Where the last version is missing, its row will bring the status too.
    select r.mentor_id, r.id, 'status_differs', l.last_id
    from records r
    join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
    left join gaps g on g.id = r.id
    where l.last_status <> r.status and not coalesce(g.last_missing, false)
    union all
    select w.mentor_id, w.pause_record_id, case when w.record_version > r.version then 'version_ahead' else 'version_repeated' end, w.id
    from logged w
    join records r on r.id = w.pause_record_id and r.mentor_id = w.mentor_id
    -- The reconciler's own rows repeat a version on purpose.
    where w.actor_kind <> 'reconciler' and (w.nth > 1 or w.record_version > r.version)
    union all
    -- The reconciler's closing row settles it.
    select l.mentor_id, l.pause_record_id, 'record_missing', l.last_id
    from logs l
    where not (l.last_actor = 'reconciler' and l.last_status = 'active')
      and not exists (select from records r where r.id = l.pause_record_id and r.mentor_id = l.mentor_id)
    union all
    select o.mentor_id, o.id, 'stretches_overlap', null
    from (
      select r.mentor_id, r.id, r.began,
        max(coalesce(r.ended, 'infinity')) over (
          partition by r.mentor_id order by r.began, r.id rows between unbounded preceding and 1 preceding) as others_end
      from records r
      where r.began < coalesce(r.ended, 'infinity')
    ) o
    where o.others_end > o.began;
end
$$;
comment on function private.find_discrepancies(uuid[]) is
  'Every difference between the status and the log of these mentors, reported already or not.';

create or replace function private.reconcile(mentor_ids uuid[], as_of date, out reported integer, out held uuid[], out touched uuid[])
language plpgsql volatile security definer set search_path = ''
as $$
declare
  suspects uuid[] := array(select distinct d.mentor_id from private.find_discrepancies(reconcile.mentor_ids) d);
begin
  reconcile.reported := 0;
  reconcile.held := '{}';
  reconcile.touched := '{}';
  if suspects = '{}' then
    return;
  end if;
  reconcile.held := array(
    select s from unnest(suspects) s where not pg_try_advisory_xact_lock(private.mentor_lock(s)));
  suspects := array(select s from unnest(suspects) s where s <> all (reconcile.held));
  reconcile.touched := suspects;

  with written as (
    insert into public.status_discrepancies (mentor_id, kind, pause_record_id, log_id)
    select d.mentor_id, d.kind, d.pause_record_id, d.log_id
    from private.find_discrepancies(suspects) d
    order by d.mentor_id, d.pause_record_id, d.kind, d.log_id
    on conflict (pause_record_id, kind, log_id)
      where kind in ('version_repeated', 'version_ahead', 'stretches_overlap') do nothing
    returning mentor_id, pause_record_id
  ), told as (
    insert into public.notifications (mentor_id, audience, kind, pause_record_id)
    select w.mentor_id, 'administrator', 'discrepancy_found', w.pause_record_id from written w
  )
  select count(*) into reconcile.reported from written;
  perform private.repair_log(suspects, reconcile.as_of);
end
$$;
comment on function private.reconcile(uuid[], date) is
  'Finds, reports and repairs the differences between status and log of these mentors; answers how many were new, who was held by somebody else, and whom it touched.';

create or replace function private.mentors_to_reconcile(after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  return array(
    select u.mentor_id
    from (
      (select distinct r.mentor_id from public.pause_records r
       where r.mentor_id > mentors_to_reconcile.after_id order by r.mentor_id limit mentors_to_reconcile.batch)
      union
      (select distinct l.mentor_id from public.pause_status_log l
       where l.mentor_id > mentors_to_reconcile.after_id order by l.mentor_id limit mentors_to_reconcile.batch)
    ) u
    order by u.mentor_id
    limit mentors_to_reconcile.batch
  );
end
$$;
comment on function private.mentors_to_reconcile(uuid, integer) is 'The next mentors, by id, who have a record or a log.';

create or replace function private.refresh_roster(mentor_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path = '' set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  today date := private.today();
begin
  -- The mentor's lock. Whoever waited for it sees what the other committed.
  perform from public.profiles p where p.id = any (refresh_roster.mentor_ids) order by p.id for no key update;

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct array_agg(m.chapter_id order by m.chapter_id)
    from public.chapter_memberships m
    where m.user_id = any (refresh_roster.mentor_ids) and m.role = 'mentor' and m.ended_at is null
    group by m.user_id
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  with wanted as (
    select a.mentor_id, c.chapter_id, p.display_name, s.id as chapter_set_id,
      f.certified_until, f.recheck_on, coalesce(r.coordinators, '[]') as coordinators
    from (
      select m.user_id as mentor_id, array_agg(m.chapter_id order by m.chapter_id) as chapter_ids
      from public.chapter_memberships m
      where m.user_id = any (refresh_roster.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      group by m.user_id
    ) a
    join public.profiles p on p.id = a.mentor_id
    join private.chapter_sets s on s.chapter_ids = a.chapter_ids
    left join private.certification_facts(refresh_roster.mentor_ids, today) f on f.mentor_id = a.mentor_id
    cross join lateral unnest(a.chapter_ids) c (chapter_id)
    left join (
      select o.mentor_id,
        jsonb_agg(jsonb_build_object('id', q.id, 'display_name', q.display_name) order by q.display_name, q.id) as coordinators
      from public.coordinator_assignments o
      join public.profiles q on q.id = o.coordinator_id
      where o.mentor_id = any (refresh_roster.mentor_ids)
        and o.ended_at is null
        and exists (
          select from public.chapter_memberships m
          join public.chapter_memberships t on t.chapter_id = m.chapter_id
          where m.user_id = o.coordinator_id and m.role = 'coordinator' and m.ended_at is null
            and t.user_id = o.mentor_id and t.role = 'mentor' and t.ended_at is null)
      group by o.mentor_id
    ) r on r.mentor_id = a.mentor_id
  ), facts_before as (
    select distinct e.mentor_id, e.chapter_set_id, e.certified_until
    from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
  ), facts_after as (
    select distinct w.mentor_id, w.chapter_set_id, w.certified_until from wanted w
  ), removed as (
    delete from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (select from wanted w where w.mentor_id = e.mentor_id and w.chapter_id = e.chapter_id)
  ), written as (
    insert into private.roster_entries as e
      (mentor_id, chapter_id, display_name, chapter_set_id, certified_until, recheck_on, coordinators)
    select w.mentor_id, w.chapter_id, w.display_name, w.chapter_set_id, w.certified_until, w.recheck_on, w.coordinators
    from wanted w
    on conflict on constraint roster_entries_pkey do update set
      display_name = excluded.display_name,
      chapter_set_id = excluded.chapter_set_id,
      certified_until = excluded.certified_until,
      recheck_on = excluded.recheck_on,
      coordinators = excluded.coordinators
    where (e.display_name, e.chapter_set_id, e.certified_until, e.recheck_on, e.coordinators)
      is distinct from
      (excluded.display_name, excluded.chapter_set_id, excluded.certified_until, excluded.recheck_on, excluded.coordinators)
  ), changed as (
    select b.mentor_id, b.chapter_set_id, b.certified_until, -1 as change
    from facts_before b
    where not exists (
      select from facts_after a
      where a.mentor_id = b.mentor_id and a.chapter_set_id = b.chapter_set_id
        and a.certified_until is not distinct from b.certified_until)
    union all
    select a.mentor_id, a.chapter_set_id, a.certified_until, 1
    from facts_after a
    where not exists (
      select from facts_before b
      where b.mentor_id = a.mentor_id and b.chapter_set_id = a.chapter_set_id
        and b.certified_until is not distinct from a.certified_until)
  )
  insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
  select g.chapter_set_id, sum(g.change), g.is_pause, g.certified_until, g.expected_return_date
  from (
    select c.chapter_set_id, c.change, false as is_pause, c.certified_until, null::date as expected_return_date
    from changed c
    union all
    select c.chapter_set_id, c.change, true, c.certified_until, p.expected_return_date
    from changed c
    join public.pause_records p on p.mentor_id = c.mentor_id
    where p.status in ('paused', 'expired_cert') and p.paused_at is not null
  ) g
  group by g.chapter_set_id, g.is_pause, g.certified_until, g.expected_return_date
  having sum(g.change) <> 0;
end
$$;

create or replace function private.rebuild_roster() returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Against every writer of what the entries are made from.
  lock table public.profiles, public.chapter_memberships, public.certifications,
    public.coordinator_assignments, public.pause_records in share row exclusive mode;
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  delete from private.roster_counts;
  delete from private.roster_deltas;
  delete from private.roster_entries;
  delete from private.chapter_sets;
  perform private.refresh_roster(array(
    select distinct m.user_id from public.chapter_memberships m where m.role = 'mentor' and m.ended_at is null
  ));
  while private.fold_roster_deltas() > 0 loop
    null;
  end loop;
end
$$;

drop function private.find_log_discrepancies(uuid[]);
drop function private.recount(integer[]);
drop function private.find_roster_discrepancies(uuid[]);
drop function private.recounted(integer[]);
drop function private.wanted_entries(uuid[], date);
drop index private.roster_entries_by_set;
comment on table private.roster_counts is
  'Sums of mentors by the day on which something ends. Only private.fold_roster_deltas() writes here.';

-- What was found stays, under a name that this version knows.
update public.status_discrepancies set kind = 'status_differs' where kind in ('roster_differs', 'counts_differ');
alter table public.status_discrepancies
  drop constraint status_discrepancies_kind_known,
  add constraint status_discrepancies_kind_known check (kind in (
    'log_missing', 'version_missing', 'version_repeated', 'version_ahead', 'status_differs', 'record_missing', 'stretches_overlap'));
comment on column public.status_discrepancies.kind is
  'log_missing: a record without log · version_missing: a gap in it · version_repeated, version_ahead: a row too many · status_differs: the log ends with another status · record_missing: log rows without a record · stretches_overlap: two records of one mentor at the same time.';
