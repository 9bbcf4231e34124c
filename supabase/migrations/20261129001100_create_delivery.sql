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
  constraint notification_inbox_body_length check (char_length(body) <= 5000),
  constraint notification_inbox_read_at_possible check (read_at >= timestamptz '1899-12-31 23:00+00' and read_at < timestamptz '10000-01-01 00:00+00')
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
  -- A notification itself can fail, before there is a recipient.
  constraint notification_attempts_has_recipient check (
    case outcome when 'delivered' then recipient_id is not null when 'no_recipient' then recipient_id is null else true end),
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
comment on column public.notification_attempts.recipient_id is
  'Null: there was nobody to give it to (no_recipient), or the notification could not be written or recorded (failed).';
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
    or mentor_id = any ((select private.my_former_mentor_ids())::uuid[])
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
          and not exists (select from public.erasures e where e.person_id = n.mentor_id)
      ) as chapters
      offset 0
    ) p
    cross join lateral (
      select array(
        select s.coordinator_id
        from public.coordinator_assignments s
        where s.mentor_id = n.mentor_id and s.ended_at is null
          and n.audience = 'coordinator'
          and not exists (select from public.erasures e where e.person_id = s.coordinator_id)
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
        and not exists (select from public.erasures e where e.person_id = m.user_id)
    ) r
    where n.id = any (recipients_of.notification_ids);
end
$$;
revoke all on function private.recipients_of(uuid[]) from public, anon, authenticated, service_role;

comment on function private.recipients_of(uuid[]) is
  'The present recipients of these notifications, one row per person: in which role (mentor, coordinator, administrator) and why. A notification without a row has no recipient. Nobody who was erased is one, nor is anybody told of an erased mentor, whatever memberships are entered again. Definer, because only the nightly and dispatch RPCs call it.';

create type private.notification_fact as (
  notification_id uuid,
  is_true boolean,
  happened_on date,
  return_on date,
  is_paused boolean,
  is_expired boolean,
  is_renewed boolean,
  correction text
);
revoke all on type private.notification_fact from public;
comment on type private.notification_fact is
  'What a notification may say on a date: whether what it announces still holds; from when on the change counts; when the mentor is expected back now; whether the mentor is paused, and has an expired certification; whether a renewal ended the expiry, and not a correction; and of a discrepancy, whether all, some or none of it was corrected.';

-- The one rule for what is still true: the dispatcher writes its texts by it, and the nightly
-- run decides by it what is worth queueing again.
create function private.notification_facts(notification_ids uuid[], as_of date) returns setof private.notification_fact
language plpgsql stable rows 100 security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  zone text := coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), (select s.time_zone from private.settings s));
begin
  return query
    select n.id,
      not is_erased
        -- Whoever is a mentor nowhere is told nothing of being one.
        and (is_mentor or n.audience <> 'mentor')
        and case n.kind
          when 'mentor_paused' then v.paused_at is not null and (n.pause_record_id is null or v.id = n.pause_record_id)
          when 'mentor_reactivated' then v.paused_at is null and not f.is_expired
            -- The record of somebody who leaves is closed too, which is no return.
            and (is_mentor or l.actor_kind is distinct from 'system' and l.actor_kind is distinct from 'scheduler')
            and not exists (
              select from public.pause_records r
              where r.mentor_id = n.mentor_id and r.id <> n.pause_record_id
                and r.created_at > n.created_at and r.paused_at is not null)
          when 'certification_expired' then f.is_expired
            and not exists (
              select from public.pause_status_log s
              where s.mentor_id = n.mentor_id and s.id > l.id
                and s.from_status = 'expired_cert' and s.to_status <> 'expired_cert')
          when 'certification_restored' then not f.is_expired
            and not exists (
              select from public.pause_status_log s
              where s.mentor_id = n.mentor_id and s.id > l.id
                and s.from_status <> 'expired_cert' and s.to_status = 'expired_cert')
          when 'certification_expiring' then n.reference_on >= notification_facts.as_of
            and exists (
              select from public.certifications c
              where c.mentor_id = n.mentor_id and c.expires_on = n.reference_on and c.issued_on <= notification_facts.as_of
                and not exists (
                  select from public.certifications w
                  where w.mentor_id = c.mentor_id and w.kind = c.kind
                    and coalesce(w.expires_on, 'infinity') > c.expires_on
                    and w.issued_on - 1 <= c.expires_on))
          when 'return_due' then v.paused_at is not null and v.expected_return_date = n.reference_on
          when 'return_overdue' then v.paused_at is not null and v.expected_return_date = n.reference_on
            and n.reference_on < notification_facts.as_of
          when 'discrepancy_found' then d.correction is not null
          else true
        end,
      coalesce(l.effective_on, (n.created_at at time zone zone)::date),
      v.expected_return_date,
      v.paused_at is not null,
      f.is_expired,
      n.kind = 'certification_restored' and exists (
        -- The certification that had expired is still there, and was followed by another of its kind.
        select
        from public.certifications c
        join public.certifications w on w.mentor_id = c.mentor_id and w.kind = c.kind and w.issued_on > c.issued_on
        where c.mentor_id = n.mentor_id and c.expires_on = x.effective_on - 1
          and w.issued_on <= notification_facts.as_of and coalesce(w.expires_on, 'infinity') >= notification_facts.as_of),
      d.correction
    from public.notifications n
    left join (
      select c.mentor_id, c.certified_until < notification_facts.as_of as is_expired
      from private.certification_facts(array(
        select distinct g.mentor_id from public.notifications g where g.id = any (notification_facts.notification_ids)
      ), notification_facts.as_of) c
    ) t on t.mentor_id = n.mentor_id
    cross join lateral (select coalesce(t.is_expired, false) as is_expired) f
    cross join lateral (
      select exists (
          select from public.chapter_memberships m
          where m.user_id = n.mentor_id and m.role = 'mentor' and m.ended_at is null) as is_mentor,
        exists (select from public.erasures e where e.person_id = n.mentor_id) as is_erased
      offset 0
    ) q
    left join lateral (
      select r.id, r.paused_at, r.expected_return_date
      from public.pause_records r
      where r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
      limit 1
    ) v on true
    left join lateral (
      -- The change itself; a repair of the log may repeat its version.
      select s.id, s.effective_on, s.actor_kind
      from public.pause_status_log s
      where s.pause_record_id = n.pause_record_id and s.record_version = n.record_version
      order by s.id
      limit 1
    ) l on true
    left join lateral (
      -- The expiry that a restoration ended.
      select s.effective_on
      from public.pause_status_log s
      where n.kind = 'certification_restored'
        and s.pause_record_id = n.pause_record_id and s.record_version < n.record_version
        and s.to_status = 'expired_cert' and s.from_status <> 'expired_cert'
      order by s.record_version desc, s.id
      limit 1
    ) x on true
    left join lateral (
      select case
          when bool_and(c.is_lasting) then 'none' when bool_or(c.is_lasting) then 'some' when count(*) > 0 then 'all'
        end as correction
      from (
        -- Appending to the log can't put these right.
        select u.kind in ('version_repeated', 'version_ahead', 'stretches_overlap') as is_lasting
        from public.status_discrepancies u
        where n.kind = 'discrepancy_found' and u.mentor_id = n.mentor_id
          and u.pause_record_id is not distinct from n.pause_record_id and u.acknowledged_at is null
      ) c
    ) d on true
    where n.id = any (notification_facts.notification_ids);
end
$$;
revoke all on function private.notification_facts(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.notification_facts(uuid[], date) is
  'What these notifications may say on the date; is_true false: nothing, what they announce no longer holds. Definer, because only the nightly and dispatch RPCs call it.';

create view public.undelivered_notifications with (security_invoker = true) as
  select n.id, n.mentor_id, m.display_name as mentor_name, n.kind, n.audience, 'inbox' as channel,
    null::uuid as recipient_id, null::text as recipient_name,
    coalesce(a.reason, 'unknown') as reason,
    case
      when a.outcome = 'failed' then
        'Have the operator look at the dispatcher''s log, tell the recipients yourself if it still matters, and acknowledge it: it is not sent again.'
      when a.reason = 'there is no such mentor' then 'Nothing can be done: acknowledge it.'
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
    select t.reason, t.outcome from public.notification_attempts t
    where t.notification_id = n.id and t.recipient_id is null
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
      when e.reason ~ 'the address is not confirmed' then
        'This person confirms the e-mail address by signing in. Meanwhile it is in the inbox.'
      when e.reason ~ 'the user is banned' then 'Lift the ban in Supabase Auth, or end this person''s memberships.'
      when e.reason ~ 'the address was refused' then
        'Correct this person''s e-mail address in Supabase Auth: the next e-mail goes to the new one. If it is right, take it off the list by allow_address. Meanwhile it is in the inbox.'
      else 'Have the operator check the mail server, SMTP_URL and MAIL_FROM; the reason says more. Meanwhile it is in this person''s inbox.'
    end,
    e.attempted_at, null
  from public.notification_attempts e
  left join public.profiles m on m.id = e.mentor_id
  left join public.profiles q on q.id = e.recipient_id
  where e.channel = 'email' and e.outcome = 'failed' and e.retry_at is null and e.recipient_id is not null
    and e.reason not like 'no longer %'
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
declare
  about uuid;
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_undelivered.notification_id is null then
    perform private.refuse('invalid_request', 'notification_id', 'notification_id is required.');
  end if;
  -- Rights are read while the row is held.
  select n.mentor_id into about
  from public.notifications n
  where n.id = acknowledge_undelivered.notification_id and n.state = 'undeliverable'
  for update;
  if about is null or not private.answerable_chapter_ids(about) && private.my_administered_chapter_ids() then
    perform private.refuse('not_found', null, 'No such undeliverable notification about a mentor of a chapter that you administer.');
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
  'Takes an undeliverable notification off the dashboard''s count; the nightly run then leaves it alone. For administrators of a chapter where the mentor is active, or of the last one that the mentor left; else not_found. A second time changes nothing.';

create function private.allow_address(person_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := auth.uid();
  administered uuid[];
  fingerprint bytea := sha256(convert_to(jsonb_build_array('allow_address', allow_address.person_id)::text, 'UTF8'));
  response jsonb := jsonb_build_object('allow_address', jsonb_build_object('person_id', allow_address.person_id));
  replayed jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if allow_address.person_id is null then
    perform private.refuse('invalid_request', 'person_id', 'person_id is required.');
  end if;
  if allow_address.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || allow_address.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- Rights, and whether the person still exists, are read under the lock.
  perform from private.person_locks l where l.person_id = allow_address.person_id for no key update;
  administered := private.my_administered_chapter_ids();
  -- Whoever is active nowhere belongs to the last chapter.
  if exists (select from public.erasures e where e.person_id = allow_address.person_id) or not exists (
    select from public.chapter_memberships m
    where m.user_id = allow_address.person_id and m.chapter_id = any (administered)
      and coalesce(m.ended_at, 'infinity') = (
        select max(coalesce(l.ended_at, 'infinity')) from public.chapter_memberships l where l.user_id = allow_address.person_id)
  ) then
    perform private.refuse('not_found', null, 'No such person in a chapter that you administer.');
  end if;
  replayed := private.replay(caller, allow_address.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  delete from private.refused_addresses f where f.person_id = allow_address.person_id;
  if allow_address.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (caller, allow_address.request_id, fingerprint, allow_address.person_id, response);
  end if;
  return response;
end
$$;
revoke all on function private.allow_address(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.allow_address(uuid, uuid) to authenticated;

comment on function private.allow_address(uuid, uuid) is
  'Behind public.allow_address. Definer, because nobody reaches the table directly; checks the caller itself.';

create function public.allow_address(person_id uuid default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.allow_address(allow_address.person_id, allow_address.request_id);
end
$$;
revoke all on function public.allow_address(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.allow_address(uuid, uuid) to authenticated;

comment on function public.allow_address(uuid, uuid) is
  'Takes a person''s e-mail address off the list of refused ones, so that the next e-mail goes there again; without an entry it changes nothing. For administrators of a chapter where the person is active, or of the last one left; else not_found.';
