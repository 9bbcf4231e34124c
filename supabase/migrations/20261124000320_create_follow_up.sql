-- What people do about notifications that did not arrive: administrators see
-- them with the reason and what to fix, and acknowledge them. And erasure
-- reaches the inboxes.

create view public.undelivered_notifications with (security_invoker = true) as
  select n.id, n.mentor_id, m.display_name as mentor_name, n.kind, n.audience, 'inbox' as channel,
    null::uuid as recipient_id, null::text as recipient_name,
    coalesce(a.reason, 'unknown') as reason,
    case
      when a.reason in ('the mentor was erased', 'there is no such mentor') then 'Nothing can be done: acknowledge it.'
      when a.reason = 'the mentor is active in no chapter' then
        'Give the mentor an active membership, and the nightly run sends it again; or acknowledge it.'
      when n.audience = 'coordinator' then
        'Assign an active coordinator to the mentor, or appoint an administrator of the chapter, and the nightly run sends it again; or acknowledge it.'
      else 'Appoint an administrator of the chapter, and the nightly run sends it again; or acknowledge it.'
    end as to_fix,
    n.created_at, n.acknowledged_at
  from public.notifications n
  left join public.profiles m on m.id = n.mentor_id
  left join lateral (
    select t.reason from public.notification_attempts t
    where t.notification_id = n.id and t.outcome = 'no_recipient'
    order by t.id desc
    limit 1
  ) a on true
  where n.state = 'undeliverable'
  union all
  select e.notification_id, e.mentor_id, m.display_name, e.kind, e.recipient_role, e.channel,
    e.recipient_id, q.display_name,
    e.reason,
    case
      when e.reason ~ 'no e-mail address' then 'Give this person an e-mail address in Supabase Auth.'
      when e.reason ~ 'the address was refused' then
        'Correct this person''s e-mail address in Supabase Auth: the next e-mail goes to the new one. It lies in the inbox meanwhile.'
      else 'Have the operator look at the mail server, SMTP_URL and MAIL_FROM, by the reason given. It lies in this person''s inbox meanwhile.'
    end,
    e.attempted_at, null
  from public.notification_attempts e
  left join public.profiles m on m.id = e.mentor_id
  left join public.profiles q on q.id = e.recipient_id
  where e.channel = 'email' and e.outcome = 'failed' and e.retry_at is null
    and e.reason not like 'no longer a recipient%'
    -- One line per person, until an e-mail gets through.
    and not exists (
      select from public.notification_attempts l
      where l.recipient_id = e.recipient_id and l.channel = 'email' and l.id > e.id
        and l.retry_at is null);
revoke all on table public.undelivered_notifications from public, anon, authenticated, service_role;
grant select on table public.undelivered_notifications to authenticated, service_role;

comment on view public.undelivered_notifications is
  'For administrators, by the rights of who asks: notifications that nobody could be given (channel inbox, acknowledged by acknowledge_undelivered), and the last e-mail to each person whose e-mail fails, which goes by itself once one gets through; each with the reason and what to fix.';
comment on column public.undelivered_notifications.id is 'The notification''s.';
comment on column public.undelivered_notifications.audience is 'For whom it was meant; of an e-mail, as what this person got it.';
comment on column public.undelivered_notifications.recipient_id is 'Whose e-mail fails; null when there was nobody.';

create function private.acknowledge_undelivered(notification_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_undelivered.notification_id is null then
    perform private.refuse('invalid_request', 'notification_id', 'notification_id is required.');
  end if;
  perform from public.notifications n
  where n.id = acknowledge_undelivered.notification_id
    and n.state = 'undeliverable'
    and exists (
      select from public.chapter_memberships m
      where m.user_id = n.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any (private.my_administered_chapter_ids()))
  for update;
  if not found then
    perform private.refuse('mentor_not_found', null, 'No such undeliverable notification about a mentor of a chapter that you administer.');
  end if;
  update public.notifications n
  set acknowledged_at = clock_timestamp()
  where n.id = acknowledge_undelivered.notification_id and n.acknowledged_at is null;
end
$$;
revoke all on function private.acknowledge_undelivered(uuid) from public, anon, authenticated, service_role;
grant execute on function private.acknowledge_undelivered(uuid) to authenticated;

comment on function private.acknowledge_undelivered(uuid) is
  'Behind public.acknowledge_undelivered. Definer, because nobody may write the tables directly; checks the caller itself.';

create function public.acknowledge_undelivered(notification_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = ''
as $$
begin
  perform private.acknowledge_undelivered(acknowledge_undelivered.notification_id);
end
$$;
revoke all on function public.acknowledge_undelivered(uuid) from public, anon, authenticated, service_role;
grant execute on function public.acknowledge_undelivered(uuid) to authenticated;

comment on function public.acknowledge_undelivered(uuid) is
  'Takes an undeliverable notification off the dashboard''s count; the nightly run leaves it alone then. For administrators of a chapter where the mentor is active; else mentor_not_found. A second time changes nothing.';

create or replace function private.erase_person(person_id uuid, actor_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  moment timestamptz := clock_timestamp();
  erased boolean := false;
begin
  perform pg_advisory_xact_lock(private.mentor_lock(erase_person.person_id));
  -- Against the dispatcher too, which holds its people's keys while it writes.
  perform from public.profiles p where p.id = erase_person.person_id for update;
  if not found then
    return; -- a user whom the organisation never registered
  end if;

  -- Lets the guard pass the emptied reasons of closed records, and nothing else.
  perform set_config('mentorpause.erasing', erase_person.person_id::text, true);

  perform private.act_as('system', erase_person.actor_id);
  update public.pause_records r
  set status = 'active', reactivated_at = moment, pause_reason = null, effective_on = private.today()
  where r.mentor_id = erase_person.person_id and r.status in ('paused', 'expired_cert');
  erased := erased or found;
  update public.pause_records r
  set pause_reason = null
  where r.mentor_id = erase_person.person_id and r.pause_reason is not null;
  erased := erased or found;
  perform private.act_as(null);
  delete from private.idempotent_requests i where i.mentor_id = erase_person.person_id;

  delete from public.notification_inbox i where i.recipient_id = erase_person.person_id;
  erased := erased or found;
  -- In the inboxes of others the rows stay, without the name.
  update public.notification_inbox i
  set title = 'Slettet person', body = ''
  where i.mentor_id = erase_person.person_id and (i.title, i.body) <> ('Slettet person', '');
  erased := erased or found;
  delete from private.refused_addresses f where f.person_id = erase_person.person_id;

  update public.coordinator_assignments a
  set ended_at = moment
  where erase_person.person_id in (a.mentor_id, a.coordinator_id) and a.ended_at is null;
  erased := erased or found;
  update public.chapter_memberships m
  set ended_at = moment
  where m.user_id = erase_person.person_id and m.ended_at is null;
  erased := erased or found;
  update public.profiles p
  set display_name = 'Slettet person', locale = 'nb'
  where p.id = erase_person.person_id and (p.display_name, p.locale) <> ('Slettet person', 'nb');
  erased := erased or found;

  -- A second time, when the user is deleted after the person was erased, say,
  -- there is nothing to log.
  if erased then
    insert into public.erasures (person_id, actor_id) values (erase_person.person_id, erase_person.actor_id);
  end if;
  perform set_config('mentorpause.erasing', '', true);
end
$$;
