CREATE OR REPLACE FUNCTION private.split_off (
  notification_ids uuid[],
  as_of            date,
  reachable        boolean
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  with split as (
    delete from private.notification_mentors g
    using private.several_facts(split_off.notification_ids, split_off.as_of) f
    where g.notification_id = f.notification_id and g.mentor_id = f.mentor_id
      and not exists (
        select from public.notification_attempts a
        join private.attempt_mentors t on t.attempt_id = a.id
        where a.notification_id = f.notification_id and a.outcome = 'delivered' and t.mentor_id = f.mentor_id)
      and (split_off.reachable or not exists (
        select from private.recipients_for(array[f.mentor_id], array['coordinator'], array[f.starts_on is null])))
    returning g.notification_id, g.mentor_id, g.pause_record_id, g.planned_pause_id, g.record_version, f.starts_on
  )
  insert into public.notifications (mentor_id, audience, kind, pause_record_id, planned_pause_id, record_version, reference_on, created_at)
  select s.mentor_id, 'coordinator', case when s.planned_pause_id is null then 'mentor_paused' else 'pause_planned' end,
    s.pause_record_id, s.planned_pause_id, s.record_version, s.starts_on, n.created_at
  from split s
  join public.notifications n on n.id = s.notification_id
  order by s.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."split_off"(uuid[], date, boolean) IS 'Gives the mentors of these notifications about several, of whom nobody has been told yet, notifications of their own: with reachable all of them, else those without a recipient. The caller holds the notifications.';

REVOKE ALL ON FUNCTION "private"."split_off"(uuid[], date, boolean) FROM PUBLIC;
