-- The transitions: pause, amend, reactivate. Each is one transaction that locks the
-- mentor and then, in what the lock holds still, settles who may, replays an answer
-- given before, compares the version, brings the stored status up to date with the
-- facts, and only then changes it.
--
-- Most of a transition's cost is the first use of something in a transaction: a
-- statement is a plan to look up, to lock for and to start. So there is one question
-- for the caller's right, no question twice, and no statement where an expression
-- will do.

create table private.idempotent_requests (
  caller_id uuid not null,
  request_id uuid not null,
  fingerprint bytea not null,
  mentor_id uuid not null,
  response jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint idempotent_requests_pkey primary key (caller_id, request_id)
);
create index idempotent_requests_by_age on private.idempotent_requests (created_at);
create index idempotent_requests_by_mentor on private.idempotent_requests (mentor_id);
alter table private.idempotent_requests enable row level security;
revoke all on table private.idempotent_requests from public, anon, authenticated, service_role;

comment on table private.idempotent_requests is
  'Answers of transitions that succeeded, given again when the same caller repeats the same request. Kept for 72 hours: pruned by the nightly run, and by about every 64th answer.';
comment on column private.idempotent_requests.fingerprint is 'Hash of what was asked; the same key with another one is refused.';
comment on column private.idempotent_requests.mentor_id is 'Whose reason the response holds: erased with the person.';

create function private.authorised_caller(mentor_id uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := auth.uid();
begin
  if exists (
    select from public.chapter_memberships t
    join public.chapter_memberships m on m.chapter_id = t.chapter_id
    where t.user_id = authorised_caller.mentor_id
      and t.role = 'mentor'
      and t.ended_at is null
      and m.user_id = caller
      and m.role in ('coordinator', 'administrator')
      and m.ended_at is null
  ) then
    return caller;
  end if;

  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if authorised_caller.mentor_id is null then
    perform private.refuse('invalid_request', 'mentor_id', 'mentor_id is required.');
  end if;
  if private.my_chapter_ids() = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  perform private.refuse('mentor_not_found');
  return null;
end
$$;
revoke all on function private.authorised_caller(uuid) from public, anon, authenticated, service_role;

comment on function private.authorised_caller(uuid) is
  'The caller, who has to manage this mentor at the time of the call; else refuses with unauthenticated, not_a_coordinator or mentor_not_found.';

create function private.replay(caller_id uuid, request_id uuid, fingerprint bytea) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  stored record;
begin
  if replay.request_id is null then
    return null;
  end if;
  select r.fingerprint, r.response into stored
  from private.idempotent_requests r
  where r.caller_id = replay.caller_id and r.request_id = replay.request_id;
  if not found then
    return null;
  end if;
  if stored.fingerprint <> replay.fingerprint then
    perform private.refuse('idempotency_key_reused');
  end if;
  -- PostgREST sends these headers; the functions read them from here too.
  perform set_config('response.headers', '[{"idempotent-replayed": "true"}]', true);
  return stored.response;
end
$$;
revoke all on function private.replay(uuid, uuid, bytea) from public, anon, authenticated, service_role;

comment on function private.replay(uuid, uuid, bytea) is
  'The answer that this caller got for this request before; null for a new one. Refuses with idempotency_key_reused.';

create function private.prune_requests(most integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  pruned integer;
begin
  with outdated as (
    select i.caller_id, i.request_id from private.idempotent_requests i
    where i.created_at < clock_timestamp() - interval '72 hours'
    order by i.created_at
    limit prune_requests.most
    for update skip locked
  )
  delete from private.idempotent_requests i
  using outdated o
  where i.caller_id = o.caller_id and i.request_id = o.request_id;
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
revoke all on function private.prune_requests(integer) from public, anon, authenticated, service_role;

comment on function private.prune_requests(integer) is
  'Removes at most so many answers that are older than the 72 hours for which they are promised, the oldest first, and returns how many.';

create function private.answer(caller_id uuid, request_id uuid, fingerprint bytea, pause_record public.pause_records) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  response jsonb := jsonb_build_object('pause_record', jsonb_build_object(
    'id', (answer.pause_record).id,
    'mentor_id', (answer.pause_record).mentor_id,
    'status', (answer.pause_record).status,
    'pause_reason', (answer.pause_record).pause_reason,
    'expected_return_date', (answer.pause_record).expected_return_date,
    'paused_at', (answer.pause_record).paused_at,
    'reactivated_at', (answer.pause_record).reactivated_at,
    'coordinator_id', (answer.pause_record).coordinator_id,
    'version', (answer.pause_record).version,
    'created_at', (answer.pause_record).created_at,
    'updated_at', (answer.pause_record).updated_at));
begin
  if answer.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (answer.caller_id, answer.request_id, answer.fingerprint, (answer.pause_record).mentor_id, response);
    -- The nightly run prunes too; but nothing may grow without end where no run ends.
    if uuid_hash(answer.request_id) & 63 = 0 then
      perform private.prune_requests(256);
    end if;
  end if;
  return response;
end
$$;
revoke all on function private.answer(uuid, uuid, bytea, public.pause_records) from public, anon, authenticated, service_role;

comment on function private.answer(uuid, uuid, bytea, public.pause_records) is
  'The answer that shows this record, stored in case the request is repeated.';

-- Everything that decides comes after this: who may, whether the person still exists,
-- the answer given before, the version, and the time. The request's key comes first,
-- because nobody waits for it.
create function private.lock_live_record(mentor_id uuid, request_id uuid default null) returns public.pause_records
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  live public.pause_records;
begin
  if lock_live_record.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(auth.uid()::text || lock_live_record.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  perform pg_advisory_xact_lock(private.mentor_lock(lock_live_record.mentor_id));
  -- A refresh of the read model takes this lock too.
  perform from private.person_locks l where l.person_id = lock_live_record.mentor_id for no key update;
  select * into live from public.pause_records r
  where r.mentor_id = lock_live_record.mentor_id and r.status in ('paused', 'expired_cert');
  return live;
end
$$;
revoke all on function private.lock_live_record(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.lock_live_record(uuid, uuid) is
  'Locks the caller''s request, then the mentor, until the transaction ends, and returns the live record, or a row of nulls. Refuses with request_in_progress.';

create function private.last_judged() returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (select s.judged_on from private.nightly_state s);
end
$$;
revoke all on function private.last_judged() from public, anon, authenticated, service_role;

comment on function private.last_judged() is 'The newest date that a nightly run has completed; null: none has.';

create function private.may_have_lapsed(mentor_id uuid, as_of date) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.certifications c
    where c.mentor_id = may_have_lapsed.mentor_id and c.issued_on <= may_have_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < may_have_lapsed.as_of
      or max(c.expires_on) filter (where c.expires_on < may_have_lapsed.as_of)
        >= (select s.judged_on from private.nightly_state s)
  );
end
$$;
revoke all on function private.may_have_lapsed(uuid, date) from public, anon, authenticated, service_role;

comment on function private.may_have_lapsed(uuid, date) is
  'False only if the mentor has no expired certification on the date, and had none on any day since the last night: one cheap question before the exact ones.';

-- What the nightly run would find is found by asking it; but nearly always there is
-- nothing to find, and one question shows that.
create function private.bring_up_to_date(mentor_id uuid, live public.pause_records, as_of date) returns public.pause_records
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if live.status is distinct from 'expired_cert'
     and not private.may_have_lapsed(bring_up_to_date.mentor_id, bring_up_to_date.as_of) then
    return live;
  end if;

  perform private.apply_changes(array[bring_up_to_date.mentor_id], private.last_judged(), bring_up_to_date.as_of, 'system');
  select * into live from public.pause_records r
  where r.mentor_id = bring_up_to_date.mentor_id and r.status in ('paused', 'expired_cert');
  return live;
end
$$;
revoke all on function private.bring_up_to_date(uuid, public.pause_records, date) from public, anon, authenticated, service_role;

comment on function private.bring_up_to_date(uuid, public.pause_records, date) is
  'Brings a locked mentor''s stored status in line with the facts on a date, as actor system, with every change since the last night; returns the live record as it is then, or a row of nulls.';

-- Plans are kept with the session; one that was made while a table was empty would
-- read all of it, for every look-up, until the session ends.
create function private.pause_mentor(
  mentor_id uuid, pause_reason text, expected_return_date date, expected_version integer, request_id uuid
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  live public.pause_records := private.lock_live_record(pause_mentor.mentor_id, pause_mentor.request_id);
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  caller uuid := private.authorised_caller(pause_mentor.mentor_id);
  fingerprint bytea := sha256(convert_to(jsonb_build_array('pause_mentor', pause_mentor.mentor_id,
    pause_mentor.pause_reason, pause_mentor.expected_return_date, pause_mentor.expected_version)::text, 'UTF8'));
  replayed jsonb := private.replay(caller, pause_mentor.request_id, fingerprint);
  reason text := private.trimmed(pause_mentor.pause_reason);
begin
  if replayed is not null then
    return replayed;
  end if;

  if reason is null or char_length(reason) not between 1 and 500 then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have 1 to 500 characters after trimming.');
  end if;
  if not private.is_visible(reason) then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have a character that can be seen.');
  end if;
  if pause_mentor.expected_return_date <= today then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  end if;
  if pause_mentor.expected_return_date > today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;

  if pause_mentor.expected_version is not null and live.version is distinct from pause_mentor.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(pause_mentor.mentor_id, live, today);
  if live.paused_at is not null and pause_mentor.expected_version is null then
    perform private.refuse('already_paused');
  end if;

  perform private.act_as('coordinator', caller);
  if live.id is null or live.status = 'active' then
    insert into public.pause_records
      (mentor_id, status, pause_reason, expected_return_date, paused_at, coordinator_id, effective_on, created_at, updated_at,
        version, first_version)
    select pause_mentor.mentor_id, 'paused', reason, pause_mentor.expected_return_date,
      v.moment, caller, today, v.moment, v.moment, v.first, v.first
    from (
      -- Not before the end of what was brought up to date just now.
      select 1 + coalesce(max(l.version), 0), greatest(moment, max(l.reactivated_at))
      from (
        select r.version, r.reactivated_at from public.pause_records r
        where r.mentor_id = pause_mentor.mentor_id
        order by r.version desc
        limit 1
      ) l
    ) v (first, moment)
    returning * into live;
  else
    -- An amendment, or the pause under an expired certification.
    update public.pause_records r
    set pause_reason = reason,
      expected_return_date = pause_mentor.expected_return_date,
      paused_at = coalesce(r.paused_at, greatest(moment, r.created_at)),
      coordinator_id = caller,
      effective_on = today
    where r.id = live.id
    returning * into live;
  end if;
  perform private.act_as(null);

  return private.answer(caller, pause_mentor.request_id, fingerprint, live);
end
$$;
revoke all on function private.pause_mentor(uuid, text, date, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function private.pause_mentor(uuid, text, date, integer, uuid) to authenticated;

comment on function private.pause_mentor(uuid, text, date, integer, uuid) is
  'Behind public.pause_mentor. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.reactivate_mentor(mentor_id uuid, expected_version integer, request_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  live public.pause_records := private.lock_live_record(reactivate_mentor.mentor_id, reactivate_mentor.request_id);
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  caller uuid := private.authorised_caller(reactivate_mentor.mentor_id);
  fingerprint bytea := sha256(convert_to(jsonb_build_array('reactivate_mentor', reactivate_mentor.mentor_id,
    reactivate_mentor.expected_version)::text, 'UTF8'));
  replayed jsonb := private.replay(caller, reactivate_mentor.request_id, fingerprint);
begin
  if replayed is not null then
    return replayed;
  end if;

  if live.version <> reactivate_mentor.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(reactivate_mentor.mentor_id, live, today);
  if live.status = 'expired_cert' then
    perform private.refuse('certification_expired');
  end if;
  if live.id is null or live.status = 'active' then
    perform private.refuse('not_paused');
  end if;

  perform private.act_as('coordinator', caller);
  update public.pause_records r
  set status = 'active', reactivated_at = greatest(moment, r.created_at, r.paused_at), coordinator_id = caller, effective_on = today
  where r.id = live.id
  returning * into live;
  perform private.act_as(null);

  return private.answer(caller, reactivate_mentor.request_id, fingerprint, live);
end
$$;
revoke all on function private.reactivate_mentor(uuid, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function private.reactivate_mentor(uuid, integer, uuid) to authenticated;

comment on function private.reactivate_mentor(uuid, integer, uuid) is
  'Behind public.reactivate_mentor. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.mentor_status_on(mentor_id uuid, as_of date) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
as $$
declare
  zone text := coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), (select s.time_zone from private.settings s));
  certified_until date;
begin
  if mentor_status_on.as_of is null or not exists (
    select from public.chapter_memberships m
    where m.user_id = mentor_status_on.mentor_id
      and m.role = 'mentor'
      and (m.user_id = private.my_id() or m.ended_at is null and m.chapter_id = any (private.my_chapter_ids()))
  ) then
    return null;
  end if;

  select f.certified_until into certified_until
  from private.certification_facts(array[mentor_status_on.mentor_id], mentor_status_on.as_of) f;
  if certified_until < mentor_status_on.as_of then
    return 'expired_cert';
  end if;
  -- The end of the day counts: paused from the day of the pause, active from that of the return.
  if exists (
    select from public.pause_records r
    where r.mentor_id = mentor_status_on.mentor_id
      and (r.paused_at at time zone zone)::date <= mentor_status_on.as_of
      and (r.reactivated_at is null or (r.reactivated_at at time zone zone)::date > mentor_status_on.as_of)
  ) then
    return 'paused';
  end if;
  return 'active';
end
$$;
revoke all on function private.mentor_status_on(uuid, date) from public, anon, authenticated, service_role;
grant execute on function private.mentor_status_on(uuid, date) to authenticated;

comment on function private.mentor_status_on(uuid, date) is
  'Behind public.mentor_status_on. Definer, so that the answer rests on all of the mentor''s facts; checks the caller itself.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.pause_mentor(
  mentor_id uuid,
  pause_reason text,
  expected_return_date date default null,
  expected_version integer default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.pause_mentor(pause_mentor.mentor_id, pause_mentor.pause_reason,
    pause_mentor.expected_return_date, pause_mentor.expected_version, pause_mentor.request_id);
end
$$;
revoke all on function public.pause_mentor(uuid, text, date, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.pause_mentor(uuid, text, date, integer, uuid) to authenticated;

comment on function public.pause_mentor(uuid, text, date, integer, uuid) is
  'Pauses a mentor of the caller''s chapters; with expected_version amends the live pause. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_paused, version_conflict, request_in_progress, idempotency_key_reused.';

create function public.reactivate_mentor(
  mentor_id uuid,
  expected_version integer default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.reactivate_mentor(reactivate_mentor.mentor_id,
    reactivate_mentor.expected_version, reactivate_mentor.request_id);
end
$$;
revoke all on function public.reactivate_mentor(uuid, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.reactivate_mentor(uuid, integer, uuid) to authenticated;

comment on function public.reactivate_mentor(uuid, integer, uuid) is
  'Ends the pause of a mentor of the caller''s chapters. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_paused, version_conflict, certification_expired, request_in_progress, idempotency_key_reused.';

create function public.mentor_status_on(mentor_id uuid, as_of date) returns text
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.mentor_status_on(mentor_status_on.mentor_id, mentor_status_on.as_of);
end
$$;
revoke all on function public.mentor_status_on(uuid, date) from public, anon, authenticated, service_role;
grant execute on function public.mentor_status_on(uuid, date) to authenticated;

comment on function public.mentor_status_on(uuid, date) is
  'The status that follows from the facts at the end of that day: active, paused or expired_cert; null for a mentor whom the caller may not see.';
