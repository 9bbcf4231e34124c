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
  mentor_id uuid,
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
comment on column public.notification_inbox.mentor_id is
  'The mentor it is about; null: several, whom private.attempt_mentors names.';
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
  mentor_id uuid,
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
create index notification_attempts_by_mentor on public.notification_attempts (mentor_id, attempted_at, id);
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
comment on column public.notification_attempts.mentor_id is
  'The mentor it was about; null: several, whom private.attempt_mentors names.';
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
    (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = notification_attempts.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    ) and exists (
      select from public.chapter_memberships m
      where m.user_id = notification_attempts.mentor_id
        and m.role = 'mentor'
        and m.started_at <= notification_attempts.attempted_at
        and (m.ended_at is null or m.ended_at >= notification_attempts.attempted_at)
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
    or mentor_id = any ((select private.my_former_mentor_ids())::uuid[])
    -- A message about several mentors belongs where its recipient does.
    or mentor_id is null and exists (
      select from public.chapter_memberships m
      where m.user_id = notification_attempts.recipient_id
        and m.role in ('coordinator', 'administrator')
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create trigger notification_attempts_refuse_change
  before update or delete or truncate on public.notification_attempts
  for each statement execute function private.refuse_removal('The ledger of delivery is append-only.');
create trigger notification_inbox_refuse_truncate
  before truncate on public.notification_inbox
  for each statement execute function private.refuse_removal('Only erasure removes what somebody has received.');

-- A message about several mentors is one for each recipient. Which mentors the event is
-- about, and which of them a recipient was told of, are two questions: the first is answered
-- when it happens, the second with each attempt.
create table private.notification_mentors (
  notification_id uuid not null,
  mentor_id uuid not null,
  pause_record_id uuid,
  planned_pause_id uuid,
  record_version integer not null,
  constraint notification_mentors_pkey primary key (notification_id, mentor_id),
  constraint notification_mentors_about_one check (num_nonnulls(pause_record_id, planned_pause_id) = 1)
);
create index notification_mentors_by_mentor on private.notification_mentors (mentor_id);
alter table private.notification_mentors enable row level security;
revoke all on table private.notification_mentors from public, anon, authenticated, service_role;

comment on table private.notification_mentors is
  'The mentors whom a notification about several is about, each with the pause or the plan that it announces. Those for whom there is nobody to tell are taken out, and get a notification of their own.';
comment on column private.notification_mentors.record_version is 'The version that the change made, of the record or of the plan.';

create table private.attempt_mentors (
  attempt_id bigint not null,
  mentor_id uuid not null,
  line integer,
  attempted_at timestamptz not null,
  constraint attempt_mentors_pkey primary key (attempt_id, mentor_id),
  constraint attempt_mentors_line_counts check (line >= 0)
);
create index attempt_mentors_by_mentor on private.attempt_mentors (mentor_id, attempted_at, attempt_id);
alter table private.attempt_mentors enable row level security;
revoke all on table private.attempt_mentors from public, anon, authenticated, service_role;

comment on table private.attempt_mentors is
  'The mentors whom the message of an attempt is about, when it is about several: ids only. What a mentor''s page shows of them, and what an erasure blanks.';
comment on column private.attempt_mentors.line is
  'The line of the text that names the mentor, from 1; 0: title and text are about this mentor alone; null: one of so many others.';
comment on column private.attempt_mentors.attempted_at is 'When the attempt was made: a page of what was sent begins anywhere in it.';

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

-- The one rule for who is told: the dispatcher asks it, the nightly run, and the page that
-- shows who would be told. Looked up one by one: the plan has one shape only, whatever the
-- statistics say, and costs the same in an organisation of any size.
create function private.recipients_for(mentor_ids uuid[], audiences text[], with_others boolean[] default null)
returns table (nth bigint, recipient_id uuid, recipient_role text, chosen_because text, inbox_only boolean)
language plpgsql stable rows 100 security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select n.nth, r.person_id, r.role, r.because, r.is_other
    from unnest(recipients_for.mentor_ids, recipients_for.audiences, recipients_for.with_others) with ordinality
      n (mentor_id, audience, with_others, nth)
    cross join lateral (
      select array(
        select m.chapter_id
        from public.chapter_memberships m
        where m.user_id = n.mentor_id and m.role = 'mentor'
          and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
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
            where m.user_id = s.coordinator_id and m.role = 'coordinator'
              and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
              and m.chapter_id = any (p.chapters))
      ) as coordinators
      offset 0
    ) c
    cross join lateral (
      select array(
        select distinct m.user_id
        from public.chapter_memberships m
        where (n.audience = 'administrator' or n.audience = 'coordinator' and c.coordinators = '{}')
          and m.chapter_id = any (p.chapters) and m.role = 'administrator'
          and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
          and not exists (select from public.erasures e where e.person_id = m.user_id)
      ) as administrators
      offset 0
    ) d
    cross join lateral (
      select n.mentor_id as person_id, 'mentor' as role, 'the mentor' as because, false as is_other
      where n.audience = 'mentor'
        and exists (select from public.profiles q where q.id = n.mentor_id)
        and not exists (select from public.erasures e where e.person_id = n.mentor_id)
      union all
      select u.id, 'coordinator', 'assigned to the mentor', false
      from unnest(c.coordinators) u (id)
      union all
      select a.id, 'administrator',
        case n.audience when 'coordinator' then 'no active coordinator is assigned' else 'administers a chapter of the mentor' end, false
      from unnest(d.administrators) a (id)
      union all
      select distinct o.user_id, 'administrator', 'no administrator of the mentor''s chapters is active', false
      from public.organisation_administrators o
      where (n.audience = 'administrator' or n.audience = 'coordinator' and c.coordinators = '{}')
        and d.administrators = '{}' and p.chapters <> '{}'
        and o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
        and not exists (select from public.erasures e where e.person_id = o.user_id)
      union all
      -- Of several chapters, those in which nobody is assigned.
      select distinct m.user_id, 'coordinator', 'coordinates another chapter of the mentor', true
      from public.chapter_memberships m
      where n.with_others and n.audience = 'coordinator' and cardinality(p.chapters) > 1
        and m.chapter_id = any (p.chapters) and m.role = 'coordinator'
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
        and m.user_id <> all (c.coordinators) and m.user_id <> all (d.administrators)
        and not exists (
          select from public.chapter_memberships r
          where r.chapter_id = m.chapter_id and r.role = 'coordinator' and r.user_id = any (c.coordinators)
            and r.started_at <= now() and (r.ended_at is null or r.ended_at > now()))
        and not exists (select from public.erasures e where e.person_id = m.user_id)
    ) r;
end
$$;
revoke all on function private.recipients_for(uuid[], text[], boolean[]) from public, anon, authenticated, service_role;

comment on function private.recipients_for(uuid[], text[], boolean[]) is
  'Who gets a message about the nth mentor, for the nth audience (coordinator, mentor, administrator), at present: one row per person, in which role and why. with_others: in the inbox only, the coordinators of the mentor''s other chapters too. No row: nobody. Nobody who was erased is one, nor is anybody told of an erased mentor, whatever memberships are entered again. Definer, because only functions behind an RPC call it.';

-- What of a message about several mentors still holds, mentor by mentor; by the rules of
-- private.notification_facts for one.
create function private.several_facts(notification_ids uuid[], as_of date)
returns table (notification_id uuid, mentor_id uuid, starts_on date, return_on date, is_expired boolean, is_missing boolean)
language plpgsql stable rows 100 security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  mentors uuid[] := array(
    select g.mentor_id from private.notification_mentors g where g.notification_id = any (several_facts.notification_ids));
begin
  return query
    with expired as materialized (
      select s.mentor_id, bool_and(s.is_missing) as is_missing
      from private.certification_stretches(mentors) s
      where s.begins_on <= several_facts.as_of
        and coalesce(s.next_begins_on, 'infinity') > several_facts.as_of and s.ends_on < several_facts.as_of
      group by s.mentor_id
    )
    select g.notification_id, g.mentor_id, q.starts_on,
      case when g.pause_record_id is null then q.expected_return_date else r.expected_return_date end,
      r.id is not null and e.mentor_id is not null, r.id is not null and coalesce(e.is_missing, false)
    from private.notification_mentors g
    left join public.pause_records r on r.id = g.pause_record_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null
    left join public.planned_pauses q on q.id = g.planned_pause_id and q.version = g.record_version and q.starts_on > several_facts.as_of
    left join expired e on e.mentor_id = g.mentor_id
    where g.notification_id = any (several_facts.notification_ids)
      and (r.id is not null or q.id is not null)
      and not exists (select from public.erasures x where x.person_id = g.mentor_id);
end
$$;
revoke all on function private.several_facts(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.several_facts(uuid[], date) is
  'The mentors of these notifications of whom what is announced still holds on the date: the first day of what is planned (null: it is a pause), when they are expected back, whether a certification has expired, and whether it is only lacking. Definer, because only the nightly and dispatch RPCs call it.';

create function private.several_recipients(notification_ids uuid[], as_of date)
returns table (
  notification_id uuid, mentor_id uuid, recipient_id uuid, recipient_role text, chosen_because text, inbox_only boolean
)
language plpgsql stable rows 100 security definer set search_path = pg_catalog, pg_temp
as $$
declare
  asked record;
begin
  if several_recipients.notification_ids = '{}' then
    return;
  end if;
  select array_agg(f.notification_id) as ids, array_agg(f.mentor_id) as mentor_ids, array_agg('coordinator'::text) as audiences,
    array_agg(f.starts_on is null) as with_others
  into asked
  from private.several_facts(several_recipients.notification_ids, several_recipients.as_of) f;
  return query
    select asked.ids[r.nth], asked.mentor_ids[r.nth], r.recipient_id, r.recipient_role, r.chosen_because, r.inbox_only
    from private.recipients_for(asked.mentor_ids, asked.audiences, asked.with_others) r;
end
$$;
revoke all on function private.several_recipients(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.several_recipients(uuid[], date) is
  'Who is told at present of which mentors of these notifications about several, as private.recipients_for says, of what still holds on the date. Definer, because only the dispatch RPCs call it.';

create function private.recipients_of(notification_ids uuid[], as_of date default null)
returns table (notification_id uuid, recipient_id uuid, recipient_role text, chosen_because text, inbox_only boolean)
language plpgsql stable rows 100 security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.recipients_of(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.recipients_of(uuid[], date) is
  'The present recipients of these notifications, as private.recipients_for says. A notification without a row has no recipient. as_of: the date on which what is said of several mentors is judged; null: today. Definer, because only the nightly and dispatch RPCs call it.';

create type private.notification_fact as (
  notification_id uuid,
  is_true boolean,
  happened_on date,
  return_on date,
  is_paused boolean,
  is_expired boolean,
  is_renewed boolean,
  correction text,
  certification_kind text,
  is_missing boolean,
  is_changed boolean,
  leave_request jsonb
);
revoke all on type private.notification_fact from public;
comment on type private.notification_fact is
  'What a notification may say on a date: whether what it announces still holds; from when on the change counts; when the mentor is expected back now, or asks to be; whether the mentor is paused, and has an expired certification; whether a renewal ended the expiry, and not a correction; of a discrepancy, whether all, some or none of it was corrected; the kind of certification that it is about (null: none in particular); whether what counts as expired is, or was until the restoration, a required one that is missing; whether it is a change of a plan that they have been told of; and of a leave request the kind, the state, and whether there is a message, never what it or the reason says.';

create type private.digest_line as (
  recipient_id uuid,
  is_assigned boolean,
  mentor_id uuid,
  display_name text,
  was_expected_on date,
  returns_on date,
  certified_until date,
  certification_kind text,
  asks_for text[]
);
revoke all on type private.digest_line from public;
comment on type private.digest_line is
  'A mentor in somebody''s weekly digest, and what for: should have been back, returns this week, has a certification that ends within the month, asks for something.';

-- The one rule for what is still true: the dispatcher writes its texts by it, and the nightly
-- run decides by it what is worth queueing again.
create function private.notification_facts(notification_ids uuid[], as_of date, told uuid[] default null)
returns setof private.notification_fact
language plpgsql stable rows 100 security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  with_lines uuid[] := coalesce(notification_facts.told, array(
    select distinct l.recipient_id
    from private.digest_lines(array(
      select d.recipient_id from private.weekly_digests d
      where d.notification_id = any (notification_facts.notification_ids)), notification_facts.as_of) l));
  -- Of this week, with something to say.
  digested uuid[] := array(
    select w.notification_id
    from private.weekly_digests w
    where w.notification_id = any (notification_facts.notification_ids)
      and notification_facts.as_of between w.week_of and w.week_of + 6
      and exists (select from unnest(with_lines) t where t = w.recipient_id));
begin
  return query
    with stretches as materialized (
      select s.mentor_id, s.kind, s.begins_on, s.ends_on, s.next_begins_on, s.is_missing, s.is_succeeded
      from private.certification_stretches(array(
        select distinct g.mentor_id from public.notifications g where g.id = any (notification_facts.notification_ids))) s
      where s.begins_on <= notification_facts.as_of
    )
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
            and e.ends_on = n.reference_on and not e.is_succeeded
          when 'return_due' then v.paused_at is not null and v.expected_return_date = n.reference_on
          when 'return_overdue' then v.paused_at is not null and v.expected_return_date = n.reference_on
            and n.reference_on < notification_facts.as_of
          when 'return_changed' then v.id = n.pause_record_id and v.paused_at is not null
            and v.expected_return_date is not distinct from n.reference_on
          when 'pause_open_ended' then v.paused_at is not null and v.open_since = n.reference_on
          when 'pause_planned' then g.version = n.record_version and g.starts_on > notification_facts.as_of
          when 'pause_cancelled' then is_mentor and g.id is null
            and not exists (select from public.pause_records r where r.planned_pause_id = n.planned_pause_id)
            -- Nobody is told of the end of what they have never heard of.
            and y.was_told
          when 'leave_requested' then is_mentor and a.state = 'open'
            and (a.expected_return_date <= notification_facts.as_of) is not true
          when 'leave_answered' then a.state in ('accepted', 'declined')
          when 'discrepancy_found' then d.correction is not null
          when 'several_paused' then exists (
            select from private.several_facts(array[n.id], notification_facts.as_of))
          when 'weekly_digest' then n.id = any (digested)
          else true
        end,
      coalesce(l.effective_on, (n.created_at at time zone zone)::date),
      case when n.kind in ('pause_planned', 'pause_cancelled') then g.expected_return_date
        when n.leave_request_id is not null then a.expected_return_date else v.expected_return_date end,
      v.paused_at is not null,
      f.is_expired,
      n.kind = 'certification_restored' and w.kind is not null,
      d.correction,
      case n.kind
        when 'certification_expiring' then n.certification_kind
        when 'certification_restored' then w.kind
        -- It has been so since the day that the text names.
        when 'certification_expired' then case
          when e.ends_on < notification_facts.as_of and e.ends_on < coalesce(l.effective_on, notification_facts.as_of) then e.kind
          when t.ends_on < coalesce(l.effective_on, notification_facts.as_of) then t.kind end
        else t.kind
      end,
      coalesce(case n.kind
        when 'certification_restored' then b.is_missing
        when 'certification_expired' then case
          when e.ends_on < notification_facts.as_of and e.ends_on < coalesce(l.effective_on, notification_facts.as_of) then e.is_missing
          when t.ends_on < coalesce(l.effective_on, notification_facts.as_of) then t.is_missing end
        else t.is_missing
      end, false),
      n.kind = 'pause_planned' and y.was_told,
      case when a.id is not null then jsonb_build_object('kind', a.kind, 'state', a.state, 'has_message', a.message is not null) end
    from public.notifications n
    left join (
      select distinct on (s.mentor_id) s.mentor_id, s.kind, s.ends_on, s.is_missing
      from stretches s
      where coalesce(s.next_begins_on, 'infinity') > notification_facts.as_of and s.ends_on < notification_facts.as_of
      order by s.mentor_id, s.ends_on, s.is_missing, s.is_succeeded, s.kind
    ) t on t.mentor_id = n.mentor_id
    left join stretches e on e.mentor_id = n.mentor_id and e.kind = n.certification_kind
      and coalesce(e.next_begins_on, 'infinity') > notification_facts.as_of
    left join stretches b on b.mentor_id = n.mentor_id and b.kind = n.certification_kind
      and b.next_begins_on = e.begins_on and b.is_missing
    cross join lateral (select t.mentor_id is not null as is_expired) f
    cross join lateral (
      select exists (
          select from public.chapter_memberships m
          where m.user_id = n.mentor_id and m.role = 'mentor'
            and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())) as is_mentor,
        exists (select from public.erasures e where e.person_id = n.mentor_id) as is_erased
      offset 0
    ) q
    left join lateral (
      -- A plan is a pause from its first day on.
      select r.id, coalesce(r.paused_at, q.starts_on::timestamp at time zone zone) as paused_at,
        case when r.paused_at is null then q.expected_return_date else r.expected_return_date end as expected_return_date,
        r.open_since
      from (select) o
      left join lateral (
        select l.id, l.paused_at, l.expected_return_date, l.open_since
        from public.pause_records l
        where l.mentor_id = n.mentor_id and l.status in ('paused', 'expired_cert')
        limit 1
      ) r on true
      left join public.planned_pauses q on q.mentor_id = n.mentor_id and q.starts_on <= notification_facts.as_of
    ) v on true
    left join public.planned_pauses g on g.id = n.planned_pause_id
    left join public.leave_requests a on a.id = n.leave_request_id
    left join lateral (
      -- Whether the plan was announced before: alone, or with others.
      select exists (
          select from public.notifications p
          where p.planned_pause_id = n.planned_pause_id and p.kind = 'pause_planned' and p.audience = n.audience
            and p.id <> n.id and p.state in ('delivered', 'undeliverable'))
        or n.audience = 'coordinator' and exists (
          select from private.notification_mentors s
          join public.notifications p on p.id = s.notification_id
          where s.mentor_id = n.mentor_id and s.planned_pause_id = n.planned_pause_id and p.state = 'delivered') as was_told
      where n.planned_pause_id is not null
      offset 0
    ) y on true
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
      -- What was renewed: the kind whose days began anew with a certification; or, when that
      -- left no gap after all, the one that had ended is still there, and was followed by another.
      -- Otherwise something was corrected, or more or less is required.
      select case when n.certification_kind is not null then e.kind else c.kind end as kind
      from public.certifications c
      where n.kind = 'certification_restored' and c.mentor_id = n.mentor_id
        and case when n.certification_kind is not null
          then c.issued_on = e.begins_on and coalesce(e.ends_on, 'infinity') >= notification_facts.as_of
            and exists (
              select from private.certification_kind_covers v where v.kind = n.certification_kind and v.covered_by = c.kind)
          else c.expires_on = x.effective_on - 1
            and exists (
              select from public.certifications o
              where o.mentor_id = c.mentor_id and o.issued_on > c.issued_on
                and o.issued_on <= notification_facts.as_of and coalesce(o.expires_on, 'infinity') >= notification_facts.as_of
                and exists (
                  select from private.certification_kind_covers v where v.kind = c.kind and v.covered_by = o.kind)) end
      order by c.kind
      limit 1
    ) w on true
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
revoke all on function private.notification_facts(uuid[], date, uuid[]) from public, anon, authenticated, service_role;

comment on function private.notification_facts(uuid[], date, uuid[]) is
  'What these notifications may say on the date; is_true false: nothing, what they announce no longer holds. told: the recipients of weekly digests for whom private.digest_lines has something; null: it is asked. Definer, because only the nightly and dispatch RPCs call it.';

create view public.undelivered_notifications with (security_invoker = true) as
  select v.id, v.mentor_id, m.display_name as mentor_name, v.kind, v.audience, v.channel,
    v.recipient_id, q.display_name as recipient_name, v.reason,
    case v.fix
      when 'check_dispatcher' then
        'Have the operator look at the dispatcher''s log, tell the recipients yourself if it still matters, and acknowledge it: it is not sent again.'
      when 'acknowledge' then 'Nothing can be done: acknowledge it.'
      when 'start_membership' then
        'Give the mentor an active membership, and the nightly run sends it again; or acknowledge it.'
      when 'assign_coordinator' then
        'Assign an active coordinator to the mentor, or appoint an administrator of the chapter, and the nightly run sends it again; or acknowledge it.'
      when 'appoint_administrator' then
        'Appoint an administrator of the chapter, and the nightly run sends it again; or acknowledge it.'
      when 'give_address' then 'Give this person an e-mail address in Supabase Auth.'
      when 'confirm_address' then
        'This person confirms the e-mail address by signing in. Meanwhile it is in the inbox.'
      when 'lift_ban' then 'Lift the ban in Supabase Auth, or end this person''s memberships.'
      when 'correct_or_allow_address' then
        'Correct this person''s e-mail address in Supabase Auth: the next e-mail goes to the new one. If it is right, take it off the list by allow_address. Meanwhile it is in the inbox.'
      else 'Have the operator check the mail server, SMTP_URL and MAIL_FROM; the reason says more. Meanwhile it is in this person''s inbox.'
    end as to_fix,
    v.created_at, v.acknowledged_at, v.fix
  from (
    select n.id, n.mentor_id, n.kind, n.audience, 'inbox' as channel, null::uuid as recipient_id,
      coalesce(a.reason, 'unknown') as reason,
      case
        when a.outcome = 'failed' then 'check_dispatcher'
        when a.reason = 'there is no such mentor' then 'acknowledge'
        when a.reason = 'the mentor is active in no chapter' then 'start_membership'
        when n.audience = 'coordinator' then 'assign_coordinator'
        else 'appoint_administrator'
      end as fix,
      n.created_at, n.acknowledged_at
    from public.notifications n
    left join lateral (
      select t.reason, t.outcome from public.notification_attempts t
      where t.notification_id = n.id and t.recipient_id is null
      order by t.id desc
      limit 1
    ) a on true
    where n.state = 'undeliverable'
    union all
    select e.notification_id, e.mentor_id, e.kind, e.recipient_role, e.channel, e.recipient_id, e.reason,
      case
        when e.reason ~ 'no e-mail address' then 'give_address'
        when e.reason ~ 'the address is not confirmed' then 'confirm_address'
        when e.reason ~ 'the user is banned' then 'lift_ban'
        when e.reason ~ 'the address was refused' then 'correct_or_allow_address'
        else 'check_mail_server'
      end as fix,
      e.attempted_at, null as acknowledged_at
    from public.notification_attempts e
    where e.channel = 'email' and e.outcome = 'failed' and e.retry_at is null and e.recipient_id is not null
      and e.reason not like 'no longer %'
      -- One line per person, until an e-mail gets through.
      and not exists (
        select from public.notification_attempts l
        where l.recipient_id = e.recipient_id and l.channel = 'email' and l.id > e.id
          and l.retry_at is null)
  ) v
  left join public.profiles m on m.id = v.mentor_id
  left join public.profiles q on q.id = v.recipient_id;
revoke all on table public.undelivered_notifications from public, anon, authenticated, service_role;
grant select on table public.undelivered_notifications to authenticated, service_role;

comment on view public.undelivered_notifications is
  'For administrators, with the rights of the caller: notifications that could be given to nobody (channel inbox, acknowledged by acknowledge_undelivered), and the last e-mail to each person whose e-mail fails, which disappears once one gets through; each with the reason and what to fix.';
comment on column public.undelivered_notifications.id is 'The id of the notification.';
comment on column public.undelivered_notifications.audience is 'For whom it was meant; of an e-mail, the role in which this person got it.';
comment on column public.undelivered_notifications.recipient_id is 'The person whose e-mail fails; null when there was no recipient.';
comment on column public.undelivered_notifications.fix is 'What to do about it, as a code; to_fix says it in a sentence.';

create function private.acknowledge_undelivered(notification_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.my_id();
  fingerprint bytea := sha256(convert_to(jsonb_build_array('acknowledge_undelivered', acknowledge_undelivered.notification_id)::text, 'UTF8'));
  response jsonb := jsonb_build_object('acknowledge', jsonb_build_object('notification_id', acknowledge_undelivered.notification_id));
  replayed jsonb;
  about uuid;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_undelivered.notification_id is null then
    perform private.refuse('invalid_request', 'notification_id', 'notification_id is required.');
  end if;
  if acknowledge_undelivered.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || acknowledge_undelivered.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- Rights are read while the row is held.
  select n.mentor_id into about
  from public.notifications n
  where n.id = acknowledge_undelivered.notification_id and n.state = 'undeliverable'
  for update;
  if not private.administers_organisation(caller) and private.chapters_now(caller) = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  if about is null or not private.answers_for(about) then
    perform private.refuse('not_found', null, 'No such undeliverable notification about a mentor of a chapter that you administer.');
  end if;
  replayed := private.replay(caller, acknowledge_undelivered.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  update public.notifications n
  set acknowledged_at = clock_timestamp()
  where n.id = acknowledge_undelivered.notification_id and n.acknowledged_at is null;
  if acknowledge_undelivered.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (caller, acknowledge_undelivered.request_id, fingerprint, about, response);
  end if;
  return response;
end
$$;
revoke all on function private.acknowledge_undelivered(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.acknowledge_undelivered(uuid, uuid) to authenticated;

comment on function private.acknowledge_undelivered(uuid, uuid) is
  'Behind public.acknowledge_undelivered, with an answer for the Go functions. Definer, because nobody may write the tables directly; checks the caller itself.';

create function public.acknowledge_undelivered(notification_id uuid default null, request_id uuid default null) returns void
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.acknowledge_undelivered(acknowledge_undelivered.notification_id, acknowledge_undelivered.request_id);
end
$$;
revoke all on function public.acknowledge_undelivered(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.acknowledge_undelivered(uuid, uuid) to authenticated;

comment on function public.acknowledge_undelivered(uuid, uuid) is
  'Takes an undeliverable notification off the dashboard''s count; the nightly run then leaves it alone. For administrators of a chapter where the mentor is active, or of the last one that the mentor left, and organisation administrators; else not_found, or not_an_administrator. A second time changes nothing.';

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
  administered := private.chapters_now(caller);
  if administered = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
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
  'Takes a person''s e-mail address off the list of refused ones, so that the next e-mail goes there again; without an entry it changes nothing. For administrators of a chapter where the person is active, or of the last one left; else not_found, or not_an_administrator.';
