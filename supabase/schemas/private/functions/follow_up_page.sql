CREATE OR REPLACE FUNCTION private.follow_up_page (
  chapter_id  uuid,
  page_limit  integer,
  page_cursor text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET "DateStyle" TO 'ISO'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_hashjoin TO 'off'
  SET enable_mergejoin TO 'off'
  AS $function$
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."follow_up_page"(uuid, integer, text) TO "authenticated";

COMMENT ON FUNCTION "private"."follow_up_page"(uuid, integer, text) IS 'Behind public.follow_up_page. Definer, because it reads refused addresses, logins and the nights, which no role may; narrows everything to the chapters that the caller administers itself.';

REVOKE ALL ON FUNCTION "private"."follow_up_page"(uuid, integer, text) FROM PUBLIC;
