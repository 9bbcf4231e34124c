-- What the console shows to those who keep people: what there is to choose from, one
-- person's page, and who may be the same person twice.

create function private.login_as_json(person_id uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
begin
  return (
    select jsonb_build_object('email', nullif(u.email, ''), 'is_confirmed', u.confirmed_at is not null or u.is_sso_user,
      'invited_at', u.invited_at, 'last_sign_in_at', u.last_sign_in_at,
      'is_blocked', coalesce(u.banned_until > statement_timestamp(), false))
    from auth.users u
    where u.id = login_as_json.person_id);
end
$$;
revoke all on function private.login_as_json(uuid) from public, anon, authenticated, service_role;

comment on function private.login_as_json(uuid) is
  'A person''s login: its address, whether it was confirmed, when it was invited and last signed in, and whether it is blocked. Null if there is none. Does not check the caller.';

create function private.organisation_page() returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.my_id();
  mine uuid[];
  administered uuid[];
  is_office boolean;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  mine := private.my_chapter_ids();
  administered := private.my_administered_chapter_ids();
  is_office := private.is_organisation_administrator();
  if mine = '{}' and not is_office then
    perform private.refuse('not_a_coordinator');
  end if;
  return jsonb_build_object(
    'is_organisation_administrator', is_office,
    'chapters', coalesce((
      select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'closed_at', c.closed_at,
        'last_day', private.date_of(c.closed_at) - 1, 'requests_take_effect', c.requests_take_effect,
        'is_administered', c.id = any (administered)) order by c.name collate "nb-x-icu", c.id)
      from public.chapters c
      where c.id = any (mine)), '[]'),
    'certification_kinds', coalesce((
      select jsonb_agg(jsonb_build_object('code', k.code, 'name_nb', k.name_nb, 'name_nn', k.name_nn, 'name_en', k.name_en,
        'months_valid', k.months_valid, 'is_required', k.is_required, 'replaced_by', k.replaced_by,
        'due_after_months_away', k.due_after_months_away) order by k.name_nb collate "nb-x-icu", k.code)
      from public.certification_kinds k), '[]'),
    'administrators', case when is_office then coalesce((
      select jsonb_agg(jsonb_build_object('person_id', p.id, 'display_name', p.display_name, 'started_at', o.started_at)
        order by p.display_name, p.id)
      from public.organisation_administrators o
      join public.profiles p on p.id = o.user_id
      where o.ended_at is null or o.ended_at > statement_timestamp()), '[]') else '[]' end);
end
$$;
revoke all on function private.organisation_page() from public, anon, authenticated, service_role;
grant execute on function private.organisation_page() to authenticated;

comment on function private.organisation_page() is
  'Behind public.organisation_page. Definer, because kinds and administrators are not readable by everybody who asks; narrows the chapters to the caller''s itself.';

create function private.person_page(person_id uuid, page_limit integer, page_cursor text) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_custom_plan'
as $$
declare
  most constant integer := 500;
  caller uuid := private.my_id();
  administered uuid[];
  is_office boolean;
  page integer := coalesce(person_page.page_limit, 50);
  today date := private.today();
  key bytea;
  filters text;
  place jsonb;
  before_id bigint := 9223372036854775807;
  log jsonb;
  named uuid[];
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  administered := private.my_administered_chapter_ids();
  is_office := private.is_organisation_administrator();
  if administered = '{}' and not is_office then
    perform private.refuse('not_an_administrator');
  end if;
  perform private.require_id('person_id', person_page.person_id);
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  perform private.refuse_unless_mine(person_page.person_id, administered, everybody => is_office);

  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('person', caller, person_page.person_id)::text;
  if person_page.page_cursor <> '' then
    place := private.read_cursor(person_page.page_cursor, filters, key);
    before_id := (place ->> 0)::bigint;
  end if;

  -- What the policy of the log lets an administrator see.
  log := (
    select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'command', l.command, 'actor_id', l.actor_id,
      'actor_name', a.display_name, 'chapter_id', l.chapter_id, 'before', l.before, 'after', l.after,
      'occurred_at', l.occurred_at) order by l.id desc), '[]')
    from (
      select w.*
      from public.people_log w
      where w.person_id = person_page.person_id and w.id < before_id
        and (is_office
          or w.chapter_id = any (administered)
          or w.chapter_id is null and exists (
            select from public.chapter_memberships m
            where m.user_id = w.person_id and m.chapter_id = any (administered)
              and m.started_at <= w.occurred_at and (m.ended_at is null or m.ended_at > w.occurred_at)))
      order by w.id desc
      limit page + 1
    ) l
    left join public.profiles a on a.id = l.actor_id);
  if jsonb_array_length(log) > page then
    log := log - page;
    next_cursor := private.write_cursor(jsonb_build_array(log #> '{-1,id}'), filters, key);
  end if;
  named := array(
    select distinct e.value::uuid
    from jsonb_array_elements(log) l
    cross join lateral (values (l -> 'before'), (l -> 'after')) s (state)
    cross join lateral jsonb_each_text(case when jsonb_typeof(s.state) = 'object' then s.state else '{}' end) e
    where e.key in ('chapter_id', 'coordinator_id', 'mentor_id')
      and e.value ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');

  return jsonb_build_object(
    'as_of', today,
    'person', private.person_as_json(person_page.person_id, administered) - 'memberships',
    'login', private.login_as_json(person_page.person_id),
    'is_organisation_administrator', private.administers_organisation(person_page.person_id),
    -- Who renames, joins and erases.
    'is_whole', is_office or not private.is_active_outside(person_page.person_id, administered),
    'has_pause_history', exists (
      select from public.pause_records r where r.mentor_id = person_page.person_id and r.paused_at is not null),
    'memberships', coalesce((
      select jsonb_agg(jsonb_build_object('id', m.id, 'chapter_id', m.chapter_id, 'chapter_name', c.name, 'role', m.role,
        'first_day', private.date_of(m.started_at), 'last_day', private.date_of(m.ended_at) - 1)
        order by m.started_at desc, m.id)
      from public.chapter_memberships m
      join public.chapters c on c.id = m.chapter_id
      where m.user_id = person_page.person_id and m.chapter_id = any (administered)
        -- One that was taken back on its first day never was.
        and m.ended_at is distinct from m.started_at), '[]'),
    'certifications', case
      when exists (
        select from public.chapter_memberships m
        where m.user_id = person_page.person_id and m.role = 'mentor' and m.chapter_id = any (administered))
      then private.certifications_as_json(person_page.person_id, today)::jsonb else '[]' end,
    'coordinators', coalesce((
      select jsonb_agg(jsonb_build_object('coordinator_id', p.id, 'coordinator_name', p.display_name, 'started_at', a.started_at)
        order by p.display_name, p.id)
      from public.coordinator_assignments a
      join public.profiles p on p.id = a.coordinator_id
      where a.mentor_id = person_page.person_id and a.ended_at is null), '[]'),
    'mentors', coalesce((
      select jsonb_agg(jsonb_build_object('mentor_id', l.id, 'display_name', l.display_name, 'chapter_ids', to_jsonb(l.chapter_ids))
        order by l.display_name, l.id)
      from (
        select p.id, p.display_name, private.manages(p.id, administered) as chapter_ids
        from public.coordinator_assignments a
        join public.profiles p on p.id = a.mentor_id
        where a.coordinator_id = person_page.person_id and a.ended_at is null
        order by p.display_name, p.id
        limit most
      ) l
      where l.chapter_ids <> '{}'), '[]'),
    'log', log,
    'names', coalesce((
      select jsonb_object_agg(n.id, n.name)
      from (
        select c.id, c.name from public.chapters c where c.id = any (named)
        union all
        select p.id, p.display_name from public.profiles p
        where p.id = any (named) and (is_office or private.belongs_to(p.id, administered))
      ) n), '{}'),
    'next_cursor', next_cursor);
end
$$;
revoke all on function private.person_page(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function private.person_page(uuid, integer, text) to authenticated;

comment on function private.person_page(uuid, integer, text) is
  'Behind public.person_page. Definer, because it reads logins, which no role may; checks the caller and narrows everything to the chapters that they administer itself.';

create function private.possible_duplicates(chapter_id uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan'
as $$
declare
  most constant integer := 100;
  caller uuid := private.my_id();
  administered uuid[];
  scope uuid[];
  everybody boolean;
  pairs jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  administered := private.my_administered_chapter_ids();
  everybody := private.is_organisation_administrator() and possible_duplicates.chapter_id is null;
  if administered = '{}' and not everybody then
    perform private.refuse('not_an_administrator');
  end if;
  if possible_duplicates.chapter_id is not null and possible_duplicates.chapter_id <> all (administered) then
    perform private.refuse('chapter_not_found');
  end if;
  scope := case when possible_duplicates.chapter_id is null then administered else array[possible_duplicates.chapter_id] end;

  -- The same name as the import judges it, or the same telephone number. Somebody in a pair
  -- is of the chapters asked for, the other one anybody whom the caller keeps.
  with kept as materialized (
    select p.id, p.display_name, lower(regexp_replace(p.display_name, '\s+', ' ', 'g')) as name, c.phone
    from public.profiles p
    left join public.contacts c on c.person_id = p.id
    where everybody or p.id in (select m.user_id from public.chapter_memberships m where m.chapter_id = any (administered))
  ), alike as (
    select a.id as first_id, b.id as second_id, true as by_name, false as by_phone
    from kept a join kept b on b.name = a.name and b.id > a.id
    union all
    select a.id, b.id, false, true from kept a join kept b on b.phone = a.phone and b.id > a.id
  ), judged as (
    select a.first_id, a.second_id, bool_or(a.by_name) as by_name, bool_or(a.by_phone) as by_phone
    from alike a
    group by a.first_id, a.second_id
    having not exists (select from private.final_people f where f.person_id in (a.first_id, a.second_id))
      and (everybody
        or private.belongs_to(a.first_id, administered) and private.belongs_to(a.second_id, administered)
          and (private.belongs_to(a.first_id, scope) or private.belongs_to(a.second_id, scope)))
    -- Those who agree in both come first.
    order by bool_or(a.by_name) and bool_or(a.by_phone) desc, a.first_id, a.second_id
    limit most + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'because', case when j.by_name and j.by_phone then '["name", "phone"]' when j.by_name then '["name"]' else '["phone"]' end::jsonb,
    'people', jsonb_build_array(
      jsonb_build_object('id', p.id, 'display_name', p.display_name, 'chapters', private.chapters_as_json(
        array(select distinct m.chapter_id from public.chapter_memberships m where m.user_id = p.id), administered)),
      jsonb_build_object('id', q.id, 'display_name', q.display_name, 'chapters', private.chapters_as_json(
        array(select distinct m.chapter_id from public.chapter_memberships m where m.user_id = q.id), administered))))
    order by j.by_name and j.by_phone desc, p.display_name, p.id, q.id), '[]')
  into pairs
  from judged j
  join public.profiles p on p.id = j.first_id
  join public.profiles q on q.id = j.second_id;
  return jsonb_build_object('duplicates', case when jsonb_array_length(pairs) > most then pairs - most else pairs end,
    'goes_on', jsonb_array_length(pairs) > most);
end
$$;
revoke all on function private.possible_duplicates(uuid) from public, anon, authenticated, service_role;
grant execute on function private.possible_duplicates(uuid) to authenticated;

comment on function private.possible_duplicates(uuid) is
  'Behind public.possible_duplicates. Definer, because it compares everybody whom the caller keeps; narrows everything to their chapters itself.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.organisation_page() returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.organisation_page();
end
$$;
revoke all on function public.organisation_page() from public, anon, authenticated, service_role;
grant execute on function public.organisation_page() to authenticated;

comment on function public.organisation_page() is
  'The chapters that the caller coordinates or administers, the kinds of certification and, for organisation administrators, who they are. Refuses with not_a_coordinator.';

create function public.person_page(person_id uuid default null, page_limit integer default null, page_cursor text default null) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.person_page(person_page.person_id, person_page.page_limit, person_page.page_cursor);
end
$$;
revoke all on function public.person_page(uuid, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.person_page(uuid, integer, text) to authenticated;

comment on function public.person_page(uuid, integer, text) is
  'One person as an administrator keeps them: login, memberships, certifications, coordinators, the mentors they are responsible for, and the log of what was changed, newest first. Refuses with invalid_request, not_an_administrator, not_found.';

create function public.possible_duplicates(chapter_id uuid default null) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.possible_duplicates(possible_duplicates.chapter_id);
end
$$;
revoke all on function public.possible_duplicates(uuid) from public, anon, authenticated, service_role;
grant execute on function public.possible_duplicates(uuid) to authenticated;

comment on function public.possible_duplicates(uuid) is
  'Pairs of profiles in the caller''s chapters, or with one in this chapter, that have the same name or telephone number. Refuses with not_an_administrator, chapter_not_found.';
