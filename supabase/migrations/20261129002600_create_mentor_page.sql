-- One mentor's page: who they are, what holds today, and what was, newest first. What holds
-- follows from the facts at the time of the call, as in the roster; what was is read from
-- where a page begins, so that ten years of it cost what one does.
--
-- private.mentor_page answers JSON as text, which the functions call and pass on as it is;
-- public.mentor_page, for supabase.rpc, makes jsonb of it.

-- Of each certification its own state, and of each kind that is required and lacking a row
-- without an id. Nobody who has renewed is shown as expiring.
create function private.certifications_as_json(mentor_id uuid, as_of date) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    with present as materialized (
      select s.kind, s.ends_on, s.is_missing
      from private.certification_stretches(array[certifications_as_json.mentor_id]) s
      where s.begins_on <= certifications_as_json.as_of and (s.next_begins_on is null or s.next_begins_on > certifications_as_json.as_of)
    ), listed as (
      select c.id, c.kind, c.issued_on, c.expires_on,
        case
          when c.expires_on < certifications_as_json.as_of then 'expired'
          when c.issued_on > certifications_as_json.as_of then 'upcoming'
          when c.expires_on <= certifications_as_json.as_of + 30
            and (select max(p.ends_on) from present p where p.kind = c.kind) <= certifications_as_json.as_of + 30 then 'expiring'
          else 'valid'
        end as state
      from public.certifications c
      where c.mentor_id = certifications_as_json.mentor_id
      union all
      select null, p.kind, null, null, 'expired' from present p where p.is_missing
      order by issued_on desc nulls first, kind, id
      limit 200 -- more than anybody holds
    )
    select concat('[', string_agg(concat(
      '{"id":', coalesce(to_json(l.id)::text, 'null'), ',"mentor_id":"', certifications_as_json.mentor_id, '","kind":', to_json(l.kind),
      ',"name_nb":', to_json(k.name_nb), ',"name_nn":', to_json(k.name_nn), ',"name_en":', to_json(k.name_en),
      ',"issued_on":', coalesce(to_json(l.issued_on)::text, 'null'), ',"expires_on":', coalesce(to_json(l.expires_on)::text, 'null'),
      ',"state":"', l.state, '"}'), ',' order by l.issued_on desc nulls first, l.kind, l.id), ']')
    from listed l
    join public.certification_kinds k on k.code = l.kind);
end
$$;
revoke all on function private.certifications_as_json(uuid, date) from public, anon, authenticated, service_role;

comment on function private.certifications_as_json(uuid, date) is
  'A mentor''s certifications as JSON, newest first, each with its kind''s names and its state on a date: valid, expiring (its kind ends within 30 days), expired, upcoming. A kind that is required and lacking is one without an id, expired. Does not check the caller.';

create function private.mentor_page(mentor_id uuid, page_limit integer, page_cursor text) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO'
set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  caller uuid := private.my_id();
  -- A dropped id is read as the kept one.
  mentor uuid := private.kept_id(mentor_page.mentor_id);
  today date := private.today();
  page integer := coalesce(mentor_page.page_limit, 50);
  messages integer := (page + 1) / 2;
  zone text;
  key bytea;
  mine uuid[];
  manages boolean := false;
  -- When the mentor was the caller's: of other times the caller sees nothing of what was, nor,
  -- on their own page, messages to others.
  theirs tstzmultirange := tstzmultirange();
  seen tstzmultirange;
  seen_from timestamptz;
  filters text;
  place jsonb;
  -- Each list goes on where its part of the last page ended.
  log_before timestamptz := timestamptz 'infinity';
  log_before_id bigint := 0;
  sent_before timestamptz := timestamptz 'infinity';
  sent_before_id bigint := 0;
  person record;
  -- Nearly all of what was is theirs, so that their names aren't looked up for each row.
  mentor_name text;
  caller_name text;
  has_dropped boolean;
  status text;
  mentor_since date;
  live public.pause_records;
  plan public.planned_pauses;
  pause_record text := 'null';
  hints jsonb := '[]'::jsonb;
  planned_pause text := 'null';
  leave_requests jsonb;
  logged record;
  logs_go_on boolean;
  sent record;
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  perform private.require_id('mentor_id', mentor_page.mentor_id);
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  mine := private.my_chapter_ids();
  if private.is_organisation_administrator() then
    -- Whose history is all theirs to see, also of who has left.
    manages := exists (
      select from public.chapter_memberships m where m.user_id = mentor and m.role = 'mentor'
    ) and not exists (select from public.erasures e where e.person_id = mentor);
    theirs := case when manages then tstzmultirange '{(,)}' else theirs end;
  else
    select coalesce(range_agg(tstzrange(m.started_at, m.ended_at, '[]')), '{}'),
      coalesce(bool_or(m.started_at <= statement_timestamp() and (m.ended_at is null or m.ended_at > statement_timestamp())), false)
    into theirs, manages
    from public.chapter_memberships m
    where m.user_id = mentor and m.role = 'mentor' and m.chapter_id = any (mine);
  end if;
  if not manages and mentor <> caller then
    perform private.authorised_caller(mentor);
  end if;
  theirs := case when manages then theirs else tstzmultirange() end;
  seen := case when mentor = caller then tstzmultirange '{(,)}' else theirs end;
  seen_from := coalesce(lower(seen), '-infinity');

  select p.id, p.display_name, p.locale, u.email as login_email, c.email, c.phone
  into person
  from public.profiles p
  left join auth.users u on u.id = p.id
  left join public.contacts c on c.person_id = p.id
  where p.id = mentor;
  if not found then
    perform private.refuse('mentor_not_found');
  end if;
  mentor_name := to_json(person.display_name);

  select s.time_zone, s.cursor_key, coalesce(to_json(p.display_name)::text, 'null') into zone, key, caller_name
  from private.settings s
  left join public.profiles p on p.id = caller;
  filters := jsonb_build_array('mentor', caller, mentor)::text;
  if mentor_page.page_cursor <> '' then
    place := private.read_cursor(mentor_page.page_cursor, filters, key);
    log_before := (place ->> 0)::timestamptz;
    log_before_id := (place ->> 1)::bigint;
    sent_before := (place ->> 2)::timestamptz;
    sent_before_id := (place ->> 3)::bigint;
  end if;

  status := private.status_of(mentor, today);
  has_dropped := exists (select from private.merged_people m where m.kept_id = mentor);
  select case when t.is_return then t.from_on else '-infinity' end into mentor_since
  from private.mentor_times t
  where t.mentor_id = mentor and t.from_on <= today and t.until_on > today;
  -- A pause from before a return counts no more, whether or not a night has closed it yet.
  select * into live from public.pause_records r
  where r.mentor_id = mentor and r.status in ('paused', 'expired_cert') and private.date_of(coalesce(r.paused_at, r.created_at)) >= mentor_since;
  select * into plan from public.planned_pauses q where q.mentor_id = mentor and private.date_of(q.created_at) >= mentor_since;
  if plan.starts_on > today then
    planned_pause := to_jsonb(plan) - '{created_at,updated_at}'::text[];
  elsif plan.starts_on <= today and live.paused_at is null then
    -- A plan whose day has come is a pause, whether or not anybody has begun it.
    live.mentor_id := mentor;
    live.pause_reason := plan.pause_reason;
    live.expected_return_date := plan.expected_return_date;
    live.paused_at := private.day_start(plan.starts_on);
    live.coordinator_id := plan.coordinator_id;
  end if;
  if live.mentor_id is not null then
    pause_record := concat('{"id":', coalesce(to_json(live.id)::text, 'null'), ',"mentor_id":"', live.mentor_id, '","status":"', status,
      '","pause_reason":', coalesce(to_json(live.pause_reason)::text, 'null'),
      ',"expected_return_date":', coalesce(to_json(live.expected_return_date)::text, 'null'),
      ',"paused_at":', coalesce(to_json(live.paused_at)::text, 'null'), ',"reactivated_at":null,"coordinator_id":',
      coalesce(to_json(live.coordinator_id)::text, 'null'), ',"version":', coalesce(live.version::text, 'null'),
      ',"created_at":', coalesce(to_json(live.created_at)::text, 'null'), ',"updated_at":', coalesce(to_json(live.updated_at)::text, 'null'), '}');
    hints := private.hints_after_pause(mentor, live.paused_at, today);
  end if;

  -- What is open, however old, unless it is from before a return, and the last ones answered.
  leave_requests := (
    select coalesce(jsonb_agg(private.leave_request_as_json(l) order by l.created_at desc, l.id desc), '[]')
    from (
      select o.* from public.leave_requests o where o.mentor_id = mentor and o.state = 'open'
        and (mentor = caller or manages and (mentor_since is null or private.date_of(o.created_at) >= mentor_since))
      union all
      (select a.* from public.leave_requests a
       where a.mentor_id = mentor and a.state <> 'open' and a.answered_at <@ seen
       order by a.created_at desc, a.id desc
       limit 10)
    ) l);

  -- A closed pause comes with the row of the log that closed it. The rows come in order, so
  -- nothing has to be sorted again.
  select string_agg(l.shown, ',') as rows, string_agg(l.closed, ',') as closed,
    min(l.occurred_at) as last_at, (array_agg(l.id))[page] as last_id
  into logged
  from (
    select o.id, o.occurred_at,
      concat('{"id":', o.id, ',"pause_record_id":"', o.pause_record_id, '","mentor_id":"', mentor,
        '","from_status":"', o.from_status, '","to_status":"', o.to_status,
        '","actor_id":', coalesce('"' || o.actor_id || '"', 'null'),
        ',"actor_name":', case o.actor_id when mentor then mentor_name when caller then caller_name
          else coalesce(to_json(a.display_name)::text, 'null') end,
        ',"actor_kind":"', o.actor_kind, '","record_version":', o.record_version, ',"effective_on":"', o.effective_on,
        '","certification_kind":', coalesce(to_json(o.certification_kind)::text, 'null'),
        ',"occurred_at":', to_json(o.occurred_at), '}') as shown,
      case when o.closed_id is not null then concat('{"id":"', o.closed_id, '","mentor_id":"', mentor, '","status":"', o.status,
        '","pause_reason":', coalesce(to_json(o.pause_reason)::text, 'null'),
        ',"expected_return_date":', coalesce('"' || o.expected_return_date || '"', 'null'),
        ',"paused_at":', coalesce(to_json(o.paused_at)::text, 'null'), ',"reactivated_at":', to_json(o.reactivated_at),
        ',"coordinator_id":', coalesce('"' || o.coordinator_id || '"', 'null'), ',"version":', o.version,
        ',"created_at":', to_json(o.created_at), ',"updated_at":', to_json(o.updated_at), '}') end as closed
    from (
      select l.*, r.id as closed_id, r.status, r.pause_reason, r.expected_return_date, r.paused_at, r.reactivated_at,
        r.coordinator_id, r.version, r.created_at, r.updated_at
      from public.pause_status_log l
      -- No record is looked up for the other rows.
      left join public.pause_records r on r.id = case when l.to_status = 'active' then l.pause_record_id end
        and r.version = l.record_version and r.reactivated_at <@ seen
      where l.mentor_id = mentor and l.occurred_at >= seen_from
        and l.occurred_at <= log_before and (l.occurred_at, l.id) < (log_before, log_before_id)
        -- As the log's policy: the row that closed a record is seen with it, and no other one
        -- that was written down late, of a record that was over before. (Few are late.)
        and case when l.to_status = 'active' then r.id is not null
          else l.occurred_at <@ seen and (l.effective_on >= (l.occurred_at at time zone zone)::date or not exists (
            select from public.pause_records c
            where c.id = l.pause_record_id and c.reactivated_at < l.occurred_at and not c.reactivated_at <@ seen))
          end
      order by l.occurred_at desc, l.id desc
      limit page
    ) o
    left join public.profiles a on a.id = case when o.actor_id not in (mentor, caller) then o.actor_id end
  ) l;
  logs_go_on := logged.last_id is not null and exists (
    select from public.pause_status_log l
    where l.mentor_id = mentor and l.occurred_at >= seen_from
      and l.occurred_at <= logged.last_at and (l.occurred_at, l.id) < (logged.last_at, logged.last_id)
      and case when l.to_status = 'active'
        then exists (
          select from public.pause_records r
          where r.id = l.pause_record_id and r.version = l.record_version and r.reactivated_at <@ seen)
        else l.occurred_at <@ seen and (l.effective_on >= (l.occurred_at at time zone zone)::date or not exists (
          select from public.pause_records r
          where r.id = l.pause_record_id and r.reactivated_at < l.occurred_at and not r.reactivated_at <@ seen))
        end);

  -- Half as many, and one more, to know whether there are others. Of several tries the last
  -- one; what is not tried again is the last. What was sent to a profile that was joined into
  -- this one stays under its id.
  select count(*) > messages as has_next,
    array_to_string((array_agg(s.shown))[:messages], ',') as rows,
    (array_agg(s.attempted_at))[messages] as last_at, (array_agg(s.id))[messages] as last_id
  into sent
  from (
    select w.id, w.attempted_at,
      concat('{"notification_id":"', w.notification_id, '","kind":"', w.kind,
        '","created_at":', to_json(w.created_at), ',"attempted_at":', to_json(w.attempted_at),
        ',"recipient_id":', coalesce('"' || w.recipient_id || '"', 'null'),
        ',"recipient_name":', case w.recipient_id when mentor then mentor_name when caller then caller_name
          else coalesce(to_json(p.display_name)::text, 'null') end,
        ',"recipient_role":', coalesce('"' || w.recipient_role || '"', 'null'),
        ',"channel":"', w.channel, '","outcome":"', w.outcome, '"}') as shown
    from (
      select y.*
      from unnest(case when has_dropped then private.with_dropped(array[mentor]) else array[mentor] end) i (id)
      cross join lateral (
        (select a.id, a.notification_id, a.kind, n.created_at, a.attempted_at, a.recipient_id, a.recipient_role, a.channel, a.outcome
        from public.notification_attempts a
        join public.notifications n on n.id = a.notification_id
        where a.mentor_id = i.id and a.attempted_at >= seen_from
          and a.attempted_at <= sent_before and (a.attempted_at, a.id) < (sent_before, sent_before_id)
          and (n.created_at <@ theirs or mentor = caller and a.recipient_role = 'mentor')
          and (a.retry_at is null and a.recipient_id is not null or not exists (
            select from public.notification_attempts b
            where b.notification_id = a.notification_id
              and case when a.recipient_id is null then b.id > a.id
                else b.recipient_id = a.recipient_id and b.channel = a.channel and b.number > a.number end))
        order by a.attempted_at desc, a.id desc
        limit messages + 1)
        union all
        -- What was about several mentors.
        (select a.id, a.notification_id, a.kind, n.created_at, a.attempted_at, a.recipient_id, a.recipient_role, a.channel, a.outcome
        from private.attempt_mentors t
        join public.notification_attempts a on a.id = t.attempt_id
        join public.notifications n on n.id = a.notification_id
        where t.mentor_id = i.id and t.attempted_at >= seen_from
          and t.attempted_at <= sent_before and (t.attempted_at, t.attempt_id) < (sent_before, sent_before_id)
          and n.created_at <@ theirs
          and (a.retry_at is null or not exists (
            select from public.notification_attempts b
            where b.notification_id = a.notification_id
              and b.recipient_id = a.recipient_id and b.channel = a.channel and b.number > a.number))
        order by t.attempted_at desc, t.attempt_id desc
        limit messages + 1)
      ) y
      order by y.attempted_at desc, y.id desc
      limit messages + 1
    ) w
    left join public.profiles p on p.id = case when w.recipient_id not in (mentor, caller) then w.recipient_id end
  ) s;

  if logs_go_on or sent.has_next then
    next_cursor := private.write_cursor(jsonb_build_array(
      case when logs_go_on then logged.last_at else '-infinity' end, case when logs_go_on then logged.last_id else 0 end,
      case when sent.has_next then sent.last_at else '-infinity' end, case when sent.has_next then sent.last_id else 0 end
    ), filters, key);
  end if;

  return concat('{"as_of":"', today, '","profile":{"id":"', mentor, '","display_name":', mentor_name,
    ',"locale":', to_json(person.locale),
    -- Of somebody with a login, the address in Supabase Auth counts.
    '},"status":"', status, '","contacts":{"email":', coalesce(to_json(coalesce(nullif(person.login_email, ''), person.email))::text, 'null'),
    ',"phone":', coalesce(to_json(person.phone)::text, 'null'),
    '},"recipients":[', (
      select string_agg(concat('{"id":"', p.id, '","display_name":', to_json(p.display_name), ',"role":"', w.recipient_role, '"}'),
        ',' order by p.display_name, p.id)
      from private.recipients_for(array[mentor], array['coordinator'], array[true]) w
      join public.profiles p on p.id = w.recipient_id),
    '],"memberships":[', (
      select string_agg(concat('{"id":"', m.id, '","chapter_id":"', m.chapter_id, '","chapter_name":', to_json(m.name),
        ',"user_id":"', mentor, '","role":"', m.role,
        '","started_at":', to_json(m.started_at), ',"ended_at":', coalesce(to_json(m.ended_at)::text, 'null'),
        ',"first_day":"', (m.started_at at time zone zone)::date,
        '","last_day":', coalesce(to_json((m.ended_at at time zone zone)::date - 1)::text, 'null'), '}'),
        ',' order by m.started_at desc, m.id)
      from (
        select h.*, c.name
        from public.chapter_memberships h
        join public.chapters c on c.id = h.chapter_id
        where h.user_id = mentor and (mentor = caller or h.chapter_id = any (mine))
        order by h.started_at desc, h.id
        limit 200 -- more than anybody has
      ) m),
    '],"certifications":', private.certifications_as_json(mentor, today),
    ',"assignments":[', (
      select string_agg(concat('{"id":"', a.id, '","mentor_id":"', a.mentor_id, '","coordinator_id":"', a.coordinator_id,
        '","coordinator_name":', to_json(p.display_name), ',"started_at":', to_json(a.started_at), ',"ended_at":null}'),
        ',' order by p.display_name, p.id)
      from public.coordinator_assignments a
      join public.profiles p on p.id = a.coordinator_id
      where a.mentor_id = mentor and a.ended_at is null),
    '],"pause_record":', pause_record, ',"planned_pause":', planned_pause, ',"leave_requests":', leave_requests,
    ',"closed_pauses":[', logged.closed, '],"hints":', hints,
    ',"timeline":[', logged.rows, '],"sent":[', sent.rows,
    '],"next_cursor":', coalesce('"' || next_cursor || '"', 'null'), '}');
end
$$;
revoke all on function private.mentor_page(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function private.mentor_page(uuid, integer, text) to authenticated;

comment on function private.mentor_page(uuid, integer, text) is
  'One mentor''s page as JSON text, for the Go functions; behind public.mentor_page. Definer, because it tells who would be told and how to reach the mentor; checks the caller and narrows everything to what they may see itself.';

create function public.mentor_page(
  mentor_id uuid default null,
  page_limit integer default null,
  page_cursor text default null
) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.mentor_page(mentor_page.mentor_id, mentor_page.page_limit, mentor_page.page_cursor)::jsonb;
end
$$;
revoke all on function public.mentor_page(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.mentor_page(uuid, integer, text) to authenticated;

comment on function public.mentor_page(uuid, integer, text) is
  'One mentor''s page: profile, contacts, who would be told of a pause now, memberships, certifications, assignments, the live pause, and in pages the log, closed pauses and messages. One''s own is answered to anybody. Refuses with invalid_request, not_a_coordinator, mentor_not_found.';
