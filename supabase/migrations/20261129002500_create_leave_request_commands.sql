-- Asking for leave, answering, and reading what was asked. The order is that of the
-- transitions: lock the mentor, settle who may, replay an answer given before, compare the
-- version, bring what is stored up to date, then change.
--
-- A request is marked as answered before its transition is made, because the transition
-- settles whatever is open and has become pointless by it.

create function private.leave_request_as_json(asked public.leave_requests) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
begin
  return to_jsonb(leave_request_as_json.asked) || jsonb_build_object(
    'mentor_name', (select p.display_name from public.profiles p where p.id = (leave_request_as_json.asked).mentor_id),
    'answered_by_name', (select p.display_name from public.profiles p where p.id = (leave_request_as_json.asked).answered_by));
end
$$;
revoke all on function private.leave_request_as_json(public.leave_requests) from public, anon, authenticated, service_role;

comment on function private.leave_request_as_json(public.leave_requests) is
  'A leave request as it is answered: its columns, with the names of the mentor and of who answered.';

create function private.judge_optional_text(field text, value text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  trimmed text := private.trimmed(judge_optional_text.value);
begin
  if char_length(trimmed) not between 1 and 500 then
    perform private.refuse('invalid_request', judge_optional_text.field,
      format('%s must have 1 to 500 characters after trimming, or be left out.', judge_optional_text.field));
  end if;
  if not private.is_visible(trimmed) then
    perform private.refuse('invalid_request', judge_optional_text.field,
      format('%s must have a character that can be seen.', judge_optional_text.field));
  end if;
  if private.contains_identity_number(trimmed) then
    perform private.refuse('invalid_request', judge_optional_text.field,
      format('%s must not contain a national identity number.', judge_optional_text.field));
  end if;
  return trimmed;
end
$$;
revoke all on function private.judge_optional_text(text, text) from public, anon, authenticated, service_role;

comment on function private.judge_optional_text(text, text) is
  'A reason or a message, trimmed; null: none was given. Refuses with invalid_request.';

create function private.judge_leave(kind text, starts_on date, expected_return_date date, today date) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if judge_leave.kind is null or judge_leave.kind not in ('pause', 'change_return', 'return') then
    perform private.refuse('invalid_request', 'kind', 'kind must be pause, change_return or return.');
  end if;
  if judge_leave.starts_on is not null and judge_leave.kind <> 'pause' then
    perform private.refuse('invalid_request', 'starts_on', 'starts_on belongs to a pause.');
  end if;
  if judge_leave.expected_return_date is not null and judge_leave.kind = 'return' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date belongs to a pause and to change_return.');
  end if;
  if judge_leave.starts_on is not null then
    perform private.judge_plan(judge_leave.today, judge_leave.starts_on, judge_leave.expected_return_date, null, false);
  elsif judge_leave.expected_return_date <= judge_leave.today then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  elsif judge_leave.expected_return_date > judge_leave.today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;
end
$$;
revoke all on function private.judge_leave(text, date, date, date) from public, anon, authenticated, service_role;

comment on function private.judge_leave(text, date, date, date) is
  'Refuses with invalid_request what can''t be asked for on this day, whoever asks.';

create function private.grant_leave(
  asked public.leave_requests, live public.pause_records, coordinator_id uuid, moment timestamptz, today date
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  mentor uuid := (grant_leave.asked).mentor_id;
  kind text := (grant_leave.asked).kind;
  plan public.planned_pauses;
  granted public.pause_records;
begin
  if kind = 'pause' and (grant_leave.asked).starts_on > grant_leave.today then
    insert into public.planned_pauses (mentor_id, starts_on, pause_reason, expected_return_date, coordinator_id)
    values (mentor, (grant_leave.asked).starts_on, (grant_leave.asked).reason, (grant_leave.asked).expected_return_date,
      grant_leave.coordinator_id)
    returning * into plan;
    perform private.tell_of_plan('pause_planned', plan);
    update public.leave_requests l set planned_pause_id = plan.id where l.id = (grant_leave.asked).id;
    return private.answer_plan(null, null, null, plan);
  end if;

  perform private.act_as(case when grant_leave.coordinator_id is null then 'mentor' else 'coordinator' end,
    coalesce(grant_leave.coordinator_id, mentor));
  if kind = 'pause' and ((grant_leave.live).id is null or (grant_leave.live).status = 'active') then
    granted := private.begin_pause(mentor, (grant_leave.asked).reason, (grant_leave.asked).expected_return_date,
      grant_leave.coordinator_id, grant_leave.moment, grant_leave.today);
  elsif kind = 'return' then
    update public.pause_records r
    set status = 'active', reactivated_at = greatest(grant_leave.moment, r.created_at, r.paused_at),
      coordinator_id = coalesce(grant_leave.coordinator_id, r.coordinator_id), effective_on = grant_leave.today
    where r.id = (grant_leave.live).id
    returning * into granted;
  else
    -- Another return date, or the pause under an expired certification.
    update public.pause_records r
    set pause_reason = case when kind = 'pause' then (grant_leave.asked).reason else r.pause_reason end,
      expected_return_date = (grant_leave.asked).expected_return_date,
      paused_at = coalesce(r.paused_at, greatest(grant_leave.moment, r.created_at)),
      coordinator_id = coalesce(grant_leave.coordinator_id, r.coordinator_id),
      effective_on = grant_leave.today
    where r.id = (grant_leave.live).id
    returning * into granted;
  end if;
  perform private.act_as(null);
  update public.leave_requests l set pause_record_id = granted.id where l.id = (grant_leave.asked).id;
  return private.answer(null, null, null, granted,
    case when kind = 'return' and grant_leave.coordinator_id is not null
      then jsonb_build_object('hints', private.hints_after_pause(mentor, granted.paused_at, grant_leave.today)) end);
end
$$;
revoke all on function private.grant_leave(public.leave_requests, public.pause_records, uuid, timestamptz, date) from public, anon, authenticated, service_role;

comment on function private.grant_leave(public.leave_requests, public.pause_records, uuid, timestamptz, date) is
  'Makes the transition that an accepted request asks for, as this coordinator, or as the mentor (null), and answers the record or the plan that it made. The caller has locked the mentor and judged everything.';

create function private.request_leave(kind text, reason text, starts_on date, expected_return_date date, request_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  live public.pause_records := private.lock_live_record(auth.uid(), request_leave.request_id);
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  caller uuid := private.my_id();
  fingerprint bytea := private.fingerprint('request_leave', jsonb_build_array(request_leave.kind, request_leave.reason,
    request_leave.starts_on, request_leave.expected_return_date));
  replayed jsonb;
  trimmed text;
  at_once boolean;
  asked public.leave_requests;
  made jsonb := jsonb_build_object();
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  -- Null: a mentor of no chapter.
  select bool_and(c.requests_take_effect) into at_once
  from public.chapter_memberships m
  join public.chapters c on c.id = m.chapter_id
  where m.user_id = caller and m.role = 'mentor' and m.started_at <= moment and (m.ended_at is null or m.ended_at > moment);
  if at_once is null then
    perform private.refuse('not_a_mentor');
  end if;
  replayed := private.replay(caller, request_leave.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  trimmed := private.judge_optional_text('reason', request_leave.reason);
  perform private.judge_leave(request_leave.kind, request_leave.starts_on, request_leave.expected_return_date, today);

  live := private.bring_up_to_date(caller, live, today);
  perform private.settle_leave_requests(array[caller], today);
  if request_leave.kind = 'pause' and live.paused_at is not null then
    perform private.refuse('already_paused', null, 'You are paused already.');
  end if;
  if request_leave.kind <> 'pause' and live.paused_at is null then
    perform private.refuse('not_paused', null, 'You are not paused.');
  end if;
  if request_leave.kind = 'change_return' and live.expected_return_date is not distinct from request_leave.expected_return_date then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be another one than there is.');
  end if;
  if request_leave.starts_on is not null and exists (select from public.planned_pauses q where q.mentor_id = caller) then
    perform private.refuse('already_exists', 'planned_pause', 'A pause is planned already.');
  end if;
  if exists (
    select from public.leave_requests l where l.mentor_id = caller and l.kind = request_leave.kind and l.state = 'open'
  ) then
    perform private.refuse('already_exists', 'leave_request', 'You have asked for that already, and nobody has answered yet.');
  end if;

  -- Nobody becomes active over an expired certification: a coordinator has to see to it.
  at_once := at_once and not (request_leave.kind = 'return' and live.status = 'expired_cert');
  insert into public.leave_requests (mentor_id, kind, state, reason, starts_on, expected_return_date, answered_at, created_at)
  values (caller, request_leave.kind, case when at_once then 'accepted' else 'open' end, trimmed, request_leave.starts_on,
    request_leave.expected_return_date, case when at_once then moment end, moment)
  returning * into asked;
  if at_once then
    made := private.grant_leave(asked, live, null, moment, today);
    select * into asked from public.leave_requests l where l.id = asked.id;
  else
    insert into public.notifications (mentor_id, audience, kind, leave_request_id, reference_on)
    values (caller, 'coordinator', 'leave_requested', asked.id, asked.starts_on);
  end if;
  return private.finish_command(caller, request_leave.request_id, fingerprint, caller,
    jsonb_build_object('leave_request', private.leave_request_as_json(asked)) || made);
end
$$;
revoke all on function private.request_leave(text, text, date, date, uuid) from public, anon, authenticated, service_role;
grant execute on function private.request_leave(text, text, date, date, uuid) to authenticated;

comment on function private.request_leave(text, text, date, date, uuid) is
  'Behind public.request_leave. Definer, because nobody may write the tables directly; is about the caller alone, who has to be a mentor.';

create function private.answer_leave_request(
  leave_request_id uuid, answer text, message text, expected_version integer, request_id uuid
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  caller uuid := private.my_id();
  fingerprint bytea := private.fingerprint('answer_leave_request', jsonb_build_array(answer_leave_request.leave_request_id,
    answer_leave_request.answer, answer_leave_request.message, answer_leave_request.expected_version));
  withdraws boolean := answer_leave_request.answer = 'withdraw';
  about uuid;
  live public.pause_records;
  moment timestamptz;
  today date;
  replayed jsonb;
  trimmed text;
  asked public.leave_requests;
  plan public.planned_pauses;
  made jsonb := jsonb_build_object();
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if answer_leave_request.leave_request_id is null then
    perform private.refuse('invalid_request', 'leave_request_id', 'The id of a leave request is required.');
  end if;
  if answer_leave_request.answer is null or answer_leave_request.answer not in ('accept', 'decline', 'withdraw') then
    perform private.refuse('invalid_request', 'answer', 'answer must be accept, decline or withdraw.');
  end if;
  about := (select l.mentor_id from public.leave_requests l where l.id = answer_leave_request.leave_request_id);
  live := private.lock_live_record(about, answer_leave_request.request_id);
  moment := clock_timestamp();
  today := private.date_of(moment);
  if withdraws then
    if about is distinct from caller or private.my_id() is null then
      perform private.refuse('not_found');
    end if;
  elsif about = caller then
    perform private.refuse('not_a_coordinator', null, 'Your coordinator answers what you have asked for.');
  else
    perform private.authorised_caller(about, 'not_found');
  end if;
  replayed := private.replay(caller, answer_leave_request.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  trimmed := private.judge_optional_text('message', answer_leave_request.message);
  if withdraws and trimmed is not null then
    perform private.refuse('invalid_request', 'message', 'message belongs to accept and decline.');
  end if;
  if withdraws and answer_leave_request.expected_version is not null then
    perform private.refuse('invalid_request', 'expected_version', 'expected_version belongs to accept and decline.');
  end if;

  select * into asked from public.leave_requests l
  where l.id = answer_leave_request.leave_request_id and l.mentor_id = about for update;
  if (asked.state = 'open' or withdraws and asked.state = 'accepted') is not true then
    perform private.refuse('already_answered');
  end if;
  if answer_leave_request.expected_version is not null and live.version is distinct from answer_leave_request.expected_version then
    perform private.refuse('version_conflict', live.version::text);
  end if;
  live := private.bring_up_to_date(about, live, today);
  if asked.state = 'accepted' then
    -- Its first day has not come if it is still a plan now.
    delete from public.planned_pauses q where q.id = asked.planned_pause_id and q.starts_on > today returning * into plan;
    if not found then
      perform private.refuse('already_answered');
    end if;
    perform private.tell_of_plan('pause_cancelled', plan);
  else
    perform private.settle_leave_requests(array[about], today);
    select * into asked from public.leave_requests l where l.id = asked.id;
    if asked.state <> 'open' then
      perform private.refuse('already_answered');
    end if;
    if answer_leave_request.answer = 'accept' and asked.kind = 'return' and live.status = 'expired_cert' then
      perform private.refuse('certification_expired');
    end if;
  end if;

  update public.leave_requests l
  set state = case answer_leave_request.answer when 'accept' then 'accepted' when 'decline' then 'declined' else 'withdrawn' end,
    answered_by = caller, answered_at = greatest(moment, l.created_at), message = trimmed
  where l.id = asked.id
  returning * into asked;
  if answer_leave_request.answer = 'accept' then
    made := private.grant_leave(asked, live, caller, moment, today);
    select * into asked from public.leave_requests l where l.id = asked.id;
  end if;
  if not withdraws then
    insert into public.notifications (mentor_id, audience, kind, leave_request_id, reference_on)
    values (about, 'mentor', 'leave_answered', asked.id, asked.starts_on);
  end if;
  return private.finish_command(caller, answer_leave_request.request_id, fingerprint, about,
    jsonb_build_object('leave_request', private.leave_request_as_json(asked)) || made);
end
$$;
revoke all on function private.answer_leave_request(uuid, text, text, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function private.answer_leave_request(uuid, text, text, integer, uuid) to authenticated;

comment on function private.answer_leave_request(uuid, text, text, integer, uuid) is
  'Behind public.answer_leave_request. Definer, because nobody may write the tables directly; checks the caller itself.';

-- The rule of the table's policy.
create function private.is_request_shown(
  mentor_id uuid, created_at timestamptz, answered_at timestamptz, caller_id uuid, chapter_ids uuid[], everybody boolean
) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return is_request_shown.everybody or is_request_shown.mentor_id = is_request_shown.caller_id or coalesce((
    select bool_or(m.started_at <= statement_timestamp() and (m.ended_at is null or m.ended_at > statement_timestamp()))
      and (case when is_request_shown.answered_at is null
        then bool_or(m.started_at <= is_request_shown.created_at and (m.ended_at is null or m.ended_at > statement_timestamp()))
          or private.is_of_this_time(is_request_shown.mentor_id, is_request_shown.created_at)
        else bool_or(m.started_at <= is_request_shown.answered_at and (m.ended_at is null or m.ended_at >= is_request_shown.answered_at)) end)
    from public.chapter_memberships m
    where m.user_id = is_request_shown.mentor_id and m.role = 'mentor' and m.chapter_id = any (is_request_shown.chapter_ids)), false);
end
$$;
revoke all on function private.is_request_shown(uuid, timestamptz, timestamptz, uuid, uuid[], boolean) from public, anon, authenticated, service_role;

comment on function private.is_request_shown(uuid, timestamptz, timestamptz, uuid, uuid[], boolean) is
  'Whether the caller, who manages these chapters, or everybody''s, sees a request of this mentor that was made and answered then (null: it is open).';

-- One's own, and those of one's mentors. Where the mentors are few, each is asked; else the
-- requests are walked, newest first, and each is judged. Each list ends early.
create function private.leave_requests_page(state text[], page_limit integer, page_cursor text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  caller uuid := private.my_id();
  mine uuid[];
  everybody boolean;
  states text[];
  page integer := coalesce(leave_requests_page.page_limit, 50);
  filters text;
  place jsonb;
  key bytea;
  before_at timestamptz := timestamptz 'infinity';
  before_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  candidates record;
  found public.leave_requests[] := '{}'::public.leave_requests[];
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  states := array(select distinct s from unnest(coalesce(leave_requests_page.state,
    array['open', 'accepted', 'declined', 'withdrawn', 'settled'])) s order by 1);
  if states = '{}' or array_position(states, null) is not null
     or not states <@ array['open', 'accepted', 'declined', 'withdrawn', 'settled'] then
    perform private.refuse('invalid_request', 'state', 'state must be one or several of open, accepted, declined, withdrawn, settled.');
  end if;
  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('leave requests', caller, states)::text;
  if leave_requests_page.page_cursor <> '' then
    place := private.read_cursor(leave_requests_page.page_cursor, filters, key);
    before_at := (place ->> 0)::timestamptz;
    before_id := (place ->> 1)::uuid;
  end if;

  mine := private.my_chapter_ids();
  everybody := private.is_organisation_administrator();
  if everybody then
    found := array(
      select l
      from unnest(states) w (state)
      cross join lateral (
        select o.* from public.leave_requests o
        where o.state = w.state and o.created_at <= before_at and (o.created_at, o.id) < (before_at, before_id)
        order by o.created_at desc, o.id desc
        limit page + 1
      ) l
      order by l.created_at desc, l.id desc
      limit page + 1);
  else
    -- What is not shown is passed over: of somebody who has left today, or what was answered
    -- elsewhere before the mentor came.
    loop
      select array_agg(w.id) as ids, (array_agg(w.id))[page + 1] as last_id, (array_agg(w.created_at))[page + 1] as last_at
      into candidates
      from (
        select distinct y.created_at, y.id
        from (
          select o.created_at, o.id
          from unnest(mine) c (chapter_id)
          cross join unnest(states) s (state)
          cross join lateral (
            select p.created_at, p.id from private.request_places p
            where p.chapter_id = c.chapter_id and p.state = s.state
              and p.created_at <= before_at and (p.created_at, p.id) < (before_at, before_id)
            order by p.created_at desc, p.id desc
            limit page + 1
          ) o
          union all
          (select o.created_at, o.id from public.leave_requests o
          where o.mentor_id = caller and o.state = any (states)
            and o.created_at <= before_at and (o.created_at, o.id) < (before_at, before_id)
          order by o.created_at desc, o.id desc
          limit page + 1)
        ) y
        order by y.created_at desc, y.id desc
        limit page + 1
      ) w;
      found := found || array(
        select l
        from unnest(candidates.ids) i (id)
        join public.leave_requests l on l.id = i.id
        where private.is_request_shown(l.mentor_id, l.created_at, l.answered_at, caller, mine, everybody)
        order by l.created_at desc, l.id desc);
      exit when cardinality(found) > page or candidates.last_id is null;
      before_at := candidates.last_at;
      before_id := candidates.last_id;
    end loop;
  end if;
  if cardinality(found) > page then
    next_cursor := private.write_cursor(jsonb_build_array(found[page].created_at, found[page].id), filters, key);
  end if;
  return jsonb_build_object(
    'leave_requests', coalesce((
      select jsonb_agg(private.leave_request_as_json(f) order by f.created_at desc, f.id desc) from unnest(found[:page]) f), '[]'),
    'next_cursor', next_cursor);
end
$$;
revoke all on function private.leave_requests_page(text[], integer, text) from public, anon, authenticated, service_role;
grant execute on function private.leave_requests_page(text[], integer, text) to authenticated;

comment on function private.leave_requests_page(text[], integer, text) is
  'Behind public.leave_requests_page. Definer, to share the key of the cursors; shows what the policy of the table shows.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.request_leave(
  kind text default null,
  reason text default null,
  starts_on date default null,
  expected_return_date date default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.request_leave(request_leave.kind, request_leave.reason, request_leave.starts_on,
    request_leave.expected_return_date, request_leave.request_id);
end
$$;
revoke all on function public.request_leave(text, text, date, date, uuid) from public, anon, authenticated, service_role;
grant execute on function public.request_leave(text, text, date, date, uuid) to authenticated;

comment on function public.request_leave(text, text, date, date, uuid) is
  'Asks for the caller''s own leave: pause (now, or from starts_on), change_return (null clears the date) or return. Takes effect at once where all of the mentor''s chapters say so. Refuses with invalid_request, not_a_mentor, already_paused, not_paused, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.answer_leave_request(
  leave_request_id uuid default null,
  answer text default null,
  message text default null,
  expected_version integer default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.answer_leave_request(answer_leave_request.leave_request_id, answer_leave_request.answer,
    answer_leave_request.message, answer_leave_request.expected_version, answer_leave_request.request_id);
end
$$;
revoke all on function public.answer_leave_request(uuid, text, text, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.answer_leave_request(uuid, text, text, integer, uuid) to authenticated;

comment on function public.answer_leave_request(uuid, text, text, integer, uuid) is
  'Answers a leave request: accept (makes the transition) or decline, by whoever manages the mentor, with a message; withdraw, by the mentor, also an accepted one whose first day has not come. Refuses with invalid_request, not_a_coordinator, not_found, already_answered, version_conflict, certification_expired, request_in_progress, request_expired, idempotency_key_reused.';

create function public.leave_requests_page(
  state text[] default null,
  page_limit integer default null,
  page_cursor text default null
) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.leave_requests_page(leave_requests_page.state, leave_requests_page.page_limit, leave_requests_page.page_cursor);
end
$$;
revoke all on function public.leave_requests_page(text[], integer, text) from public, anon, authenticated, service_role;
grant execute on function public.leave_requests_page(text[], integer, text) to authenticated;

comment on function public.leave_requests_page(text[], integer, text) is
  'A page of leave requests, newest first: the caller''s own and those of their mentors, in these states. Refuses with invalid_request.';
