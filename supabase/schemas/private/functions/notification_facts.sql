CREATE OR REPLACE FUNCTION private.notification_facts (
  notification_ids uuid[],
  as_of            date,
  told             uuid[] DEFAULT NULL::uuid[]
)
  RETURNS SETOF private.notification_fact
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_mergejoin TO 'off'
  AS $function$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  with_lines uuid[] := coalesce(notification_facts.told, array(
    select distinct l.recipient_id
    from private.digest_lines(array(
      select d.recipient_id from private.weekly_digests d
      where d.notification_id = any (notification_facts.notification_ids)), notification_facts.as_of) l));
  -- Of this week, with something to say.
  digested uuid[] := array(
    select w.notification_id
    from private.weekly_digests w
    where w.notification_id = any (notification_facts.notification_ids)
      and notification_facts.as_of between w.week_of and w.week_of + 6
      and exists (select from unnest(with_lines) t where t = w.recipient_id));
begin
  return query
    with stretches as materialized (
      select s.mentor_id, s.kind, s.begins_on, s.ends_on, s.next_begins_on, s.is_missing, s.is_succeeded
      from private.certification_stretches(array(
        select distinct g.mentor_id from public.notifications g where g.id = any (notification_facts.notification_ids))) s
      where s.begins_on <= notification_facts.as_of
    )
    select n.id,
      not is_erased
        -- Whoever is a mentor nowhere is told nothing of being one.
        and (is_mentor or n.audience <> 'mentor')
        and case n.kind
          when 'mentor_paused' then v.paused_at is not null and (n.pause_record_id is null or v.id = n.pause_record_id)
          when 'mentor_reactivated' then v.paused_at is null and not f.is_expired
            -- The record of somebody who leaves is closed too, which is no return.
            and (is_mentor or l.actor_kind is distinct from 'system' and l.actor_kind is distinct from 'scheduler')
            and not exists (
              select from public.pause_records r
              where r.mentor_id = n.mentor_id and r.id <> n.pause_record_id
                and r.created_at > n.created_at and r.paused_at is not null)
          when 'certification_expired' then f.is_expired
            and not exists (
              select from public.pause_status_log s
              where s.mentor_id = n.mentor_id and s.id > l.id
                and s.from_status = 'expired_cert' and s.to_status <> 'expired_cert')
          when 'certification_restored' then not f.is_expired
            and not exists (
              select from public.pause_status_log s
              where s.mentor_id = n.mentor_id and s.id > l.id
                and s.from_status <> 'expired_cert' and s.to_status = 'expired_cert')
          when 'certification_expiring' then n.reference_on >= notification_facts.as_of
            and e.ends_on = n.reference_on and not e.is_succeeded
          when 'return_due' then v.paused_at is not null and v.expected_return_date = n.reference_on
          when 'return_overdue' then v.paused_at is not null and v.expected_return_date = n.reference_on
            and n.reference_on < notification_facts.as_of
          when 'return_changed' then v.id = n.pause_record_id and v.paused_at is not null
            and v.expected_return_date is not distinct from n.reference_on
          when 'pause_open_ended' then v.paused_at is not null and v.open_since = n.reference_on
          when 'pause_planned' then g.version = n.record_version and g.starts_on > notification_facts.as_of
          when 'pause_cancelled' then is_mentor and g.id is null
            and not exists (select from public.pause_records r where r.planned_pause_id = n.planned_pause_id)
            -- Nobody is told of the end of what they have never heard of.
            and y.was_told
          when 'leave_requested' then is_mentor and a.state = 'open'
            and (a.expected_return_date <= notification_facts.as_of) is not true
          when 'leave_answered' then a.state in ('accepted', 'declined')
          when 'discrepancy_found' then d.correction is not null
          when 'several_paused' then exists (
            select from private.several_facts(array[n.id], notification_facts.as_of))
          when 'weekly_digest' then n.id = any (digested)
          else true
        end,
      coalesce(l.effective_on, (n.created_at at time zone zone)::date),
      case when n.kind in ('pause_planned', 'pause_cancelled') then g.expected_return_date
        when n.leave_request_id is not null then a.expected_return_date else v.expected_return_date end,
      v.paused_at is not null,
      f.is_expired,
      n.kind = 'certification_restored' and w.kind is not null,
      d.correction,
      case n.kind
        when 'certification_expiring' then n.certification_kind
        when 'certification_restored' then w.kind
        -- It has been so since the day that the text names.
        when 'certification_expired' then case
          when e.ends_on < notification_facts.as_of and e.ends_on < coalesce(l.effective_on, notification_facts.as_of) then e.kind
          when t.ends_on < coalesce(l.effective_on, notification_facts.as_of) then t.kind end
        else t.kind
      end,
      coalesce(case n.kind
        when 'certification_restored' then b.is_missing
        when 'certification_expired' then case
          when e.ends_on < notification_facts.as_of and e.ends_on < coalesce(l.effective_on, notification_facts.as_of) then e.is_missing
          when t.ends_on < coalesce(l.effective_on, notification_facts.as_of) then t.is_missing end
        else t.is_missing
      end, false),
      n.kind = 'pause_planned' and y.was_told,
      case when a.id is not null then jsonb_build_object('kind', a.kind, 'state', a.state, 'has_message', a.message is not null) end
    from public.notifications n
    left join (
      select distinct on (s.mentor_id) s.mentor_id, s.kind, s.ends_on, s.is_missing
      from stretches s
      where coalesce(s.next_begins_on, 'infinity') > notification_facts.as_of and s.ends_on < notification_facts.as_of
      order by s.mentor_id, s.ends_on, s.is_missing, s.is_succeeded, s.kind
    ) t on t.mentor_id = n.mentor_id
    left join stretches e on e.mentor_id = n.mentor_id and e.kind = n.certification_kind
      and coalesce(e.next_begins_on, 'infinity') > notification_facts.as_of
    left join stretches b on b.mentor_id = n.mentor_id and b.kind = n.certification_kind
      and b.next_begins_on = e.begins_on and b.is_missing
    cross join lateral (select t.mentor_id is not null as is_expired) f
    cross join lateral (
      select exists (
          select from public.chapter_memberships m
          where m.user_id = n.mentor_id and m.role = 'mentor'
            and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())) as is_mentor,
        exists (select from public.erasures e where e.person_id = n.mentor_id) as is_erased
      offset 0
    ) q
    left join lateral (
      -- A plan is a pause from its first day on.
      select r.id, coalesce(r.paused_at, q.starts_on::timestamp at time zone zone) as paused_at,
        case when r.paused_at is null then q.expected_return_date else r.expected_return_date end as expected_return_date,
        r.open_since
      from (select) o
      left join lateral (
        select l.id, l.paused_at, l.expected_return_date, l.open_since
        from public.pause_records l
        where l.mentor_id = n.mentor_id and l.status in ('paused', 'expired_cert')
        limit 1
      ) r on true
      left join public.planned_pauses q on q.mentor_id = n.mentor_id and q.starts_on <= notification_facts.as_of
    ) v on true
    left join public.planned_pauses g on g.id = n.planned_pause_id
    left join public.leave_requests a on a.id = n.leave_request_id
    left join lateral (
      -- Whether the plan was announced before: alone, or with others.
      select exists (
          select from public.notifications p
          where p.planned_pause_id = n.planned_pause_id and p.kind = 'pause_planned' and p.audience = n.audience
            and p.id <> n.id and p.state in ('delivered', 'undeliverable'))
        or n.audience = 'coordinator' and exists (
          select from private.notification_mentors s
          join public.notifications p on p.id = s.notification_id
          where s.mentor_id = n.mentor_id and s.planned_pause_id = n.planned_pause_id and p.state = 'delivered') as was_told
      where n.planned_pause_id is not null
      offset 0
    ) y on true
    left join lateral (
      -- The change itself; a repair of the log may repeat its version.
      select s.id, s.effective_on, s.actor_kind
      from public.pause_status_log s
      where s.pause_record_id = n.pause_record_id and s.record_version = n.record_version
      order by s.id
      limit 1
    ) l on true
    left join lateral (
      -- The expiry that a restoration ended.
      select s.effective_on
      from public.pause_status_log s
      where n.kind = 'certification_restored'
        and s.pause_record_id = n.pause_record_id and s.record_version < n.record_version
        and s.to_status = 'expired_cert' and s.from_status <> 'expired_cert'
      order by s.record_version desc, s.id
      limit 1
    ) x on true
    left join lateral (
      -- What was renewed: the kind whose days began anew with a certification; or, when that
      -- left no gap after all, the one that had ended is still there, and was followed by another.
      -- Otherwise something was corrected, or more or less is required.
      select case when n.certification_kind is not null then e.kind else c.kind end as kind
      from public.certifications c
      where n.kind = 'certification_restored' and c.mentor_id = n.mentor_id
        and case when n.certification_kind is not null
          then c.issued_on = e.begins_on and coalesce(e.ends_on, 'infinity') >= notification_facts.as_of
            and exists (
              select from private.certification_kind_covers v where v.kind = n.certification_kind and v.covered_by = c.kind)
          else c.expires_on = x.effective_on - 1
            and exists (
              select from public.certifications o
              where o.mentor_id = c.mentor_id and o.issued_on > c.issued_on
                and o.issued_on <= notification_facts.as_of and coalesce(o.expires_on, 'infinity') >= notification_facts.as_of
                and exists (
                  select from private.certification_kind_covers v where v.kind = c.kind and v.covered_by = o.kind)) end
      order by c.kind
      limit 1
    ) w on true
    left join lateral (
      select case
          when bool_and(c.is_lasting) then 'none' when bool_or(c.is_lasting) then 'some' when count(*) > 0 then 'all'
        end as correction
      from (
        -- Appending to the log can't put these right.
        select u.kind in ('version_repeated', 'version_ahead', 'stretches_overlap') as is_lasting
        from public.status_discrepancies u
        where n.kind = 'discrepancy_found' and u.mentor_id = n.mentor_id
          and u.pause_record_id is not distinct from n.pause_record_id and u.acknowledged_at is null
      ) c
    ) d on true
    where n.id = any (notification_facts.notification_ids);
end
$function$;

COMMENT ON FUNCTION "private"."notification_facts"(uuid[], date, uuid[]) IS 'What these notifications may say on the date; is_true false: nothing, what they announce no longer holds. told: the recipients of weekly digests for whom private.digest_lines has something; null: it is asked. Definer, because only the nightly and dispatch RPCs call it.';

REVOKE ALL ON FUNCTION "private"."notification_facts"(uuid[], date, uuid[]) FROM PUBLIC;
