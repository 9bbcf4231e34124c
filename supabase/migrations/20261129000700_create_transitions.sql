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
  mentor_id uuid,
  response jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint idempotent_requests_pkey primary key (caller_id, request_id)
);
create index idempotent_requests_by_age on private.idempotent_requests (created_at);
create index idempotent_requests_by_mentor on private.idempotent_requests (mentor_id);
alter table private.idempotent_requests enable row level security;
revoke all on table private.idempotent_requests from public, anon, authenticated, service_role;

comment on table private.idempotent_requests is
  'Answers of RPCs that succeeded, given again when the same caller repeats the same request. Kept for 72 hours: pruned by the nightly run, and by about every 64th answer.';
comment on column private.idempotent_requests.fingerprint is 'Hash of what was asked; the same key with another one is refused.';
comment on column private.idempotent_requests.mentor_id is
  'Whom the response is about: of somebody who was erased it holds ids only. Null when it is about nobody, a chapter say.';

create function private.authorised_caller(mentor_id uuid, code text default 'mentor_not_found') returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := auth.uid();
  mine uuid[];
begin
  if exists (
    select from public.chapter_memberships t
    join public.chapter_memberships m on m.chapter_id = t.chapter_id
    where t.user_id = authorised_caller.mentor_id
      and t.role = 'mentor'
      and t.started_at <= clock_timestamp()
      and (t.ended_at is null or t.ended_at > clock_timestamp())
      and m.user_id = caller
      and m.role in ('coordinator', 'administrator')
      and m.started_at <= clock_timestamp()
      and (m.ended_at is null or m.ended_at > clock_timestamp())
  ) then
    return caller;
  end if;
  -- Whoever waited for the lock is judged by the time at which it was given.
  if exists (
    select from public.organisation_administrators o
    where o.user_id = caller and o.started_at <= clock_timestamp() and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) and exists (
    select from public.chapter_memberships t
    where t.user_id = authorised_caller.mentor_id and t.role = 'mentor'
      and t.started_at <= clock_timestamp() and (t.ended_at is null or t.ended_at > clock_timestamp())
  ) then
    return caller;
  end if;

  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if authorised_caller.mentor_id is null and authorised_caller.code = 'mentor_not_found' then
    perform private.refuse('invalid_request', 'mentor_id', 'mentor_id is required.');
  end if;
  mine := private.chapters_now(caller, true);
  if mine = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  if private.kept_id(authorised_caller.mentor_id) <> authorised_caller.mentor_id then
    perform private.refuse_unless_mine(authorised_caller.mentor_id, mine, code => authorised_caller.code);
  end if;
  perform private.refuse(authorised_caller.code);
  return null;
end
$$;
revoke all on function private.authorised_caller(uuid, text) from public, anon, authenticated, service_role;

comment on function private.authorised_caller(uuid, text) is
  'The caller, who has to manage this mentor at the time of the call; else refuses with unauthenticated, not_a_coordinator, or the code given.';

create function private.requested_at(request_id uuid) returns timestamptz
language plpgsql immutable strict security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  -- Version 7 of RFC 9562 begins with the milliseconds since 1970.
  if request_id::text ~ '^.{14}7.{4}[89ab]' then
    return to_timestamp(('x' || translate(left(request_id::text, 13), '-', ''))::bit(48)::bigint / 1000.0);
  end if;
  return null;
end
$$;
revoke all on function private.requested_at(uuid) from public, anon, authenticated, service_role;

comment on function private.requested_at(uuid) is
  'When the request with this key was made, by the clock of the client: the time in a UUID of version 7. Null for every other UUID.';

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
    -- Its answer may have been given, kept for as long as promised, and forgotten.
    if private.requested_at(replay.request_id) < clock_timestamp() - interval '72 hours' then
      perform private.refuse('request_expired');
    end if;
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
  'The answer that this caller got for this request before; null for a new one. Refuses with idempotency_key_reused, and with request_expired a key that says it was made more than 72 hours ago and has no answer any more.';

create function private.prune_requests(most integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- In a variable: compared with a volatile function, every answer would be read.
  promised timestamptz := clock_timestamp() - interval '72 hours';
  pruned integer;
begin
  with outdated as (
    select i.caller_id, i.request_id from private.idempotent_requests i
    where i.created_at < promised
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

create function private.answer(
  caller_id uuid, request_id uuid, fingerprint bytea, pause_record public.pause_records, beside jsonb default null
) returns jsonb
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
    'updated_at', (answer.pause_record).updated_at)) || coalesce(answer.beside, '{}');
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
revoke all on function private.answer(uuid, uuid, bytea, public.pause_records, jsonb) from public, anon, authenticated, service_role;

comment on function private.answer(uuid, uuid, bytea, public.pause_records, jsonb) is
  'The answer that shows this record, and what is said beside it, stored in case the request is repeated.';

create function private.hints_after_pause(mentor_id uuid, paused_at timestamptz, as_of date) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  away_since date := private.date_of(hints_after_pause.paused_at);
begin
  -- Most kinds never ask again, and no certification has to be looked for.
  if not exists (
    select from public.certification_kinds k
    where away_since + make_interval(months => k.due_after_months_away) <= hints_after_pause.as_of
  ) then
    return '[]'::jsonb;
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('code', 'certification_due', 'kind', k.code) order by k.code), '[]')
    from public.certification_kinds k
    where away_since + make_interval(months => k.due_after_months_away) <= hints_after_pause.as_of
      -- Unless it was renewed while they were away.
      and not exists (
        select from public.certifications c
        where c.mentor_id = hints_after_pause.mentor_id and c.kind = k.code and c.issued_on > away_since)
  );
end
$$;
revoke all on function private.hints_after_pause(uuid, timestamptz, date) from public, anon, authenticated, service_role;

comment on function private.hints_after_pause(uuid, timestamptz, date) is
  'What a coordinator is reminded of when a mentor returns: kinds of certification that are asked for again after so many months away.';

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
declare
  lapse boolean;
  has_rules boolean;
begin
  select s.kinds_have_rules, exists (
    select from public.certifications c
    where c.mentor_id = may_have_lapsed.mentor_id and c.issued_on <= may_have_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < may_have_lapsed.as_of
      or max(c.expires_on) filter (where c.expires_on < may_have_lapsed.as_of)
        >= (select n.judged_on from private.nightly_state n)
  )
  into has_rules, lapse
  from private.settings s;
  if lapse or not has_rules then
    return lapse;
  end if;
  -- A successor only helps. What is required may be missing, or have been until lately.
  return exists (
    select from private.certification_kind_versions v
    where v.is_required and not exists (
      select from public.certifications c
      where c.mentor_id = may_have_lapsed.mentor_id and c.kind = v.code
        and c.issued_on <= least(may_have_lapsed.as_of, (select n.judged_on from private.nightly_state n))));
end
$$;
revoke all on function private.may_have_lapsed(uuid, date) from public, anon, authenticated, service_role;

comment on function private.may_have_lapsed(uuid, date) is
  'False only if the mentor has no expired or missing certification on the date, and had none on any day since the last night: cheap questions before the exact ones.';

create function private.may_have_left(mentor_id uuid, since timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = may_have_left.mentor_id and m.role = 'mentor' and m.ended_at > may_have_left.since);
end
$$;
revoke all on function private.may_have_left(uuid, timestamptz) from public, anon, authenticated, service_role;

comment on function private.may_have_left(uuid, timestamptz) is
  'False only if no membership as a mentor has ended, or will end, since that moment.';

-- What the nightly run would find is found by asking it; but nearly always there is
-- nothing to find, and one question shows that.
create function private.bring_up_to_date(mentor_id uuid, live public.pause_records, as_of date) returns public.pause_records
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if live.status is distinct from 'expired_cert'
     and not exists (select from public.planned_pauses q where q.mentor_id = bring_up_to_date.mentor_id and q.starts_on <= bring_up_to_date.as_of)
     and not (live.id is not null and private.may_have_left(bring_up_to_date.mentor_id, live.created_at))
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

create function private.begin_pause(
  mentor_id uuid, pause_reason text, expected_return_date date, coordinator_id uuid, moment timestamptz, today date
) returns public.pause_records
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  begun public.pause_records;
begin
  insert into public.pause_records
    (mentor_id, status, pause_reason, expected_return_date, open_since, paused_at, coordinator_id, effective_on, created_at,
      updated_at, version, first_version)
  select begin_pause.mentor_id, 'paused', begin_pause.pause_reason, begin_pause.expected_return_date,
    case when begin_pause.expected_return_date is null then begin_pause.today end, v.moment, begin_pause.coordinator_id,
    begin_pause.today, v.moment, v.moment, v.first, v.first
  from (
    -- Not before the end of what was brought up to date just now.
    select 1 + coalesce(max(l.version), 0), greatest(begin_pause.moment, max(l.reactivated_at))
    from (
      select r.version, r.reactivated_at from public.pause_records r
      where r.mentor_id = begin_pause.mentor_id
      order by r.version desc
      limit 1
    ) l
  ) v (first, moment)
  returning * into begun;
  return begun;
end
$$;
revoke all on function private.begin_pause(uuid, text, date, uuid, timestamptz, date) from public, anon, authenticated, service_role;

comment on function private.begin_pause(uuid, text, date, uuid, timestamptz, date) is
  'Writes the record of a pause that begins at a moment of this day, as the mentor''s next version, and returns it. The caller holds the mentor''s lock, has said who acts, and knows that nothing is live.';

create function private.judged_reason(value text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reason text := private.trimmed(judged_reason.value);
begin
  if reason is null or char_length(reason) not between 1 and 500 then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have 1 to 500 characters after trimming.');
  end if;
  if not private.is_visible(reason) then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have a character that can be seen.');
  end if;
  if private.contains_identity_number(reason) then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must not contain a national identity number.');
  end if;
  return reason;
end
$$;
revoke all on function private.judged_reason(text) from public, anon, authenticated, service_role;

comment on function private.judged_reason(text) is
  'The reason of a pause, trimmed; refuses with invalid_request one that can''t be stored, without echoing it.';

-- Plans are kept with the session; one that was made while a table was empty would
-- read all of it, for every look-up, until the session ends.
create function private.pause_mentor(
  mentor_id uuid, pause_reason text, expected_return_date date, expected_version integer, request_id uuid,
  given text[] default null, amends boolean default false
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
  fingerprint bytea := sha256(convert_to(case
    when pause_mentor.given is null then jsonb_build_array('pause_mentor', pause_mentor.mentor_id,
      pause_mentor.pause_reason, pause_mentor.expected_return_date, pause_mentor.expected_version)
    else jsonb_build_array('amend_pause', pause_mentor.mentor_id, pause_mentor.pause_reason,
      pause_mentor.expected_return_date, pause_mentor.expected_version, pause_mentor.given, pause_mentor.amends)
    end::text, 'UTF8'));
  replayed jsonb := private.replay(caller, pause_mentor.request_id, fingerprint);
  reason text;
  has_reason boolean := pause_mentor.given is null or 'pause_reason' = any (pause_mentor.given);
  has_return boolean := pause_mentor.given is null or 'expected_return_date' = any (pause_mentor.given);
begin
  if replayed is not null then
    return replayed;
  end if;

  if has_reason then
    reason := private.judged_reason(pause_mentor.pause_reason);
  end if;
  if pause_mentor.expected_return_date <= today
     -- A date that has passed may be sent back with whatever else is changed.
     and (live.paused_at is not null and live.expected_return_date = pause_mentor.expected_return_date
       and (pause_mentor.expected_version is not null or pause_mentor.amends)) is not true then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  end if;
  if pause_mentor.expected_return_date > today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;

  if pause_mentor.expected_version is not null and live.version is distinct from pause_mentor.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(pause_mentor.mentor_id, live, today);
  if live.paused_at is not null and pause_mentor.expected_version is null and not pause_mentor.amends then
    perform private.refuse('already_paused');
  end if;
  if live.paused_at is null and (pause_mentor.amends or not has_reason) then
    if pause_mentor.expected_version is null then
      perform private.refuse('not_paused');
    end if;
    perform private.refuse('version_conflict', live.version::text);
  end if;

  perform private.act_as('coordinator', caller);
  if live.id is null or live.status = 'active' then
    live := private.begin_pause(pause_mentor.mentor_id, reason, pause_mentor.expected_return_date, caller, moment, today);
  else
    -- An amendment, or the pause under an expired certification.
    update public.pause_records r
    set pause_reason = case when has_reason then reason else r.pause_reason end,
      expected_return_date = case when has_return then pause_mentor.expected_return_date else r.expected_return_date end,
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
revoke all on function private.pause_mentor(uuid, text, date, integer, uuid, text[], boolean) from public, anon, authenticated, service_role;
grant execute on function private.pause_mentor(uuid, text, date, integer, uuid, text[], boolean) to authenticated;

comment on function private.pause_mentor(uuid, text, date, integer, uuid, text[], boolean) is
  'Behind public.pause_mentor. given: the fields that the caller named, of which the others stay as they are (null: all). amends: never begins a pause. Definer, because nobody may write the tables directly; checks the caller itself.';

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

  return private.answer(caller, reactivate_mentor.request_id, fingerprint, live,
    jsonb_build_object('hints', private.hints_after_pause(live.mentor_id, live.paused_at, today)));
end
$$;
revoke all on function private.reactivate_mentor(uuid, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function private.reactivate_mentor(uuid, integer, uuid) to authenticated;

comment on function private.reactivate_mentor(uuid, integer, uuid) is
  'Behind public.reactivate_mentor. Definer, because nobody may write the tables directly; checks the caller itself.';

-- The rule itself, for whoever has checked the caller.
create function private.status_of(mentor_id uuid, as_of date) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
as $$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  certified_until date;
  mentor_since date;
begin
  -- A day counts as it ended.
  select case when t.is_return then t.from_on else '-infinity' end into mentor_since
  from private.mentor_times t
  where t.mentor_id = status_of.mentor_id and t.from_on <= status_of.as_of and t.until_on > status_of.as_of;
  if not found then
    return 'not_a_mentor';
  end if;
  select f.certified_until into certified_until
  from private.certification_facts(array[status_of.mentor_id], status_of.as_of) f;
  if certified_until < status_of.as_of then
    return 'expired_cert';
  end if;
  -- Paused from the day of the pause, active from that of the return; whoever left every
  -- chapter meanwhile is paused no more. A plan is a pause from its first day on.
  if exists (
    select from public.planned_pauses q
    where q.mentor_id = status_of.mentor_id and q.starts_on <= status_of.as_of
      and private.date_of(q.created_at) >= mentor_since
  ) or exists (
    select from public.pause_records r
    where r.mentor_id = status_of.mentor_id
      and (r.reactivated_at is null or (r.reactivated_at at time zone zone)::date > status_of.as_of)
      and (r.paused_at at time zone zone)::date <= status_of.as_of
      and (r.paused_at at time zone zone)::date >= mentor_since
  ) then
    return 'paused';
  end if;
  return 'active';
end
$$;
revoke all on function private.status_of(uuid, date) from public, anon, authenticated, service_role;

comment on function private.status_of(uuid, date) is
  'The status that follows from the facts at the end of that day: active, paused, expired_cert or not_a_mentor. Does not check the caller.';

-- Volatile: what was known is read after it is clear of which moment that can be said.
create function private.mentor_status_on(mentor_id uuid, as_of date, as_known_at timestamptz) returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
as $$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  mentor uuid := private.kept_id(mentor_status_on.mentor_id);
  moment timestamptz;
  mine uuid[];
begin
  if mentor_status_on.as_known_at is not null then
    moment := private.known_moment(mentor_status_on.as_known_at);
  end if;
  if mentor_status_on.as_of is null then
    return null;
  end if;
  if mentor is distinct from private.my_id() and not private.is_organisation_administrator() then
    -- Of others' mentors, what was before they came is for nobody to see.
    mine := private.my_chapter_ids();
    if not exists (
      select from public.chapter_memberships m
      where m.user_id = mentor and m.role = 'mentor' and m.chapter_id = any (mine)
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
    ) or not exists (
      select from public.chapter_memberships m
      where m.user_id = mentor and m.role = 'mentor' and m.chapter_id = any (mine)
        and (m.started_at at time zone zone)::date <= mentor_status_on.as_of
    ) then
      return null;
    end if;
  elsif not exists (select from public.profiles p where p.id = mentor) then
    return null;
  end if;

  if moment is null then
    return private.status_of(mentor, mentor_status_on.as_of);
  end if;
  return private.status_known_at(mentor_status_on.mentor_id, mentor_status_on.as_of, moment);
end
$$;
revoke all on function private.mentor_status_on(uuid, date, timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.mentor_status_on(uuid, date, timestamptz) to authenticated;

comment on function private.mentor_status_on(uuid, date, timestamptz) is
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
  'Pauses a mentor of the caller''s chapters; with expected_version amends the live pause. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_paused, version_conflict, request_in_progress, request_expired, idempotency_key_reused.';

create function private.amend_pause(mentor_id uuid, changes jsonb, expected_version integer, request_id uuid, may_begin boolean default false)
returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  given text[];
  unread text;
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if amend_pause.changes is null or jsonb_typeof(amend_pause.changes) <> 'object' then
    perform private.refuse('invalid_request', 'changes', 'changes must be an object.');
  end if;
  given := array(select k from jsonb_object_keys(amend_pause.changes) k order by k);
  unread := (select min(k) from unnest(given) k where k not in ('pause_reason', 'expected_return_date'));
  if unread is not null then
    perform private.refuse('invalid_request', 'changes', 'changes may name pause_reason and expected_return_date.');
  end if;
  if given = '{}' then
    perform private.refuse('invalid_request', 'changes', 'Nothing to change: name pause_reason, expected_return_date or both.');
  end if;
  if jsonb_typeof(amend_pause.changes -> 'pause_reason') <> 'string' then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have 1 to 500 characters after trimming.');
  end if;
  if jsonb_typeof(amend_pause.changes -> 'expected_return_date') not in ('string', 'null') then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be a date, YYYY-MM-DD, or null.');
  end if;
  return private.pause_mentor(amend_pause.mentor_id, amend_pause.changes ->> 'pause_reason',
    private.judged_date('expected_return_date', amend_pause.changes ->> 'expected_return_date',
      is_required => jsonb_typeof(amend_pause.changes -> 'expected_return_date') = 'string'),
    amend_pause.expected_version, amend_pause.request_id, given, amends => not amend_pause.may_begin);
end
$$;
revoke all on function private.amend_pause(uuid, jsonb, integer, uuid, boolean) from public, anon, authenticated, service_role;
grant execute on function private.amend_pause(uuid, jsonb, integer, uuid, boolean) to authenticated;

comment on function private.amend_pause(uuid, jsonb, integer, uuid, boolean) is
  'Behind public.amend_pause, and what POST pause does with expected_version (may_begin: a pause under an expired certification too). Definer, because nobody may write the tables directly; checks the caller itself.';

create function public.amend_pause(
  mentor_id uuid,
  changes jsonb default null,
  expected_version integer default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.amend_pause(amend_pause.mentor_id, amend_pause.changes, amend_pause.expected_version,
    amend_pause.request_id);
end
$$;
revoke all on function public.amend_pause(uuid, jsonb, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.amend_pause(uuid, jsonb, integer, uuid) to authenticated;

comment on function public.amend_pause(uuid, jsonb, integer, uuid) is
  'Changes the fields of a live pause that changes names (pause_reason, expected_return_date; null clears the date) and leaves the others. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_paused, version_conflict, request_in_progress, request_expired, idempotency_key_reused.';

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
  'Ends the pause of a mentor of the caller''s chapters. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_paused, version_conflict, certification_expired, request_in_progress, request_expired, idempotency_key_reused.';

create function public.mentor_status_on(mentor_id uuid, as_of date, as_known_at timestamptz default null) returns text
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.mentor_status_on(mentor_status_on.mentor_id, mentor_status_on.as_of, mentor_status_on.as_known_at);
end
$$;
revoke all on function public.mentor_status_on(uuid, date, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.mentor_status_on(uuid, date, timestamptz) to authenticated;

comment on function public.mentor_status_on(uuid, date, timestamptz) is
  'The status that follows from the facts at the end of that day, as they are or as they were known at a moment: active, paused, expired_cert or not_a_mentor; null for a mentor whom the caller may not see, and, but for oneself and organisation administrators, before the first day in the caller''s chapters. Refuses a moment in the future with invalid_request, one that can''t be told yet with database_unavailable.';
