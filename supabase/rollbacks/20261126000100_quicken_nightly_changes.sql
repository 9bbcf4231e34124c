create or replace function private.judge_mentors(
  mentor_ids uuid[], since date, as_of date, dry_run boolean,
  out expired integer, out restored integer, out reminders integer, out held uuid[]
)
language plpgsql volatile security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  marked uuid[];
  free_marks uuid[] := '{}'::uuid[];
  locked uuid[];
  recheck uuid[];
begin
  judge_mentors.held := '{}';
  if judge_mentors.dry_run then
    select count(*) filter (where c.expired), count(*) filter (where not c.expired)
    into judge_mentors.expired, judge_mentors.restored
    from private.due_changes(judge_mentors.mentor_ids, judge_mentors.since, judge_mentors.as_of) c;
    judge_mentors.reminders := (
      select count(*) from private.due_reminders(judge_mentors.mentor_ids, judge_mentors.as_of));
    return;
  end if;

  -- Marks that somebody is writing, and mentors whom a coordinator holds, are not
  -- waited for. The facts are read by later statements, which see what those who
  -- came before have committed.
  marked := array(
    select p.mentor_id from private.nightly_pending p where p.mentor_id = any (judge_mentors.mentor_ids));
  if marked <> '{}' then
    free_marks := array(
      select p.mentor_id from private.nightly_pending p
      where p.mentor_id = any (marked) order by p.mentor_id for update skip locked);
  end if;
  locked := array(
    select m from unnest(judge_mentors.mentor_ids) m
    where (m <> all (marked) or m = any (free_marks))
      and pg_try_advisory_xact_lock(private.mentor_lock(m)));
  if cardinality(locked) < cardinality(judge_mentors.mentor_ids) then
    judge_mentors.held := array(select m from unnest(judge_mentors.mentor_ids) m where m <> all (locked));
  end if;

  select a.expired, a.restored into judge_mentors.expired, judge_mentors.restored
  from private.apply_changes(locked, judge_mentors.since, judge_mentors.as_of) a;
  judge_mentors.reminders := private.remind(locked, judge_mentors.as_of);
  delete from private.nightly_held h where h.mentor_id = any (locked);
  if free_marks <> '{}' then
    -- Who was stored by later facts than this date's is still to be judged by those.
    delete from private.nightly_pending p
    where p.mentor_id = any (free_marks) and p.mentor_id = any (locked)
      and not exists (
        select from public.pause_records r
        where r.mentor_id = p.mentor_id and r.effective_on > judge_mentors.as_of);
  end if;

  -- A certification that was registered ahead has begun. Whoever holds the profile
  -- is about to refresh the entry anyway, and until then the roster looks it up.
  recheck := array(
    select distinct e.mentor_id from private.roster_entries e
    where e.mentor_id = any (locked) and e.recheck_on <= private.today());
  if recheck <> '{}' then
    recheck := array(
      select p.id from public.profiles p where p.id = any (recheck) order by p.id for no key update skip locked);
  end if;
  if recheck <> '{}' then
    perform private.refresh_roster(recheck);
  end if;
end
$$;

drop function private.try_lock_mentors(uuid[]);

create or replace function private.apply_changes(mentor_ids uuid[], since date, as_of date, out expired integer, out restored integer)
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

create or replace function private.due_changes(mentor_ids uuid[], since date, as_of date) returns setof private.status_change
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

drop function private.id_prefix();
