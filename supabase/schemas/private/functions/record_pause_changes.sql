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

  -- By hand: what is stored may differ from the facts.
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
        coalesce(n.effective_on, private.date_of(changed_at)), changed_at
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
      coalesce(c.effective_on, private.date_of(changed_at)), changed_at
    from changed c
  ), counted as (
    -- An expiry was counted by its date before it was stored.
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
$function$;

COMMENT ON FUNCTION "private"."record_pause_changes"() IS 'Trigger: for the records that a statement inserted or changed, writes the status log and the outbox, counts pauses that began, ended or got another return date, and marks for the nightly run the mentors that were changed by hand or return before the dates it looks ahead to.';

REVOKE ALL ON FUNCTION "private"."record_pause_changes"() FROM PUBLIC;
