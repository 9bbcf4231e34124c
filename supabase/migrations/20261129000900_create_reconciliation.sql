-- The reconciliation: the status against its log, and the roster's read model against
-- the tables. The table is the truth. What the log lacks is appended to it by the
-- reconciler, and what appending can't repair is reported: each such difference becomes
-- a row that an administrator acknowledges. Entries and counts that differ are rebuilt.
-- They are the product's own and no person's: the run counts them, for the operator.

create table public.status_discrepancies (
  id bigint generated always as identity,
  mentor_id uuid not null,
  kind text not null,
  found_at timestamptz not null default clock_timestamp(),
  acknowledged_at timestamptz,
  pause_record_id uuid,
  log_id bigint,
  constraint status_discrepancies_pkey primary key (id),
  constraint status_discrepancies_kind_known check (kind in (
    'log_missing', 'version_missing', 'version_repeated', 'version_ahead', 'status_differs', 'record_missing', 'stretches_overlap'))
);
create index status_discrepancies_open
  on public.status_discrepancies (mentor_id) where acknowledged_at is null;
-- These stay as they are, and would be found again every night.
create unique index status_discrepancies_reported_once
  on public.status_discrepancies (pause_record_id, kind, log_id) nulls not distinct
  where kind in ('version_repeated', 'version_ahead', 'stretches_overlap');

comment on table public.status_discrepancies is
  'Differences between status and log that the nightly run found and, where it could, repaired; counted in the roster until acknowledged.';
comment on column public.status_discrepancies.kind is
  'log_missing: a record without log · version_missing: a gap in it · version_repeated, version_ahead: a row too many · status_differs: the log ends with another status · record_missing: log rows without a record · stretches_overlap: two records of one mentor at the same time.';
comment on column public.status_discrepancies.pause_record_id is 'The record, or the id that log rows without one name.';
comment on column public.status_discrepancies.log_id is 'The log row: the surplus one, or the last one at that time.';
comment on index public.status_discrepancies_reported_once is 'What appending can''t repair is reported once.';

alter table public.status_discrepancies enable row level security;
revoke all on table public.status_discrepancies from public, anon, authenticated, service_role;
revoke all on sequence public.status_discrepancies_id_seq from public, anon, authenticated, service_role;
grant select on table public.status_discrepancies to authenticated, service_role;

create policy select_administered on public.status_discrepancies
  for select to authenticated
  using (
    (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = status_discrepancies.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
    or mentor_id = any ((select private.my_former_mentor_ids())::uuid[])
  );

create trigger status_discrepancies_refuse_removal
  before delete or truncate on public.status_discrepancies
  for each statement execute function private.refuse_removal('Acknowledge the discrepancy instead.');

create trigger status_discrepancies_note_unacknowledged_insert
  after insert on public.status_discrepancies
  for each row when (new.acknowledged_at is null)
  execute function private.note_unacknowledged();
create trigger status_discrepancies_note_unacknowledged_update
  after update on public.status_discrepancies
  for each row when ((old.acknowledged_at is null) <> (new.acknowledged_at is null))
  execute function private.note_unacknowledged();

create function private.find_log_discrepancies(mentor_ids uuid[])
returns table (mentor_id uuid, pause_record_id uuid, kind text, log_id bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0 set enable_nestloop = off
as $$
begin
  return query
    with records as materialized (
      select r.id, r.mentor_id, r.status, coalesce(r.first_version, 1) as first_version, r.version,
        least(r.created_at, r.paused_at) as began, r.reactivated_at as ended
      from public.pause_records r
      where r.mentor_id = any (find_log_discrepancies.mentor_ids)
    ), logged as materialized (
      select l.id, l.pause_record_id, l.mentor_id, l.record_version, l.to_status, l.actor_kind,
        row_number() over (
          partition by l.pause_record_id, l.mentor_id, l.record_version,
            -- After a row that was ahead of its record, a later one of that version repeats nothing.
            l.actor_kind = 'reconciler' or exists (
              select from public.status_discrepancies s
              where s.pause_record_id = l.pause_record_id and s.kind = 'version_ahead' and s.log_id = l.id)
          order by l.id) as nth
      from public.pause_status_log l
      where l.mentor_id = any (find_log_discrepancies.mentor_ids)
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
      cross join lateral generate_series(r.first_version, r.version) v
      left join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
      where v <> all (coalesce(l.versions, '{}'))
      group by r.id
    )
    select r.mentor_id, r.id, case when l.last_id is null then 'log_missing' else 'version_missing' end, l.last_id
    from gaps g
    join records r on r.id = g.id
    left join logs l on l.pause_record_id = r.id and l.mentor_id = r.mentor_id
    union all
    -- Where the last version is missing, its row will supply the status too.
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
revoke all on function private.find_log_discrepancies(uuid[]) from public, anon, authenticated, service_role;

comment on function private.find_log_discrepancies(uuid[]) is
  'Every difference between the status and the log of these mentors, reported already or not.';

create function private.find_roster_differences(mentor_ids uuid[])
returns table (mentor_id uuid, kind text, chapter_set_id integer)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  today date := private.today();
  -- Each set has its turn with the first of its mentors.
  sets integer[];
begin
  sets := array(
    select distinct e.chapter_set_id
    from private.roster_entries e
    where e.mentor_id = any (find_roster_differences.mentor_ids)
      and not exists (
        select from private.roster_entries f
        where f.chapter_set_id = e.chapter_set_id and f.mentor_id < e.mentor_id));
  return query
    select distinct coalesce(w.mentor_id, e.mentor_id), 'roster_differs', null::integer
    from private.wanted_entries(find_roster_differences.mentor_ids, today) w
    full join (
      select n.*, s.chapter_ids, q.starts_on,
        not exists (
          -- What places there should be: one, or two where a plan begins.
          select from (
            values
              (n.from_on, least(n.until_on, q.starts_on), false),
              (case when q.starts_on <= today then n.from_on else greatest(n.from_on, q.starts_on) end, n.until_on, true)
          ) v (from_on, until_on, is_planned)
          where case when v.is_planned then q.starts_on < n.until_on
              else coalesce(q.starts_on > greatest(n.from_on, today), true) end
            and not exists (
              select from private.roster_places p
              where p.mentor_id = n.mentor_id and p.chapter_id = n.chapter_id and p.until_on = v.until_on
                -- What has begun since the row was built.
                and case when p.from_on <= today then '-infinity' else p.from_on end = case when v.from_on <= today then '-infinity' else v.from_on end
                and (p.present_from, p.display_name, p.certified_until, p.is_paused, p.expected_return_date, p.has_request, p.assigned_to)
                  is not distinct from (n.present_from, n.display_name, n.certified_until, v.is_planned or r.id is not null,
                    case when r.id is not null then r.expected_return_date when v.is_planned then q.expected_return_date end,
                    n.open_requests > 0, private.assigned_ids(n.coordinators)))
        ) as is_placed
      from private.roster_entries n
      left join private.chapter_sets s on s.id = n.chapter_set_id
      left join public.planned_pauses q on q.mentor_id = case when n.planned_from is not null then n.mentor_id end
      -- Looked up by the mentor (offset), however few were live when this was planned.
      left join lateral (
        select p.id, p.expected_return_date
        from public.pause_records p
        where p.mentor_id = n.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
          and private.date_of(p.paused_at) >= n.present_from
        offset 0
      ) r on true
      where n.mentor_id = any (find_roster_differences.mentor_ids)
        and n.until_on > today -- what is over shows nowhere, until it is removed
    ) e on e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id
      -- What has begun since it was built.
      and case when e.from_on <= today then '-infinity' else e.from_on end = w.from_on
    where (w.mentor_id, w.until_on, w.present_from, w.display_name, w.chapter_ids,
          w.certified_until, w.certification_kind, w.certification_is_missing, w.planned_from, w.open_requests, w.coordinators)
        is distinct from
        (e.mentor_id, e.until_on, e.present_from, e.display_name, e.chapter_ids,
          e.certified_until, e.certification_kind, e.certification_is_missing, e.starts_on, e.open_requests, e.coordinators)
      or not e.is_placed
      or e.mentor_id is not null and not exists (
        select from private.roster_names k
        where k.mentor_id = e.mentor_id and k.chapter_id = e.chapter_id and k.display_name = e.display_name)
    union
    select o.mentor_id, 'roster_differs', null
    from (
      select p.mentor_id, p.chapter_id, p.until_on from private.roster_places p
      where p.mentor_id = any (find_roster_differences.mentor_ids) and p.until_on > today
      union all
      select k.mentor_id, k.chapter_id, null from private.roster_names k where k.mentor_id = any (find_roster_differences.mentor_ids)
    ) o
    where not exists (
      select from private.roster_entries e
      where e.mentor_id = o.mentor_id and e.chapter_id = o.chapter_id
        and (o.until_on is null or o.until_on = e.until_on or o.until_on = e.planned_from))
    union all
    select (
        select e.mentor_id from private.roster_entries e
        where e.chapter_set_id = r.chapter_set_id order by e.mentor_id limit 1),
      'counts_differ', r.chapter_set_id
    from (
      select distinct coalesce(a.chapter_set_id, c.chapter_set_id) as chapter_set_id
      from private.recounted(sets) c
      left join private.assigned_sets a on a.id = c.chapter_set_id
    ) r;
end
$$;
revoke all on function private.find_roster_differences(uuid[]) from public, anon, authenticated, service_role;

comment on function private.find_roster_differences(uuid[]) is
  'Every difference between the read model and the tables of these mentors, and of the sets of chapters whose first mentor is among them.';

-- A chapter that all its mentors have left has nobody with whose turn its counts are
-- compared.
create function private.find_count_differences_of_nobody() returns integer[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
as $$
declare
  left_by_all integer[] := array(
    select s.id from private.chapter_sets s
    where not exists (select from private.roster_entries e where e.chapter_set_id = s.id)
    order by s.id);
begin
  if left_by_all = '{}' then
    return left_by_all;
  end if;
  return array(
    select distinct coalesce(a.chapter_set_id, r.chapter_set_id)
    from private.recounted(left_by_all) r
    left join private.assigned_sets a on a.id = r.chapter_set_id
    order by 1);
end
$$;
revoke all on function private.find_count_differences_of_nobody() from public, anon, authenticated, service_role;

comment on function private.find_count_differences_of_nobody() is
  'The sets of chapters without a mentor whose counts differ from the tables.';

-- Once a night, after the sets have been compared: it reads a few rows of each.
create function private.total_differs() returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
begin
  return exists (
    select from private.roster_counts c
    cross join lateral (values (case when c.chapter_set_id = 0 then -1 else 1 end)) v (sign)
    where c.chapter_set_id >= 0
    group by c.day
    having (sum(v.sign * c.mentors), sum(v.sign * c.expired), sum(v.sign * c.expiring), sum(v.sign * c.paused),
      sum(v.sign * c.overdue), sum(v.sign * c.due_back), sum(v.sign * c.open_ended), sum(v.sign * c.open_requests))
      <> (0, 0, 0, 0, 0, 0, 0, 0));
end
$$;
revoke all on function private.total_differs() from public, anon, authenticated, service_role;

comment on function private.total_differs() is
  'Whether the counts of all chapters together differ from the sum of those of the sets.';

create function private.find_new_discrepancies(mentor_ids uuid[])
returns table (mentor_id uuid, pause_record_id uuid, kind text, log_id bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select d.*
    from private.find_log_discrepancies(find_new_discrepancies.mentor_ids) d
    where not exists (
      select from public.status_discrepancies s
      where s.kind in ('version_repeated', 'version_ahead', 'stretches_overlap')
        and (s.pause_record_id, s.kind) = (d.pause_record_id, d.kind) and s.log_id is not distinct from d.log_id);
end
$$;
revoke all on function private.find_new_discrepancies(uuid[]) from public, anon, authenticated, service_role;

comment on function private.find_new_discrepancies(uuid[]) is
  'Every difference between the status and the log of these mentors that is not reported already.';

create function private.repair_log(mentor_ids uuid[], as_of date) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
begin
  -- Versions without a row. The first of a gap carries the change from the row
  -- before the gap to the row after it, the others nothing.
  insert into public.pause_status_log
    (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
  select m.id, m.mentor_id,
    case when m.is_first then coalesce(b.to_status, 'active') else coalesce(a.from_status, m.status) end,
    coalesce(a.from_status, m.status),
    'reconciler', m.version, coalesce(a.effective_on, m.effective_on, repair_log.as_of)
  from (
    select r.id, r.mentor_id, r.status, r.effective_on, v as version, r.version as last_version,
      v = coalesce(r.first_version, 1) or exists (
        select from public.pause_status_log l
        where l.pause_record_id = r.id and l.mentor_id = r.mentor_id and l.record_version = v - 1) as is_first
    from public.pause_records r
    cross join lateral generate_series(coalesce(r.first_version, 1), r.version) v
    where r.mentor_id = any (repair_log.mentor_ids)
      and not exists (
        select from public.pause_status_log l
        where l.pause_record_id = r.id and l.mentor_id = r.mentor_id and l.record_version = v)
  ) m
  left join lateral (
    select l.to_status from public.pause_status_log l
    where l.pause_record_id = m.id and l.mentor_id = m.mentor_id and l.record_version < m.version
    order by l.record_version desc, l.id desc limit 1
  ) b on true
  left join lateral (
    select l.from_status, l.effective_on from public.pause_status_log l
    where l.pause_record_id = m.id and l.mentor_id = m.mentor_id
      and l.record_version > m.version and l.record_version <= m.last_version -- what is ahead of the record is no fact
    order by l.record_version, l.id limit 1
  ) a on true
  order by m.mentor_id, m.id, m.version;

  -- The log ends with the status that the table has; without a record nobody is away.
  insert into public.pause_status_log
    (pause_record_id, mentor_id, from_status, to_status, actor_kind, record_version, effective_on)
  select l.pause_record_id, l.mentor_id, l.to_status, coalesce(r.status, 'active'),
    'reconciler', coalesce(r.version, l.record_version + 1), coalesce(r.effective_on, repair_log.as_of)
  from (
    select distinct on (w.pause_record_id, w.mentor_id) w.*
    from public.pause_status_log w
    where w.mentor_id = any (repair_log.mentor_ids)
    order by w.pause_record_id, w.mentor_id, w.id desc
  ) l
  left join public.pause_records r on r.id = l.pause_record_id and r.mentor_id = l.mentor_id
  where l.to_status <> r.status
    or r.id is null and not (l.actor_kind = 'reconciler' and l.to_status = 'active')
  order by l.mentor_id, l.id;
end
$$;
revoke all on function private.repair_log(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.repair_log(uuid[], date) is
  'Appends to the log of these mentors what it lacks, as actor reconciler. The caller holds their locks.';

create function private.reconcile(
  mentor_ids uuid[], as_of date,
  out reported integer, out roster_repaired integer, out counts_repaired integer, out held uuid[], out touched uuid[]
)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  suspects uuid[] := array(
    select d.mentor_id from private.find_log_discrepancies(reconcile.mentor_ids) d
    union
    select r.mentor_id from private.find_roster_differences(reconcile.mentor_ids) r);
  free uuid[];
  misshown uuid[];
  miscounted integer[];
  of_nobody integer[] := private.find_count_differences_of_nobody();
begin
  reconcile.reported := 0;
  reconcile.roster_repaired := 0;
  reconcile.counts_repaired := 0;
  reconcile.held := '{}';
  reconcile.touched := '{}';
  if suspects = '{}' and of_nobody = '{}' then
    return;
  end if;
  -- A transaction that folds may go on to wait for a mentor, so it isn't waited for either.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    reconcile.held := suspects;
    return;
  end if;
  free := array(select s from unnest(suspects) s where pg_try_advisory_xact_lock(private.mentor_lock(s)));
  -- A transaction that holds a mentor is about to rebuild the entries.
  free := array(
    select s from unnest(free) s
    where not exists (select from private.person_locks l where l.person_id = s)
  ) || array(
    select l.person_id from private.person_locks l where l.person_id = any (free)
    order by l.person_id for no key update skip locked);
  reconcile.held := array(select s from unnest(suspects) s where s <> all (free));
  reconcile.touched := free;

  with written as (
    insert into public.status_discrepancies (mentor_id, kind, pause_record_id, log_id)
    select d.mentor_id, d.kind, d.pause_record_id, d.log_id
    from private.find_log_discrepancies(free) d
    order by d.mentor_id, d.pause_record_id, d.kind, d.log_id
    on conflict (pause_record_id, kind, log_id)
      where kind in ('version_repeated', 'version_ahead', 'stretches_overlap') do nothing
    returning mentor_id, pause_record_id
  ), told as (
    insert into public.notifications (mentor_id, audience, kind, pause_record_id)
    select w.mentor_id, 'administrator', 'discrepancy_found', w.pause_record_id from written w
  )
  select count(*) into reconcile.reported from written;
  perform private.repair_log(free, reconcile.as_of);

  select coalesce(array_agg(d.mentor_id) filter (where d.kind = 'roster_differs'), '{}'),
    coalesce(array_agg(d.chapter_set_id) filter (where d.kind = 'counts_differ'), '{}')
  into misshown, miscounted
  from private.find_roster_differences(free) d;
  reconcile.roster_repaired := cardinality(misshown);
  reconcile.counts_repaired := cardinality(miscounted) + cardinality(of_nobody);
  miscounted := miscounted || of_nobody || array(
    select distinct e.chapter_set_id from private.roster_entries e where e.mentor_id = any (misshown));
  if misshown <> '{}' then
    -- It counts what it changes in the entries, which is wrong where somebody else
    -- had changed them: so the counts are corrected too.
    perform private.refresh_roster(misshown);
    miscounted := miscounted || array(
      select distinct e.chapter_set_id from private.roster_entries e where e.mentor_id = any (misshown));
  end if;
  if miscounted <> '{}' then
    perform private.recount(miscounted);
  end if;
end
$$;
revoke all on function private.reconcile(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.reconcile(uuid[], date) is
  'Finds and repairs the differences between status, log and read model of these mentors, and reports those of the log; returns how many were new, how many mentors'' entries and how many sets'' counts were repaired, which mentors were held by somebody else, and which it touched.';

create function private.would_reconcile(
  mentor_ids uuid[], out discrepancies integer, out roster_repaired integer, out counts_repaired integer, out suspects uuid[]
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  suspects := array(
    select d.mentor_id from private.find_log_discrepancies(would_reconcile.mentor_ids) d
    union
    select r.mentor_id from private.find_roster_differences(would_reconcile.mentor_ids) r
    order by 1);
  discrepancies := (select count(*) from private.find_new_discrepancies(suspects));
  select count(*) filter (where r.kind = 'roster_differs'), count(*) filter (where r.kind = 'counts_differ')
  into roster_repaired, counts_repaired
  from private.find_roster_differences(suspects) r;
end
$$;
revoke all on function private.would_reconcile(uuid[]) from public, anon, authenticated, service_role;

comment on function private.would_reconcile(uuid[]) is
  'What private.reconcile would do, if nobody held a mentor; suspects are those for whom it would do something.';

create function private.mentors_to_reconcile(after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
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
      union
      (select distinct m.user_id from public.chapter_memberships m
       where m.user_id > mentors_to_reconcile.after_id and m.role = 'mentor' and (m.ended_at is null or m.ended_at > now())
       order by m.user_id limit mentors_to_reconcile.batch)
      union
      (select distinct e.mentor_id from private.roster_entries e
       where e.mentor_id > mentors_to_reconcile.after_id order by e.mentor_id limit mentors_to_reconcile.batch)
    ) u
    order by u.mentor_id
    limit mentors_to_reconcile.batch
  );
end
$$;
revoke all on function private.mentors_to_reconcile(uuid, integer) from public, anon, authenticated, service_role;

comment on function private.mentors_to_reconcile(uuid, integer) is
  'The next people, by id, who are mentors, or have a record, a log or an entry in the roster.';

create function private.acknowledge_discrepancy(discrepancy_id bigint, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.my_id();
  fingerprint bytea := sha256(convert_to(jsonb_build_array('acknowledge_discrepancy', acknowledge_discrepancy.discrepancy_id)::text, 'UTF8'));
  response jsonb := jsonb_build_object('acknowledge', jsonb_build_object('discrepancy_id', acknowledge_discrepancy.discrepancy_id));
  replayed jsonb;
  about uuid;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_discrepancy.discrepancy_id is null then
    perform private.refuse('invalid_request', 'discrepancy_id', 'discrepancy_id is required.');
  end if;
  if acknowledge_discrepancy.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || acknowledge_discrepancy.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- Rights are read while the row is held.
  select d.mentor_id into about
  from public.status_discrepancies d
  where d.id = acknowledge_discrepancy.discrepancy_id
  for update;
  if not private.administers_organisation(caller) and private.chapters_now(caller) = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  if about is null or not private.answers_for(about) then
    perform private.refuse('not_found', null, 'No such discrepancy of a mentor of a chapter that you administer.');
  end if;
  replayed := private.replay(caller, acknowledge_discrepancy.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  update public.status_discrepancies d
  set acknowledged_at = clock_timestamp()
  where d.id = acknowledge_discrepancy.discrepancy_id and d.acknowledged_at is null;
  if acknowledge_discrepancy.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (caller, acknowledge_discrepancy.request_id, fingerprint, about, response);
  end if;
  return response;
end
$$;
revoke all on function private.acknowledge_discrepancy(bigint, uuid) from public, anon, authenticated, service_role;
grant execute on function private.acknowledge_discrepancy(bigint, uuid) to authenticated;

comment on function private.acknowledge_discrepancy(bigint, uuid) is
  'Behind public.acknowledge_discrepancy, with an answer for the Go functions. Definer, because nobody may write the table directly; checks the caller itself.';

create function public.acknowledge_discrepancy(discrepancy_id bigint default null, request_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.acknowledge_discrepancy(acknowledge_discrepancy.discrepancy_id, acknowledge_discrepancy.request_id);
end
$$;
revoke all on function public.acknowledge_discrepancy(bigint, uuid) from public, anon, authenticated, service_role;
grant execute on function public.acknowledge_discrepancy(bigint, uuid) to authenticated;

comment on function public.acknowledge_discrepancy(bigint, uuid) is
  'Takes a discrepancy off the dashboard''s count. For administrators of a chapter where the mentor is active, or of the last one that the mentor left, and organisation administrators; else not_found, or not_an_administrator. A second time changes nothing.';
