CREATE OR REPLACE FUNCTION private.coordinator_roster (
  chapter_id  uuid,
  status      text[],
  search      text,
  page_limit  integer,
  page_cursor text,
  mine        boolean DEFAULT NULL::boolean,
  attention   text[]  DEFAULT NULL::text[]
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
  coordinated uuid[];
  scope uuid[];
  cursor_key bytea;
  page integer := coalesce(coordinator_roster.page_limit, 50);
  statuses text[];
  kinds text[];
  needle text;
  is_filtered boolean;
  filters text;
  place jsonb;
  after_name text := '';
  after_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  only_chapter text;
  -- Most rows differ only in the person, the chapters and the end of the certification.
  quiet constant text := ',"status":"active","pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false,"planned_pause":null,"open_request":null,"certification_state":';
  summary jsonb;
  shown uuid[];
  shown_in uuid[];
  mentors text;
  last_name text;
  last_id uuid;
  has_next boolean;
  next_cursor text;
begin
  -- private.today(), private.my_chapter_ids() and the cursor's key in one statement,
  -- since each call has its cost. Of an organisation administrator, whose chapters are
  -- all, coordinated and scope are null: nothing has to be looked up for each.
  select
    (now() at time zone private.agreed_zone(s.time_zone))::date,
    auth.uid(),
    case when not exists (
      select from public.organisation_administrators o
      where o.user_id = (select auth.uid()) and o.started_at <= now() and (o.ended_at is null or o.ended_at > now()))
    then array(
      select distinct m.chapter_id
      from public.chapter_memberships m
      where m.user_id = (select auth.uid()) and m.role in ('coordinator', 'administrator')
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now()))
    end,
    s.cursor_key
  into today, caller, coordinated, cursor_key
  from private.settings s;
  scope := coordinated;
  -- Most calls are for the first page of everything the caller manages, and one check is enough.
  if caller is null or coordinated = '{}'
     or num_nonnulls(coordinator_roster.chapter_id, coordinator_roster.status, coordinator_roster.search, coordinator_roster.page_limit,
       coordinator_roster.attention) > 0 then
    if caller is null then
      perform private.refuse('unauthenticated');
    end if;
    if coordinator_roster.search <> '' then
      needle := nullif(private.searched_form(coordinator_roster.search, false), '');
    end if;
    if page not between 1 and 200 then
      perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
    end if;
    if char_length(private.trimmed(coordinator_roster.search)) > 200 then
      perform private.refuse('invalid_request', 'search', 'search must have at most 200 characters.');
    end if;
    if array_position(coordinator_roster.status, null) is not null
       or not coordinator_roster.status <@ array['active', 'paused', 'expired_cert'] then
      perform private.refuse('invalid_request', 'status', 'status must be one or several of active, paused, expired_cert.');
    end if;
    if array_position(coordinator_roster.attention, null) is not null
       or not coordinator_roster.attention <@ array['overdue', 'open_ended', 'returning', 'expiring', 'expired', 'requests'] then
      perform private.refuse('invalid_request', 'attention',
        'attention must be one or several of overdue, open_ended, returning, expiring, expired, requests.');
    end if;
    if coordinated = '{}' then
      perform private.refuse('not_a_coordinator');
    end if;
    if coordinator_roster.chapter_id is not null then
      if coordinator_roster.chapter_id <> all (coordinated)
         or coordinated is null and not exists (select from public.chapters c where c.id = coordinator_roster.chapter_id) then
        perform private.refuse('chapter_not_found');
      end if;
      scope := array[coordinator_roster.chapter_id];
    end if;
    if cardinality(coordinator_roster.status) > 0 then
      statuses := array(select distinct s from unnest(coordinator_roster.status) s order by s);
    end if;
    if cardinality(coordinator_roster.attention) > 0 then
      kinds := array(select distinct a from unnest(coordinator_roster.attention) a order by a);
    end if;
  end if;
  is_filtered := coordinator_roster.mine or num_nonnulls(statuses, kinds, needle) > 0;

  filters := jsonb_build_array(caller, coordinator_roster.chapter_id, statuses, needle)::text;
  if coordinator_roster.mine or kinds is not null then
    filters := filters || jsonb_build_array(coordinator_roster.mine is true, kinds)::text;
  end if;
  if coordinator_roster.page_cursor <> '' then
    place := private.read_cursor(coordinator_roster.page_cursor, filters, cursor_key);
    after_name := place ->> 0;
    after_id := (place ->> 1)::uuid;
  end if;

  if cardinality(coordinated) = 1 then -- as for most coordinators: every row says the same
    select concat(',"chapters":[{"id":"', c.id, '","name":', to_json(c.name), '}]') into only_chapter
    from public.chapters c where c.id = coordinated[1];
  end if;

  if octet_length(needle) > char_length(needle) then
    -- Written with accents, it means these accents, unless nobody has them.
    if private.names_with(coalesce(scope, array(select c.id from public.chapters c)), needle, 1) = 0 then
      needle := nullif(private.searched_form(needle, true), '');
    end if;
  end if;
  summary := private.roster_summary(scope, today, caller);
  if scope is null and is_filtered then
    scope := array(select c.id from public.chapters c);
  end if;

  -- One more than the page, to know whether there is another. Two statements of the
  -- same meaning: one for a single chapter without filters, whose index has the order
  -- of the screen, and one for mentors whose ids were found before. A single statement
  -- for both would cost the many who manage one chapter a sixth of their time.
  if cardinality(scope) = 1 and is_filtered is not true then
    select array_to_string((array_agg(case
      when l.pause_record_id is null and l.planned_from is null and l.certified_until >= today and l.open_requests = 0
        and only_chapter is not null
      then concat(l.shown, only_chapter, quiet, case when l.certified_until <= today + 30 then '"expiring"}' else '"valid"}' end)
      else concat(
        l.shown, coalesce(only_chapter, (
          select concat(',"chapters":[', string_agg(concat('{"id":"', c.id, '","name":', to_json(c.name), '}'), ',' order by c.name, c.id), ']')
          from private.chapter_sets s
          join public.chapters c on c.id = any (s.chapter_ids)
          where s.id = l.chapter_set_id and (coordinated is null or c.id = any (coordinated)) is true)),
        case
          when l.certified_until < today then ',"status":"expired_cert"'
          when l.paused_at is not null then ',"status":"paused"'
          else ',"status":"active"' end,
        case when l.pause_record_id is null and l.paused_at is null
          then ',"pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false'
          else concat(',"pause_record_id":', coalesce(to_json(l.pause_record_id)::text, 'null'), ',"version":', coalesce(l.version::text, 'null'),
            ',"pause_reason":', coalesce(to_json(l.pause_reason)::text, 'null'),
            ',"paused_at":', coalesce(to_json(l.paused_at)::text, 'null'),
            ',"expected_return_date":', coalesce(to_json(l.expected_return_date)::text, 'null'),
            ',"return_overdue":', to_json(coalesce(
              l.expected_return_date < today and l.paused_at is not null and (l.certified_until < today) is not true, false)))
          end,
        ',"planned_pause":', coalesce(l.planned_pause, 'null'),
        ',"open_request":', case when l.open_requests > 0 then coalesce((
          select concat('{"id":"', o.id, '","kind":"', o.kind, '"}')
          from public.leave_requests o
          where o.mentor_id = l.mentor_id and o.state = 'open'
          order by o.created_at, o.id
          limit 1), 'null') else 'null' end,
        case
          when l.certified_until is null then ',"certification_state":"none"}'
          when l.certified_until < today then ',"certification_state":"expired"}'
          when l.certified_until <= today + 30 then ',"certification_state":"expiring"}'
          else ',"certification_state":"valid"}' end) end))[:page], ','),
      (array_agg(l.display_name))[page], (array_agg(l.mentor_id))[page], count(*) > page
    into mentors, last_name, last_id, has_next
    from (
      select n.mentor_id, n.display_name, n.chapter_set_id, n.shown, n.certified_until, n.open_requests,
        r.id as pause_record_id, r.version, n.planned_from,
        -- A plan whose day has come is a pause, whether or not anybody has begun it.
        case when r.paused_at is null and q.starts_on <= today then q.pause_reason else r.pause_reason end as pause_reason,
        case when r.paused_at is null and q.starts_on <= today then private.day_start(q.starts_on) else r.paused_at end as paused_at,
        case when r.paused_at is null and q.starts_on <= today then q.expected_return_date else r.expected_return_date end
          as expected_return_date,
        case when q.starts_on > today
          then concat('{"id":"', q.id, '","starts_on":"', q.starts_on, '","expected_return_date":', coalesce(to_json(q.expected_return_date)::text, 'null'), '}')
        end as planned_pause
      from private.roster_entries n
      left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
        and (n.present_from = '-infinity' or private.date_of(coalesce(r.paused_at, r.created_at)) >= n.present_from)
      -- Looked for where there was one when the entry was built.
      left join public.planned_pauses q on q.mentor_id = case when n.planned_from is not null then n.mentor_id end
      where n.chapter_id = scope[1]
        and n.from_on <= today and n.until_on > today
        and (n.display_name, n.mentor_id) > (after_name, after_id)
      order by n.display_name, n.mentor_id
      limit page + 1
    ) l;
  else
    if scope is null then
      -- Over all chapters, too, an index has the order of the screen.
      select array_agg(d.chapter_id), array_agg(d.mentor_id)
      into shown_in, shown
      from (
        select distinct on (n.display_name, n.mentor_id) n.chapter_id, n.mentor_id
        from private.roster_entries n
        where n.from_on <= today and n.until_on > today
          and (n.display_name, n.mentor_id) > (after_name, after_id)
        order by n.display_name, n.mentor_id
        limit page + 1
      ) d;
    elsif is_filtered is not true then
      select m.shown_in, m.shown into shown_in, shown
      from private.merged_entries(scope, today, nullif(after_name, ''), after_id, page + 1) m;
    else
      select array_agg(f.chapter_id), array_agg(f.mentor_id)
      into shown_in, shown
      from (
        select e.chapter_id, e.mentor_id
        from unnest(private.roster_filters(statuses, needle, case when coordinator_roster.mine then caller end, kinds, today)) q
        cross join lateral private.filtered_entries(scope, q, today, after_name, after_id, page + 1, summary) e
        order by e.display_name collate "nb-x-icu", e.mentor_id -- which a function's result does not bring along
        limit page + 1
      ) f;
    end if;
    select array_to_string((array_agg(case
      when l.pause_record_id is null and l.planned_from is null and l.certified_until >= today and l.open_requests = 0
      then concat(l.shown, l.chapters, quiet, case when l.certified_until <= today + 30 then '"expiring"}' else '"valid"}' end)
      else concat(
        l.shown, l.chapters,
        case
          when l.certified_until < today then ',"status":"expired_cert"'
          when l.paused_at is not null then ',"status":"paused"'
          else ',"status":"active"' end,
        case when l.pause_record_id is null and l.paused_at is null
          then ',"pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false'
          else concat(',"pause_record_id":', coalesce(to_json(l.pause_record_id)::text, 'null'), ',"version":', coalesce(l.version::text, 'null'),
            ',"pause_reason":', coalesce(to_json(l.pause_reason)::text, 'null'),
            ',"paused_at":', coalesce(to_json(l.paused_at)::text, 'null'),
            ',"expected_return_date":', coalesce(to_json(l.expected_return_date)::text, 'null'),
            ',"return_overdue":', to_json(coalesce(
              l.expected_return_date < today and l.paused_at is not null and (l.certified_until < today) is not true, false)))
          end,
        ',"planned_pause":', coalesce(l.planned_pause, 'null'),
        ',"open_request":', case when l.open_requests > 0 then coalesce((
          select concat('{"id":"', o.id, '","kind":"', o.kind, '"}')
          from public.leave_requests o
          where o.mentor_id = l.mentor_id and o.state = 'open'
          order by o.created_at, o.id
          limit 1), 'null') else 'null' end,
        case
          when l.certified_until is null then ',"certification_state":"none"}'
          when l.certified_until < today then ',"certification_state":"expired"}'
          when l.certified_until <= today + 30 then ',"certification_state":"expiring"}'
          else ',"certification_state":"valid"}' end) end))[:page], ','),
      (array_agg(l.display_name))[page], (array_agg(l.mentor_id))[page], count(*) > page
    into mentors, last_name, last_id, has_next
    from (
      select n.mentor_id, n.display_name, n.shown, n.certified_until, n.open_requests,
        case
          when only_chapter is not null then only_chapter
          when cardinality(s.chapter_ids) = 1 then concat(',"chapters":[{"id":"', h.id, '","name":', to_json(h.name), '}]')
          else (
            select concat(',"chapters":[', string_agg(concat('{"id":"', m.id, '","name":', to_json(m.name), '}'), ',' order by m.name, m.id), ']')
            from public.chapters m
            where m.id = any (s.chapter_ids) and (coordinated is null or m.id = any (coordinated)) is true)
        end as chapters,
        r.id as pause_record_id, r.version, n.planned_from,
        -- A plan whose day has come is a pause, whether or not anybody has begun it.
        case when r.paused_at is null and q.starts_on <= today then q.pause_reason else r.pause_reason end as pause_reason,
        case when r.paused_at is null and q.starts_on <= today then private.day_start(q.starts_on) else r.paused_at end as paused_at,
        case when r.paused_at is null and q.starts_on <= today then q.expected_return_date else r.expected_return_date end
          as expected_return_date,
        case when q.starts_on > today
          then concat('{"id":"', q.id, '","starts_on":"', q.starts_on, '","expected_return_date":', coalesce(to_json(q.expected_return_date)::text, 'null'), '}')
        end as planned_pause
      from unnest(shown, shown_in) with ordinality k (mentor_id, chapter_id, nth)
      join private.roster_entries n on n.mentor_id = k.mentor_id and n.chapter_id = k.chapter_id
        and n.from_on <= today and n.until_on > today
      join private.chapter_sets s on s.id = n.chapter_set_id
      join public.chapters h on h.id = n.chapter_id
      left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
        and (n.present_from = '-infinity' or private.date_of(coalesce(r.paused_at, r.created_at)) >= n.present_from)
      -- Looked for where there was one when the entry was built.
      left join public.planned_pauses q on q.mentor_id = case when n.planned_from is not null then n.mentor_id end
      order by k.nth
    ) l;
  end if;

  if has_next then
    next_cursor := private.write_cursor(jsonb_build_array(last_name, last_id), filters, cursor_key);
  end if;

  return concat('{"as_of":"', today, '","summary":', summary,
    ',"mentors":[', mentors,
    '],"next_cursor":', coalesce('"' || next_cursor || '"', 'null'), '}');
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."coordinator_roster"(uuid, text[], text, integer, text, boolean, text[]) TO "authenticated";

COMMENT ON FUNCTION "private"."coordinator_roster"(uuid, text[], text, integer, text, boolean, text[]) IS 'The roster as JSON text, for the Go functions; behind public.coordinator_roster. Definer, because no role may read the read model, and RLS row by row would triple the time; narrows everything to the caller''s chapters itself.';

REVOKE ALL ON FUNCTION "private"."coordinator_roster"(uuid, text[], text, integer, text, boolean, text[]) FROM PUBLIC;
