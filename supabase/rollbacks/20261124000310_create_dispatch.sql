drop function public.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], timestamptz);
drop function private.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], timestamptz);
drop function public.claim_notifications(integer, integer, boolean, timestamptz);
drop function private.claim_notifications(integer, integer, boolean, timestamptz);
drop function private.next_email_try(integer, timestamptz);
create or replace function private.recipients_of(notification_ids uuid[])
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
