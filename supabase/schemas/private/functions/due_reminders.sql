CREATE OR REPLACE FUNCTION private.due_reminders (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS TABLE (
    mentor_id          uuid,
    kind               text,
    reminder           text,
    reference_on       date,
    certification_kind text
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
$function$;

COMMENT ON FUNCTION "private"."due_reminders"(uuid[], date) IS 'Reminders for these mentors that are due on the date and have not been sent: of the end of each kind of certification, unless a successor ends no earlier, of the return from a pause, and of a pause without a return date.';

REVOKE ALL ON FUNCTION "private"."due_reminders"(uuid[], date) FROM PUBLIC;
