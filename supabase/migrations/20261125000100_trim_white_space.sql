-- White space around a reason is what Unicode calls so, and nothing else. E'\v' is
-- no vertical tab but the letter v: "venter" was stored as "enter". And the Ogham
-- space mark (U+1680) was missing, so that alone it made a reason.

create function private.trimmed(value text) returns text
language sql immutable security invoker set search_path = ''
as $$
  select btrim(trimmed.value,
    E' \t\n\u000b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff')
$$;
revoke all on function private.trimmed(text) from public, anon, authenticated, service_role;

comment on function private.trimmed(text) is
  'The text without what Unicode calls White_Space around it, and without byte order marks.';

create or replace function private.pause_mentor(
  mentor_id uuid, pause_reason text, expected_return_date date, expected_version integer, request_id uuid
) returns jsonb
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set plan_cache_mode = 'force_generic_plan' set jit = off
as $$
declare
  today date := private.today();
  caller uuid := private.authorised_caller(pause_mentor.mentor_id);
  fingerprint bytea := sha256(convert_to(jsonb_build_array('pause_mentor', pause_mentor.mentor_id,
    pause_mentor.pause_reason, pause_mentor.expected_return_date, pause_mentor.expected_version)::text, 'UTF8'));
  replayed jsonb := private.replay(caller, pause_mentor.request_id, fingerprint);
  reason text := private.trimmed(pause_mentor.pause_reason);
  live public.pause_records;
begin
  if replayed is not null then
    return replayed;
  end if;

  if reason is null or char_length(reason) not between 1 and 500 then
    perform private.refuse('invalid_request', 'pause_reason', 'pause_reason must have 1 to 500 characters after trimming.');
  end if;
  if pause_mentor.expected_return_date <= today then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be after today.');
  end if;
  if pause_mentor.expected_return_date > today + interval '3 years' then
    perform private.refuse('invalid_request', 'expected_return_date', 'expected_return_date must be at most 3 years ahead.');
  end if;

  live := private.lock_live_record(pause_mentor.mentor_id);
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
      (mentor_id, status, pause_reason, expected_return_date, paused_at, coordinator_id, effective_on, created_at, updated_at)
    values (pause_mentor.mentor_id, 'paused', reason, pause_mentor.expected_return_date,
      clock_timestamp(), caller, today, clock_timestamp(), clock_timestamp())
    returning * into live;
  else
    -- An amendment, or the pause under an expired certification.
    update public.pause_records r
    set pause_reason = reason,
      expected_return_date = pause_mentor.expected_return_date,
      paused_at = coalesce(r.paused_at, clock_timestamp()),
      coordinator_id = caller,
      effective_on = today
    where r.id = live.id
    returning * into live;
  end if;
  perform private.act_as(null);

  return private.answer(caller, pause_mentor.request_id, fingerprint, live);
end
$$;
