-- A transition through the RPC cost 2.4 to 2.9 times the CPU of the rows that it
-- writes, most of it in the first use of something in each transaction: a
-- statement here is a plan to look up, to lock for and to start, and a function
-- of SQL that isn't inlined is parsed and planned anew. So: one question for the
-- caller's right, no question twice, and no statement where an expression will
-- do. What is asked, locked, compared and stored stays the same, and in the same
-- order.

create or replace function private.trimmed(value text) returns text
language plpgsql immutable security invoker set search_path = ''
as $$
begin
  return btrim(trimmed.value,
    E' \t\n\u000b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff');
end
$$;

create or replace function private.authorised_caller(mentor_id uuid) returns uuid
language plpgsql stable security definer set search_path = ''
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

create or replace function private.replay(caller_id uuid, request_id uuid, fingerprint bytea) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  stored record;
begin
  if replay.request_id is null then
    return null;
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended(replay.caller_id::text || replay.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
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

create function private.has_lapsed(mentor_id uuid, as_of date) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from public.certifications c
    where c.mentor_id = has_lapsed.mentor_id and c.issued_on <= has_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < has_lapsed.as_of
  );
end
$$;
revoke all on function private.has_lapsed(uuid, date) from public, anon, authenticated, service_role;

comment on function private.has_lapsed(uuid, date) is
  'Whether the mentor''s certification has expired: the same as certified_until < as_of of private.certification_facts(), for one mentor, and without the dates. Of a kind whose last certification that has begun is over, one registered ahead leaves a gap.';

create or replace function private.lock_live_record(mentor_id uuid) returns public.pause_records
language plpgsql volatile security definer set search_path = ''
as $$
declare
  live public.pause_records;
begin
  perform pg_advisory_xact_lock(private.mentor_lock(lock_live_record.mentor_id));
  -- Whoever refreshes the read model takes this one.
  perform from public.profiles p where p.id = lock_live_record.mentor_id for no key update;
  select * into live from public.pause_records r
  where r.mentor_id = lock_live_record.mentor_id and r.status in ('paused', 'expired_cert');
  return live;
end
$$;

create or replace function private.bring_up_to_date(mentor_id uuid, live public.pause_records, as_of date) returns public.pause_records
language plpgsql volatile security definer set search_path = ''
as $$
declare
  facts record;
  expired boolean;
begin
  if live.status is distinct from 'expired_cert'
     and not private.has_lapsed(bring_up_to_date.mentor_id, bring_up_to_date.as_of) then
    return live;
  end if;

  select f.certified_until, f.certified_since into facts
  from private.certification_facts(array[bring_up_to_date.mentor_id], bring_up_to_date.as_of) f;
  expired := coalesce(facts.certified_until < bring_up_to_date.as_of, false);

  perform private.act_as('system');
  if expired and live.id is null then
    insert into public.pause_records (mentor_id, status, paused_at, effective_on, created_at, updated_at)
    values (bring_up_to_date.mentor_id, 'expired_cert', null, facts.certified_until + 1, clock_timestamp(), clock_timestamp())
    returning * into live;
  elsif expired and live.status = 'paused' then
    update public.pause_records r
    set status = 'expired_cert', effective_on = facts.certified_until + 1
    where r.id = live.id
    returning * into live;
  elsif not expired and live.status = 'expired_cert' then
    -- A renewal that was dated before the expiry was noticed can't take effect before it.
    update public.pause_records r
    set status = case when r.paused_at is null then 'active' else 'paused' end,
      effective_on = greatest(facts.certified_since, r.effective_on)
    where r.id = live.id
    returning * into live;
  end if;
  perform private.act_as(null);
  return live;
end
$$;
