-- Who a notification is for, decided when it is dispatched and never before; and
-- what a reminder reminds of. The dispatcher resolves recipients by it, the
-- nightly run finds out whether an undeliverable notification has one now.

alter table public.notifications
  add column reminder text,
  add column reference_on date,
  add constraint notifications_reminder_known check (reminder in (
    'certification_in_30_days', 'certification_in_7_days', 'return_in_7_days', 'return_today', 'return_7_days_ago')),
  add constraint notifications_reminder_has_date check (reminder is null or reference_on is not null);

comment on column public.notifications.reminder is 'Which reminder this is; null for what tells of a change.';
comment on column public.notifications.reference_on is
  'The date that it speaks of: the last day of a certification, or the expected return. A renewal or a new return date is another date, and so reminds anew.';

create unique index notifications_reminder_once
  on public.notifications (mentor_id, reminder, reference_on, audience) where reminder is not null;
comment on index public.notifications_reminder_once is 'Each reminder goes out once per mentor, kind and reference date.';

create function private.recipients_of(notification_ids uuid[])
returns table (notification_id uuid, recipient_id uuid, recipient_role text, chosen_because text)
language plpgsql stable rows 100 security definer set search_path = ''
as $$
begin
  return query
    with asked as (
      select n.id, n.mentor_id, n.audience
      from public.notifications n
      where n.id = any (recipients_of.notification_ids)
    ), places as (
      select distinct a.mentor_id, m.chapter_id
      from (select distinct k.mentor_id from asked k) a
      join public.chapter_memberships m on m.user_id = a.mentor_id
      where m.role = 'mentor' and m.ended_at is null
    ), assigned as (
      select distinct p.mentor_id, s.coordinator_id
      from places p
      join public.coordinator_assignments s on s.mentor_id = p.mentor_id
      join public.chapter_memberships m on m.chapter_id = p.chapter_id and m.user_id = s.coordinator_id
      where s.ended_at is null and m.role = 'coordinator' and m.ended_at is null
    ), administering as (
      select distinct p.mentor_id, m.user_id as administrator_id
      from places p
      join public.chapter_memberships m on m.chapter_id = p.chapter_id
      where m.role = 'administrator' and m.ended_at is null
    )
    select a.id, a.mentor_id, 'mentor', 'the mentor'
    from asked a
    where a.audience = 'mentor' and not exists (select from public.erasures e where e.person_id = a.mentor_id)
    union all
    select a.id, s.coordinator_id, 'coordinator', 'assigned to the mentor'
    from asked a
    join assigned s on s.mentor_id = a.mentor_id
    where a.audience = 'coordinator'
    union all
    select a.id, d.administrator_id, 'administrator',
      case a.audience when 'coordinator' then 'no active coordinator is assigned' else 'administers a chapter of the mentor' end
    from asked a
    join administering d on d.mentor_id = a.mentor_id
    where a.audience = 'administrator'
      or a.audience = 'coordinator' and not exists (select from assigned s where s.mentor_id = a.mentor_id);
end
$$;
revoke all on function private.recipients_of(uuid[]) from public, anon, authenticated, service_role;

comment on function private.recipients_of(uuid[]) is
  'Who these notifications are for at this moment, one row per person: as what (mentor, coordinator, administrator) and why. A notification without a row has no recipient. Definer, because only the nightly and dispatch RPCs call it.';
