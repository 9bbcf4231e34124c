-- The roster: one call, one screen. It reads the read model and the live records; its
-- cost follows the page, not the chapter.
--
-- coordinator_roster pins the shape of its plans: walk an index in order, look the
-- rest up row by row, stop at the limit. A generic plan knows neither the limit nor
-- the chapter, and would now and then hash and sort a whole chapter.
--
-- private.coordinator_roster answers JSON as text, which the functions call and pass
-- on as it is; public.coordinator_roster, for supabase.rpc, makes jsonb of it.

create function private.seal_cursor(payload text, filters text, key bytea) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  -- Hashed twice with the key, as HMAC does, so that nothing can be appended.
  return left(encode(sha256(seal_cursor.key || sha256(seal_cursor.key || convert_to(
    seal_cursor.filters || seal_cursor.payload, 'UTF8'))), 'hex'), 32);
end
$$;
revoke all on function private.seal_cursor(text, text, bytea) from public, anon, authenticated, service_role;

comment on function private.seal_cursor(text, text, bytea) is
  'The seal of a page cursor under these filters, with the key of private.settings.';

-- Arrays instead of joins: joined, tables that are empty as a rule are read whole by
-- plans that were made then.
create function private.unacknowledged_mentor_ids(chapter_ids uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  sets integer[] := array(
    select distinct m.chapter_set_id from private.chapter_set_members m
    where m.chapter_id = any (unacknowledged_mentor_ids.chapter_ids));
begin
  return array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id = any (sets)
    union
    select u.mentor_id from private.unacknowledged u
    where u.chapter_set_id is null
      and private.answerable_chapter_ids(u.mentor_id) && unacknowledged_mentor_ids.chapter_ids);
end
$$;
revoke all on function private.unacknowledged_mentor_ids(uuid[]) from public, anon, authenticated, service_role;

comment on function private.unacknowledged_mentor_ids(uuid[]) is
  'The mentors about whom something may wait to be acknowledged in these chapters. All of it may have been acknowledged since.';

create function private.undelivered_count(chapter_ids uuid[]) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mentors uuid[] := private.unacknowledged_mentor_ids(undelivered_count.chapter_ids);
begin
  return (
    select count(*) from public.notifications n
    where n.mentor_id = any (mentors) and n.state = 'undeliverable' and n.acknowledged_at is null);
end
$$;
revoke all on function private.undelivered_count(uuid[]) from public, anon, authenticated, service_role;

comment on function private.undelivered_count(uuid[]) is
  'How many notifications could be given to nobody and wait to be acknowledged in these chapters. Costs what these chapters have, not what others have.';

create function private.discrepancy_count(chapter_ids uuid[]) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mentors uuid[] := private.unacknowledged_mentor_ids(discrepancy_count.chapter_ids);
begin
  return (
    select count(*) from public.status_discrepancies d
    where d.mentor_id = any (mentors) and d.acknowledged_at is null);
end
$$;
revoke all on function private.discrepancy_count(uuid[]) from public, anon, authenticated, service_role;

comment on function private.discrepancy_count(uuid[]) is
  'How many discrepancies wait to be acknowledged in these chapters.';

-- The counts of a quiet chapter are one range of rows by date. What is not folded in
-- yet, and certifications registered ahead that begin to count, are looked for, and
-- cost something only where there are any. The sets of chapters come first and are
-- constants to what follows: joined in, they would have it read everybody's deltas.
--
-- No settings of its own: it takes those of its caller, whose plans are pinned.
create function private.roster_summary(chapter_ids uuid[], as_of date) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  sets integer[];
  total bigint;
  paused bigint;
  expired bigint;
  expiring_soon bigint;
  overdue bigint;
  undelivered bigint := 0;
  discrepancies bigint := 0;
  waits boolean;
  unfolded boolean;
  change record;
begin
  sets := array(
    select distinct m.chapter_set_id
    from private.chapter_set_members m
    where m.chapter_id = any (roster_summary.chapter_ids));

  select
    coalesce(sum(c.mentors), 0),
    coalesce(sum(c.paused), 0) - coalesce(sum(c.paused_expiring) filter (where c.day < roster_summary.as_of), 0),
    coalesce(sum(c.expiring) filter (where c.day < roster_summary.as_of), 0),
    coalesce(sum(c.expiring) filter (where c.day >= roster_summary.as_of), 0),
    coalesce(sum(c.due_back - c.due_back_expired) filter (where c.day < roster_summary.as_of), 0),
    exists (select from private.unacknowledged u where u.chapter_set_id = any (sets))
      or exists (select from private.unacknowledged u where u.chapter_set_id is null),
    exists (select from private.roster_deltas d where d.chapter_set_id = any (sets))
      or exists (
        select from private.roster_entries e
        where e.chapter_id = any (roster_summary.chapter_ids) and e.recheck_on <= roster_summary.as_of)
  into total, paused, expired, expiring_soon, overdue, waits, unfolded
  from private.roster_counts c
  where c.chapter_set_id = any (sets) and c.day <= roster_summary.as_of + 30;

  if waits then
    undelivered := private.undelivered_count(roster_summary.chapter_ids);
    discrepancies := private.discrepancy_count(roster_summary.chapter_ids);
  end if;

  if unfolded then
    with rechecked as (
      -- A certification registered in advance begins to count, and nothing has
      -- refreshed the entry yet: subtract the old facts and add the new ones.
      select distinct e.mentor_id, e.certified_until as before, f.certified_until as after
      from private.roster_entries e
      cross join lateral private.certification_facts(array[e.mentor_id], roster_summary.as_of) f
      where e.recheck_on <= roster_summary.as_of
        and e.chapter_id = any (roster_summary.chapter_ids)
    ), facts as (
      select d.change, d.is_pause, d.certified_until, d.expected_return_date
      from private.roster_deltas d
      where d.chapter_set_id = any (sets)
      union all
      select v.change, false, v.certified_until, null
      from rechecked r
      cross join lateral (values (-1, r.before), (1, r.after)) v (change, certified_until)
      union all
      select v.change, true, v.certified_until, p.expected_return_date
      from rechecked r
      join public.pause_records p
        on p.mentor_id = r.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
      cross join lateral (values (-1, r.before), (1, r.after)) v (change, certified_until)
    )
    select
      coalesce(sum(f.change) filter (where not f.is_pause), 0) as total,
      coalesce(sum(f.change) filter (where f.is_pause and coalesce(f.certified_until >= roster_summary.as_of, true)), 0) as paused,
      coalesce(sum(f.change) filter (where not f.is_pause and f.certified_until < roster_summary.as_of), 0) as expired,
      coalesce(sum(f.change) filter (where not f.is_pause
        and f.certified_until between roster_summary.as_of and roster_summary.as_of + 30), 0) as expiring_soon,
      coalesce(sum(f.change) filter (where f.is_pause and coalesce(f.certified_until >= roster_summary.as_of, true)
        and f.expected_return_date < roster_summary.as_of), 0) as overdue
    into change
    from facts f;
    total := total + change.total;
    paused := paused + change.paused;
    expired := expired + change.expired;
    expiring_soon := expiring_soon + change.expiring_soon;
    overdue := overdue + change.overdue;
  end if;

  return jsonb_build_object(
    'total', total,
    'active', total - paused - expired,
    'paused', paused,
    'expired_cert', expired,
    'expiring_soon', expiring_soon,
    'return_overdue', overdue,
    'undelivered_notifications', undelivered,
    'open_discrepancies', discrepancies);
end
$$;
revoke all on function private.roster_summary(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.roster_summary(uuid[], date) is
  'The dashboard''s counts over these chapters on a date, each mentor once. Does not check the caller.';

-- Most rows of a page are those of active mentors with a certification: what they say
-- between name and certification is the same for all, and is made once for a page.
-- What only a few rows need is a call instead of a part of the plan.
create function private.coordinator_roster(
  chapter_id uuid, status text[], search text, page_limit integer, page_cursor text
) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO'
set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  today date;
  caller uuid;
  mine uuid[];
  scope uuid[];
  cursor_key bytea;
  page integer := coalesce(coordinator_roster.page_limit, 50);
  statuses text[];
  needle text;
  filters text;
  payload text;
  after_name text := '';
  after_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  only_chapter text;
  quiet text;
  mentors text;
  last_name text;
  last_id uuid;
  has_next boolean;
  next_cursor text;
begin
  -- private.today(), private.my_chapter_ids() and the cursor's key in one statement,
  -- since each call has its cost.
  select
    (now() at time zone coalesce(nullif(current_setting('mentorpause.time_zone', true), ''), s.time_zone))::date,
    auth.uid(),
    array(
      select distinct m.chapter_id
      from public.chapter_memberships m
      where m.user_id = (select auth.uid()) and m.role in ('coordinator', 'administrator') and m.ended_at is null),
    s.cursor_key
  into today, caller, mine, cursor_key
  from private.settings s;
  scope := mine;
  -- Most calls are for the first page of everything the caller manages, and one check is enough.
  if caller is null or mine = '{}'
     or num_nonnulls(coordinator_roster.chapter_id, coordinator_roster.status, coordinator_roster.search, coordinator_roster.page_limit) > 0 then
    if caller is null then
      perform private.refuse('unauthenticated');
    end if;
    if coordinator_roster.search <> '' then
      needle := nullif(private.searchable(private.trimmed(coordinator_roster.search)), '');
    end if;
    if page not between 1 and 200 then
      perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
    end if;
    if char_length(needle) > 200 then
      perform private.refuse('invalid_request', 'search', 'search must have at most 200 characters.');
    end if;
    if array_position(coordinator_roster.status, null) is not null
       or not coordinator_roster.status <@ array['active', 'paused', 'expired_cert'] then
      perform private.refuse('invalid_request', 'status', 'status must be one or several of active, paused, expired_cert.');
    end if;
    if mine = '{}' then
      perform private.refuse('not_a_coordinator');
    end if;
    if coordinator_roster.chapter_id is not null then
      if coordinator_roster.chapter_id <> all (mine) then
        perform private.refuse('chapter_not_found');
      end if;
      scope := array[coordinator_roster.chapter_id];
    end if;
    if cardinality(coordinator_roster.status) > 0 then
      statuses := array(select distinct s from unnest(coordinator_roster.status) s order by s);
    end if;
  end if;

  filters := jsonb_build_array(caller, coordinator_roster.chapter_id, statuses, needle)::text;
  if coordinator_roster.page_cursor <> '' then
    payload := split_part(coordinator_roster.page_cursor, '.', 1);
    -- The seal comes first: what it covers is known to decode.
    if coordinator_roster.page_cursor is distinct from payload || '.' || private.seal_cursor(payload, filters, cursor_key) then
      perform private.refuse('invalid_request', 'cursor', 'cursor was altered or belongs to other filters.');
    end if;
    payload := translate(payload, '-_', '+/');
    payload := convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8');
    after_name := payload::jsonb ->> 0;
    after_id := (payload::jsonb ->> 1)::uuid;
  end if;

  if cardinality(mine) = 1 then -- as for most coordinators: every row says the same
    select json_build_array(json_build_object('id', c.id, 'name', c.name)) into only_chapter
    from public.chapters c where c.id = mine[1];
    -- Most rows differ only in the person and the end of the certification.
    quiet := ',"chapters":' || only_chapter
      || ',"status":"active","pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false,"certification_state":';
  end if;

  -- One more than the page, to know whether there is another. Two statements of the
  -- same meaning: one for a single chapter, whose index has the order of the screen, and
  -- one for several, whose first rows are merged. A single statement for both would cost
  -- the many who manage one chapter a sixth of their time.
  if cardinality(scope) = 1 then
    select array_to_string((array_agg(case
      when l.pause_record_id is null and l.certified_until >= today and l.certified_until <> 'infinity' and quiet is not null
      then concat(l.shown, quiet, case when l.certified_until <= today + 30 then '"expiring"' else '"valid"' end,
        ',"certification_expires_on":"', l.certified_until, '"}')
      else concat(
        l.shown, ',"chapters":', coalesce(only_chapter, (
          select json_agg(json_build_object('id', c.id, 'name', c.name) order by c.name, c.id)::text
          from private.chapter_sets s
          join public.chapters c on c.id = any (s.chapter_ids)
          where s.id = l.chapter_set_id and c.id = any (mine))),
        case
          when l.certified_until < today then ',"status":"expired_cert"'
          when l.paused_at is not null then ',"status":"paused"'
          else ',"status":"active"' end,
        case when l.pause_record_id is null
          then ',"pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false'
          else concat(',"pause_record_id":"', l.pause_record_id, '","version":', l.version,
            ',"pause_reason":', coalesce(to_json(l.pause_reason)::text, 'null'),
            ',"paused_at":', coalesce(to_json(l.paused_at)::text, 'null'),
            ',"expected_return_date":', coalesce(to_json(l.expected_return_date)::text, 'null'),
            ',"return_overdue":', to_json(coalesce(
              l.expected_return_date < today and l.paused_at is not null and (l.certified_until < today) is not true, false)))
          end,
        case
          when l.certified_until is null then ',"certification_state":"none","certification_expires_on":null}'
          when l.certified_until = 'infinity' then ',"certification_state":"valid","certification_expires_on":null}'
          else concat(
            case
              when l.certified_until < today then ',"certification_state":"expired"'
              when l.certified_until <= today + 30 then ',"certification_state":"expiring"'
              else ',"certification_state":"valid"' end,
            ',"certification_expires_on":"', l.certified_until, '"}') end) end))[:page], ','),
      (array_agg(l.display_name))[page], (array_agg(l.mentor_id))[page], count(*) > page
    into mentors, last_name, last_id, has_next
    from (
      select n.mentor_id, n.display_name, n.chapter_set_id, n.shown, c.certified_until,
        r.id as pause_record_id, r.version, r.pause_reason, r.paused_at, r.expected_return_date
      from private.roster_entries n
      left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
      cross join lateral (
        select case when n.recheck_on <= today
          then private.certified_until(n.mentor_id, today)
          else n.certified_until end
      ) c (certified_until)
      where n.chapter_id = scope[1]
        and (n.display_name, n.mentor_id) > (after_name, after_id)
        and (needle is null or strpos(n.searched_as, needle) > 0)
        and (statuses is null or case when c.certified_until < today then 'expired_cert' when r.paused_at is not null then 'paused' else 'active' end
          = any (statuses))
      order by n.display_name, n.mentor_id
      limit page + 1
    ) l;
  else
    select array_to_string((array_agg(concat(
        l.shown, ',"chapters":', (
          select json_agg(json_build_object('id', c.id, 'name', c.name) order by c.name, c.id)::text
          from private.chapter_sets s
          join public.chapters c on c.id = any (s.chapter_ids)
          where s.id = l.chapter_set_id and c.id = any (mine)),
        case
          when l.certified_until < today then ',"status":"expired_cert"'
          when l.paused_at is not null then ',"status":"paused"'
          else ',"status":"active"' end,
        case when l.pause_record_id is null
          then ',"pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false'
          else concat(',"pause_record_id":"', l.pause_record_id, '","version":', l.version,
            ',"pause_reason":', coalesce(to_json(l.pause_reason)::text, 'null'),
            ',"paused_at":', coalesce(to_json(l.paused_at)::text, 'null'),
            ',"expected_return_date":', coalesce(to_json(l.expected_return_date)::text, 'null'),
            ',"return_overdue":', to_json(coalesce(
              l.expected_return_date < today and l.paused_at is not null and (l.certified_until < today) is not true, false)))
          end,
        case
          when l.certified_until is null then ',"certification_state":"none","certification_expires_on":null}'
          when l.certified_until = 'infinity' then ',"certification_state":"valid","certification_expires_on":null}'
          else concat(
            case
              when l.certified_until < today then ',"certification_state":"expired"'
              when l.certified_until <= today + 30 then ',"certification_state":"expiring"'
              else ',"certification_state":"valid"' end,
            ',"certification_expires_on":"', l.certified_until, '"}') end)))[:page], ','),
      (array_agg(l.display_name))[page], (array_agg(l.mentor_id))[page], count(*) > page
    into mentors, last_name, last_id, has_next
    from (
      select distinct on (e.display_name, e.mentor_id) e.*
      from unnest(scope) o (chapter_id)
      cross join lateral (
        select n.mentor_id, n.display_name, n.chapter_set_id, n.shown, c.certified_until,
          r.id as pause_record_id, r.version, r.pause_reason, r.paused_at, r.expected_return_date
        from private.roster_entries n
        left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
        cross join lateral (
          select case when n.recheck_on <= today
            then private.certified_until(n.mentor_id, today)
            else n.certified_until end
        ) c (certified_until)
        where n.chapter_id = o.chapter_id
          and (n.display_name, n.mentor_id) > (after_name, after_id)
          and (needle is null or strpos(n.searched_as, needle) > 0)
          and (statuses is null or case when c.certified_until < today then 'expired_cert' when r.paused_at is not null then 'paused' else 'active' end
            = any (statuses))
        order by n.display_name, n.mentor_id
        limit page + 1
      ) e
      order by e.display_name, e.mentor_id
      limit page + 1
    ) l;
  end if;

  if has_next then
    payload := translate(encode(convert_to(json_build_array(last_name, last_id)::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
    next_cursor := payload || '.' || private.seal_cursor(payload, filters, cursor_key);
  end if;

  return concat('{"as_of":"', today, '","summary":', private.roster_summary(scope, today),
    ',"mentors":[', mentors,
    '],"next_cursor":', coalesce('"' || next_cursor || '"', 'null'), '}');
end
$$;
revoke all on function private.coordinator_roster(uuid, text[], text, integer, text) from public, anon, authenticated, service_role;
grant execute on function private.coordinator_roster(uuid, text[], text, integer, text) to authenticated;

comment on function private.coordinator_roster(uuid, text[], text, integer, text) is
  'The roster as JSON text, for the Go functions; behind public.coordinator_roster. Definer, because no role may read the read model, and RLS row by row would triple the time; narrows everything to the caller''s chapters itself.';

create function public.coordinator_roster(
  chapter_id uuid default null,
  status text[] default null,
  search text default null,
  page_limit integer default null,
  page_cursor text default null
) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.coordinator_roster(coordinator_roster.chapter_id, coordinator_roster.status,
    coordinator_roster.search, coordinator_roster.page_limit, coordinator_roster.page_cursor)::jsonb;
end
$$;
revoke all on function public.coordinator_roster(uuid, text[], text, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.coordinator_roster(uuid, text[], text, integer, text) to authenticated;

comment on function public.coordinator_roster(uuid, text[], text, integer, text) is
  'A page of mentors of the caller''s chapters with status, pause, certification and coordinators as of today, and the dashboard''s counts. Refuses with invalid_request, not_a_coordinator, chapter_not_found.';
