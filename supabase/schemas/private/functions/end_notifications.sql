CREATE OR REPLACE FUNCTION private.end_notifications (
  notification_ids uuid[],
  reasons          text[],
  state            text,
  as_of            timestamp with time zone,
  OUT              delivered integer,
  OUT              undeliverable integer,
  OUT              settled integer
)
  RETURNS record
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- E-mails that would have been repeated.
  insert into public.notification_attempts
    (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, number, attempted_at)
  select l.notification_id, l.mentor_id, l.kind, l.recipient_id, l.recipient_role, 'email', 'failed',
    g.reason, l.chosen_because, l.number + 1, end_notifications.as_of
  from (
    select distinct on (a.notification_id, a.recipient_id) a.*
    from public.notification_attempts a
    where a.notification_id = any (end_notifications.notification_ids) and a.channel = 'email'
    order by a.notification_id, a.recipient_id, a.number desc
  ) l
  join unnest(end_notifications.notification_ids, end_notifications.reasons) g (id, reason) on g.id = l.notification_id
  where l.retry_at is not null
  on conflict on constraint notification_attempts_once do nothing;

  perform private.split_off(array(
      select n.id from public.notifications n
      where n.id = any (end_notifications.notification_ids) and n.mentor_id is null and end_notifications.state = 'undeliverable'),
    private.date_of(end_notifications.as_of), true);
  with ended as (
    update public.notifications n
    set claim = null, claims = 0, due_at = end_notifications.as_of,
      state = case
        when private.has_arrived(n.id) then 'delivered'
        when n.mentor_id is null then 'settled'
        else end_notifications.state end
    from unnest(end_notifications.notification_ids, end_notifications.reasons) g (id, reason)
    where n.id = g.id
    returning n.id, n.mentor_id, n.kind, n.state, g.reason
  ), explained as (
    insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason, attempted_at)
    select e.id, e.mentor_id, e.kind, 'inbox', 'failed', e.reason, end_notifications.as_of
    from ended e
    where e.state = 'undeliverable' or e.mentor_id is null and end_notifications.state = 'undeliverable' and e.state = 'settled'
  )
  select count(*) filter (where e.state = 'delivered'), count(*) filter (where e.state = 'undeliverable'),
    count(*) filter (where e.state = 'settled')
  into end_notifications.delivered, end_notifications.undeliverable, end_notifications.settled
  from ended e;
end
$function$;

COMMENT ON FUNCTION "private"."end_notifications"(uuid[], text[], text, timestamp with time zone) IS 'Ends these notifications for the reasons given beside them: as delivered where they have arrived, else in the state given (undeliverable, settled). One about several is never undeliverable: who is left of it is told alone. The caller holds their rows.';

REVOKE ALL ON FUNCTION "private"."end_notifications"(uuid[], text[], text, timestamp WITH time zone) FROM PUBLIC;
