-- Planning a pause, changing a plan, and taking it back. The order is that of the
-- transitions: lock the mentor, settle who may, replay an answer given before, bring what
-- is stored up to date (a plan whose day has come begins), then change.

create function private.answer_plan(caller_id uuid, request_id uuid, fingerprint bytea, plan public.planned_pauses) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  response jsonb := jsonb_build_object('planned_pause', jsonb_build_object(
    'id', (answer_plan.plan).id,
    'mentor_id', (answer_plan.plan).mentor_id,
    'starts_on', (answer_plan.plan).starts_on,
    'pause_reason', (answer_plan.plan).pause_reason,
    'expected_return_date', (answer_plan.plan).expected_return_date,
    'coordinator_id', (answer_plan.plan).coordinator_id,
    'version', (answer_plan.plan).version));
begin
  if answer_plan.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (answer_plan.caller_id, answer_plan.request_id, answer_plan.fingerprint, (answer_plan.plan).mentor_id, response);
  end if;
  return response;
end
$$;
revoke all on function private.answer_plan(uuid, uuid, bytea, public.planned_pauses) from public, anon, authenticated, service_role;

comment on function private.answer_plan(uuid, uuid, bytea, public.planned_pauses) is
  'The answer that shows this plan, stored in case the request is repeated.';

create function private.judge_plan(today date, starts_on date, expected_return_date date, pause_reason text, has_reason boolean default true) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  reason text;
begin
  if judge_plan.has_reason then
    reason := private.judged_reason(judge_plan.pause_reason);
  end if;
  if judge_plan.starts_on is null or judge_plan.starts_on <= judge_plan.today then
    perform private.refuse('invalid_request', 'starts_on', 'starts_on must be after today.');
  end if;
  if judge_plan.starts_on > judge_plan.today + interval '1 year' then
    perform private.refuse('invalid_request', 'starts_on', 'starts_on must be at most a year ahead.');
  end if;
  if judge_plan.expected_return_date <= judge_plan.starts_on then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after starts_on.');
  end if;
  if judge_plan.expected_return_date > judge_plan.today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;
  return reason;
end
$$;
revoke all on function private.judge_plan(date, date, date, text, boolean) from public, anon, authenticated, service_role;

comment on function private.judge_plan(date, date, date, text, boolean) is
  'The reason of a plan, trimmed, if it is given one; refuses with invalid_request a plan that can''t be made on this day.';

create function private.tell_of_plan(kind text, plan public.planned_pauses) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.notifications (mentor_id, audience, kind, planned_pause_id, record_version, reference_on)
  select (tell_of_plan.plan).mentor_id, a.audience, tell_of_plan.kind, (tell_of_plan.plan).id, (tell_of_plan.plan).version,
    (tell_of_plan.plan).starts_on
  from (values ('coordinator'), ('mentor')) a (audience);
end
$$;
revoke all on function private.tell_of_plan(text, public.planned_pauses) from public, anon, authenticated, service_role;

comment on function private.tell_of_plan(text, public.planned_pauses) is 'Writes to the outbox what mentor and coordinator are told of a plan.';

create function private.plan_pause(
  mentor_id uuid, pause_reason text, starts_on date, expected_return_date date, request_id uuid
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  live public.pause_records := private.lock_live_record(plan_pause.mentor_id, plan_pause.request_id);
  today date := private.date_of(clock_timestamp());
  caller uuid := private.authorised_caller(plan_pause.mentor_id);
  fingerprint bytea := private.fingerprint('plan_pause', jsonb_build_array(plan_pause.mentor_id, plan_pause.pause_reason,
    plan_pause.starts_on, plan_pause.expected_return_date));
  replayed jsonb := private.replay(caller, plan_pause.request_id, fingerprint);
  reason text;
  plan public.planned_pauses;
begin
  if replayed is not null then
    return replayed;
  end if;
  reason := private.judge_plan(today, plan_pause.starts_on, plan_pause.expected_return_date, plan_pause.pause_reason);
  live := private.bring_up_to_date(plan_pause.mentor_id, live, today);
  if live.paused_at is not null then
    perform private.refuse('already_paused');
  end if;
  if exists (select from public.planned_pauses q where q.mentor_id = plan_pause.mentor_id) then
    perform private.refuse('already_exists', 'planned_pause', 'A pause is planned already: change that one.');
  end if;
  insert into public.planned_pauses (mentor_id, starts_on, pause_reason, expected_return_date, coordinator_id)
  values (plan_pause.mentor_id, plan_pause.starts_on, reason, plan_pause.expected_return_date, caller)
  returning * into plan;
  perform private.tell_of_plan('pause_planned', plan);
  return private.answer_plan(caller, plan_pause.request_id, fingerprint, plan);
end
$$;
revoke all on function private.plan_pause(uuid, text, date, date, uuid) from public, anon, authenticated, service_role;
grant execute on function private.plan_pause(uuid, text, date, date, uuid) to authenticated;

comment on function private.plan_pause(uuid, text, date, date, uuid) is
  'Behind public.plan_pause. Definer, because nobody may write the tables directly; checks the caller itself.';

-- Of a plan that isn't the caller's they learn no more than of one that isn't there. What
-- was a plan is known by the pause that it became.
create function private.lock_plan(planned_pause_id uuid, request_id uuid, fingerprint bytea) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := auth.uid();
  about uuid;
  live public.pause_records;
  replayed jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if lock_plan.planned_pause_id is null then
    perform private.refuse('invalid_request', 'planned_pause_id', 'planned_pause_id is required.');
  end if;
  about := coalesce(
    (select q.mentor_id from public.planned_pauses q where q.id = lock_plan.planned_pause_id),
    (select r.mentor_id from public.pause_records r where r.planned_pause_id = lock_plan.planned_pause_id),
    -- Taken back by this very request, perhaps.
    (select i.mentor_id from private.idempotent_requests i where i.caller_id = caller and i.request_id = lock_plan.request_id));
  live := private.lock_live_record(about, lock_plan.request_id);
  perform private.authorised_caller(about, 'not_found');
  replayed := private.replay(caller, lock_plan.request_id, lock_plan.fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  live := private.bring_up_to_date(about, live, private.date_of(clock_timestamp()));
  if live.planned_pause_id = lock_plan.planned_pause_id then
    perform private.refuse('already_paused', null, 'The planned pause has begun: change that pause.');
  end if;
  if not exists (select from public.planned_pauses q where q.id = lock_plan.planned_pause_id) then
    perform private.refuse('not_found');
  end if;
  return null;
end
$$;
revoke all on function private.lock_plan(uuid, uuid, bytea) from public, anon, authenticated, service_role;

comment on function private.lock_plan(uuid, uuid, bytea) is
  'Locks the mentor of a plan that is there, or returns the answer given to this request before. Refuses with unauthenticated, invalid_request, request_in_progress, not_a_coordinator, not_found, already_paused, request_expired and idempotency_key_reused.';

create function private.amend_planned_pause(planned_pause_id uuid, changes jsonb, expected_version integer, request_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  given text[];
  first_day date;
  return_day date;
  fingerprint bytea := private.fingerprint('amend_planned_pause',
    jsonb_build_array(amend_planned_pause.planned_pause_id, amend_planned_pause.changes, amend_planned_pause.expected_version));
  replayed jsonb;
  was public.planned_pauses;
  plan public.planned_pauses;
  reason text;
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if amend_planned_pause.changes is null or jsonb_typeof(amend_planned_pause.changes) <> 'object' then
    perform private.refuse('invalid_request', 'changes', 'changes must be an object.');
  end if;
  given := array(select k from jsonb_object_keys(amend_planned_pause.changes) k);
  if given = '{}' or not given <@ array['starts_on', 'pause_reason', 'expected_return_date'] then
    perform private.refuse('invalid_request', 'changes', 'changes must name starts_on, pause_reason or expected_return_date, and nothing else.');
  end if;
  if exists (
    select from jsonb_each(amend_planned_pause.changes) c
    where jsonb_typeof(c.value) not in ('string', case when c.key = 'expected_return_date' then 'null' else 'string' end)
  ) then
    perform private.refuse('invalid_request', 'changes', 'Each change must be a string; expected_return_date may be null.');
  end if;
  first_day := private.judged_date('starts_on', amend_planned_pause.changes ->> 'starts_on', is_required => 'starts_on' = any (given));
  return_day := private.judged_date('expected_return_date', amend_planned_pause.changes ->> 'expected_return_date',
    is_required => jsonb_typeof(amend_planned_pause.changes -> 'expected_return_date') = 'string');

  replayed := private.lock_plan(amend_planned_pause.planned_pause_id, amend_planned_pause.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  select * into was from public.planned_pauses q where q.id = amend_planned_pause.planned_pause_id;
  if was.version <> amend_planned_pause.expected_version then
    perform private.refuse('version_conflict', was.version::text, 'The plan has changed since you read it.');
  end if;
  first_day := coalesce(first_day, was.starts_on);
  if 'expected_return_date' <> all (given) then
    return_day := was.expected_return_date;
  end if;
  reason := private.judge_plan(private.date_of(clock_timestamp()), first_day, return_day,
    amend_planned_pause.changes ->> 'pause_reason', 'pause_reason' = any (given));
  update public.planned_pauses q
  set starts_on = first_day, expected_return_date = return_day,
    pause_reason = case when 'pause_reason' = any (given) then reason else q.pause_reason end,
    coordinator_id = auth.uid(), version = q.version + 1, updated_at = clock_timestamp()
  where q.id = was.id
  returning * into plan;
  if (plan.starts_on, plan.expected_return_date) is distinct from (was.starts_on, was.expected_return_date) then
    perform private.tell_of_plan('pause_planned', plan);
  end if;
  return private.answer_plan(auth.uid(), amend_planned_pause.request_id, fingerprint, plan);
end
$$;
revoke all on function private.amend_planned_pause(uuid, jsonb, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function private.amend_planned_pause(uuid, jsonb, integer, uuid) to authenticated;

comment on function private.amend_planned_pause(uuid, jsonb, integer, uuid) is
  'Behind public.amend_planned_pause. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.cancel_planned_pause(planned_pause_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  fingerprint bytea := private.fingerprint('cancel_planned_pause', jsonb_build_array(cancel_planned_pause.planned_pause_id));
  replayed jsonb := private.lock_plan(cancel_planned_pause.planned_pause_id, cancel_planned_pause.request_id, fingerprint);
  plan public.planned_pauses;
begin
  if replayed is not null then
    return replayed;
  end if;
  delete from public.planned_pauses q where q.id = cancel_planned_pause.planned_pause_id returning * into plan;
  perform private.tell_of_plan('pause_cancelled', plan);
  return private.answer_plan(auth.uid(), cancel_planned_pause.request_id, fingerprint, plan);
end
$$;
revoke all on function private.cancel_planned_pause(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.cancel_planned_pause(uuid, uuid) to authenticated;

comment on function private.cancel_planned_pause(uuid, uuid) is
  'Behind public.cancel_planned_pause. Definer, because nobody may write the tables directly; checks the caller itself.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.plan_pause(
  mentor_id uuid,
  pause_reason text,
  starts_on date default null,
  expected_return_date date default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.plan_pause(plan_pause.mentor_id, plan_pause.pause_reason, plan_pause.starts_on,
    plan_pause.expected_return_date, plan_pause.request_id);
end
$$;
revoke all on function public.plan_pause(uuid, text, date, date, uuid) from public, anon, authenticated, service_role;
grant execute on function public.plan_pause(uuid, text, date, date, uuid) to authenticated;

comment on function public.plan_pause(uuid, text, date, date, uuid) is
  'Plans a pause of a mentor of the caller''s chapters from a day on that lies ahead. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_paused, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.amend_planned_pause(
  planned_pause_id uuid default null,
  changes jsonb default null,
  expected_version integer default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.amend_planned_pause(amend_planned_pause.planned_pause_id, amend_planned_pause.changes,
    amend_planned_pause.expected_version, amend_planned_pause.request_id);
end
$$;
revoke all on function public.amend_planned_pause(uuid, jsonb, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.amend_planned_pause(uuid, jsonb, integer, uuid) to authenticated;

comment on function public.amend_planned_pause(uuid, jsonb, integer, uuid) is
  'Changes the fields of a planned pause that changes names (starts_on, pause_reason, expected_return_date; null clears that date). Refuses with invalid_request, not_a_coordinator, not_found, already_paused (it has begun), version_conflict, request_in_progress, request_expired, idempotency_key_reused.';

create function public.cancel_planned_pause(planned_pause_id uuid default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.cancel_planned_pause(cancel_planned_pause.planned_pause_id, cancel_planned_pause.request_id);
end
$$;
revoke all on function public.cancel_planned_pause(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_planned_pause(uuid, uuid) to authenticated;

comment on function public.cancel_planned_pause(uuid, uuid) is
  'Takes a planned pause back, and answers it as it was. Refuses with invalid_request, not_a_coordinator, not_found, already_paused (it has begun), request_in_progress, request_expired, idempotency_key_reused.';
