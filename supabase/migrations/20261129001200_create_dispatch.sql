-- Dispatching: claim what is due under a lease, and record what became of it. Between
-- the two the function renders texts and sends e-mail; whatever it loses by crashing
-- is due again when the lease has run out.
--
-- A notification ends as delivered once it is in somebody's inbox and each e-mail was
-- sent, or given up with an attempt that says why. It ends as undeliverable when there is
-- nobody to give it to, and as settled when what it announces no longer holds, or the
-- mentor was erased. What can't be written, or its outcome not be recorded, ends too.

create function private.next_email_try(number integer, as_of timestamptz) returns timestamptz
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  -- A minute, two, four … up to four hours, give or take a quarter, so that what
  -- failed together is not repeated together: 15 attempts in about 28 hours.
  if next_email_try.number >= 15 then
    return null;
  end if;
  return next_email_try.as_of
    + least(interval '1 minute' * 2 ^ (next_email_try.number - 1), interval '4 hours') * (0.75 + random() / 2);
end
$$;
revoke all on function private.next_email_try(integer, timestamptz) from public, anon, authenticated, service_role;

comment on function private.next_email_try(integer, timestamptz) is
  'When an e-mail is sent again after the attempt of that number failed temporarily; null after the last.';

create function private.next_claim(claims integer, lease interval, as_of timestamptz) returns timestamptz
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  -- Ten times as soon as the lease has run out, for a dispatcher that was killed; then after
  -- four minutes, eight … up to four hours: 22 claims in about 28 hours.
  if next_claim.claims >= 22 then
    return null;
  end if;
  return next_claim.as_of + case when next_claim.claims < 10 then next_claim.lease
    else greatest(next_claim.lease, least(interval '1 minute' * 2 ^ (next_claim.claims - 8), interval '4 hours')) end;
end
$$;
revoke all on function private.next_claim(integer, interval, timestamptz) from public, anon, authenticated, service_role;

comment on function private.next_claim(integer, interval, timestamptz) is
  'When a notification that was claimed that often, without an outcome being recorded, is due again after this claim; null: it is not claimed again.';

-- Of whom nobody can be told with the others, somebody has to be told alone, or it is
-- counted: so each gets the notification that one pause or plan would have had.
create function private.split_off(notification_ids uuid[], as_of date, reachable boolean) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  with split as (
    delete from private.notification_mentors g
    using private.several_facts(split_off.notification_ids, split_off.as_of) f
    where g.notification_id = f.notification_id and g.mentor_id = f.mentor_id
      and not exists (
        select from public.notification_attempts a
        join private.attempt_mentors t on t.attempt_id = a.id
        where a.notification_id = f.notification_id and a.outcome = 'delivered' and t.mentor_id = f.mentor_id)
      and (split_off.reachable or not exists (
        select from private.recipients_for(array[f.mentor_id], array['coordinator'], array[f.starts_on is null])))
    returning g.notification_id, g.mentor_id, g.pause_record_id, g.planned_pause_id, g.record_version, f.starts_on
  )
  insert into public.notifications (mentor_id, audience, kind, pause_record_id, planned_pause_id, record_version, reference_on, created_at)
  select s.mentor_id, 'coordinator', case when s.planned_pause_id is null then 'mentor_paused' else 'pause_planned' end,
    s.pause_record_id, s.planned_pause_id, s.record_version, s.starts_on, n.created_at
  from split s
  join public.notifications n on n.id = s.notification_id
  order by s.mentor_id;
end
$$;
revoke all on function private.split_off(uuid[], date, boolean) from public, anon, authenticated, service_role;

comment on function private.split_off(uuid[], date, boolean) is
  'Gives the mentors of these notifications about several, of whom nobody has been told yet, notifications of their own: with reachable all of them, else those without a recipient. The caller holds the notifications.';

create function private.end_notifications(
  notification_ids uuid[], reasons text[], state text, as_of timestamptz,
  out delivered integer, out undeliverable integer, out settled integer
)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- E-mails that would have been repeated.
  insert into public.notification_attempts
    (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, number, attempted_at)
  select l.notification_id, l.mentor_id, l.kind, l.recipient_id, l.recipient_role, 'email', 'failed',
    g.reason, l.chosen_because, l.number + 1, end_notifications.as_of
  from (
    select distinct on (a.notification_id, a.recipient_id) a.*
    from public.notification_attempts a
    where a.notification_id = any (end_notifications.notification_ids) and a.channel = 'email'
    order by a.notification_id, a.recipient_id, a.number desc
  ) l
  join unnest(end_notifications.notification_ids, end_notifications.reasons) g (id, reason) on g.id = l.notification_id
  where l.retry_at is not null
  on conflict on constraint notification_attempts_once do nothing;

  perform private.split_off(array(
      select n.id from public.notifications n
      where n.id = any (end_notifications.notification_ids) and n.mentor_id is null and end_notifications.state = 'undeliverable'),
    private.date_of(end_notifications.as_of), true);
  with ended as (
    update public.notifications n
    set claim = null, claims = 0, due_at = end_notifications.as_of,
      state = case
        when private.has_arrived(n.id) then 'delivered'
        when n.mentor_id is null then 'settled'
        else end_notifications.state end
    from unnest(end_notifications.notification_ids, end_notifications.reasons) g (id, reason)
    where n.id = g.id
    returning n.id, n.mentor_id, n.kind, n.state, g.reason
  ), explained as (
    insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason, attempted_at)
    select e.id, e.mentor_id, e.kind, 'inbox', 'failed', e.reason, end_notifications.as_of
    from ended e
    where e.state = 'undeliverable' or e.mentor_id is null and end_notifications.state = 'undeliverable' and e.state = 'settled'
  )
  select count(*) filter (where e.state = 'delivered'), count(*) filter (where e.state = 'undeliverable'),
    count(*) filter (where e.state = 'settled')
  into end_notifications.delivered, end_notifications.undeliverable, end_notifications.settled
  from ended e;
end
$$;
revoke all on function private.end_notifications(uuid[], text[], text, timestamptz) from public, anon, authenticated, service_role;

comment on function private.end_notifications(uuid[], text[], text, timestamptz) is
  'Ends these notifications for the reasons given beside them: as delivered where they have arrived, else in the state given (undeliverable, settled). One about several is never undeliverable: who is left of it is told alone. The caller holds their rows.';

create function private.has_arrived(notification_id uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- The ledger too, because an erased person did receive it.
  return exists (
      select from public.notification_attempts a
      where a.notification_id = has_arrived.notification_id and a.outcome = 'delivered')
    or exists (
      select from public.notification_inbox i where i.notification_id = has_arrived.notification_id);
end
$$;
revoke all on function private.has_arrived(uuid) from public, anon, authenticated, service_role;

comment on function private.has_arrived(uuid) is 'Whether the notification has reached anybody.';

-- Each statement is about an array of ids, which a generic plan takes for ten, and so
-- looks rows up by index; no table here is ever worth reading as a whole. A plan is
-- kept while a session lives, and was perhaps made while a table was all but empty,
-- when any index looks as good as another: an offset keeps what is outside a look-up
-- from choosing its index.
create function private.claim_notifications(batch integer, lease_seconds integer, email boolean, as_of timestamptz) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  moment timestamptz := coalesce(claim_notifications.as_of, clock_timestamp());
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  today date := (moment at time zone zone)::date;
  lease interval := interval '1 second' * least(greatest(coalesce(claim_notifications.lease_seconds, 120), 1), 3600);
  token uuid := gen_random_uuid();
  ids uuid[];
  spent uuid[];
  untrue uuid[];
  several uuid[];
  lines private.digest_line[];
  facts private.notification_fact[];
  without_outcome record;
  without_truth record;
  notifications jsonb;
begin
  ids := array(
    select n.id
    from public.notifications n
    where n.state = 'pending' and n.due_at <= moment
    order by n.due_at
    limit least(greatest(coalesce(claim_notifications.batch, 100), 1), 1000)
    for update skip locked
  );
  -- What nobody managed to record an outcome for, and what no longer holds, ends here. A
  -- claim that fails leaves all of it as it was.
  spent := array(
    select n.id from public.notifications n
    where n.id = any (ids) and private.next_claim(n.claims, lease, moment) is null);
  select * into without_outcome
  from private.end_notifications(spent, array_fill('given up: it was claimed too often without an outcome being recorded'::text,
    array[cardinality(spent)]), 'undeliverable', moment);
  ids := array(select i from unnest(ids) i where i <> all (spent));

  several := array(select n.id from public.notifications n where n.id = any (ids) and n.kind = 'several_paused');
  if several <> '{}' then
    perform private.split_off(several, today, false);
  end if;
  -- What a digest lists is looked up once, for whether it has anything to say and for what.
  lines := array(
    select l from private.digest_lines(array(
      select d.recipient_id from private.weekly_digests d where d.notification_id = any (ids)), today) l);
  facts := array(
    select f from private.notification_facts(ids, today, array(select distinct l.recipient_id from unnest(lines) l)) f);
  untrue := array(select f.notification_id from unnest(facts) f where f.is_true is not true);
  select * into without_truth
  from private.end_notifications(untrue, array_fill('no longer true when it was to be sent'::text, array[cardinality(untrue)]),
    'settled', moment);
  ids := array(select i from unnest(ids) i where i <> all (untrue));

  update public.notifications n
  set claim = token, claims = n.claims + 1, due_at = private.next_claim(n.claims, lease, moment)
  where n.id = any (ids);

  several := array(select i from unnest(several) i where i <> all (untrue));

  with digests as materialized (
    select w.notification_id, l.*
    from unnest(lines) l
    join private.weekly_digests w on w.recipient_id = l.recipient_id
    where w.notification_id = any (ids)
  ), told as materialized (
    select t.notification_id, t.recipient_id,
      jsonb_agg(jsonb_build_object('id', t.mentor_id, 'inbox_only', t.inbox_only)) as mentors
    from private.several_recipients(several, today) t
    group by t.notification_id, t.recipient_id
    union all
    select d.notification_id, d.recipient_id, jsonb_agg(jsonb_build_object('id', d.mentor_id, 'inbox_only', false))
    from digests d
    group by d.notification_id, d.recipient_id
  ), several_mentors as materialized (
    select s.notification_id, jsonb_agg(jsonb_build_object(
        'id', s.mentor_id,
        'name', coalesce(p.display_name, ''),
        'starts_on', s.starts_on,
        'expected_return_date', s.return_on,
        'is_expired', s.is_expired,
        'is_missing', s.is_missing) order by p.display_name, s.mentor_id) as list
    from private.several_facts(several, today) s
    left join lateral (
      select q.display_name from public.profiles q where q.id = s.mentor_id offset 0
    ) p on true
    group by s.notification_id
    union all
    -- First who is late, then who waits for an answer.
    select d.notification_id, jsonb_agg(jsonb_build_object(
        'id', d.mentor_id,
        'name', d.display_name,
        'was_expected_on', d.was_expected_on,
        'returns_on', d.returns_on,
        'certified_until', d.certified_until,
        'certification', k.names,
        'asks_for', d.asks_for) order by d.was_expected_on, d.asks_for is null, d.returns_on, d.certified_until, d.display_name, d.mentor_id)
    from digests d
    left join lateral (
      select jsonb_build_object('nb', q.name_nb, 'nn', q.name_nn, 'en', q.name_en) as names
      from public.certification_kinds q where q.code = d.certification_kind
      offset 0
    ) k on true
    group by d.notification_id
  ), people as (
    select w.notification_id, w.recipient_id, w.recipient_role, w.chosen_because, w.inbox_only, q.locale, t.mentors,
      h.recipient_id is not null as has_it,
      l.number, l.outcome, l.retry_at, u.email as address,
      u.email_confirmed_at is not null as is_confirmed, coalesce(u.banned_until > moment, false) as is_banned,
      f.person_id is not null as address_refused
    from private.recipients_of(ids, today) w
    left join told t on t.notification_id = w.notification_id and t.recipient_id = w.recipient_id
    left join lateral (
      select p.locale from public.profiles p where p.id = w.recipient_id offset 0
    ) q on true
    left join lateral (
      select i.recipient_id
      from public.notification_inbox i
      where i.notification_id = w.notification_id
      offset 0
    ) h on h.recipient_id = w.recipient_id
    left join lateral (
      select a.number, a.outcome, a.retry_at
      from public.notification_attempts a
      where a.notification_id = w.notification_id and a.recipient_id = w.recipient_id and a.channel = 'email'
      order by a.number desc
      limit 1
    ) l on true
    left join auth.users u on claim_notifications.email and u.id = w.recipient_id
    left join private.refused_addresses f on f.person_id = w.recipient_id
      and f.address_hash = private.hash_address(u.email) and f.refused_at > moment - interval '30 days'
  ), recipients as (
    select p.notification_id, jsonb_agg(jsonb_build_object(
      'id', p.recipient_id,
      'role', p.recipient_role,
      'chosen_because', p.chosen_because,
      'locale', p.locale,
      'has_it', p.has_it,
      'mentors', p.mentors,
      'email', case
        when p.inbox_only or p.number is not null and p.retry_at is null then 'settled'
        when not claim_notifications.email then case when p.number is null then 'off' else 'switched_off' end
        when p.retry_at > moment then 'later'
        when nullif(p.address, '') is null then 'no_address'
        when p.is_banned then 'banned'
        when not p.is_confirmed then 'unconfirmed'
        when p.address_refused then 'refused_before'
        else 'send' end,
      'address', case when claim_notifications.email then p.address end,
      'number', coalesce(p.number, 0) + 1
    ) order by p.recipient_id) as list
    from people p
    group by p.notification_id
  )
  select jsonb_agg(jsonb_build_object(
    'id', n.id,
    'mentor_id', n.mentor_id,
    'mentor_name', coalesce(m.display_name, ''),
    'kind', n.kind,
    'audience', n.audience,
    'reference_on', n.reference_on,
    'happened_on', f.happened_on,
    'expected_return_date', case when n.kind in ('mentor_paused', 'return_changed', 'pause_planned', 'leave_requested', 'leave_answered') then f.return_on end,
    'is_paused', f.is_paused,
    'is_expired', f.is_expired,
    'is_renewed', f.is_renewed,
    'certification', k.names,
    'is_missing', f.is_missing,
    'is_changed', f.is_changed,
    'correction', f.correction,
    'leave_request', f.leave_request,
    'mentors', s.list,
    'recipients', coalesce(c.list, '[]')
  ) order by n.created_at, n.id)
  into notifications
  from unnest(facts) f
  join public.notifications n on n.id = f.notification_id
  left join lateral (
    select p.display_name from public.profiles p where p.id = n.mentor_id offset 0
  ) m on true
  left join lateral (
    select jsonb_build_object('nb', q.name_nb, 'nn', q.name_nn, 'en', q.name_en) as names
    from public.certification_kinds q where q.code = f.certification_kind
    offset 0
  ) k on true
  left join recipients c on c.notification_id = n.id
  left join several_mentors s on s.notification_id = n.id
  where f.is_true;

  return jsonb_build_object(
    'claim', token,
    'today', today,
    'notifications', coalesce(notifications, '[]'),
    'ended', jsonb_build_object(
      'delivered', without_outcome.delivered + without_truth.delivered,
      'undeliverable', without_outcome.undeliverable,
      'settled', without_truth.settled));
end
$$;
revoke all on function private.claim_notifications(integer, integer, boolean, timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.claim_notifications(integer, integer, boolean, timestamptz) to pause_scheduler;

comment on function private.claim_notifications(integer, integer, boolean, timestamptz) is
  'Behind public.claim_notifications. Definer, because the scheduler reaches no table, and because the addresses are in auth.users.';

create function public.claim_notifications(
  batch integer default null,
  lease_seconds integer default null,
  email boolean default null,
  as_of timestamptz default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.claim_notifications(claim_notifications.batch, claim_notifications.lease_seconds,
    coalesce(claim_notifications.email, false), claim_notifications.as_of);
end;
revoke all on function public.claim_notifications(integer, integer, boolean, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.claim_notifications(integer, integer, boolean, timestamptz) to pause_scheduler;

comment on function public.claim_notifications(integer, integer, boolean, timestamptz) is
  'Claims up to batch (100) notifications that are due, for lease_seconds (120), and says what each may say, who gets it now and, with email, at which address. Those of the batch that no longer hold, or were claimed too often, are ended instead, and only counted. as_of: the time, for tests; default now.';

create function private.record_notifications(
  claim uuid, inbox jsonb, emails jsonb, finished uuid[], released uuid[], failed jsonb, as_of timestamptz
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  moment timestamptz;
  asked uuid[];
  mine uuid[];
  people uuid[];
  gone uuid[];
  finishing uuid[];
  failing uuid[];
  counts record;
  failures record;
begin
  if record_notifications.claim is null then
    perform private.refuse('invalid_request', 'claim', 'claim is required.');
  end if;
  asked := array(
    select (i ->> 'notification_id')::uuid from jsonb_array_elements(record_notifications.inbox) i
    union
    select (e ->> 'notification_id')::uuid from jsonb_array_elements(record_notifications.emails) e
    union
    select (f ->> 'notification_id')::uuid from jsonb_array_elements(record_notifications.failed) f
    union
    select d from unnest(record_notifications.finished) d
    union
    select r from unnest(record_notifications.released) r
  );

  -- Erasing a person takes a lock that conflicts with this, so that it either waits and
  -- removes what is written here, or is seen here and nothing is written.
  people := array(
    select n.mentor_id from public.notifications n where n.id = any (asked)
    union
    select (m ->> 'mentor_id')::uuid
    from jsonb_array_elements(record_notifications.inbox) i
    cross join lateral jsonb_array_elements(i -> 'mentors') m
    union
    select (i ->> 'recipient_id')::uuid from jsonb_array_elements(record_notifications.inbox) i
    union
    select (e ->> 'recipient_id')::uuid from jsonb_array_elements(record_notifications.emails) e
  );
  perform from public.profiles p where p.id = any (people) order by p.id for key share;
  gone := array(select distinct e.person_id from public.erasures e where e.person_id = any (people));

  -- What was lost to another lease is for that one to record.
  mine := array(
    select n.id from public.notifications n
    where n.id = any (asked) and n.claim = record_notifications.claim and n.state = 'pending'
    order by n.id
    for update
  );
  moment := coalesce(record_notifications.as_of, clock_timestamp());

  with given as (
    insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body, created_at)
    select n.id, i.recipient_id, n.mentor_id, n.kind, i.title, i.body, moment
    from jsonb_to_recordset(record_notifications.inbox)
      as i (notification_id uuid, recipient_id uuid, title text, body text, mentors jsonb)
    join public.notifications n on n.id = i.notification_id
    where n.id = any (mine) and i.recipient_id <> all (gone) and (n.mentor_id is null or n.mentor_id <> all (gone))
      and not exists (
        select from jsonb_array_elements(i.mentors) m where (m ->> 'mentor_id')::uuid = any (gone))
    on conflict on constraint notification_inbox_once_per_recipient do nothing
    returning notification_inbox.notification_id, notification_inbox.recipient_id, notification_inbox.mentor_id, notification_inbox.kind
  ), attempted as (
    insert into public.notification_attempts
      (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, attempted_at)
    select g.notification_id, g.mentor_id, g.kind, g.recipient_id, i.recipient_role, 'inbox', 'delivered',
      i.chosen_because || coalesce('; ' || i.remark, ''), i.chosen_because, moment
    from jsonb_to_recordset(record_notifications.inbox)
      as i (notification_id uuid, recipient_id uuid, recipient_role text, chosen_because text, remark text)
    join given g on g.notification_id = i.notification_id and g.recipient_id = i.recipient_id
    on conflict on constraint notification_attempts_once do nothing -- the row went with an erased person, the attempt stays
    returning id, notification_attempts.notification_id, notification_attempts.recipient_id
  )
  insert into private.attempt_mentors (attempt_id, mentor_id, line, attempted_at)
  select a.id, m.mentor_id, m.line, moment
  from jsonb_to_recordset(record_notifications.inbox) as i (notification_id uuid, recipient_id uuid, mentors jsonb)
  join attempted a on a.notification_id = i.notification_id and a.recipient_id = i.recipient_id
  cross join lateral jsonb_to_recordset(i.mentors) as m (mentor_id uuid, line integer);

  if jsonb_array_length(record_notifications.emails) > 0 then
    with attempted as (
      insert into public.notification_attempts
        (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, number,
          retry_at, attempted_at)
      select n.id, n.mentor_id, n.kind, e.recipient_id, e.recipient_role, 'email',
        case when e.sent then 'delivered' else 'failed' end,
        -- Servers tend to quote addresses, which do not belong in a ledger that is kept.
        case when e.sent then e.chosen_because
          else left(regexp_replace(e.failure, '[^[:space:]<>"'']+@[^[:space:]<>"'']+', '(address)', 'g'), 500)
            || case when not e.permanent and t.next is null then format('; given up after %s tries', e.number)
              when e.address_refused then '; the address was refused' else '' end
        end,
        e.chosen_because, e.number, t.next, moment
      from jsonb_to_recordset(record_notifications.emails) as e (notification_id uuid, recipient_id uuid, recipient_role text,
        chosen_because text, number integer, sent boolean, permanent boolean, failure text, address_refused boolean)
      join public.notifications n on n.id = e.notification_id
      cross join lateral (
        select case when not e.sent and not e.permanent then private.next_email_try(e.number, moment) end as next offset 0
      ) t
      where n.id = any (mine)
      on conflict on constraint notification_attempts_once do nothing
      returning id, notification_attempts.notification_id, notification_attempts.recipient_id
    )
    insert into private.attempt_mentors (attempt_id, mentor_id, line, attempted_at)
    select a.id, m.mentor_id, m.line, moment
    from jsonb_to_recordset(record_notifications.emails) as e (notification_id uuid, recipient_id uuid, mentors jsonb)
    join attempted a on a.notification_id = e.notification_id and a.recipient_id = e.recipient_id
    cross join lateral jsonb_to_recordset(e.mentors) as m (mentor_id uuid, line integer);

    insert into private.refused_addresses as f (person_id, address_hash, refused_at)
    select distinct on (e.recipient_id) e.recipient_id, private.hash_address(e.address), moment
    from jsonb_to_recordset(record_notifications.emails) as e (recipient_id uuid, address text, address_refused boolean)
    where e.address_refused and e.recipient_id <> all (gone)
    on conflict on constraint refused_addresses_pkey do update
      set address_hash = excluded.address_hash, refused_at = excluded.refused_at;
    delete from private.refused_addresses f
    using jsonb_to_recordset(record_notifications.emails) as e (recipient_id uuid, sent boolean)
    where e.sent and f.person_id = e.recipient_id;
  end if;

  failing := array(
    select distinct (f ->> 'notification_id')::uuid from jsonb_array_elements(record_notifications.failed) f
    where (f ->> 'notification_id')::uuid = any (mine));
  select * into failures
  from private.end_notifications(failing, array(
    select (
      select left(regexp_replace(f ->> 'reason', '[^[:space:]<>"'']+@[^[:space:]<>"'']+', '(address)', 'g'), 500)
      from jsonb_array_elements(record_notifications.failed) f where (f ->> 'notification_id')::uuid = i limit 1)
    from unnest(failing) with ordinality g (i, place) order by g.place), 'undeliverable', moment);

  finishing := array(select d from unnest(record_notifications.finished) d where d = any (mine) and d <> all (failing));

  -- An e-mail that would be repeated to somebody who is no longer a recipient.
  insert into public.notification_attempts
    (notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, number, attempted_at)
  select l.notification_id, l.mentor_id, l.kind, l.recipient_id, l.recipient_role, 'email', 'failed',
    'no longer a recipient when it was to be tried again', l.chosen_because, l.number + 1, moment
  from (
    select distinct on (a.notification_id, a.recipient_id) a.*
    from public.notification_attempts a
    where a.notification_id = any (finishing) and a.channel = 'email'
    order by a.notification_id, a.recipient_id, a.number desc
  ) l
  where l.retry_at is not null
    and not exists (
      select from private.recipients_of(array[l.notification_id]) w where w.recipient_id = l.recipient_id)
  on conflict on constraint notification_attempts_once do nothing;

  with last_emails as (
    select distinct on (a.notification_id, a.recipient_id) a.notification_id, a.retry_at
    from public.notification_attempts a
    where a.notification_id = any (finishing) and a.channel = 'email'
    order by a.notification_id, a.recipient_id, a.number desc
  ), ends as (
    select s.id,
      (select min(e.retry_at) from last_emails e where e.notification_id = s.id) as retry_at,
      private.has_arrived(s.id) as has_arrived, n.mentor_id is null as is_about_several,
      -- Of one of them nobody was told after all. A digest has none of its own.
      n.kind = 'several_paused' and exists (
        select from private.several_facts(array[s.id], private.date_of(moment)) f
        where not exists (
          select from public.notification_attempts a
          join private.attempt_mentors t on t.attempt_id = a.id
          where a.notification_id = s.id and a.outcome = 'delivered' and t.mentor_id = f.mentor_id)) as is_anew
    from unnest(finishing) s (id)
    join public.notifications n on n.id = s.id
  ), judged as (
    select e.id, e.retry_at, e.has_arrived,
      -- Its recipients may have left since the claim, and others may have replaced them. That
      -- counts as a claim without an outcome, so that it can't go on for ever.
      e.retry_at is null and case
        when e.is_about_several then e.is_anew
        else not e.has_arrived and exists (select from private.recipients_of(array[e.id])) end as is_anew
    from ends e
  ), changed as (
    update public.notifications n
    set claim = null,
      claims = case when e.is_anew then n.claims else 0 end,
      due_at = case when e.is_anew then moment + interval '30 seconds' else coalesce(e.retry_at, moment) end,
      state = case
        when e.is_anew or e.retry_at is not null then 'pending'
        when e.has_arrived then 'delivered'
        when n.mentor_id is null or n.mentor_id = any (gone) then 'settled'
        else 'undeliverable' end
    from judged e
    where n.id = e.id
    returning n.id, n.mentor_id, n.kind, n.audience, n.state
  ), explained as (
    insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason, attempted_at)
    select c.id, c.mentor_id, c.kind, 'inbox', 'no_recipient',
      case
        when not exists (select from public.profiles p where p.id = c.mentor_id) then 'there is no such mentor'
        when not exists (
          select from public.chapter_memberships m
          where m.user_id = c.mentor_id and m.role = 'mentor'
            and m.started_at <= now() and (m.ended_at is null or m.ended_at > now())) then 'the mentor is active in no chapter'
        when c.audience = 'coordinator'
          then 'no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator'
        else 'neither the chapter nor the organisation has an active administrator'
      end,
      moment
    from changed c
    where c.state = 'undeliverable'
  )
  select count(*) filter (where c.state = 'delivered') as delivered,
    count(*) filter (where c.state = 'pending') as retrying,
    count(*) filter (where c.state = 'undeliverable') as undeliverable,
    count(*) filter (where c.state = 'settled') as settled
  into counts
  from changed c;

  update public.notifications n
  set claim = null, claims = greatest(n.claims - 1, 0), due_at = moment
  where n.id = any (mine) and n.id = any (record_notifications.released);

  return jsonb_build_object(
    'delivered', counts.delivered + failures.delivered,
    'retrying', counts.retrying,
    'undeliverable', counts.undeliverable + failures.undeliverable,
    'settled', counts.settled,
    'lost', to_jsonb(array(select a from unnest(asked) a where a <> all (mine))));
end
$$;
revoke all on function private.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function private.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamptz) to pause_scheduler;

comment on function private.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamptz) is
  'Behind public.record_notifications. Definer, because the scheduler reaches no table.';

create function public.record_notifications(
  claim uuid default null,
  inbox jsonb default null,
  emails jsonb default null,
  finished uuid[] default null,
  released uuid[] default null,
  failed jsonb default null,
  as_of timestamptz default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.record_notifications(record_notifications.claim, coalesce(record_notifications.inbox, '[]'),
    coalesce(record_notifications.emails, '[]'), record_notifications.finished, record_notifications.released,
    coalesce(record_notifications.failed, '[]'), record_notifications.as_of);
end;
revoke all on function public.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamptz)
from public, anon, authenticated, service_role;
grant execute on function public.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamptz) to pause_scheduler;

comment on function public.record_notifications(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamptz) is
  'Records, in one transaction and only for what this claim still holds: texts for inboxes, outcomes of e-mails, which notifications are finished, which are returned untouched, and which could not be dealt with ({"notification_id", "reason"}). Answers how they ended, and which ids another claim has taken. Safe to repeat.';

create function private.dispatch_backlog(as_of timestamptz) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off
as $$
declare
  moment timestamptz := coalesce(dispatch_backlog.as_of, clock_timestamp());
begin
  return (
    select jsonb_build_object(
      'pending', count(*),
      'oldest_pending_seconds', coalesce(extract(epoch from moment - min(p.since)), 0)::bigint,
      'oldest_unreceived_seconds', coalesce(extract(epoch from moment - min(p.since) filter (where not p.has_arrived)), 0)::bigint)
    from (
      select case when isfinite(n.created_at) then least(coalesce(n.queued_at, n.created_at), moment) end as since,
        private.has_arrived(n.id) as has_arrived
      from public.notifications n
      where n.state = 'pending'
    ) p);
end
$$;
revoke all on function private.dispatch_backlog(timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.dispatch_backlog(timestamptz) to pause_scheduler;

comment on function private.dispatch_backlog(timestamptz) is
  'Behind public.dispatch_backlog. Definer, because the scheduler reaches no table.';

create function public.dispatch_backlog(as_of timestamptz default null) returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.dispatch_backlog(dispatch_backlog.as_of);
end;
revoke all on function public.dispatch_backlog(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.dispatch_backlog(timestamptz) to pause_scheduler;

comment on function public.dispatch_backlog(timestamptz) is
  'How many notifications are pending, for how long the oldest of them has been, and for how long the oldest of those that nobody has received yet.';
