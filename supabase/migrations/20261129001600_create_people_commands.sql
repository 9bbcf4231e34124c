-- The commands with which administrators keep the people of their chapters, and
-- coordinators their assignments: register, rename, memberships, assignments, hand-over.

create function private.require_id(field text, id uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if require_id.id is null then
    perform private.refuse('invalid_request', require_id.field, require_id.field || ' is required.');
  end if;
end
$$;
revoke all on function private.require_id(text, uuid) from public, anon, authenticated, service_role;

comment on function private.require_id(text, uuid) is 'Refuses with invalid_request when an id is missing.';

-- A certification as a command asks for it.
create type private.wanted_certification as (kind text, issued_on date, expires_on date);

comment on type private.wanted_certification is 'A certification that is to be registered, with the end that its kind gives it.';

create function private.judged_certification(kind text, issued_on date, expires_on text) returns private.wanted_certification
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  written text := private.judged_text('kind', judged_certification.kind, 100);
  known text := private.kind_code(written);
  months integer;
  ends date;
begin
  if known is null then
    perform private.refuse('invalid_request', 'kind', 'kind must be the code of a certification kind.');
  end if;
  perform private.judged_day('issued_on', judged_certification.issued_on);
  if lower(private.trimmed(judged_certification.expires_on)) = 'never' then
    ends := null;
  elsif coalesce(private.trimmed(judged_certification.expires_on), '') <> '' then
    ends := private.judged_date('expires_on', judged_certification.expires_on);
    if ends < judged_certification.issued_on then
      perform private.refuse('invalid_request', 'expires_on', 'expires_on must not be before issued_on.');
    end if;
  else
    select k.months_valid into months from public.certification_kinds k where k.code = known;
    if months is not null then
      -- Clipped to the month's end: 31 January and a month is 28 February.
      ends := least(judged_certification.issued_on + make_interval(months => months), timestamp '9999-12-31')::date;
    end if;
  end if;
  return row(known, judged_certification.issued_on, ends)::private.wanted_certification;
end
$$;
revoke all on function private.judged_certification(text, date, text) from public, anon, authenticated, service_role;

comment on function private.judged_certification(text, date, text) is
  'A certification with its kind''s code and its last day: the one given, none for never, else as many calendar months after the issue as the kind says. Refuses with invalid_request.';

create function private.judged_certifications(certifications jsonb) returns private.wanted_certification[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  wanted private.wanted_certification[] := '{}'::private.wanted_certification[];
  item jsonb;
begin
  if judged_certifications.certifications is null or jsonb_typeof(judged_certifications.certifications) = 'null' then
    return wanted;
  end if;
  if jsonb_typeof(judged_certifications.certifications) <> 'array' or jsonb_array_length(judged_certifications.certifications) > 100 then
    perform private.refuse('invalid_request', 'certifications', 'certifications must be a list of at most 100 objects.');
  end if;
  for item in select e.value from jsonb_array_elements(judged_certifications.certifications) e loop
    if jsonb_typeof(item) <> 'object'
       or exists (
         select from jsonb_each(item) e
         where e.key not in ('kind', 'issued_on', 'expires_on') or jsonb_typeof(e.value) not in ('string', 'null')) then
      perform private.refuse('invalid_request', 'certifications', 'A certification has kind, issued_on and expires_on, each a string.');
    end if;
    wanted := wanted || private.judged_certification(item ->> 'kind', private.judged_date('issued_on', item ->> 'issued_on'),
      item ->> 'expires_on');
  end loop;
  if (select count(*) <> count(distinct (w.kind, w.issued_on)) from unnest(wanted) w) then
    perform private.refuse('invalid_request', 'certifications', 'certifications names the same kind twice with the same day.');
  end if;
  return wanted;
end
$$;
revoke all on function private.judged_certifications(jsonb) from public, anon, authenticated, service_role;

comment on function private.judged_certifications(jsonb) is
  'The certifications of a list of {"kind", "issued_on", "expires_on"}; refuses with invalid_request.';

create function private.judged_role(role text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if judged_role.role is null or judged_role.role not in ('mentor', 'coordinator', 'administrator') then
    perform private.refuse('invalid_request', 'role', 'role must be mentor, coordinator or administrator.');
  end if;
  return judged_role.role;
end
$$;
revoke all on function private.judged_role(text) from public, anon, authenticated, service_role;

comment on function private.judged_role(text) is 'The role; refuses with invalid_request.';

create function private.judged_locale(locale text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if judged_locale.locale is not null
     and (judged_locale.locale !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$' or char_length(judged_locale.locale) > 35) then
    perform private.refuse('invalid_request', 'locale', 'locale must be a language tag: nb, nn or en.');
  end if;
  if private.contains_identity_number(judged_locale.locale) then
    perform private.refuse('invalid_request', 'locale', 'locale must not contain a national identity number.');
  end if;
  return judged_locale.locale;
end
$$;
revoke all on function private.judged_locale(text) from public, anon, authenticated, service_role;

comment on function private.judged_locale(text) is 'The language tag, or null; refuses with invalid_request.';

-- Held until the commit, so that a chapter is not closed while somebody is entered.
create function private.lock_chapter(chapter_id uuid, begins_at timestamptz) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  closed_at timestamptz;
begin
  select c.closed_at into closed_at from public.chapters c where c.id = lock_chapter.chapter_id for share;
  if not found or closed_at <= greatest(lock_chapter.begins_at, clock_timestamp()) then
    perform private.refuse('invalid_request', 'chapter_id', 'The chapter has closed, or closes before that day.');
  end if;
end
$$;
revoke all on function private.lock_chapter(uuid, timestamptz) from public, anon, authenticated, service_role;

comment on function private.lock_chapter(uuid, timestamptz) is
  'Keeps a chapter open until the transaction ends; refuses one that has closed, or will have when the membership begins.';

create function private.has_overlap(person_id uuid, chapter_id uuid, role text, started_at timestamptz, ended_at timestamptz, but uuid default null)
returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = has_overlap.person_id and m.chapter_id = has_overlap.chapter_id and m.role = has_overlap.role
      and m.id is distinct from has_overlap.but
      and (tstzrange(m.started_at, m.ended_at) && tstzrange(has_overlap.started_at, has_overlap.ended_at)
        or m.ended_at is null and has_overlap.ended_at is null));
end
$$;
revoke all on function private.has_overlap(uuid, uuid, text, timestamptz, timestamptz, uuid) from public, anon, authenticated, service_role;

comment on function private.has_overlap(uuid, uuid, text, timestamptz, timestamptz, uuid) is
  'Whether the person has another membership in that role and chapter on some of these days.';

create function private.coordinates(person_id uuid, chapter_ids uuid[]) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = coordinates.person_id and m.role = 'coordinator' and m.chapter_id = any (coordinates.chapter_ids)
      and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())));
end
$$;
revoke all on function private.coordinates(uuid, uuid[]) from public, anon, authenticated, service_role;

comment on function private.coordinates(uuid, uuid[]) is
  'Whether the person is a coordinator of one of these chapters, or will be.';

create function private.register_person(
  display_name text, chapter_id uuid, role text, locale text, email text, phone text, started_on date,
  certifications jsonb, coordinator_id uuid, source text, external_id text, request_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('register_person', register_person.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('register_person', jsonb_build_array(register_person.display_name,
    register_person.chapter_id, register_person.role, register_person.locale, register_person.email, register_person.phone,
    register_person.started_on, register_person.certifications, register_person.coordinator_id, register_person.source,
    register_person.external_id));
  name text;
  their_role text;
  their_locale text;
  address text;
  number text;
  system text;
  member_number text;
  first_day date;
  begins_at timestamptz;
  wanted private.wanted_certification[];
  replayed jsonb;
  person uuid;
  by_email uuid;
  is_here boolean;
  made jsonb;
begin
  perform private.require_id('chapter_id', register_person.chapter_id);
  perform private.require_administrator(caller, register_person.chapter_id);
  replayed := private.replay_command(caller, mine, register_person.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  name := private.judged_text('display_name', register_person.display_name, 200);
  their_role := private.judged_role(coalesce(register_person.role, 'mentor'));
  their_locale := coalesce(private.judged_locale(register_person.locale), 'nb');
  address := private.judged_email(register_person.email);
  number := private.judged_phone(register_person.phone);
  system := private.judged_text('source', register_person.source, 100, false);
  member_number := private.judged_text('external_id', register_person.external_id, 100, false);
  if (system is null) <> (member_number is null) then
    perform private.refuse('invalid_request', case when system is null then 'source' else 'external_id' end,
      'source and external_id belong together.');
  end if;
  first_day := coalesce(private.judged_day('started_on', register_person.started_on, false), private.date_of(clock_timestamp()));
  begins_at := private.midnight(first_day);
  wanted := private.judged_certifications(register_person.certifications);
  if register_person.coordinator_id is not null and their_role <> 'mentor' then
    perform private.refuse('invalid_request', 'coordinator_id', 'Only a mentor has a coordinator.');
  end if;

  perform private.lock_contacts(address, system, member_number);
  perform private.lock_chapter(register_person.chapter_id, begins_at);
  by_email := private.known_by_email(address);
  person := (select x.person_id from public.external_ids x where x.source = system and x.external_id = member_number);
  if person <> by_email then
    perform private.refuse('already_exists', 'email', 'The member number is one person''s, and the address another''s.');
  end if;
  person := coalesce(person, by_email);

  if person is not null then
    perform private.lock_people(array[person]);
    if exists (select from private.final_people f where f.person_id = person) then
      perform private.refuse_known(null); -- erased or joined into another just now: ask again
    end if;
    mine := private.require_administrator(caller, register_person.chapter_id);
    if private.has_overlap(person, register_person.chapter_id, their_role, begins_at, null) then
      perform private.refuse_known(person::text);
    end if;
    is_here := exists (
      select from public.chapter_memberships m
      where m.user_id = person and m.chapter_id = register_person.chapter_id
        and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())));
    insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
    values (register_person.chapter_id, person, their_role, begins_at)
    returning to_jsonb(chapter_memberships) into made;
    perform private.bring_people_up_to_date(array[person]);
    perform private.log_command(caller, person, register_person.chapter_id, null, made);
    return private.finish_command(caller, register_person.request_id, fingerprint, person,
      case when is_here
        then jsonb_build_object('person', private.person_as_json(person, mine))
        else jsonb_build_object('person', (
          select jsonb_build_object('id', p.id, 'display_name', p.display_name) from public.profiles p where p.id = person),
          'code', 'belongs_elsewhere') end);
  end if;

  person := gen_random_uuid();
  perform private.lock_people(array[person], array[register_person.coordinator_id]);
  mine := private.require_administrator(caller, register_person.chapter_id);
  if register_person.coordinator_id is not null
     and not private.coordinates(register_person.coordinator_id, array[register_person.chapter_id]) then
    perform private.refuse('not_found', 'coordinator_id', 'No such coordinator of this chapter.');
  end if;
  begin
    insert into public.profiles (id, display_name, locale) values (person, name, their_locale);
    if num_nonnulls(address, number) > 0 then
      insert into public.contacts (person_id, email, phone) values (person, address, number);
    end if;
    if member_number is not null then
      insert into public.external_ids (source, external_id, person_id) values (system, member_number, person);
    end if;
  exception when unique_violation then
    -- Another system has just written it; that needs no lock of ours.
    perform private.refuse_known(null);
  end;
  insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
  values (register_person.chapter_id, person, their_role, begins_at);
  insert into public.certifications (mentor_id, kind, issued_on, expires_on)
  select person, w.kind, w.issued_on, w.expires_on from unnest(wanted) w;
  if register_person.coordinator_id is not null then
    insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
    values (person, register_person.coordinator_id, clock_timestamp());
  end if;
  perform private.bring_people_up_to_date(array[person]);

  made := private.person_as_json(person, mine)
    || jsonb_build_object(
      'certifications', (select coalesce(jsonb_agg(to_jsonb(c) order by c.kind, c.issued_on), '[]') from public.certifications c where c.mentor_id = person),
      'assignments', (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from public.coordinator_assignments a where a.mentor_id = person));
  perform private.log_command(caller, person, register_person.chapter_id, null, made);
  return private.finish_command(caller, register_person.request_id, fingerprint, person, jsonb_build_object('person', made));
end
$$;

revoke all on function private.register_person(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.register_person(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) to authenticated;

comment on function private.register_person(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) is
  'Behind public.register_person. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.update_person(
  person_id uuid, display_name text, locale text, email text, phone text, request_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('update_person', update_person.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('update_person', jsonb_build_array(update_person.person_id,
    update_person.display_name, update_person.locale, update_person.email, update_person.phone));
  name text;
  their_locale text;
  address text;
  number text;
  replayed jsonb;
  before jsonb;
  after jsonb;
begin
  replayed := private.replay_command(caller, mine, update_person.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  perform private.require_id('person_id', update_person.person_id);
  if update_person.display_name is not null then
    name := private.judged_text('display_name', update_person.display_name, 200);
  end if;
  their_locale := private.judged_locale(update_person.locale);
  address := private.judged_email(update_person.email);
  number := private.judged_phone(update_person.phone);

  perform private.lock_contacts(address, null, null);
  perform private.lock_people(array[update_person.person_id]);
  mine := private.require_administrator(caller);
  perform private.refuse_unless_mine(update_person.person_id, mine, true, everybody => private.administers_organisation(caller));
  if private.known_by_email(address) <> update_person.person_id then
    perform private.refuse_address_in_use();
  end if;

  before := private.person_as_json(update_person.person_id, '{}');
  update public.profiles p
  set display_name = coalesce(name, p.display_name), locale = coalesce(their_locale, p.locale)
  where p.id = update_person.person_id
    and (p.display_name, p.locale) is distinct from (coalesce(name, p.display_name), coalesce(their_locale, p.locale));
  if num_nonnulls(update_person.email, update_person.phone) > 0 then
    begin
      -- An empty text takes the address or the number away.
      insert into public.contacts as c (person_id, email, phone) values (update_person.person_id, address, number)
      on conflict on constraint contacts_pkey do update
      set email = case when update_person.email is null then c.email else excluded.email end,
        phone = case when update_person.phone is null then c.phone else excluded.phone end;
    exception when unique_violation then
      perform private.refuse_address_in_use();
    end;
  end if;
  after := private.person_as_json(update_person.person_id, '{}');
  if after <> before then
    perform private.log_command(caller, update_person.person_id, null, before - '{memberships,external_ids,has_login}'::text[],
      after - '{memberships,external_ids,has_login}'::text[]);
  end if;
  return private.finish_command(caller, update_person.request_id, fingerprint, update_person.person_id,
    jsonb_build_object('person', private.person_as_json(update_person.person_id, mine)));
end
$$;

revoke all on function private.update_person(uuid, text, text, text, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.update_person(uuid, text, text, text, text, uuid) to authenticated;

comment on function private.update_person(uuid, text, text, text, text, uuid) is
  'Behind public.update_person. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.start_membership(
  person_id uuid, chapter_id uuid, role text, started_on date, request_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('start_membership', start_membership.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('start_membership', jsonb_build_array(start_membership.person_id,
    start_membership.chapter_id, start_membership.role, start_membership.started_on));
  begins_at timestamptz;
  replayed jsonb;
  made jsonb;
begin
  perform private.require_id('chapter_id', start_membership.chapter_id);
  perform private.require_administrator(caller, start_membership.chapter_id);
  replayed := private.replay_command(caller, mine, start_membership.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  perform private.require_id('person_id', start_membership.person_id);
  perform private.judged_role(start_membership.role);
  begins_at := private.midnight(coalesce(private.judged_day('started_on', start_membership.started_on, false),
    private.date_of(clock_timestamp())));

  perform private.lock_chapter(start_membership.chapter_id, begins_at);
  perform private.lock_people(array[start_membership.person_id]);
  mine := private.require_administrator(caller, start_membership.chapter_id);
  perform private.refuse_unless_mine(start_membership.person_id, mine, everybody => private.administers_organisation(caller));
  if private.has_overlap(start_membership.person_id, start_membership.chapter_id, start_membership.role, begins_at, null) then
    perform private.refuse('already_exists', null, 'This person has a membership in this role and chapter on some of these days.');
  end if;

  insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
  values (start_membership.chapter_id, start_membership.person_id, start_membership.role, begins_at)
  returning to_jsonb(chapter_memberships) into made;
  if start_membership.role = 'mentor' then
    perform private.bring_people_up_to_date(array[start_membership.person_id]);
  end if;
  perform private.log_command(caller, start_membership.person_id, start_membership.chapter_id, null, made);
  return private.finish_command(caller, start_membership.request_id, fingerprint, start_membership.person_id,
    jsonb_build_object('membership', made));
end
$$;

revoke all on function private.start_membership(uuid, uuid, text, date, uuid) from public, anon, authenticated, service_role;
grant execute on function private.start_membership(uuid, uuid, text, date, uuid) to authenticated;

comment on function private.start_membership(uuid, uuid, text, date, uuid) is
  'Behind public.start_membership. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.end_membership(membership_id uuid, last_day date, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('end_membership', end_membership.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('end_membership', jsonb_build_array(end_membership.membership_id, end_membership.last_day));
  ends_at timestamptz;
  replayed jsonb;
  person uuid;
  stored public.chapter_memberships;
  changed jsonb;
begin
  replayed := private.replay_command(caller, mine, end_membership.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('membership_id', end_membership.membership_id);
  ends_at := private.midnight(private.judged_day('last_day', end_membership.last_day, false) + 1);

  -- Whose it is does not change but by joining two profiles, and is looked at again.
  select m.user_id into person from public.chapter_memberships m where m.id = end_membership.membership_id;
  perform private.lock_people(array[person]);
  mine := private.require_administrator(caller);
  select * into stored from public.chapter_memberships m
  where m.id = end_membership.membership_id and m.user_id = person and m.chapter_id = any (mine);
  if not found or exists (select from public.erasures e where e.person_id = person) then
    perform private.refuse('not_found');
  end if;
  if stored.ended_at <= clock_timestamp() then
    perform private.refuse('not_found', null, 'The membership has ended; begin a new one.');
  end if;
  if ends_at < stored.started_at then
    perform private.refuse('invalid_request', 'last_day', 'last_day must not be before the first day.');
  end if;
  if private.has_overlap(person, stored.chapter_id, stored.role, stored.started_at, ends_at, stored.id) then
    perform private.refuse('already_exists', null, 'This person has another membership in this role and chapter on some of these days.');
  end if;
  if ends_at is null and exists (select from public.chapters c where c.id = stored.chapter_id and c.closed_at is not null) then
    perform private.refuse('invalid_request', 'last_day', 'The chapter closes.');
  end if;

  update public.chapter_memberships m set ended_at = ends_at
  where m.id = stored.id and m.ended_at is distinct from ends_at
  returning to_jsonb(m) into changed;
  if changed is not null then
    if stored.role = 'mentor' then
      perform private.bring_people_up_to_date(array[person]);
    end if;
    perform private.log_command(caller, person, stored.chapter_id, to_jsonb(stored), changed);
  end if;
  return private.finish_command(caller, end_membership.request_id, fingerprint, person,
    jsonb_build_object('membership', coalesce(changed, to_jsonb(stored))));
end
$$;

revoke all on function private.end_membership(uuid, date, uuid) from public, anon, authenticated, service_role;
grant execute on function private.end_membership(uuid, date, uuid) to authenticated;

comment on function private.end_membership(uuid, date, uuid) is
  'Behind public.end_membership. Definer, because nobody may write the tables directly; checks the caller itself.';

-- Whom a coordinator or an administrator manages as a mentor, now or soon.
create function private.manages(mentor_id uuid, chapter_ids uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct m.chapter_id from public.chapter_memberships m
    where m.user_id = manages.mentor_id and m.role = 'mentor' and m.chapter_id = any (manages.chapter_ids)
      and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())));
end
$$;
revoke all on function private.manages(uuid, uuid[]) from public, anon, authenticated, service_role;

comment on function private.manages(uuid, uuid[]) is
  'Those of these chapters in which the person is a mentor, or will be.';

create function private.managed_chapters(mentor_id uuid, caller_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mine uuid[] := private.require_coordinator(managed_chapters.caller_id);
  shared uuid[] := private.manages(managed_chapters.mentor_id, mine);
begin
  if shared = '{}' then
    -- Says why, or that there is no such mentor.
    perform private.refuse_unless_mine(managed_chapters.mentor_id, mine, code => 'mentor_not_found');
    perform private.refuse('mentor_not_found');
  end if;
  return shared;
end
$$;
revoke all on function private.managed_chapters(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.managed_chapters(uuid, uuid) is
  'The chapters in which the caller coordinates or administers, and the person is a mentor or will be. Refuses with mentor_not_found.';

create function private.assign_coordinator(mentor_id uuid, coordinator_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('assign_coordinator', assign_coordinator.request_id);
  mine uuid[] := private.require_coordinator(caller);
  fingerprint bytea := private.fingerprint('assign_coordinator', jsonb_build_array(assign_coordinator.mentor_id, assign_coordinator.coordinator_id));
  replayed jsonb;
  shared uuid[];
  made jsonb;
begin
  replayed := private.replay_command(caller, mine, assign_coordinator.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('mentor_id', assign_coordinator.mentor_id);
  perform private.require_id('coordinator_id', assign_coordinator.coordinator_id);

  perform private.lock_people(array[assign_coordinator.mentor_id], array[assign_coordinator.coordinator_id], false);
  shared := private.managed_chapters(assign_coordinator.mentor_id, caller);
  if not private.coordinates(assign_coordinator.coordinator_id, shared) then
    perform private.refuse_unless_mine(assign_coordinator.coordinator_id, shared);
    perform private.refuse('not_found', null, 'No such coordinator of the mentor''s chapters.');
  end if;
  if exists (
    select from public.coordinator_assignments a
    where a.mentor_id = assign_coordinator.mentor_id and a.coordinator_id = assign_coordinator.coordinator_id and a.ended_at is null
  ) then
    perform private.refuse('already_exists', null, 'This coordinator is assigned to the mentor already.');
  end if;
  insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
  values (assign_coordinator.mentor_id, assign_coordinator.coordinator_id, clock_timestamp())
  returning to_jsonb(coordinator_assignments) into made;
  perform private.log_command(caller, assign_coordinator.mentor_id, null, null, made);
  return private.finish_command(caller, assign_coordinator.request_id, fingerprint, assign_coordinator.mentor_id,
    jsonb_build_object('assignment', made));
end
$$;

revoke all on function private.assign_coordinator(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.assign_coordinator(uuid, uuid, uuid) to authenticated;

comment on function private.assign_coordinator(uuid, uuid, uuid) is
  'Behind public.assign_coordinator. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.end_assignment(mentor_id uuid, coordinator_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('end_assignment', end_assignment.request_id);
  mine uuid[] := private.require_coordinator(caller);
  fingerprint bytea := private.fingerprint('end_assignment', jsonb_build_array(end_assignment.mentor_id, end_assignment.coordinator_id));
  replayed jsonb;
  stored public.coordinator_assignments;
  changed jsonb;
begin
  replayed := private.replay_command(caller, mine, end_assignment.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('mentor_id', end_assignment.mentor_id);
  perform private.require_id('coordinator_id', end_assignment.coordinator_id);

  perform private.lock_people(array[end_assignment.mentor_id], array[end_assignment.coordinator_id], false);
  perform private.managed_chapters(end_assignment.mentor_id, caller);
  select * into stored from public.coordinator_assignments a
  where a.mentor_id = end_assignment.mentor_id and a.coordinator_id = end_assignment.coordinator_id and a.ended_at is null;
  if not found then
    perform private.refuse('not_found', null, 'This coordinator is not assigned to the mentor.');
  end if;
  update public.coordinator_assignments a set ended_at = greatest(clock_timestamp(), a.started_at)
  where a.id = stored.id
  returning to_jsonb(a) into changed;
  perform private.log_command(caller, end_assignment.mentor_id, null, to_jsonb(stored), changed);
  return private.finish_command(caller, end_assignment.request_id, fingerprint, end_assignment.mentor_id,
    jsonb_build_object('assignment', changed));
end
$$;

revoke all on function private.end_assignment(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.end_assignment(uuid, uuid, uuid) to authenticated;

comment on function private.end_assignment(uuid, uuid, uuid) is
  'Behind public.end_assignment. Definer, because nobody may write the tables directly; checks the caller itself.';

-- All of a coordinator's mentors in one statement for each table, however many they are.
create function private.hand_over(from_id uuid, to_id uuid, chapter_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('hand_over', hand_over.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('hand_over', jsonb_build_array(hand_over.from_id, hand_over.to_id, hand_over.chapter_id));
  moment timestamptz;
  replayed jsonb;
  scope uuid[];
  mentors uuid[];
begin
  perform private.require_administrator(caller, hand_over.chapter_id);
  replayed := private.replay_command(caller, mine, hand_over.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('from_id', hand_over.from_id);
  perform private.require_id('to_id', hand_over.to_id);
  if hand_over.from_id = hand_over.to_id then
    perform private.refuse('invalid_request', 'to_id', 'to_id must be somebody else.');
  end if;

  -- The rows that change, then everybody whose entry names either of the two.
  perform from public.coordinator_assignments a where a.coordinator_id = hand_over.from_id and a.ended_at is null order by a.id for no key update;
  perform private.lock_people('{}', array[hand_over.from_id, hand_over.to_id], false);
  perform from private.person_locks l
  where l.person_id in (
    select a.mentor_id from public.coordinator_assignments a where a.coordinator_id = hand_over.from_id and a.ended_at is null)
  order by l.person_id for no key update;

  mine := private.require_administrator(caller, hand_over.chapter_id);
  scope := case when hand_over.chapter_id is null then mine else array[hand_over.chapter_id] end;
  -- Whoever has left has mentors to hand over too.
  if not exists (
    select from public.chapter_memberships m
    where m.user_id = hand_over.from_id and m.role = 'coordinator' and m.chapter_id = any (scope)
  ) or exists (select from private.final_people f where f.person_id = hand_over.from_id) then
    perform private.refuse_unless_mine(hand_over.from_id, mine);
    perform private.refuse('not_found', null, 'No such coordinator of your chapters.');
  end if;
  -- Only where the other one coordinates.
  scope := array(
    select c from unnest(scope) c where private.coordinates(hand_over.to_id, array[c]));
  if scope = '{}' then
    perform private.refuse_unless_mine(hand_over.to_id, mine);
    perform private.refuse('invalid_request', 'to_id', 'to_id must be a coordinator of the chapter.');
  end if;

  moment := clock_timestamp();
  mentors := array(
    select a.mentor_id from public.coordinator_assignments a
    where a.coordinator_id = hand_over.from_id and a.ended_at is null
      and exists (
        select from public.chapter_memberships m
        where m.user_id = a.mentor_id and m.role = 'mentor' and m.chapter_id = any (scope)
          and (m.ended_at is null or m.ended_at > greatest(m.started_at, moment)))
    order by a.mentor_id);
  -- In one statement, and what begins comes first: its refresh of the roster finds both
  -- changes, and that of what has ended has nothing left to do.
  with ended as (
    update public.coordinator_assignments a set ended_at = greatest(moment, a.started_at)
    where a.coordinator_id = hand_over.from_id and a.ended_at is null and a.mentor_id = any (mentors)
    returning a.*
  ), begun as (
    insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
    select m, hand_over.to_id, moment
    from unnest(mentors) m
    where m <> hand_over.to_id and not exists (
      select from public.coordinator_assignments a
      where a.mentor_id = m and a.coordinator_id = hand_over.to_id and a.ended_at is null)
    returning coordinator_assignments.*
  )
  insert into public.people_log (actor_id, command, person_id, before, after, occurred_at)
  select caller, 'hand_over', b.mentor_id, null, to_jsonb(b), moment from begun b
  union all
  select caller, 'hand_over', e.mentor_id, to_jsonb(e) || '{"ended_at": null}', to_jsonb(e), moment from ended e;

  return private.finish_command(caller, hand_over.request_id, fingerprint, null,
    jsonb_build_object('hand_over', jsonb_build_object('from_id', hand_over.from_id, 'to_id', hand_over.to_id,
      'chapter_id', hand_over.chapter_id, 'count', cardinality(mentors), 'mentor_ids', to_jsonb(mentors))));
end
$$;

revoke all on function private.hand_over(uuid, uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.hand_over(uuid, uuid, uuid, uuid) to authenticated;

comment on function private.hand_over(uuid, uuid, uuid, uuid) is
  'Behind public.hand_over. Definer, because nobody may write the tables directly; checks the caller itself.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.register_person(
  display_name text default null,
  chapter_id uuid default null,
  role text default null,
  locale text default null,
  email text default null,
  phone text default null,
  started_on date default null,
  certifications jsonb default null,
  coordinator_id uuid default null,
  source text default null,
  external_id text default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.register_person(register_person.display_name, register_person.chapter_id, register_person.role, register_person.locale, register_person.email, register_person.phone, register_person.started_on, register_person.certifications, register_person.coordinator_id, register_person.source, register_person.external_id, register_person.request_id);
end
$$;
revoke all on function public.register_person(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.register_person(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) to authenticated;

comment on function public.register_person(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) is
  'Registers a person in a chapter that the caller administers, as mentor unless role says otherwise, from today unless started_on does. Somebody who is known by member number or address gets the membership only; the answer then has the code belongs_elsewhere. Refuses with invalid_request, not_an_administrator, chapter_not_found, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.update_person(
  person_id uuid default null,
  display_name text default null,
  locale text default null,
  email text default null,
  phone text default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.update_person(update_person.person_id, update_person.display_name, update_person.locale, update_person.email, update_person.phone, update_person.request_id);
end
$$;
revoke all on function public.update_person(uuid, text, text, text, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.update_person(uuid, text, text, text, text, uuid) to authenticated;

comment on function public.update_person(uuid, text, text, text, text, uuid) is
  'Changes what is not null, for administrators of every chapter in which the person is active. An empty email or phone is removed. Refuses with invalid_request, not_an_administrator, not_found, in_use, request_in_progress, request_expired, idempotency_key_reused.';

create function public.start_membership(
  person_id uuid default null,
  chapter_id uuid default null,
  role text default null,
  started_on date default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.start_membership(start_membership.person_id, start_membership.chapter_id, start_membership.role, start_membership.started_on, start_membership.request_id);
end
$$;
revoke all on function public.start_membership(uuid, uuid, text, date, uuid) from public, anon, authenticated, service_role;
grant execute on function public.start_membership(uuid, uuid, text, date, uuid) to authenticated;

comment on function public.start_membership(uuid, uuid, text, date, uuid) is
  'Begins a membership in a chapter that the caller administers, from today unless started_on says otherwise, for one of the caller''s people. Refuses with invalid_request, not_an_administrator, chapter_not_found, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.end_membership(
  membership_id uuid default null,
  last_day date default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.end_membership(end_membership.membership_id, end_membership.last_day, end_membership.request_id);
end
$$;
revoke all on function public.end_membership(uuid, date, uuid) from public, anon, authenticated, service_role;
grant execute on function public.end_membership(uuid, date, uuid) to authenticated;

comment on function public.end_membership(uuid, date, uuid) is
  'Ends a membership after its last day, which may lie ahead; until then another day changes it, and null takes it back. Refuses with invalid_request, not_an_administrator, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.assign_coordinator(
  mentor_id uuid default null,
  coordinator_id uuid default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.assign_coordinator(assign_coordinator.mentor_id, assign_coordinator.coordinator_id, assign_coordinator.request_id);
end
$$;
revoke all on function public.assign_coordinator(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.assign_coordinator(uuid, uuid, uuid) to authenticated;

comment on function public.assign_coordinator(uuid, uuid, uuid) is
  'Makes a coordinator of the mentor''s chapters responsible for the mentor. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.end_assignment(
  mentor_id uuid default null,
  coordinator_id uuid default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.end_assignment(end_assignment.mentor_id, end_assignment.coordinator_id, end_assignment.request_id);
end
$$;
revoke all on function public.end_assignment(uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.end_assignment(uuid, uuid, uuid) to authenticated;

comment on function public.end_assignment(uuid, uuid, uuid) is
  'Ends what assign_coordinator began. Refuses with invalid_request, not_a_coordinator, mentor_not_found, not_found, request_in_progress, request_expired, idempotency_key_reused.';

create function public.hand_over(
  from_id uuid default null,
  to_id uuid default null,
  chapter_id uuid default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.hand_over(hand_over.from_id, hand_over.to_id, hand_over.chapter_id, hand_over.request_id);
end
$$;
revoke all on function public.hand_over(uuid, uuid, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.hand_over(uuid, uuid, uuid, uuid) to authenticated;

comment on function public.hand_over(uuid, uuid, uuid, uuid) is
  'Hands all mentors of a coordinator over to another one, in one chapter or in all that the caller administers and the other coordinates. Refuses with invalid_request, not_an_administrator, chapter_not_found, not_found, request_in_progress, request_expired, idempotency_key_reused.';
