-- What administrators have to see to: what reached nobody and why, what is stuck, whose
-- e-mail fails or is refused, discrepancies, and the last nights. Each list has what to do
-- about a row as a code, with the ids that it takes; the sentences are the client's.

-- What has waited for an hour is stuck: a dispatcher takes a minute.
create function private.stuck_notifications(chapter_ids uuid[], moment timestamptz)
returns table (notification_id uuid, since timestamptz, cause text, reason text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select n.id, p.since,
      case when r.reason is not null and n.claims <= 1 then 'email_retried' when n.claims > 0 then 'not_recorded' else 'not_claimed' end,
      r.reason
    from public.notifications n
    cross join lateral (
      -- What nobody has tried yet may be meant for later.
      select greatest(coalesce(n.queued_at, n.created_at), case
        when n.claims = 0 and not exists (select from public.notification_attempts t where t.notification_id = n.id offset 0)
        then n.due_at end) as since
    ) p
    left join lateral (
      select t.reason
      from public.notification_attempts t
      where t.notification_id = n.id and t.channel = 'email' and t.retry_at is not null
      order by t.id desc
      limit 1
    ) r on true
    where n.state = 'pending' and p.since < stuck_notifications.moment - interval '1 hour'
      and case
        when stuck_notifications.chapter_ids is null then true
        -- The cheap question first.
        when not exists (
          select from public.chapter_memberships m
          where m.user_id = n.mentor_id and m.chapter_id = any (stuck_notifications.chapter_ids)
          offset 0)
        then false
        else private.answerable_chapter_ids(n.mentor_id) && stuck_notifications.chapter_ids end;
end
$$;
revoke all on function private.stuck_notifications(uuid[], timestamptz) from public, anon, authenticated, service_role;

comment on function private.stuck_notifications(uuid[], timestamptz) is
  'The notifications for which these chapters answer (null: all, also those about nobody) that have been pending for more than an hour: since when, and why: an e-mail is repeated (email_retried, with what went wrong), they were claimed and no outcome was recorded (not_recorded), or nobody claims them (not_claimed). Reads what is pending, never what has ended. Does not check the caller.';

-- From one person to the next, and never through the attempts of one.
create function private.failing_emails(chapter_ids uuid[])
returns table (person_id uuid, attempt_id bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  person uuid := uuid '00000000-0000-0000-0000-000000000000';
  last record;
begin
  loop
    select a.recipient_id into person
    from public.notification_attempts a
    where a.channel = 'email' and a.outcome = 'failed' and a.retry_at is null and a.recipient_id > person
    order by a.recipient_id
    limit 1;
    exit when not found;
    select a.id, a.outcome, a.reason into last
    from public.notification_attempts a
    where a.channel = 'email' and a.retry_at is null and a.recipient_id = person
    order by a.id desc
    limit 1;
    if last.outcome = 'failed' and last.reason not like 'no longer %'
       and private.is_followed_up(person, failing_emails.chapter_ids) then
      failing_emails.person_id := person;
      failing_emails.attempt_id := last.id;
      return next;
    end if;
  end loop;
end
$$;
revoke all on function private.failing_emails(uuid[]) from public, anon, authenticated, service_role;

comment on function private.failing_emails(uuid[]) is
  'The people of these chapters (null: of all, and of none) whose last e-mail failed for good, and that attempt. Does not check the caller.';

create function private.is_followed_up(person_id uuid, chapter_ids uuid[]) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (is_followed_up.chapter_ids is null or private.belongs_to(is_followed_up.person_id, is_followed_up.chapter_ids))
    and not exists (select from private.final_people f where f.person_id = is_followed_up.person_id);
end
$$;
revoke all on function private.is_followed_up(uuid, uuid[]) from public, anon, authenticated, service_role;

comment on function private.is_followed_up(uuid, uuid[]) is
  'Whether the person belongs to one of these chapters (null: to any, or none), and was neither erased nor joined into another. Does not check the caller.';

create function private.is_refused(person_id uuid, address text, moment timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from private.refused_addresses f
    where f.person_id = is_refused.person_id and f.address_hash = private.hash_address(is_refused.address)
      and f.refused_at > is_refused.moment - interval '30 days');
end
$$;
revoke all on function private.is_refused(uuid, text, timestamptz) from public, anon, authenticated, service_role;

comment on function private.is_refused(uuid, text, timestamptz) is
  'Whether nothing is sent to this address of the person, because a mail server has refused it, as private.claim_notifications judges.';

create function private.chapters_as_json(chapter_ids uuid[], of_these uuid[]) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by c.name, c.id), '[]')
    from public.chapters c
    where c.id = any (chapters_as_json.chapter_ids) and (chapters_as_json.of_these is null or c.id = any (chapters_as_json.of_these)));
end
$$;
revoke all on function private.chapters_as_json(uuid[], uuid[]) from public, anon, authenticated, service_role;

comment on function private.chapters_as_json(uuid[], uuid[]) is 'Chapters by id and name, of these alone (null: whichever).';

-- The nights of the last two weeks. A night is missed when no run has completed for its
-- date, from two hours after its time on, as long as the alarm waits.
create function private.nights_as_json(moment timestamptz) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  newest_due date := private.date_of(nights_as_json.moment - interval '2 hours 30 minutes');
  first_run date := (select r.as_of from public.nightly_runs r where r.outcome = 'completed' order by r.as_of limit 1);
  last_run date := (select r.as_of from public.nightly_runs r where r.outcome = 'completed' order by r.as_of desc limit 1);
begin
  return jsonb_build_object(
    'last_completed', last_run,
    'is_behind', coalesce(last_run < newest_due, true),
    'missed', coalesce((
      select jsonb_agg(d.day order by d.day desc)
      from (select newest_due - n as day from generate_series(0, 13) n) d
      where d.day > first_run
        and not exists (select from public.nightly_runs r where r.as_of = d.day and r.outcome = 'completed')), '[]'),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', l.id, 'as_of', l.as_of, 'outcome', l.outcome, 'started_at', l.started_at, 'finished_at', l.finished_at, 'starts', l.starts,
        'missed_nights', l.missed_nights, 'expired', l.expired, 'restored', l.restored, 'begun', l.begun, 'ended', l.ended,
        'reminders', l.reminders, 'discrepancies', l.discrepancies, 'requeued', l.requeued) order by l.id desc)
      from (select r.* from public.nightly_runs r order by r.id desc limit 14) l), '[]'));
end
$$;
revoke all on function private.nights_as_json(timestamptz) from public, anon, authenticated, service_role;

comment on function private.nights_as_json(timestamptz) is
  'The last 14 nightly runs, the nights of the last 14 that no run has completed, and whether the newest one is among them or there was never any. Does not check the caller.';

create function private.follow_up_page(chapter_id uuid, page_limit integer, page_cursor text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO'
set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  first_id constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  last_id constant uuid := uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  caller uuid := private.my_id();
  moment timestamptz := statement_timestamp();
  today date := private.today();
  page integer := coalesce(follow_up_page.page_limit, 50);
  is_office boolean;
  administered uuid[]; -- null: all, and what no chapter answers for
  scope uuid[];
  key bytea;
  filters text;
  -- Where each list went on to on the pages before.
  passed jsonb := '{}'::jsonb;
  waiting uuid[];
  shown uuid[];
  still_true uuid[];
  received uuid[]; -- somebody would get it by now
  as_meant uuid[]; -- in the role for which it is meant
  attempts bigint[];
  undelivered jsonb;
  stuck record;
  failed jsonb;
  refused record;
  discrepancies jsonb;
  lists jsonb;
  part record;
  last_shown jsonb;
  goes_on boolean := false;
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  is_office := private.is_organisation_administrator();
  administered := case when not is_office then private.my_administered_chapter_ids() end;
  if administered = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  scope := administered;
  if follow_up_page.chapter_id is not null then
    if follow_up_page.chapter_id <> all (administered)
       or is_office and not exists (select from public.chapters c where c.id = follow_up_page.chapter_id) then
      perform private.refuse('chapter_not_found');
    end if;
    scope := array[follow_up_page.chapter_id];
  end if;

  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('follow-up', caller, follow_up_page.chapter_id)::text;
  if follow_up_page.page_cursor <> '' then
    passed := private.read_cursor(follow_up_page.page_cursor, filters, key);
  end if;

  -- As the roster counts. Of each list one row more than the page, to know whether there
  -- is another.
  waiting := private.unacknowledged_mentor_ids(scope);
  shown := array(
    select n.id
    from public.notifications n
    where n.mentor_id = any (waiting) and n.state = 'undeliverable' and n.acknowledged_at is null
      and (n.created_at, n.id) < (coalesce((passed #>> '{undelivered,0}')::timestamptz, 'infinity'),
        coalesce((passed #>> '{undelivered,1}')::uuid, last_id))
    order by n.created_at desc, n.id desc
    limit page + 1);
  -- Both as the nightly run judges when it gives them to the dispatcher again.
  still_true := array(select f.notification_id from private.notification_facts(shown, today) f where f.is_true);
  select array_agg(w.notification_id), array_agg(w.notification_id) filter (where w.recipient_role = n.audience)
  into received, as_meant
  from private.recipients_of(shown) w
  join public.notifications n on n.id = w.notification_id;
  undelivered := (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', u.id, 'mentor_id', u.mentor_id, 'mentor_name', u.mentor_name,
      'chapters', private.chapters_as_json(private.answerable_chapter_ids(u.mentor_id), administered),
      'kind', u.kind, 'audience', u.audience, 'reason', u.reason,
      'fix', case
        when u.fix in ('check_dispatcher', 'start_membership') then u.fix
        when u.id <> all (still_true) then 'acknowledge'
        when u.id = any (as_meant) then 'wait'
        else u.fix end,
      'sent_again', u.fix <> 'check_dispatcher' and u.id = any (still_true) and coalesce(u.id = any (received), false),
      'created_at', u.created_at) order by u.created_at desc, u.id desc), '[]')
    from public.undelivered_notifications u
    where u.id = any (shown) and u.channel = 'inbox');

  with pending as materialized (
    select s.notification_id, s.since, s.cause, s.reason from private.stuck_notifications(scope, moment) s
  ), listed as (
    select p.notification_id, p.since, p.cause, p.reason
    from pending p
    where (p.since, p.notification_id) > (coalesce((passed #>> '{stuck,0}')::timestamptz, '-infinity'),
      coalesce((passed #>> '{stuck,1}')::uuid, first_id))
    order by p.since, p.notification_id
    limit page + 1
  )
  select (select count(*) from pending) as total, coalesce(jsonb_agg(jsonb_build_object(
    'id', n.id, 'mentor_id', n.mentor_id, 'mentor_name', m.display_name,
    'chapters', private.chapters_as_json(private.answerable_chapter_ids(n.mentor_id), administered),
    'kind', n.kind, 'audience', n.audience, 'cause', l.cause, 'reason', l.reason,
    'fix', case l.cause when 'email_retried' then 'wait' else 'check_dispatcher' end,
    'created_at', n.created_at, 'since', l.since) order by l.since, l.notification_id), '[]') as list
  into stuck
  from listed l
  join public.notifications n on n.id = l.notification_id
  left join public.profiles m on m.id = n.mentor_id;

  attempts := array(select f.attempt_id from private.failing_emails(scope) f order by f.person_id);
  failed := (
    select coalesce(jsonb_agg(jsonb_build_object(
      'person_id', l.recipient_id, 'display_name', p.display_name, 'role', l.recipient_role, 'reason', l.reason,
      -- What is the matter today: what was put right meanwhile waits for the next e-mail.
      'fix', case
        when u.id is null then 'invite'
        when coalesce(u.email, '') = '' then 'give_address'
        when u.banned_until > moment then 'lift_ban'
        when u.email_confirmed_at is null then 'confirm_address'
        when private.is_refused(u.id, u.email, moment) then 'correct_or_allow_address'
        when v.fix = 'check_mail_server' then v.fix
        else 'wait' end,
      'failed_at', l.attempted_at) order by l.recipient_id), '[]')
    from (
      select w.notification_id, w.recipient_id, w.recipient_role, w.reason, w.attempted_at
      from (
        select a.notification_id, a.recipient_id, a.recipient_role, a.reason, a.attempted_at
        from public.notification_attempts a
        where a.id = any (attempts)
        offset 0
      ) w
      where w.recipient_id > coalesce((passed #>> '{failed_emails,1}')::uuid, first_id)
      order by w.recipient_id
      limit page + 1
    ) l
    cross join lateral (
      select d.fix from public.undelivered_notifications d
      where d.id = l.notification_id and d.recipient_id = l.recipient_id and d.channel = 'email'
      offset 0
    ) v
    left join public.profiles p on p.id = l.recipient_id
    left join auth.users u on u.id = l.recipient_id);

  with addresses as materialized (
    select f.person_id, f.refused_at, u.email
    from private.refused_addresses f
    join auth.users u on u.id = f.person_id
    where private.is_refused(u.id, u.email, moment) and private.is_followed_up(f.person_id, scope)
  ), listed as (
    select a.person_id, a.refused_at, a.email
    from addresses a
    where (a.refused_at, a.person_id) < (coalesce((passed #>> '{refused_addresses,0}')::timestamptz, 'infinity'),
      coalesce((passed #>> '{refused_addresses,1}')::uuid, last_id))
    order by a.refused_at desc, a.person_id desc
    limit page + 1
  )
  select (select count(*) from addresses) as total, coalesce(jsonb_agg(jsonb_build_object(
    'person_id', l.person_id, 'display_name', p.display_name, 'email', l.email, 'refused_at', l.refused_at,
    'until', l.refused_at + interval '30 days', 'fix', 'correct_or_allow_address') order by l.refused_at desc, l.person_id desc), '[]') as list
  into refused
  from listed l
  left join public.profiles p on p.id = l.person_id;

  discrepancies := (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', l.id, 'mentor_id', l.mentor_id, 'mentor_name', p.display_name,
      'chapters', private.chapters_as_json(private.answerable_chapter_ids(l.mentor_id), administered),
      'kind', l.kind, 'pause_record_id', l.pause_record_id,
      -- Appending to the log can't put these right.
      'fix', case when l.kind in ('version_repeated', 'version_ahead', 'stretches_overlap') then 'ask_operator' else 'acknowledge' end,
      'found_at', l.found_at) order by l.id desc), '[]')
    from (
      select w.id, w.mentor_id, w.kind, w.pause_record_id, w.found_at
      from (
        select d.id, d.mentor_id, d.kind, d.pause_record_id, d.found_at
        from public.status_discrepancies d
        where d.mentor_id = any (waiting) and d.acknowledged_at is null
        offset 0 -- found by mentor, not by walking through everybody's
      ) w
      where w.id < coalesce((passed #>> '{discrepancies,1}')::bigint, 9223372036854775807)
      order by w.id desc
      limit page + 1
    ) l
    left join public.profiles p on p.id = l.mentor_id);

  lists := jsonb_build_object('undelivered', undelivered, 'stuck', stuck.list, 'failed_emails', failed,
    'refused_addresses', refused.list, 'discrepancies', discrepancies);
  for part in
    select w.name, w.moment, w.id
    from (values ('undelivered', 'created_at', 'id'), ('stuck', 'since', 'id'), ('failed_emails', 'failed_at', 'person_id'),
      ('refused_addresses', 'refused_at', 'person_id'), ('discrepancies', 'found_at', 'id')) w (name, moment, id)
  loop
    if jsonb_array_length(lists -> part.name) > page then
      goes_on := true;
      lists := jsonb_set(lists, array[part.name], (lists -> part.name) - page);
    end if;
    last_shown := lists -> part.name -> -1;
    if last_shown is not null then
      passed := passed || jsonb_build_object(part.name, jsonb_build_array(last_shown -> part.moment, last_shown -> part.id));
    end if;
  end loop;
  if goes_on then
    next_cursor := private.write_cursor(passed, filters, key);
  end if;
  return lists || jsonb_build_object(
    'as_of', today,
    'counts', jsonb_build_object(
      'undelivered_notifications', private.undelivered_count(scope),
      'stuck_notifications', stuck.total,
      'failed_emails', cardinality(attempts),
      'refused_addresses', refused.total,
      'open_discrepancies', private.discrepancy_count(scope)),
    'nights', private.nights_as_json(moment),
    'next_cursor', next_cursor);
end
$$;
revoke all on function private.follow_up_page(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function private.follow_up_page(uuid, integer, text) to authenticated;

comment on function private.follow_up_page(uuid, integer, text) is
  'Behind public.follow_up_page. Definer, because it reads refused addresses, logins and the nights, which no role may; narrows everything to the chapters that the caller administers itself.';

create function public.follow_up_page(chapter_id uuid default null, page_limit integer default null, page_cursor text default null) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.follow_up_page(follow_up_page.chapter_id, follow_up_page.page_limit, follow_up_page.page_cursor);
end
$$;
revoke all on function public.follow_up_page(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.follow_up_page(uuid, integer, text) to authenticated;

comment on function public.follow_up_page(uuid, integer, text) is
  'What administrators have to see to in their chapters, or in one of them: undelivered and stuck notifications, people whose e-mail fails or is refused, discrepancies, each with what to do about it, and the last nights. Refuses with invalid_request, not_an_administrator, chapter_not_found.';
