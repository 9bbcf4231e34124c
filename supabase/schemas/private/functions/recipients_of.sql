CREATE OR REPLACE FUNCTION private.recipients_of (
  notification_ids uuid[],
  as_of            date   DEFAULT NULL::date
)
  RETURNS TABLE (
    notification_id uuid,
    recipient_id    uuid,
    recipient_role  text,
    chosen_because  text,
    inbox_only      boolean
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  asked record;
begin
  select array_agg(n.id) filter (where n.mentor_id is not null) as ids,
    array_agg(n.mentor_id) filter (where n.mentor_id is not null) as mentor_ids,
    array_agg(n.audience) filter (where n.mentor_id is not null) as audiences,
    array_agg(n.kind in ('mentor_paused', 'mentor_reactivated')) filter (where n.mentor_id is not null) as with_others,
    array_agg(n.id) filter (where n.mentor_id is null) as several
  into asked
  from public.notifications n
  where n.id = any (recipients_of.notification_ids);
  return query
    select asked.ids[r.nth], r.recipient_id, r.recipient_role, r.chosen_because, r.inbox_only
    from private.recipients_for(asked.mentor_ids, asked.audiences, asked.with_others) r;
  if asked.several is null then
    return;
  end if;
  -- One message about all; by whichever of the mentors concerns the recipient most.
  return query
    select distinct on (s.notification_id, s.recipient_id)
      s.notification_id, s.recipient_id, s.recipient_role, s.chosen_because, s.inbox_only
    from private.several_recipients(asked.several, coalesce(recipients_of.as_of, private.today())) s
    order by s.notification_id, s.recipient_id, s.inbox_only, s.recipient_role desc, s.chosen_because;
  -- A digest is for one person, as long as they look after anybody.
  return query
    select w.notification_id, w.recipient_id, r.role,
      case r.role when 'coordinator' then 'coordinates a chapter' else 'administers a chapter, or the organisation' end, false
    from private.weekly_digests w
    cross join lateral (
      select max(a.role) as role
      from (
        select m.role from public.chapter_memberships m
        where m.user_id = w.recipient_id and m.role in ('coordinator', 'administrator')
          and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
        union all
        select 'administrator' from public.organisation_administrators o
        where o.user_id = w.recipient_id and o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
      ) a
    ) r
    where w.notification_id = any (asked.several) and r.role is not null
      and not exists (select from public.erasures e where e.person_id = w.recipient_id);
end
$function$;

COMMENT ON FUNCTION "private"."recipients_of"(uuid[], date) IS 'The present recipients of these notifications, as private.recipients_for says. A notification without a row has no recipient. as_of: the date on which what is said of several mentors is judged; null: today. Definer, because only the nightly and dispatch RPCs call it.';

REVOKE ALL ON FUNCTION "private"."recipients_of"(uuid[], date) FROM PUBLIC;
