-- The people of one's chapters, for the console: a page in the order of their names, with
-- a search in any part of a name.

-- Finds a rare part of a name among very many. Definer, so that whoever writes a name needs
-- no right to what this calls.
create function private.name_keys(name text) returns bigint[]
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return private.search_keys(uuid '00000000-0000-0000-0000-000000000000', private.searchable(name_keys.name), 1);
end
$$;
revoke all on function private.name_keys(text) from public, anon, authenticated, service_role;
grant execute on function private.name_keys(text) to service_role; -- whose writes the index follows

comment on function private.name_keys(text) is
  'Hashes of all parts of a name that have one to three letters, without regard to chapters. A name has all keys of each part of it.';

create index profiles_by_name on public.profiles (display_name, id);
create index profiles_by_search on public.profiles using gin (private.name_keys(display_name));
comment on index public.profiles_by_name is 'The order of the screen.';
comment on index public.profiles_by_search is 'Finds a part of a name where it is rare.';

create function private.login_state(person_id uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce((
    select case when u.last_sign_in_at is null then 'unused' else 'used' end
    from auth.users u where u.id = login_state.person_id), 'none');
end
$$;
revoke all on function private.login_state(uuid) from public, anon, authenticated, service_role;

comment on function private.login_state(uuid) is
  'Whether a person has a login: none, unused (invited, and never signed in), used. Does not check the caller.';

create function private.people_page(
  search text, role text, chapter_id uuid, page_limit integer, page_cursor text, login text
) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_custom_plan' set jit = off
set enable_seqscan = off set enable_mergejoin = off
as $$
declare
  most constant integer := 2000;
  nobody constant uuid := uuid '00000000-0000-0000-0000-000000000000';
  everybody boolean;
  caller uuid := private.my_id();
  mine uuid[];
  administered uuid[];
  scope uuid[];
  is_office boolean;
  page integer := coalesce(people_page.page_limit, 50);
  needle text;
  filters text;
  place jsonb;
  key bytea;
  after_name text := '';
  after_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  candidates uuid[];
  found uuid[];
  people jsonb;
  last record;
  next_cursor text;
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
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  if people_page.role is not null then
    perform private.judged_role(people_page.role);
  end if;
  if people_page.login is not null and people_page.login not in ('none', 'unused', 'used') then
    perform private.refuse('invalid_request', 'login', 'login must be none, unused or used.');
  end if;
  needle := nullif(private.searched_form(private.judged_text('search', people_page.search, 200, false), false), '');
  if people_page.chapter_id is not null and people_page.chapter_id <> all (mine) then
    perform private.refuse('chapter_not_found');
  end if;
  scope := case when people_page.chapter_id is null then mine else array[people_page.chapter_id] end;

  everybody := is_office and people_page.chapter_id is null;

  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('people', caller, people_page.chapter_id, people_page.role, needle, people_page.login)::text;
  if people_page.page_cursor <> '' then
    place := private.read_cursor(people_page.page_cursor, filters, key);
    after_name := place ->> 0;
    after_id := (place ->> 1)::uuid;
  end if;

  -- Where few come into question, they are sorted; else the names are walked in their order.
  -- Either way who is shown is judged one by one, until the page is full.
  if needle is not null then
    if octet_length(needle) > char_length(needle) and not exists (
      select from public.profiles p
      where private.name_keys(p.display_name) @> private.search_keys(nobody, needle, least(3, char_length(needle)))
        and strpos(private.searchable(p.display_name), needle) > 0
        and private.is_shown(p.id, scope, people_page.role, everybody)
    ) then
      -- Written with accents, it means these accents, unless nobody has them.
      needle := private.searched_form(needle, true);
    end if;
    candidates := array(
      select p.id from public.profiles p
      where private.name_keys(p.display_name) @> private.search_keys(nobody, needle, least(3, char_length(needle)))
      limit most + 1);
  end if;
  if (candidates is null or cardinality(candidates) > most) and not (everybody and people_page.role is null) then
    candidates := array(
      select m.user_id from public.chapter_memberships m
      where m.chapter_id = any (scope) and (people_page.role is null or m.role = people_page.role)
      limit most + 1);
  end if;
  if cardinality(candidates) <= most then
    found := array(
      select s.id
      from (
        select p.id, p.display_name from public.profiles p
        where p.id = any (candidates) and (p.display_name, p.id) > (after_name collate "nb-x-icu", after_id)
        order by p.display_name, p.id
        offset 0
      ) s
      where case when needle is null then true else strpos(private.searchable(s.display_name), needle) > 0 end
        and private.is_shown(s.id, scope, people_page.role, everybody)
        and (people_page.login is null or private.login_state(s.id) = people_page.login)
      limit page + 1);
  else
    found := array(
      select p.id from public.profiles p
      where (p.display_name, p.id) > (after_name collate "nb-x-icu", after_id)
        -- The cheapest question first; the offset keeps it a look-up for each name.
        and case
          when not (everybody and people_page.role is null) and not exists (
            select from public.chapter_memberships m
            where m.user_id = p.id and m.chapter_id = any (scope) and (people_page.role is null or m.role = people_page.role)
            offset 0)
          then false
          when strpos(private.searchable(p.display_name), needle) = 0 then false
          when private.login_state(p.id) <> people_page.login then false
          else private.is_shown(p.id, scope, people_page.role, everybody) end
      order by p.display_name, p.id
      limit page + 1);
  end if;

  select coalesce(jsonb_agg(
    case when k.is_kept or private.manages(f.id, mine) <> '{}'
      then private.person_as_json(f.id, mine) || jsonb_build_object('login', private.login_state(f.id))
      -- Whom the caller does not manage is shown, and not how to reach them.
      else private.person_as_json(f.id, mine) || '{"email": null, "phone": null, "external_ids": [], "login": null}' end
      || jsonb_build_object('is_organisation_administrator', case when k.is_kept then private.administers_organisation(f.id) end)
    order by f.place), '[]') into people
  from unnest(found[:page]) with ordinality f (id, place)
  -- Whose page the caller may read, or who the caller is.
  cross join lateral (select is_office or private.belongs_to(f.id, administered) or f.id = caller as is_kept offset 0) k;
  if cardinality(found) > page then
    select p.display_name, p.id into last from public.profiles p where p.id = found[page];
    next_cursor := private.write_cursor(jsonb_build_array(last.display_name, last.id), filters, key);
  end if;
  return jsonb_build_object('people', people, 'next_cursor', next_cursor);
end
$$;

revoke all on function private.people_page(text, text, uuid, integer, text, text) from public, anon, authenticated, service_role;
grant execute on function private.people_page(text, text, uuid, integer, text, text) to authenticated;

comment on function private.people_page(text, text, uuid, integer, text, text) is
  'Behind public.people_page. Definer, because it answers for people who belong to the last chapter left; narrows everything to the caller''s chapters itself.';

create function private.is_shown(person_id uuid, chapter_ids uuid[], role text, everybody boolean) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from private.final_people f where f.person_id = is_shown.person_id) then
    return false;
  end if;
  if is_shown.everybody and is_shown.role is null then
    return true;
  end if;
  if is_shown.role is null then
    return private.belongs_to(is_shown.person_id, is_shown.chapter_ids);
  end if;
  return exists (
    select from public.chapter_memberships m
    where m.user_id = is_shown.person_id and m.role = is_shown.role and m.chapter_id = any (is_shown.chapter_ids)
      and (m.ended_at is null or m.ended_at > greatest(m.started_at, statement_timestamp())));
end
$$;
revoke all on function private.is_shown(uuid, uuid[], text, boolean) from public, anon, authenticated, service_role;

comment on function private.is_shown(uuid, uuid[], text, boolean) is
  'Whether a person is one of these chapters'' people, in that role if one is given. everybody: for the national office, which keeps also those who belong nowhere.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.people_page(
  search text default null,
  role text default null,
  chapter_id uuid default null,
  page_limit integer default null,
  page_cursor text default null,
  login text default null
) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.people_page(people_page.search, people_page.role, people_page.chapter_id, people_page.page_limit, people_page.page_cursor,
    people_page.login);
end
$$;
revoke all on function public.people_page(text, text, uuid, integer, text, text) from public, anon, authenticated, service_role;
grant execute on function public.people_page(text, text, uuid, integer, text, text) to authenticated;

comment on function public.people_page(text, text, uuid, integer, text, text) is
  'A page of the people of the caller''s chapters, by name. Refuses with invalid_request, not_a_coordinator, chapter_not_found.';
