-- Where notifications end: the recipients' inboxes, and the ledger of every
-- attempt. The outbox learns when each row is next due.
--
-- Like the outbox, these tables have no foreign keys: people and notifications
-- are never deleted, and the dispatch RPCs, their only writers, know both.

alter table public.notifications
  add column due_at timestamptz not null default clock_timestamp(),
  add column claim uuid;

-- UUIDs that begin with the time (version 7, which PostgreSQL makes itself from
-- 18 on). Outbox, inbox and ledger are all keyed by them: what belongs together
-- lies together at the end of each index, however many old rows there are.
alter table public.notifications alter column id set default
  overlay(
    overlay(gen_random_uuid()::text placing '7' from 15)
    placing overlay(lpad(to_hex((date_part('epoch', clock_timestamp()) * 1000)::bigint), 12, '0') placing '-' from 9 for 0)
    from 1 for 13)::uuid;

comment on column public.notifications.due_at is
  'When a pending one is next to be dispatched. A claim moves it to the end of its lease, so that what a dispatcher lost is due again by itself; a failed e-mail moves it to the next try.';
comment on column public.notifications.claim is
  'Whose it is at the moment: only the dispatcher that claimed it last may record what became of it. Null: nobody''s.';

drop index public.notifications_pending;
create index notifications_due on public.notifications (due_at) where state = 'pending';
comment on index public.notifications_due is 'What the dispatcher claims, in that order; delivered rows do not slow it down.';

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
  'What the app shows: one row per recipient and notification, in the recipient''s language. Written by the dispatcher; the recipient may say that it was read, and nothing else.';
comment on column public.notification_inbox.mentor_id is 'Whom it is about.';
comment on column public.notification_inbox.read_at is 'Null: unread.';
comment on constraint notification_inbox_once_per_recipient on public.notification_inbox is
  'Nobody gets the same notification twice, however often dispatchers crash and begin anew.';

create policy select_own on public.notification_inbox
  for select to authenticated
  using (recipient_id = (select auth.uid()));
create policy update_own on public.notification_inbox
  for update to authenticated
  using (recipient_id = (select auth.uid()))
  with check (recipient_id = (select auth.uid()));

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
  'The ledger of delivery, append-only: whom each notification went to, as what, by which channel, with what outcome and why. What nobody could be found for has a row too. Names and addresses never stand here.';
comment on column public.notification_attempts.recipient_id is 'Null: there was nobody to give it to.';
comment on column public.notification_attempts.recipient_role is 'As what they got it.';
comment on column public.notification_attempts.reason is
  'Delivered: why this person, and whether a channel is missing. Failed: what went wrong. No recipient: why there is nobody.';
comment on column public.notification_attempts.chosen_because is 'Why this person was chosen.';
comment on column public.notification_attempts.number is 'Counts the attempts by this channel to this recipient from 1.';
comment on column public.notification_attempts.retry_at is 'When a failed one is tried again; null: this settles it.';
comment on index public.notification_attempts_settled_emails is 'Whether an e-mail has got through since; empty without e-mail.';
comment on index public.notification_attempts_given_up is 'Whose e-mail fails, for their administrators.';

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
  for each statement execute function private.refuse_removal('Only erasure removes what somebody has got.');

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
  'Whose e-mail address a mail server has refused for good: nothing more is sent there until the address changes, or 30 days have passed.';
comment on column private.refused_addresses.address_hash is
  'SHA-256 of the address in lower case: enough to notice another one, and the address itself stays in Supabase Auth alone.';

create function private.hash_address(address text) returns bytea
language sql immutable security invoker set search_path = ''
as $$
  select sha256(convert_to(lower(hash_address.address), 'UTF8'))
$$;
revoke all on function private.hash_address(text) from public, anon, authenticated, service_role;

comment on function private.hash_address(text) is 'By what private.refused_addresses knows an address.';
