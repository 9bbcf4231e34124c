CREATE OR REPLACE FUNCTION private.coordinator_roster (
  chapter_id  uuid,
  status      text[],
  search      text,
  page_limit  integer,
  page_cursor text
)
  RETURNS text
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."coordinator_roster"(uuid, text[], text, integer, text) TO "authenticated";

COMMENT ON FUNCTION "private"."coordinator_roster"(uuid, text[], text, integer, text) IS 'The roster as JSON text, for the Go functions; behind public.coordinator_roster. Definer, because no role may read the read model, and RLS row by row would triple the time; narrows everything to the caller''s chapters itself.';

REVOKE ALL ON FUNCTION "private"."coordinator_roster"(uuid, text[], text, integer, text) FROM PUBLIC;
