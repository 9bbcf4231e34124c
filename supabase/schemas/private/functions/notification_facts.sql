CREATE OR REPLACE FUNCTION private.notification_facts (
  notification_ids uuid[],
  as_of            date
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
  zone text := coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), (select s.time_zone from private.settings s));
begin
  return query
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
            and exists (
              select from public.certifications c
              where c.mentor_id = n.mentor_id and c.expires_on = n.reference_on and c.issued_on <= notification_facts.as_of
                and not exists (
                  select from public.certifications w
                  where w.mentor_id = c.mentor_id and w.kind = c.kind
                    and coalesce(w.expires_on, 'infinity') > c.expires_on
                    and w.issued_on - 1 <= c.expires_on))
          when 'return_due' then v.paused_at is not null and v.expected_return_date = n.reference_on
          when 'return_overdue' then v.paused_at is not null and v.expected_return_date = n.reference_on
            and n.reference_on < notification_facts.as_of
          when 'discrepancy_found' then d.correction is not null
          else true
        end,
      coalesce(l.effective_on, (n.created_at at time zone zone)::date),
      v.expected_return_date,
      v.paused_at is not null,
      f.is_expired,
      n.kind = 'certification_restored' and exists (
        -- The certification that had expired is still there, and was followed by another of its kind.
        select
        from public.certifications c
        join public.certifications w on w.mentor_id = c.mentor_id and w.kind = c.kind and w.issued_on > c.issued_on
        where c.mentor_id = n.mentor_id and c.expires_on = x.effective_on - 1
          and w.issued_on <= notification_facts.as_of and coalesce(w.expires_on, 'infinity') >= notification_facts.as_of),
      d.correction
    from public.notifications n
    left join (
      select c.mentor_id, c.certified_until < notification_facts.as_of as is_expired
      from private.certification_facts(array(
        select distinct g.mentor_id from public.notifications g where g.id = any (notification_facts.notification_ids)
      ), notification_facts.as_of) c
    ) t on t.mentor_id = n.mentor_id
    cross join lateral (select coalesce(t.is_expired, false) as is_expired) f
    cross join lateral (
      select exists (
          select from public.chapter_memberships m
          where m.user_id = n.mentor_id and m.role = 'mentor' and m.ended_at is null) as is_mentor,
        exists (select from public.erasures e where e.person_id = n.mentor_id) as is_erased
      offset 0
    ) q
    left join lateral (
      select r.id, r.paused_at, r.expected_return_date
      from public.pause_records r
      where r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
      limit 1
    ) v on true
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

COMMENT ON FUNCTION "private"."notification_facts"(uuid[], date) IS 'What these notifications may say on the date; is_true false: nothing, what they announce no longer holds. Definer, because only the nightly and dispatch RPCs call it.';

REVOKE ALL ON FUNCTION "private"."notification_facts"(uuid[], date) FROM PUBLIC;
