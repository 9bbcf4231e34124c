-- Pausing, or planning to pause, many mentors at once: each by the rules of one, all in one
-- transaction. A mentor who is refused holds nobody up. What one call of pause_mentor or
-- plan_pause does in a dozen statements is done here in as many for all of them.

-- Supabase has it already. PostgreSQL itself has no SHA-1.
create extension if not exists "uuid-ossp" with schema extensions;

create function private.request_id_of(request_id uuid, mentor_id uuid) returns uuid
language plpgsql immutable strict security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return extensions.uuid_generate_v5(request_id_of.request_id, request_id_of.mentor_id::text);
end
$$;
revoke all on function private.request_id_of(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.request_id_of(uuid, uuid) is
  'The idempotency key of one mentor''s change in a batch with this key: a UUID of version 5 (RFC 9562), whose namespace is the batch''s key and whose name is the mentor''s id. Null for a batch without a key.';

create function private.manageable(mentor_ids uuid[], caller_id uuid, moment timestamptz) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct t.user_id
    from public.chapter_memberships t
    where t.user_id = any (manageable.mentor_ids)
      and t.role = 'mentor'
      and t.started_at <= manageable.moment
      and (t.ended_at is null or t.ended_at > manageable.moment)
      and (
        t.chapter_id in (
          select m.chapter_id from public.chapter_memberships m
          where m.user_id = manageable.caller_id
            and m.role in ('coordinator', 'administrator')
            and m.started_at <= manageable.moment
            and (m.ended_at is null or m.ended_at > manageable.moment))
        or exists (
          select from public.organisation_administrators o
          where o.user_id = manageable.caller_id
            and o.started_at <= manageable.moment and (o.ended_at is null or o.ended_at > manageable.moment))));
end
$$;
revoke all on function private.manageable(uuid[], uuid, timestamptz) from public, anon, authenticated, service_role;

comment on function private.manageable(uuid[], uuid, timestamptz) is
  'Those of these mentors whom the caller manages at that moment: the rule of private.authorised_caller, for many.';

create function private.judge_pause(today date, expected_return_date date, pause_reason text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reason text := private.judged_reason(judge_pause.pause_reason);
begin
  if judge_pause.expected_return_date <= judge_pause.today then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  end if;
  if judge_pause.expected_return_date > judge_pause.today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;
  return reason;
end
$$;
revoke all on function private.judge_pause(date, date, text) from public, anon, authenticated, service_role;

comment on function private.judge_pause(date, date, text) is
  'The reason of a pause that begins on this day, trimmed; refuses with invalid_request a pause that can''t be begun.';

create function private.lock_many(mentor_ids uuid[], request_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if lock_many.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(auth.uid()::text || lock_many.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- The server has room for some thousand locks: of the large batches there is one at a time.
  if cardinality(lock_many.mentor_ids) > 100 then
    perform pg_advisory_xact_lock(hashtextextended('mentorpause.pause_mentors', 0));
  end if;
  -- In the order in which everybody takes those of several mentors.
  perform pg_advisory_xact_lock(k.key)
  from (select distinct uuid_hash_extended(i, 20261123) as key from unnest(lock_many.mentor_ids) i order by 1) k;
  perform from private.person_locks l where l.person_id = any (lock_many.mentor_ids) order by l.person_id for no key update;
end
$$;
revoke all on function private.lock_many(uuid[], uuid) from public, anon, authenticated, service_role;

comment on function private.lock_many(uuid[], uuid) is
  'Locks the caller''s request, then these mentors, as private.lock_live_record does for one. Refuses with request_in_progress.';

create function private.pause_locked_mentors(
  mentor_ids uuid[], pause_reason text, starts_on date, expected_return_date date, request_id uuid
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  caller uuid := auth.uid();
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  plans boolean := pause_locked_mentors.starts_on is not null;
  fingerprint bytea := private.fingerprint('pause_mentors', jsonb_build_array(pause_locked_mentors.pause_reason,
    pause_locked_mentors.starts_on, pause_locked_mentors.expected_return_date));
  mine uuid[] := private.manageable(pause_locked_mentors.mentor_ids, caller, moment);
  fresh uuid[] := mine;
  stored bytea;
  -- Beside mine: the keys under which the answers are kept, and what was asked.
  keys uuid[];
  asked bytea[];
  answered uuid[] := '{}'::uuid[];
  answers jsonb[];
  answers_this boolean[];
  is_invalid boolean := false;
  reason text;
  away uuid[] := '{}'::uuid[];
  planned uuid[] := '{}'::uuid[];
  accepted uuid[] := '{}'::uuid[];
  prefix text := private.id_prefix();
  notification uuid;
  made record;
begin
  if mine = '{}' and private.chapters_now(caller, true) = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;

  if pause_locked_mentors.request_id is not null then
    select r.fingerprint into stored
    from private.idempotent_requests r
    where r.caller_id = caller and r.request_id = pause_locked_mentors.request_id;
    if not found and private.requested_at(pause_locked_mentors.request_id) < moment - interval '72 hours' then
      perform private.refuse('request_expired');
    end if;
    if stored <> fingerprint then
      perform private.refuse('idempotency_key_reused');
    end if;
    -- Whom a batch with this key has changed, or a call for one with the key that follows from
    -- it: both store the same answer.
    select array_agg(k.request_id order by k.place), array_agg(k.fingerprint order by k.place)
    into keys, asked
    from (
      select i.place, private.request_id_of(pause_locked_mentors.request_id, i.id) as request_id,
        case when plans
          then private.fingerprint('plan_pause', jsonb_build_array(i.id, pause_locked_mentors.pause_reason,
            pause_locked_mentors.starts_on, pause_locked_mentors.expected_return_date))
          else sha256(convert_to(jsonb_build_array('pause_mentor', i.id, pause_locked_mentors.pause_reason,
            pause_locked_mentors.expected_return_date, null::integer)::text, 'UTF8')) end as fingerprint
      from unnest(mine) with ordinality i (id, place)
    ) k;
    select coalesce(array_agg(k.mentor_id), '{}'), array_agg(r.response), array_agg(r.fingerprint = k.fingerprint)
    into answered, answers, answers_this
    from unnest(mine, keys, asked) k (mentor_id, request_id, fingerprint)
    join private.idempotent_requests r on r.caller_id = caller and r.request_id = k.request_id;
    fresh := array(select unnest(mine) except select unnest(answered));
  end if;

  if fresh <> '{}' or answered = '{}' then
    begin
      reason := case when plans
        then private.judge_plan(today, pause_locked_mentors.starts_on, pause_locked_mentors.expected_return_date,
          pause_locked_mentors.pause_reason)
        else private.judge_pause(today, pause_locked_mentors.expected_return_date, pause_locked_mentors.pause_reason) end;
    exception when sqlstate 'PGRST' then
      -- What was possible when the batch was first sent stays answered.
      if answered = '{}' then
        raise;
      end if;
      is_invalid := true;
    end;
  end if;
  if is_invalid then
    fresh := '{}';
  end if;

  if fresh <> '{}' then
    perform private.apply_changes(fresh, private.last_judged(), today, 'system');
    away := array(
      select r.mentor_id from public.pause_records r
      where r.mentor_id = any (fresh) and r.status in ('paused', 'expired_cert') and r.paused_at is not null);
    if plans then
      planned := array(select q.mentor_id from public.planned_pauses q where q.mentor_id = any (fresh));
    end if;
    accepted := array(select unnest(fresh) except select unnest(away) except select unnest(planned) order by 1);
  end if;

  if accepted <> '{}' then
    insert into public.notifications (audience, kind) values ('coordinator', 'several_paused') returning id into notification;
  end if;
  if accepted <> '{}' and plans then
    insert into public.planned_pauses (mentor_id, starts_on, pause_reason, expected_return_date, coordinator_id)
    select a, pause_locked_mentors.starts_on, reason, pause_locked_mentors.expected_return_date, caller
    from unnest(accepted) a;
    insert into private.notification_mentors (notification_id, mentor_id, planned_pause_id, record_version)
    select notification, q.mentor_id, q.id, q.version from public.planned_pauses q where q.mentor_id = any (accepted);
    insert into public.notifications (id, mentor_id, audience, kind, planned_pause_id, record_version, reference_on, created_at)
    select (prefix || to_hex(16777216 + row_number() over (order by q.mentor_id)))::uuid, q.mentor_id, 'mentor', 'pause_planned',
      q.id, q.version, q.starts_on, clock_timestamp()
    from public.planned_pauses q
    where q.mentor_id = any (accepted);
  elsif accepted <> '{}' then
    perform private.act_as('batch', caller);
    update public.pause_records r
    set pause_reason = reason, expected_return_date = pause_locked_mentors.expected_return_date,
      paused_at = greatest(moment, r.created_at), coordinator_id = caller, effective_on = today
    where r.mentor_id = any (accepted) and r.status in ('paused', 'expired_cert');
    insert into public.pause_records
      (id, mentor_id, status, pause_reason, expected_return_date, open_since, paused_at, coordinator_id, effective_on, created_at,
        updated_at, version, first_version)
    select (prefix || to_hex(16777216 + row_number() over (order by v.mentor_id)))::uuid, v.mentor_id, 'paused', reason,
      pause_locked_mentors.expected_return_date, case when pause_locked_mentors.expected_return_date is null then today end,
      v.moment, caller, today, v.moment, v.moment, v.first, v.first
    from (
      -- Not before the end of what was brought up to date just now.
      select a as mentor_id, 1 + coalesce(l.version, 0) as first, greatest(moment, l.reactivated_at) as moment
      from unnest(accepted) a
      left join lateral (
        select r.version, r.reactivated_at, r.status from public.pause_records r
        where r.mentor_id = a
        order by r.version desc
        limit 1
      ) l on true
      where l.status is null or l.status = 'active'
    ) v
    order by v.mentor_id;
    perform private.act_as(null);
    insert into private.notification_mentors (notification_id, mentor_id, pause_record_id, record_version)
    select notification, r.mentor_id, r.id, r.version
    from public.pause_records r
    where r.mentor_id = any (accepted) and r.status in ('paused', 'expired_cert');
  end if;

  select array_agg(n.mentor_id order by n.mentor_id) as ids, array_agg(n.response order by n.mentor_id) as responses
  into made
  from (
    select r.mentor_id, jsonb_build_object('pause_record', jsonb_build_object(
      'id', r.id,
      'mentor_id', r.mentor_id,
      'status', r.status,
      'pause_reason', r.pause_reason,
      'expected_return_date', r.expected_return_date,
      'paused_at', r.paused_at,
      'reactivated_at', r.reactivated_at,
      'coordinator_id', r.coordinator_id,
      'version', r.version,
      'created_at', r.created_at,
      'updated_at', r.updated_at)) as response
    from public.pause_records r
    where not plans and r.mentor_id = any (accepted) and r.status in ('paused', 'expired_cert')
    union all
    select q.mentor_id, jsonb_build_object('planned_pause', jsonb_build_object(
      'id', q.id,
      'mentor_id', q.mentor_id,
      'starts_on', q.starts_on,
      'pause_reason', q.pause_reason,
      'expected_return_date', q.expected_return_date,
      'coordinator_id', q.coordinator_id,
      'version', q.version))
    from public.planned_pauses q
    where plans and q.mentor_id = any (accepted)
  ) n;

  if pause_locked_mentors.request_id is not null and accepted <> '{}' then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    select caller, k.request_id, k.fingerprint, n.mentor_id, n.response
    from unnest(made.ids, made.responses) n (mentor_id, response)
    join unnest(mine, keys, asked) k (mentor_id, request_id, fingerprint) on k.mentor_id = n.mentor_id;
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, response)
    values (caller, pause_locked_mentors.request_id, fingerprint, '{}')
    on conflict on constraint idempotent_requests_pkey do nothing;
    -- As many as one by one would have pruned.
    perform private.prune_requests(4 * cardinality(accepted));
  end if;
  if cardinality(answered) = cardinality(pause_locked_mentors.mentor_ids) then
    perform set_config('response.headers', '[{"idempotent-replayed": "true"}]', true);
  end if;

  return (
    select jsonb_object_agg(o.mentor_id, jsonb_build_object(
      'outcome', o.outcome, 'code', o.code, 'pause_record', coalesce(o.response -> 'pause_record', 'null')))
    from (
      select n.mentor_id, case when plans then 'planned' else 'paused' end as outcome, null as code, n.response
      from unnest(made.ids, made.responses) n (mentor_id, response)
      union all
      select n.mentor_id,
        case when not n.is_same then 'refused' when plans then 'planned' else 'paused' end,
        case when not n.is_same then 'idempotency_key_reused' end,
        case when n.is_same then n.response end
      from unnest(answered, answers, answers_this) n (mentor_id, response, is_same)
      union all
      select n, 'refused', 'already_paused', null from unnest(away) n
      union all
      select n, 'refused', 'already_exists', null from (select unnest(planned) except select unnest(away)) e (n)
      union all
      select n, 'refused', 'invalid_request', null
      from (select unnest(mine) except select unnest(answered)) e (n) where is_invalid
      union all
      select n, 'refused', 'mentor_not_found', null
      from (select unnest(pause_locked_mentors.mentor_ids) except select unnest(mine)) e (n)
    ) o);
end
$$;
revoke all on function private.pause_locked_mentors(uuid[], text, date, date, uuid) from public, anon, authenticated, service_role;

comment on function private.pause_locked_mentors(uuid[], text, date, date, uuid) is
  'Pauses these mentors, whom the signed-in caller has locked, or plans it, and answers by mentor: outcome, code, pause_record. Refuses with not_a_coordinator, invalid_request, request_expired, idempotency_key_reused.';

create function private.pause_mentors(
  mentor_ids uuid[], pause_reason text, starts_on date, expected_return_date date, dry_run boolean, request_id uuid
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  sorted uuid[];
  outcomes jsonb;
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if pause_mentors.mentor_ids is null or array_ndims(pause_mentors.mentor_ids) is distinct from 1
     or cardinality(pause_mentors.mentor_ids) not between 1 and 500 or array_position(pause_mentors.mentor_ids, null) is not null then
    perform private.refuse('invalid_request', 'mentor_ids', 'mentor_ids must be 1 to 500 ids.');
  end if;
  sorted := array(select distinct i from unnest(pause_mentors.mentor_ids) i order by 1);
  if cardinality(sorted) < cardinality(pause_mentors.mentor_ids) then
    perform private.refuse('invalid_request', 'mentor_ids', 'mentor_ids must be different.');
  end if;

  perform private.lock_many(sorted, pause_mentors.request_id);
  if pause_mentors.dry_run is not true then
    outcomes := private.pause_locked_mentors(sorted, pause_mentors.pause_reason, pause_mentors.starts_on,
      pause_mentors.expected_return_date, pause_mentors.request_id);
  else
    -- What the real run would do is found by doing it, and taken back: variables stay.
    begin
      outcomes := private.pause_locked_mentors(sorted, pause_mentors.pause_reason, pause_mentors.starts_on,
        pause_mentors.expected_return_date, pause_mentors.request_id);
      raise exception using errcode = 'MPDRY', message = 'a dry run';
    exception when sqlstate 'MPDRY' then
      null;
    end;
  end if;

  return jsonb_build_object('results', (
    select jsonb_agg(jsonb_build_object('mentor_id', i.id)
      || (outcomes -> i.id::text)
      || case when pause_mentors.dry_run is true then jsonb_build_object('pause_record', null) else '{}' end
      order by i.place)
    from unnest(pause_mentors.mentor_ids) with ordinality i (id, place)));
end
$$;
revoke all on function private.pause_mentors(uuid[], text, date, date, boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function private.pause_mentors(uuid[], text, date, date, boolean, uuid) to authenticated;

comment on function private.pause_mentors(uuid[], text, date, date, boolean, uuid) is
  'Behind public.pause_mentors. Definer, because nobody may write the tables directly; checks the caller itself.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.pause_mentors(
  mentor_ids uuid[] default null,
  pause_reason text default null,
  starts_on date default null,
  expected_return_date date default null,
  dry_run boolean default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.pause_mentors(pause_mentors.mentor_ids, pause_mentors.pause_reason, pause_mentors.starts_on,
    pause_mentors.expected_return_date, pause_mentors.dry_run, pause_mentors.request_id);
end
$$;
revoke all on function public.pause_mentors(uuid[], text, date, date, boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function public.pause_mentors(uuid[], text, date, date, boolean, uuid) to authenticated;

comment on function public.pause_mentors(uuid[], text, date, date, boolean, uuid) is
  'Pauses up to 500 mentors at once, or with starts_on plans it; each by the rules of one, and in the order given with its outcome (paused, planned, refused with a code). dry_run: says what it would do, and does nothing. Refuses as a whole with invalid_request, not_a_coordinator, request_in_progress, request_expired, idempotency_key_reused.';
