-- Once a week, coordinators are told in one message whom they should look after: who should
-- be back, who returns this week, whose certification ends, who asks for something. It is
-- made by the first night of a week, and written when it is delivered, from seven in the
-- morning on: whoever has returned since is not in it, and with nobody in it there is none.

create table private.weekly_digests (
  notification_id uuid not null,
  recipient_id uuid not null,
  week_of date not null,
  constraint weekly_digests_pkey primary key (notification_id),
  constraint weekly_digests_once_a_week unique (recipient_id, week_of),
  constraint weekly_digests_week_begins_on_monday check (extract(isodow from week_of) = 1)
);
alter table private.weekly_digests enable row level security;
revoke all on table private.weekly_digests from public, anon, authenticated, service_role;

comment on table private.weekly_digests is 'Whom each notification weekly_digest is for. Ids and weeks only.';
comment on column private.weekly_digests.week_of is 'The Monday of the week that it is about.';

create table private.digest_refusals (
  person_id uuid not null,
  constraint digest_refusals_pkey primary key (person_id)
);
alter table private.digest_refusals enable row level security;
revoke all on table private.digest_refusals from public, anon, authenticated, service_role;

comment on table private.digest_refusals is 'Who has turned the weekly digest off.';

-- By the roster's read model, which is right on every day. Each list is read from the mentors
-- whom the recipient answers for: those assigned to a coordinator, looked up one by one; and
-- those of a chapter who have no coordinator, by the indexes of what they need.
create function private.digest_lines(recipient_ids uuid[], as_of date) returns setof private.digest_line
language plpgsql stable rows 100 security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
declare
  sunday date := date_trunc('week', digest_lines.as_of)::date + 6;
  recipients uuid[] := array(
    select distinct r from unnest(digest_lines.recipient_ids) r
    where not exists (select from private.digest_refusals f where f.person_id = r)
      and not exists (select from public.erasures e where e.person_id = r));
begin
  if recipients = '{}' then
    return;
  end if;
  return query
    with administered as materialized (
      select m.user_id as person_id, m.chapter_id
      from unnest(recipients) r (id)
      join public.chapter_memberships m on m.user_id = r.id
      where m.role = 'administrator' and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
      union
      -- For the national office, those whom no administrator answers for.
      select o.user_id, c.id
      from unnest(recipients) r (id)
      join public.organisation_administrators o on o.user_id = r.id
      cross join public.chapters c
      where o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
        and not exists (
          select from public.chapter_memberships m
          where m.chapter_id = c.id and m.role = 'administrator' and m.started_at <= now() and (m.ended_at is null or m.ended_at > now()))
    ), found as (
      select a.coordinator_id as person_id, true as is_assigned, p.*
      from unnest(recipients) r (id)
      join public.coordinator_assignments a on a.coordinator_id = r.id and a.ended_at is null
      cross join lateral (
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_places s
        where s.mentor_id = a.mentor_id and s.from_on <= digest_lines.as_of and s.until_on > digest_lines.as_of
          and (r.id = any (s.assigned_to) or (s.assigned_to = '{}') is true and exists (
            select from private.roster_entries e
            where e.mentor_id = s.mentor_id and e.chapter_id = s.chapter_id and e.from_on <= digest_lines.as_of and e.until_on > digest_lines.as_of
              and e.coordinators @> jsonb_build_array(jsonb_build_object('id', r.id))))
          and (s.has_request
            or s.certified_until between digest_lines.as_of and digest_lines.as_of + 30
            or s.is_paused and s.expected_return_date <= sunday and (s.certified_until < digest_lines.as_of) is not true)
        order by s.chapter_id
        limit 1
      ) p
      union all
      select d.person_id, false, p.*
      from administered d
      cross join lateral (
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_places s
        where s.chapter_id = d.chapter_id and s.is_paused and s.expected_return_date <= sunday and s.assigned_to is null
          and s.from_on <= digest_lines.as_of and s.until_on > digest_lines.as_of
          and (s.certified_until < digest_lines.as_of) is not true
        union all
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_places s
        where s.chapter_id = d.chapter_id and s.has_request and s.assigned_to is null
          and s.from_on <= digest_lines.as_of and s.until_on > digest_lines.as_of
        union all
        select s.mentor_id, s.chapter_id, s.is_paused, s.certified_until, s.expected_return_date, s.has_request
        from private.roster_entries e
        cross join lateral (
          select q.* from private.roster_places q
          where q.mentor_id = e.mentor_id and q.chapter_id = e.chapter_id and q.assigned_to is null
            and q.from_on <= digest_lines.as_of and q.until_on > digest_lines.as_of
          offset 0
        ) s
        where e.chapter_id = d.chapter_id and e.certified_until between digest_lines.as_of and digest_lines.as_of + 30
          and e.from_on <= digest_lines.as_of and e.until_on > digest_lines.as_of
      ) p
      -- Of a mentor in two chapters, the administrators of either answer, before the office does.
      where exists (
          select from public.chapter_memberships m
          where m.user_id = d.person_id and m.chapter_id = d.chapter_id and m.role = 'administrator')
        or not exists (
          select from private.roster_entries o
          join public.chapter_memberships m on m.chapter_id = o.chapter_id
          where o.mentor_id = p.mentor_id and o.from_on <= digest_lines.as_of and o.until_on > digest_lines.as_of
            and m.role = 'administrator' and m.started_at <= now() and (m.ended_at is null or m.ended_at > now()))
    ), once as (
      select distinct on (f.person_id, f.mentor_id) f.*
      from found f
      where f.mentor_id <> f.person_id
      order by f.person_id, f.mentor_id, f.is_assigned desc
    )
    select o.person_id, o.is_assigned, o.mentor_id, e.display_name::text,
      case when w.is_away and o.expected_return_date < digest_lines.as_of then o.expected_return_date end,
      case when w.is_away and o.expected_return_date between digest_lines.as_of and sunday then o.expected_return_date end,
      case when o.certified_until between digest_lines.as_of and digest_lines.as_of + 30 then o.certified_until end,
      case when o.certified_until between digest_lines.as_of and digest_lines.as_of + 30 then e.certification_kind end,
      case when o.has_request then array(
        select l.kind from public.leave_requests l where l.mentor_id = o.mentor_id and l.state = 'open' order by l.created_at, l.id) end
    from once o
    cross join lateral (select o.is_paused and (o.certified_until < digest_lines.as_of) is not true) w (is_away)
    cross join lateral (
      select n.display_name, n.certification_kind from private.roster_entries n
      where n.mentor_id = o.mentor_id and n.chapter_id = o.chapter_id and n.from_on <= digest_lines.as_of and n.until_on > digest_lines.as_of
      offset 0
    ) e;
end
$$;
revoke all on function private.digest_lines(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.digest_lines(uuid[], date) is
  'Whom the digests of these recipients are about on a date, and what for: assigned to them, or without a coordinator in a chapter that they administer. Nobody, of who has turned it off or was erased.';

create function private.digest_recipients(after_id uuid, batch integer) returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
as $$
begin
  return array(
    select p.id
    from (
      select m.user_id as id from public.chapter_memberships m
      where m.role in ('coordinator', 'administrator') and m.user_id > digest_recipients.after_id
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())
      union
      select o.user_id from public.organisation_administrators o
      where o.user_id > digest_recipients.after_id and o.started_at <= now() and (o.ended_at is null or o.ended_at > now())
    ) p
    order by p.id
    limit digest_recipients.batch);
end
$$;
revoke all on function private.digest_recipients(uuid, integer) from public, anon, authenticated, service_role;

comment on function private.digest_recipients(uuid, integer) is 'The next so many people, by id, who may have a digest.';

create function private.make_digests(recipient_ids uuid[], as_of date) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  monday date := date_trunc('week', make_digests.as_of)::date;
  zone text := (select s.time_zone from private.settings s);
  prefix text := private.id_prefix();
  made integer;
begin
  with wanted as (
    select (prefix || to_hex(16777216 + row_number() over (order by l.recipient_id)))::uuid as id, l.recipient_id
    from (select distinct d.recipient_id from private.digest_lines(make_digests.recipient_ids, make_digests.as_of) d) l
  ), kept as (
    insert into private.weekly_digests (notification_id, recipient_id, week_of)
    select w.id, w.recipient_id, monday from wanted w
    order by w.recipient_id
    on conflict on constraint weekly_digests_once_a_week do nothing
    returning notification_id
  )
  insert into public.notifications (id, mentor_id, audience, kind, reference_on, due_at)
  select k.notification_id, null, 'coordinator', 'weekly_digest', monday, (make_digests.as_of + time '07:00') at time zone zone
  from kept k;
  get diagnostics made = row_count;
  return made;
end
$$;
revoke all on function private.make_digests(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.make_digests(uuid[], date) is
  'Makes this week''s digest for those of these recipients who have something to be told on the date, once; due from seven in the morning of that day, in the organisation''s zone. Returns how many.';

create function private.set_weekly_digest(weekly_digest boolean, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.begin_command('set_weekly_digest', set_weekly_digest.request_id);
  fingerprint bytea := private.fingerprint('set_weekly_digest', jsonb_build_array(set_weekly_digest.weekly_digest));
  replayed jsonb := private.replay(caller, set_weekly_digest.request_id, fingerprint);
begin
  if replayed is not null then
    perform set_config('mentorpause.command', '', true);
    return replayed;
  end if;
  if set_weekly_digest.weekly_digest is null then
    perform private.refuse('invalid_request', 'weekly_digest', 'weekly_digest must be true or false.');
  end if;
  if set_weekly_digest.weekly_digest then
    delete from private.digest_refusals f where f.person_id = caller;
  else
    insert into private.digest_refusals (person_id) values (caller) on conflict on constraint digest_refusals_pkey do nothing;
  end if;
  return private.finish_command(caller, set_weekly_digest.request_id, fingerprint, null,
    jsonb_build_object('weekly_digest', set_weekly_digest.weekly_digest));
end
$$;
revoke all on function private.set_weekly_digest(boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function private.set_weekly_digest(boolean, uuid) to authenticated;

comment on function private.set_weekly_digest(boolean, uuid) is
  'Behind public.set_weekly_digest. Definer, because nobody reaches the table directly; changes the caller''s own choice only.';

create function public.set_weekly_digest(weekly_digest boolean default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.set_weekly_digest(set_weekly_digest.weekly_digest, set_weekly_digest.request_id);
end
$$;
revoke all on function public.set_weekly_digest(boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function public.set_weekly_digest(boolean, uuid) to authenticated;

comment on function public.set_weekly_digest(boolean, uuid) is
  'Turns the caller''s weekly digest off, or on again, as it is at first. Refuses with invalid_request, request_in_progress, request_expired, idempotency_key_reused.';
