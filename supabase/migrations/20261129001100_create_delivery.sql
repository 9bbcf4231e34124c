-- Where notifications end: the recipients' inboxes, and the ledger of every attempt.
-- Who a notification is for is decided when it is dispatched, never before.
-- Administrators see what did not arrive, with the reason and what to fix, and
-- acknowledge it.
--
-- Like the outbox, these tables have no foreign keys: people and notifications are
-- never deleted, and the dispatch RPCs, their only writers, know both.

create table public.notification_inbox (
  id bigint generated always as identity,
  notification_id uuid not null,
  recipient_id uuid not null,
  mentor_id uuid not null,
  kind text not null,
  title text not null,
  body text not null,
  created_at timestamptz not null default clock_timestamp(),
  read_at timestamptz,
  constraint notification_inbox_pkey primary key (id),
  constraint notification_inbox_once_per_recipient unique (notification_id, recipient_id),
  constraint notification_inbox_title_length check (char_length(title) between 1 and 500),
  constraint notification_inbox_body_length check (char_length(body) <= 5000)
);
create index notification_inbox_by_recipient on public.notification_inbox (recipient_id, created_at desc, id desc);
create index notification_inbox_by_mentor on public.notification_inbox (mentor_id);
alter table public.notification_inbox enable row level security;
revoke all on table public.notification_inbox from public, anon, authenticated, service_role;
revoke all on sequence public.notification_inbox_id_seq from public, anon, authenticated, service_role;
grant select on table public.notification_inbox to authenticated, service_role;
grant update (read_at) on table public.notification_inbox to authenticated;

comment on table public.notification_inbox is
  'What the app shows: one row per recipient and notification, in the recipient''s language. Written by the dispatcher; the recipient may mark it as read, and nothing else.';
comment on column public.notification_inbox.mentor_id is 'The mentor it is about.';
comment on column public.notification_inbox.read_at is 'Null: unread.';
comment on constraint notification_inbox_once_per_recipient on public.notification_inbox is
  'Nobody gets the same notification twice, however often dispatchers crash and start again.';

create policy select_own on public.notification_inbox
  for select to authenticated
  using (recipient_id = (select private.my_id()));
create policy update_own on public.notification_inbox
  for update to authenticated
  using (recipient_id = (select private.my_id()))
  with check (recipient_id = (select private.my_id()));

-- The app hears of a new row at once, where the project has Realtime. Its
-- publication may belong to somebody else, or hold all tables anyway.
do $$
begin
  if exists (select from pg_catalog.pg_publication p where p.pubname = 'supabase_realtime' and not p.puballtables)
    and not exists (
      select from pg_catalog.pg_publication_tables t
      where t.pubname = 'supabase_realtime' and t.schemaname = 'public' and t.tablename = 'notification_inbox')
  then
    alter publication supabase_realtime add table public.notification_inbox;
  end if;
exception when insufficient_privilege then
  raise warning 'notification_inbox is not in the publication supabase_realtime: its owner has to add it';
end
$$;

create table public.notification_attempts (
  id bigint generated always as identity,
  notification_id uuid not null,
  mentor_id uuid not null,
  kind text not null,
  recipient_id uuid,
  recipient_role text,
  channel text not null,
  outcome text not null,
  reason text not null,
  chosen_because text,
  number integer not null default 1,
  retry_at timestamptz,
  attempted_at timestamptz not null default clock_timestamp(),
  constraint notification_attempts_pkey primary key (id),
  -- Also the answer to a record that is sent twice.
  constraint notification_attempts_once unique (notification_id, recipient_id, channel, number),
  constraint notification_attempts_role_known check (recipient_role in ('mentor', 'coordinator', 'administrator')),
  constraint notification_attempts_channel_known check (channel in ('inbox', 'email')),
  constraint notification_attempts_outcome_known check (outcome in ('delivered', 'failed', 'no_recipient')),
  constraint notification_attempts_has_recipient check ((outcome = 'no_recipient') = (recipient_id is null)),
  constraint notification_attempts_recipient_explained check (
    (recipient_id is null) = (recipient_role is null) and (recipient_id is null) = (chosen_because is null)),
  constraint notification_attempts_only_failures_repeat check (retry_at is null or outcome = 'failed'),
  constraint notification_attempts_number_positive check (number >= 1)
);
create index notification_attempts_by_mentor on public.notification_attempts (mentor_id);
create index notification_attempts_settled_emails
  on public.notification_attempts (recipient_id, id) where channel = 'email' and retry_at is null;
create index notification_attempts_given_up
  on public.notification_attempts (recipient_id, id) where channel = 'email' and outcome = 'failed' and retry_at is null;
alter table public.notification_attempts enable row level security;
revoke all on table public.notification_attempts from public, anon, authenticated, service_role;
revoke all on sequence public.notification_attempts_id_seq from public, anon, authenticated, service_role;
grant select on table public.notification_attempts to authenticated, service_role;

comment on table public.notification_attempts is
  'The ledger of delivery, append-only: to whom each notification went, in which role, by which channel, with what outcome and why. A notification without a recipient has a row too. It never holds names or addresses.';
comment on column public.notification_attempts.recipient_id is 'Null: there was nobody to give it to.';
comment on column public.notification_attempts.recipient_role is 'The role in which they got it.';
comment on column public.notification_attempts.reason is
  'Delivered: why this person, and whether a channel is missing. Failed: what went wrong. No recipient: why there is nobody.';
comment on column public.notification_attempts.chosen_because is 'Why this person was chosen.';
comment on column public.notification_attempts.number is 'Counts the attempts by this channel to this recipient, from 1.';
comment on column public.notification_attempts.retry_at is 'When a failed attempt is repeated; null: this one was the last.';
comment on index public.notification_attempts_settled_emails is 'Whether an e-mail has got through since; empty without e-mail.';
comment on index public.notification_attempts_given_up is 'The people whose e-mail fails, for their administrators.';

create policy select_administered on public.notification_attempts
  for select to authenticated
  using (
    exists (
      select from public.chapter_memberships m
      where m.user_id = notification_attempts.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create trigger notification_attempts_refuse_change
  before update or delete or truncate on public.notification_attempts
  for each statement execute function private.refuse_removal('The ledger of delivery is append-only.');
create trigger notification_inbox_refuse_truncate
  before truncate on public.notification_inbox
  for each statement execute function private.refuse_removal('Only erasure removes what somebody has received.');

create table private.refused_addresses (
  person_id uuid not null,
  address_hash bytea not null,
  refused_at timestamptz not null,
  constraint refused_addresses_pkey primary key (person_id),
  constraint refused_addresses_hash_length check (octet_length(address_hash) = 32)
);
alter table private.refused_addresses enable row level security;
revoke all on table private.refused_addresses from public, anon, authenticated, service_role;

comment on table private.refused_addresses is
  'People whose e-mail address a mail server has refused permanently: nothing more is sent there until the address changes or 30 days have passed.';
comment on column private.refused_addresses.address_hash is
  'SHA-256 of the address in lower case: enough to notice another one, while the address itself stays in Supabase Auth alone.';

create function private.hash_address(address text) returns bytea
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(lower(hash_address.address), 'UTF8'))
$$;
revoke all on function private.hash_address(text) from public, anon, authenticated, service_role;

comment on function private.hash_address(text) is 'The hash under which private.refused_addresses keeps an address.';

-- The dispatcher resolves recipients by it, and the nightly run finds out whether an
-- undeliverable notification has one now. Looked up notification by notification:
-- the plan has one shape only, whatever the statistics say, and costs the same in
-- an organisation of any size.
create function private.recipients_of(notification_ids uuid[])
returns table (notification_id uuid, recipient_id uuid, recipient_role text, chosen_because text)
language plpgsql stable rows 100 security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select n.id, r.person_id, r.role, r.because
    from public.notifications n
    cross join lateral (
      select array(
        select m.chapter_id
        from public.chapter_memberships m
        where m.user_id = n.mentor_id and m.role = 'mentor' and m.ended_at is null
      ) as chapters
      offset 0
    ) p
    cross join lateral (
      select array(
        select s.coordinator_id
        from public.coordinator_assignments s
        where s.mentor_id = n.mentor_id and s.ended_at is null
          and n.audience = 'coordinator'
          and exists (
            select from public.chapter_memberships m
            where m.user_id = s.coordinator_id and m.role = 'coordinator' and m.ended_at is null
              and m.chapter_id = any (p.chapters))
      ) as coordinators
      offset 0
    ) c
    cross join lateral (
      select n.mentor_id as person_id, 'mentor' as role, 'the mentor' as because
      where n.audience = 'mentor'
        and exists (select from public.profiles q where q.id = n.mentor_id)
        and not exists (select from public.erasures e where e.person_id = n.mentor_id)
      union all
      select u.id, 'coordinator', 'assigned to the mentor'
      from unnest(c.coordinators) u (id)
      union all
      select distinct m.user_id, 'administrator',
        case n.audience when 'coordinator' then 'no active coordinator is assigned' else 'administers a chapter of the mentor' end
      from public.chapter_memberships m
      where (n.audience = 'administrator' or n.audience = 'coordinator' and c.coordinators = '{}')
        and m.chapter_id = any (p.chapters) and m.role = 'administrator' and m.ended_at is null
    ) r
    where n.id = any (recipients_of.notification_ids);
end
$$;
revoke all on function private.recipients_of(uuid[]) from public, anon, authenticated, service_role;

comment on function private.recipients_of(uuid[]) is
  'The present recipients of these notifications, one row per person: in which role (mentor, coordinator, administrator) and why. A notification without a row has no recipient. Definer, because only the nightly and dispatch RPCs call it.';

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
        'Correct this person''s e-mail address in Supabase Auth: the next e-mail goes to the new one. Meanwhile it is in the inbox.'
      else 'Have the operator check the mail server, SMTP_URL and MAIL_FROM; the reason says more. Meanwhile it is in this person''s inbox.'
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
  'For administrators, with the rights of the caller: notifications that could be given to nobody (channel inbox, acknowledged by acknowledge_undelivered), and the last e-mail to each person whose e-mail fails, which disappears once one gets through; each with the reason and what to fix.';
comment on column public.undelivered_notifications.id is 'The id of the notification.';
comment on column public.undelivered_notifications.audience is 'For whom it was meant; of an e-mail, the role in which this person got it.';
comment on column public.undelivered_notifications.recipient_id is 'The person whose e-mail fails; null when there was no recipient.';

create function private.acknowledge_undelivered(notification_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if private.my_id() is null then
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
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.acknowledge_undelivered(acknowledge_undelivered.notification_id);
end
$$;
revoke all on function public.acknowledge_undelivered(uuid) from public, anon, authenticated, service_role;
grant execute on function public.acknowledge_undelivered(uuid) to authenticated;

comment on function public.acknowledge_undelivered(uuid) is
  'Takes an undeliverable notification off the dashboard''s count; the nightly run then leaves it alone. For administrators of a chapter where the mentor is active; else mentor_not_found. A second time changes nothing.';
