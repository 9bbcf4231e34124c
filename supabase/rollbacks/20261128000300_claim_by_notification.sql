create or replace function private.claim_notifications(batch integer, lease_seconds integer, email boolean, as_of timestamptz) returns jsonb
language plpgsql volatile security definer
set search_path = '' set timezone = 'UTC' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off
as $$
declare
  moment timestamptz := coalesce(claim_notifications.as_of, clock_timestamp());
  zone text := coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), (select s.time_zone from private.settings s));
  token uuid := gen_random_uuid();
  ids uuid[];
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
  update public.notifications n
  set claim = token,
    due_at = moment + interval '1 second' * least(greatest(coalesce(claim_notifications.lease_seconds, 120), 1), 3600)
  where n.id = any (ids);

  with people as (
    select w.notification_id, w.recipient_id, w.recipient_role, w.chosen_because, q.locale,
      h.id is not null as has_it,
      l.number, l.outcome, l.retry_at, u.email as address,
      f.person_id is not null as address_refused
    from private.recipients_of(ids) w
    join public.profiles q on q.id = w.recipient_id
    left join lateral (
      select i.id
      from public.notification_inbox i
      where i.notification_id = w.notification_id and i.recipient_id = w.recipient_id
      limit 1
    ) h on true
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
    'happened_on', coalesce(l.effective_on, (n.created_at at time zone zone)::date),
    'expected_return_date', case when n.kind = 'mentor_paused' then r.expected_return_date end,
    'recipients', coalesce(c.list, '[]')
  ) order by n.created_at, n.id)
  into notifications
  from unnest(ids) g (id)
  join public.notifications n on n.id = g.id
  left join public.profiles m on m.id = n.mentor_id
  left join recipients c on c.notification_id = n.id
  left join public.pause_records r on r.id = n.pause_record_id
  left join lateral (
    select s.effective_on from public.pause_status_log s
    where s.pause_record_id = n.pause_record_id and s.record_version = n.record_version
    limit 1
  ) l on true;

  return jsonb_build_object(
    'claim', token,
    'today', (moment at time zone zone)::date,
    'notifications', coalesce(notifications, '[]'));
end
$$;
