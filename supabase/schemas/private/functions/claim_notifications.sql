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
  zone text := coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), (select s.time_zone from private.settings s));
  today date := (moment at time zone zone)::date;
  lease interval := interval '1 second' * least(greatest(coalesce(claim_notifications.lease_seconds, 120), 1), 3600);
  token uuid := gen_random_uuid();
  ids uuid[];
  spent uuid[];
  untrue uuid[];
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

  facts := array(select f from private.notification_facts(ids, today) f);
  untrue := array(select f.notification_id from unnest(facts) f where f.is_true is not true);
  select * into without_truth
  from private.end_notifications(untrue, array_fill('no longer true when it was to be sent'::text, array[cardinality(untrue)]),
    'settled', moment);
  ids := array(select i from unnest(ids) i where i <> all (untrue));

  update public.notifications n
  set claim = token, claims = n.claims + 1, due_at = private.next_claim(n.claims, lease, moment)
  where n.id = any (ids);

  with people as (
    select w.notification_id, w.recipient_id, w.recipient_role, w.chosen_because, q.locale,
      h.recipient_id is not null as has_it,
      l.number, l.outcome, l.retry_at, u.email as address,
      u.email_confirmed_at is not null as is_confirmed, coalesce(u.banned_until > moment, false) as is_banned,
      f.person_id is not null as address_refused
    from private.recipients_of(ids) w
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
      'email', case
        when p.number is not null and p.retry_at is null then 'settled'
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
    'expected_return_date', case when n.kind = 'mentor_paused' then f.return_on end,
    'is_paused', f.is_paused,
    'is_expired', f.is_expired,
    'is_renewed', f.is_renewed,
    'correction', f.correction,
    'recipients', coalesce(c.list, '[]')
  ) order by n.created_at, n.id)
  into notifications
  from unnest(facts) f
  join public.notifications n on n.id = f.notification_id
  left join lateral (
    select p.display_name from public.profiles p where p.id = n.mentor_id offset 0
  ) m on true
  left join recipients c on c.notification_id = n.id
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

COMMENT ON FUNCTION "private"."claim_notifications"(integer, integer, boolean, timestamp with time zone) IS 'Behind public.claim_notifications. Definer, because the scheduler reaches no table, and because it alone reads addresses from auth.users.';

REVOKE ALL ON FUNCTION "private"."claim_notifications"(integer, integer, boolean, timestamp WITH time zone) FROM PUBLIC;
