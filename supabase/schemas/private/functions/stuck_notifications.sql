CREATE OR REPLACE FUNCTION private.stuck_notifications (
  chapter_ids uuid[],
  moment      timestamp with time zone
)
  RETURNS TABLE (
    notification_id uuid,
    since           timestamp with time zone,
    cause           text,
    reason          text
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select n.id, p.since,
      case when r.reason is not null and n.claims <= 1 then 'email_retried' when n.claims > 0 then 'not_recorded' else 'not_claimed' end,
      r.reason
    from public.notifications n
    cross join lateral (
      -- What nobody has tried yet may be meant for later.
      select greatest(coalesce(n.queued_at, n.created_at), case
        when n.claims = 0 and not exists (select from public.notification_attempts t where t.notification_id = n.id offset 0)
        then n.due_at end) as since
    ) p
    left join lateral (
      select t.reason
      from public.notification_attempts t
      where t.notification_id = n.id and t.channel = 'email' and t.retry_at is not null
      order by t.id desc
      limit 1
    ) r on true
    where n.state = 'pending' and p.since < stuck_notifications.moment - interval '1 hour'
      and case
        when stuck_notifications.chapter_ids is null then true
        -- The cheap question first.
        when not exists (
          select from public.chapter_memberships m
          where m.user_id = n.mentor_id and m.chapter_id = any (stuck_notifications.chapter_ids)
          offset 0)
        then false
        else private.answerable_chapter_ids(n.mentor_id) && stuck_notifications.chapter_ids end;
end
$function$;

COMMENT ON FUNCTION "private"."stuck_notifications"(uuid[], timestamp with time zone) IS 'The notifications for which these chapters answer (null: all, also those about nobody) that have been pending for more than an hour: since when, and why: an e-mail is repeated (email_retried, with what went wrong), they were claimed and no outcome was recorded (not_recorded), or nobody claims them (not_claimed). Reads what is pending, never what has ended. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."stuck_notifications"(uuid[], timestamp WITH time zone) FROM PUBLIC;
