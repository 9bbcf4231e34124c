CREATE OR REPLACE FUNCTION private.record_notifications (
  claim    uuid,
  inbox    jsonb,
  emails   jsonb,
  finished uuid[],
  released uuid[],
  failed   jsonb,
  as_of    timestamp with time zone
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."record_notifications"(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamp WITH time zone) TO "pause_scheduler";

COMMENT ON FUNCTION "private"."record_notifications"(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamp with time zone) IS 'Behind public.record_notifications. Definer, because the scheduler reaches no table.';

REVOKE ALL ON FUNCTION "private"."record_notifications"(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamp WITH time zone) FROM PUBLIC;
