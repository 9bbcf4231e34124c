CREATE OR REPLACE FUNCTION private.due_reminders (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS TABLE (
    mentor_id    uuid,
    kind         text,
    reminder     text,
    reference_on date
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
begin
  return query
    select d.mentor_id, d.kind, d.reminder, d.reference_on
    from (
      select distinct s.mentor_id, 'certification_expiring' as kind,
        case when s.ends_on <= due_reminders.as_of + 7 then 'certification_in_7_days' else 'certification_in_30_days' end as reminder,
        s.ends_on as reference_on
      from private.certification_stretches s
      where s.mentor_id = any (due_reminders.mentor_ids)
        and s.begins_on <= due_reminders.as_of
        -- Renewals that follow without a gap are part of it.
        and s.ends_on between due_reminders.as_of and due_reminders.as_of + 30
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
$function$;

COMMENT ON FUNCTION "private"."due_reminders"(uuid[], date) IS 'Reminders for these mentors that are due on the date and have not been sent: of the end of each kind of certification, and of the return from a pause.';

REVOKE ALL ON FUNCTION "private"."due_reminders"(uuid[], date) FROM PUBLIC;
