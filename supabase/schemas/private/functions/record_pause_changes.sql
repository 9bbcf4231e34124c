CREATE OR REPLACE FUNCTION private.record_pause_changes()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  acting_kind text := nullif(current_setting('mentorpause.actor_kind', true), '');
  acting_id uuid := nullif(current_setting('mentorpause.actor_id', true), '')::uuid;
  by_hand boolean := acting_kind is null;
  -- Each plan begins in the name of whoever planned it: the mentor, if it is nobody else.
  by_plan boolean := acting_kind = 'plan';
  -- Of many at once the coordinators are told together, by the command itself.
  by_batch boolean := coalesce(acting_kind = 'batch', false);
  changed_at timestamptz := clock_timestamp();
  prefix text := private.id_prefix();
begin
  if by_hand then
    if exists (
      select from new_rows n where not exists (select from public.profiles p where p.id = n.mentor_id)
    ) then
      raise exception 'a pause record needs a mentor with a profile'
        using errcode = 'foreign_key_violation', constraint = 'pause_records_mentor_exists',
          table = 'pause_records', schema = 'public';
    end if;
    if exists (select from new_rows n join public.erasures e on e.person_id = n.mentor_id) then
      raise exception 'a pause record needs a mentor who was not erased'
        using errcode = 'restrict_violation', constraint = 'pause_records_erased_is_final',
          table = 'pause_records', schema = 'public', hint = 'A person who returns is registered under a new id.';
    end if;
    acting_kind := 'system';
    acting_id := auth.uid();
  end if;
  if by_plan or by_batch then
    acting_kind := 'coordinator';
  end if;

  -- Of what was asked for, some has happened now, or can't any more.
  if exists (
    select from new_rows n
    cross join lateral (
      select from public.leave_requests l where l.mentor_id = n.mentor_id and l.state = 'open' offset 0
    ) r
  ) then
    perform private.settle_leave_requests(array(select distinct n.mentor_id from new_rows n), private.today());
  end if;

  -- By hand: what is stored may differ from the facts.
  if by_hand or acting_kind <> 'scheduler' and exists (
    -- Without a return date today is not asked for, and with many once.
    select from new_rows n
    where n.status <> 'active'
      and case when n.expected_return_date is not null then n.expected_return_date <= (select private.today() + 7) end
  ) then
    insert into private.nightly_pending (mentor_id)
    select distinct n.mentor_id
    from new_rows n
    where by_hand or n.status <> 'active' and n.expected_return_date <= (select private.today() + 7)
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  end if;

  if tg_op = 'INSERT' then
    with logged as (
      insert into public.pause_status_log
        (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on,
          certification_kind, occurred_at)
      select n.id, n.mentor_id, 'active', n.status, case when by_plan then coalesce(n.coordinator_id, n.mentor_id) else acting_id end,
        case when by_plan and n.coordinator_id is null then 'mentor' else acting_kind end, n.version,
        coalesce(n.effective_on, private.date_of(changed_at)), n.certification_kind, changed_at
      from new_rows n
    ), counted as (
      insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
      select e.chapter_set_id, sum(f.change), 'pause', f.from_on, e.until_on, e.certified_until, f.expected_return_date
      from new_rows n
      cross join lateral (
        select distinct r.chapter_set_id, r.from_on, r.until_on, r.certified_until, r.planned_from
        from private.roster_entries r
        where r.mentor_id = n.mentor_id
          and (r.present_from = '-infinity' or private.date_of(n.paused_at) >= r.present_from)
      ) e
      cross join lateral (
        select 1 as change, e.from_on, n.expected_return_date
        union all
        -- A plan has counted as a pause from its first day on.
        select -1, greatest(e.from_on, q.starts_on), q.expected_return_date
        from public.planned_pauses q
        where q.mentor_id = case when e.planned_from is not null then n.mentor_id end and q.starts_on < e.until_on
      ) f
      where n.status <> 'active' and n.paused_at is not null
      group by e.chapter_set_id, f.from_on, e.until_on, e.certified_until, f.expected_return_date
      having sum(f.change) <> 0
    ), placed as (
      -- By address, which is found row by row however many rows are expected.
      update private.roster_places p
      set is_paused = true, expected_return_date = (
        select r.expected_return_date from public.pause_records r
        where r.mentor_id = p.mentor_id and r.status in ('paused', 'expired_cert'))
      where p.ctid = any (array(
        select r.ctid
        from new_rows n
        cross join lateral (
          select q.ctid from private.roster_places q
          where q.mentor_id = n.mentor_id
            and (not q.is_paused or q.expected_return_date is distinct from n.expected_return_date)
            and (q.present_from = '-infinity' or private.date_of(n.paused_at) >= q.present_from)
          offset 0
        ) r
        where n.status <> 'active' and n.paused_at is not null))
    ), recorded as (
      -- A night in which certifications end records nothing, and asks for no moment.
      insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
      select n.mentor_id, n.id, n.paused_at, n.reactivated_at, (select private.fact_moment(s.cursor_key) from private.settings s),
        case when current_setting('role') = 'authenticated' then coalesce(acting_id, auth.uid()) end,
        coalesce(nullif(current_setting('mentorpause.command', true), ''), case
          when current_setting('role') = 'authenticated' then 'pause_mentor'
          when session_user = 'pause_scheduler' then 'nightly_step'
        end)
      from new_rows n
      where n.paused_at is not null
    )
    insert into public.notifications
      (id, mentor_id, audience, kind, pause_record_id, record_version, certification_kind, created_at)
    select (prefix || to_hex(16777216 + row_number() over ()))::uuid, n.mentor_id, a.audience,
      case when n.paused_at is null then 'certification_expired' else 'mentor_paused' end,
      n.id, n.version, n.certification_kind, changed_at
    from new_rows n
    cross join (values ('coordinator'), ('mentor')) a (audience)
    where n.status <> 'active' and (a.audience = 'mentor' or not by_batch);
    return null;
  end if;

  with changed as (
    select n.id, n.mentor_id, n.version, n.effective_on, n.coordinator_id,
      o.status as old_status, n.status,
      o.paused_at as old_paused_at, n.paused_at,
      o.reactivated_at as old_reactivated_at, n.reactivated_at,
      o.expected_return_date as old_return, n.expected_return_date,
      case when (o.status = 'expired_cert') <> (n.status = 'expired_cert') and not by_hand
        then n.certification_kind end as certification_kind,
      o.status <> 'active' and o.paused_at is not null as was_paused,
      n.status <> 'active' and n.paused_at is not null as is_paused
    from new_rows n
    join old_rows o on o.id = n.id
    where n.version <> o.version -- an erased reason is no new version
  ), logged as (
    insert into public.pause_status_log
      (pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on,
        certification_kind, occurred_at)
    select c.id, c.mentor_id, c.old_status, c.status, case when by_plan then coalesce(c.coordinator_id, c.mentor_id) else acting_id end,
      case when by_plan and c.coordinator_id is null then 'mentor' else acting_kind end, c.version,
      coalesce(c.effective_on, private.date_of(changed_at)), c.certification_kind, changed_at
    from changed c
  ), counted as (
    -- An expiry was counted by its date before it was stored.
    insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
    select e.chapter_set_id, sum(f.change), 'pause', f.from_on, e.until_on, e.certified_until, f.expected_return_date
    from changed c
    cross join lateral (
      select distinct r.chapter_set_id, r.from_on, r.until_on, r.certified_until, r.planned_from
      from private.roster_entries r
      where r.mentor_id = c.mentor_id
        and (r.present_from = '-infinity' or private.date_of(c.paused_at) >= r.present_from)
    ) e
    cross join lateral (
      select v.*
      from (values (-1, e.from_on, c.old_return, c.was_paused), (1, e.from_on, c.expected_return_date, c.is_paused))
        v (change, from_on, expected_return_date, counts)
      where v.counts
      union all
      -- A plan counts as a pause from its first day on, where there is no other.
      select case when c.is_paused then -1 else 1 end, greatest(e.from_on, q.starts_on), q.expected_return_date, true
      from public.planned_pauses q
      where q.mentor_id = case when e.planned_from is not null and c.was_paused <> c.is_paused then c.mentor_id end
        and q.starts_on < e.until_on
    ) f
    where (c.was_paused, c.old_return) is distinct from (c.is_paused, c.expected_return_date)
    group by e.chapter_set_id, f.from_on, e.until_on, e.certified_until, f.expected_return_date
    having sum(f.change) <> 0
  ), placed as (
    -- The pause itself, else the plan, on the days of one.
    update private.roster_places p
    set (is_paused, expected_return_date) = (
      select count(*) > 0, (array_agg(f.expected_return_date order by f.nth))[1]
      from (
        select 1 as nth, r.expected_return_date from public.pause_records r
        where r.mentor_id = p.mentor_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null
        union all
        select 2, x.expected_return_date from public.planned_pauses x
        where x.mentor_id = case when p.is_planned then p.mentor_id end
      ) f)
    where p.ctid = any (array(
      select r.ctid
      from changed c
      cross join lateral (
        select q.ctid from private.roster_places q
        left join public.planned_pauses x on x.mentor_id = case when q.is_planned and not c.is_paused then q.mentor_id end
        where q.mentor_id = c.mentor_id
          and (q.is_paused, q.expected_return_date) is distinct from
            (c.is_paused or x.id is not null, case when c.is_paused then c.expected_return_date else x.expected_return_date end)
          and (q.present_from = '-infinity' or private.date_of(c.paused_at) >= q.present_from)
        offset 0
      ) r
      where (c.was_paused, c.old_return) is distinct from (c.is_paused, c.expected_return_date)))
  ), recorded as (
    insert into private.recorded_pauses (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
    select c.mentor_id, c.id, c.paused_at, c.reactivated_at, (select private.fact_moment(s.cursor_key) from private.settings s),
      case when current_setting('role') = 'authenticated' then coalesce(acting_id, auth.uid()) end,
      coalesce(nullif(current_setting('mentorpause.command', true), ''), case
        when current_setting('role') = 'authenticated' then 'reactivate_mentor'
        when session_user = 'pause_scheduler' then 'nightly_step'
      end)
    from changed c
    where c.paused_at is not null
      and (c.old_paused_at, c.old_reactivated_at) is distinct from (c.paused_at, c.reactivated_at)
    -- What this transaction recorded itself was known to nobody in between.
    on conflict on constraint recorded_pauses_pkey do update
    set ended_at = excluded.ended_at, recorded_by = excluded.recorded_by, command = excluded.command
  )
  insert into public.notifications
    (id, mentor_id, audience, kind, pause_record_id, record_version, reference_on, certification_kind, created_at)
  select (prefix || to_hex(16777216 + row_number() over ()))::uuid, e.mentor_id, a.audience, e.kind, e.id, e.version,
    case when e.kind = 'return_changed' then e.expected_return_date end, e.certification_kind, changed_at
  from (
    select c.mentor_id, c.id, c.version, c.certification_kind, c.expected_return_date,
      case
        when c.old_paused_at is null and c.paused_at is not null then 'mentor_paused'
        when c.old_status = 'expired_cert' and c.status <> 'expired_cert' then 'certification_restored'
        when c.old_status = 'paused' and c.status = 'expired_cert' then 'certification_expired'
        when c.old_status = 'paused' and c.status = 'active' then 'mentor_reactivated'
        when c.was_paused and c.is_paused and c.old_return is distinct from c.expected_return_date then 'return_changed'
      end as kind
    from changed c
  ) e
  cross join (values ('coordinator'), ('mentor')) a (audience)
  where e.kind is not null
    and (a.audience = 'mentor' or e.kind <> 'return_changed' and not by_batch)
    and coalesce(current_setting('mentorpause.leaving', true), '') = ''
    and e.mentor_id::text is distinct from current_setting('mentorpause.erasing', true);
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."record_pause_changes"() IS 'Trigger: for the records that a statement inserted or changed, writes the status log and the outbox, keeps when pauses begin and end as facts, counts pauses that began, ended or got another return date, settles leave requests that became pointless, and marks for the nightly run the mentors that were changed by hand or return before the dates it looks ahead to.';

REVOKE ALL ON FUNCTION "private"."record_pause_changes"() FROM PUBLIC;
