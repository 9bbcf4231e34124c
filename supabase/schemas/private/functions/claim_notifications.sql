CREATE OR REPLACE FUNCTION private.claim_notifications (
  batch         integer,
  lease_seconds integer,
  email         boolean,
  as_of         timestamp with time zone
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_mergejoin TO 'off'
  AS $function$
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."claim_notifications"(integer, integer, boolean, timestamp WITH time zone) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."claim_notifications"(integer, integer, boolean, timestamp with time zone) IS 'Behind public.claim_notifications. Definer, because the scheduler reaches no table, and because the addresses are in auth.users.';

REVOKE ALL ON FUNCTION "private"."claim_notifications"(integer, integer, boolean, timestamp WITH time zone) FROM PUBLIC;
