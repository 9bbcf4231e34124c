drop function private.coordinator_roster(uuid, text[], text, integer, text);
alter table private.roster_entries drop column shown;
drop function private.entry_as_json(uuid, text, jsonb);

create or replace function private.roster_summary(chapter_ids uuid[], as_of date) returns jsonb
language plpgsql stable security definer
set search_path = ''
set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  summary jsonb;
begin
  with sets as (
    select distinct m.chapter_set_id
    from private.chapter_set_members m
    where m.chapter_id = any (roster_summary.chapter_ids)
  ), rechecked as (
    -- A certification registered ahead begins to count, and nothing has
    -- refreshed the entry yet: take the old facts back and add the new ones.
    select distinct e.mentor_id, e.certified_until as before, f.certified_until as after
    from private.roster_entries e
    cross join lateral private.certification_facts(array[e.mentor_id], roster_summary.as_of) f
    where e.recheck_on <= roster_summary.as_of
      and e.chapter_id = any (roster_summary.chapter_ids)
  ), facts as (
    select d.change, d.is_pause, d.certified_until, d.expected_return_date
    from private.roster_deltas d
    where d.chapter_set_id in (select s.chapter_set_id from sets s)
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
  ), parts as (
    select
      sum(c.mentors) as total,
      sum(c.paused) - coalesce(sum(c.paused_expiring) filter (where c.day < roster_summary.as_of), 0) as paused,
      sum(c.expiring) filter (where c.day < roster_summary.as_of) as expired,
      sum(c.expiring) filter (where c.day >= roster_summary.as_of) as expiring_soon,
      sum(c.due_back - c.due_back_expired) filter (where c.day < roster_summary.as_of) as overdue
    from private.roster_counts c
    where c.chapter_set_id in (select s.chapter_set_id from sets s)
      and c.day <= roster_summary.as_of + 30
    union all
    select
      sum(f.change) filter (where not f.is_pause),
      sum(f.change) filter (where f.is_pause and coalesce(f.certified_until >= roster_summary.as_of, true)),
      sum(f.change) filter (where not f.is_pause and f.certified_until < roster_summary.as_of),
      sum(f.change) filter (where not f.is_pause
        and f.certified_until between roster_summary.as_of and roster_summary.as_of + 30),
      sum(f.change) filter (where f.is_pause and coalesce(f.certified_until >= roster_summary.as_of, true)
        and f.expected_return_date < roster_summary.as_of)
    from facts f
  ), sums as (
    select coalesce(sum(p.total), 0) as total, coalesce(sum(p.paused), 0) as paused,
      coalesce(sum(p.expired), 0) as expired, coalesce(sum(p.expiring_soon), 0) as expiring_soon,
      coalesce(sum(p.overdue), 0) as overdue
    from parts p
  )
  select jsonb_build_object(
    'total', s.total,
    'active', s.total - s.paused - s.expired,
    'paused', s.paused,
    'expired_cert', s.expired,
    'expiring_soon', s.expiring_soon,
    'return_overdue', s.overdue,
    'undelivered_notifications', (
      select count(*) from public.notifications n
      where n.state = 'undeliverable' and n.acknowledged_at is null
        and exists (
          select from private.roster_entries e
          where e.mentor_id = n.mentor_id and e.chapter_id = any (roster_summary.chapter_ids))),
    'open_discrepancies', (
      select count(*) from public.status_discrepancies d
      where d.acknowledged_at is null
        and exists (
          select from private.roster_entries e
          where e.mentor_id = d.mentor_id and e.chapter_id = any (roster_summary.chapter_ids))))
  into summary
  from sums s;
  return summary;
end
$$;
drop function private.seal_cursor(text, text, bytea);
create function private.seal_cursor(payload text, filters text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  key bytea := (select s.cursor_key from private.settings s);
begin
  -- Hashed twice with the key, as HMAC does, so that nothing can be appended.
  return left(encode(sha256(key || sha256(key || convert_to(
    seal_cursor.filters || seal_cursor.payload, 'UTF8'))), 'hex'), 32);
end
$$;
revoke all on function private.seal_cursor(text, text) from public, anon, authenticated, service_role;

comment on function private.seal_cursor(text, text) is
  'The seal of a page cursor under these filters. Definer, because it reads the key.';

create function private.coordinator_roster(
  chapter_id uuid, status text[], search text, page_limit integer, page_cursor text
) returns jsonb
language plpgsql stable security definer
set search_path = '' set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  today date := private.today();
  caller uuid := auth.uid();
  mine uuid[] := private.my_chapter_ids();
  scope uuid[] := mine;
  page integer := coalesce(coordinator_roster.page_limit, 50);
  statuses text[];
  needle text := nullif(private.searchable(private.trimmed(coordinator_roster.search)), '');
  filters text;
  payload text;
  after_name text := '';
  after_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  mentors jsonb;
  has_more boolean;
  last_name text;
  last_id uuid;
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
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

  filters := jsonb_build_array(caller, coordinator_roster.chapter_id, statuses, needle)::text;
  if coordinator_roster.page_cursor <> '' then
    payload := split_part(coordinator_roster.page_cursor, '.', 1);
    -- The seal comes first: what it covers is known to decode.
    if coordinator_roster.page_cursor is distinct from payload || '.' || private.seal_cursor(payload, filters) then
      perform private.refuse('invalid_request', 'cursor', 'cursor was altered or belongs to other filters.');
    end if;
    payload := translate(payload, '-_', '+/');
    payload := convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8');
    after_name := payload::jsonb ->> 0;
    after_id := (payload::jsonb ->> 1)::uuid;
  end if;

  with sets as (
    -- Once per combination of chapters rather than once per mentor.
    select s.id,
      jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by c.name, c.id) as chapters
    from private.chapter_sets s
    join public.chapters c on c.id = any (s.chapter_ids) and c.id = any (mine)
    where s.id in (select m.chapter_set_id from private.chapter_set_members m where m.chapter_id = any (scope))
    group by s.id
  ), listed as (
    select distinct on (e.display_name, e.mentor_id) e.*
    from unnest(scope) o (chapter_id)
    cross join lateral (
      select n.display_name, n.mentor_id, n.chapter_set_id, n.coordinators, c.certified_until, x.status,
        r.id as pause_record_id, r.version, r.pause_reason, r.paused_at, r.expected_return_date
      from private.roster_entries n
      left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
      cross join lateral (
        select case when n.recheck_on <= today
          then (select f.certified_until from private.certification_facts(array[n.mentor_id], today) f)
          else n.certified_until end
      ) c (certified_until)
      cross join lateral (
        select case when c.certified_until < today then 'expired_cert' when r.paused_at is not null then 'paused' else 'active' end
      ) x (status)
      where n.chapter_id = o.chapter_id
        and (n.display_name, n.mentor_id) > (after_name, after_id)
        and (needle is null or strpos(n.searched_as, needle) > 0)
        and (statuses is null or x.status = any (statuses))
      order by n.display_name, n.mentor_id
      limit page + 1
    ) e
    order by e.display_name, e.mentor_id
    limit page + 1
  ), numbered as (
    select l.*, row_number() over () as place from listed l
  )
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'mentor_id', l.mentor_id,
      'display_name', l.display_name,
      'chapters', s.chapters,
      'status', l.status,
      'pause_record_id', l.pause_record_id,
      'version', l.version,
      'pause_reason', l.pause_reason,
      'paused_at', l.paused_at,
      'expected_return_date', l.expected_return_date,
      'return_overdue', l.status = 'paused' and coalesce(l.expected_return_date < today, false),
      'certification_expires_on', nullif(l.certified_until, 'infinity'),
      'certification_state', case
        when l.certified_until is null then 'none'
        when l.certified_until < today then 'expired'
        when l.certified_until <= today + 30 then 'expiring'
        else 'valid' end,
      'coordinators', l.coordinators
    ) order by l.place) filter (where l.place <= page), '[]'),
    count(*) > page,
    max(l.display_name) filter (where l.place = page),
    (array_agg(l.mentor_id) filter (where l.place = page))[1]
  into mentors, has_more, last_name, last_id
  from numbered l
  join sets s on s.id = l.chapter_set_id;

  if has_more then
    payload := translate(encode(convert_to(jsonb_build_array(last_name, last_id)::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
    next_cursor := payload || '.' || private.seal_cursor(payload, filters);
  end if;

  return jsonb_build_object(
    'as_of', today,
    'summary', private.roster_summary(scope, today),
    'mentors', mentors,
    'next_cursor', next_cursor);
end
$$;
revoke all on function private.coordinator_roster(uuid, text[], text, integer, text) from public, anon, authenticated, service_role;
grant execute on function private.coordinator_roster(uuid, text[], text, integer, text) to authenticated;

comment on function private.coordinator_roster(uuid, text[], text, integer, text) is
  'Behind public.coordinator_roster. Definer, because the read model is nobody''s to read and RLS row by row would triple the time; narrows everything to the caller''s chapters itself.';

create or replace function public.coordinator_roster(
  chapter_id uuid default null,
  status text[] default null,
  search text default null,
  page_limit integer default null,
  page_cursor text default null
) returns jsonb
language plpgsql stable security invoker set search_path = ''
as $$
begin
  return private.coordinator_roster(coordinator_roster.chapter_id, coordinator_roster.status,
    coordinator_roster.search, coordinator_roster.page_limit, coordinator_roster.page_cursor);
end
$$;
