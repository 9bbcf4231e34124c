-- What the commands with which people are kept have in common: what may be entered, who
-- may do it, which locks are taken, and how a command is logged and repeated.
--
-- A command takes the request's key, says whether the caller administers (or coordinates)
-- anything at all, and looks for an answer given before. Then it judges its arguments,
-- takes all its locks in the order of create_people.sql, and settles under them who may
-- and what is there. No constraint is left to speak: a caller gets a code, not an SQLSTATE.

create function private.judged_text(field text, value text, longest integer, is_required boolean default true) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  trimmed text := private.trimmed(private.without_bidi_controls(judged_text.value));
begin
  if trimmed is null or trimmed = '' then
    if judged_text.is_required then
      perform private.refuse('invalid_request', judged_text.field, judged_text.field || ' is required.');
    end if;
    return null;
  end if;
  if char_length(trimmed) > judged_text.longest then
    perform private.refuse('invalid_request', judged_text.field,
      format('%s must have at most %s characters.', judged_text.field, judged_text.longest));
  end if;
  if not private.is_visible(trimmed) then
    perform private.refuse('invalid_request', judged_text.field, judged_text.field || ' must have a character that can be seen.');
  end if;
  if private.contains_identity_number(trimmed) then
    perform private.refuse('invalid_request', judged_text.field, judged_text.field || ' must not contain a national identity number.');
  end if;
  return trimmed;
end
$$;
revoke all on function private.judged_text(text, text, integer, boolean) from public, anon, authenticated, service_role;

comment on function private.judged_text(text, text, integer, boolean) is
  'The text without surrounding space and controls of direction; null for an empty one that is not required. Refuses with invalid_request what can''t be stored, and national identity numbers, without echoing them.';

create function private.midnight(day date) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return midnight.day::timestamp at time zone (select private.agreed_zone(s.time_zone) from private.settings s);
end
$$;
revoke all on function private.midnight(date) from public, anon, authenticated, service_role;

comment on function private.midnight(date) is
  'The first moment of a day in the organisation''s time zone. Definer, because callers may not read private.settings.';

create function private.judged_day(field text, day date, is_required boolean default true) returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if judged_day.day is null and judged_day.is_required then
    perform private.refuse('invalid_request', judged_day.field, judged_day.field || ' is required.');
  end if;
  if judged_day.day not between '1900-01-01' and '9999-12-31' then
    perform private.refuse('invalid_request', judged_day.field, judged_day.field || ' must be a date from 1900 to 9999.');
  end if;
  -- It may be stored as the moment at which it begins, or the day after it: east of Oslo
  -- the first day began too early for the tables, and in the west the last one ends too late.
  if private.midnight(judged_day.day) < timestamptz '1899-12-31 23:00+00' or private.midnight(judged_day.day + 1) >= timestamptz '10000-01-01 00:00+00' then
    perform private.refuse('invalid_request', judged_day.field,
      format('%s must be a date after 1900-01-01 and before 9999-12-31.', judged_day.field));
  end if;
  return judged_day.day;
end
$$;
revoke all on function private.judged_day(text, date, boolean) from public, anon, authenticated, service_role;

comment on function private.judged_day(text, date, boolean) is 'The day; refuses with invalid_request one that can''t be stored.';

create function private.judged_date(field text, value text, is_required boolean default true) returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set datestyle = 'ISO, YMD'
as $$
declare
  written text := private.trimmed(judged_date.value);
  day date;
begin
  if written is not null and written <> '' then
    if written !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
      perform private.refuse('invalid_request', judged_date.field, judged_date.field || ' must be a date, YYYY-MM-DD.');
    end if;
    begin
      day := written::date;
    exception when data_exception then
      perform private.refuse('invalid_request', judged_date.field, judged_date.field || ' must be a date, YYYY-MM-DD.');
    end;
  end if;
  return private.judged_day(judged_date.field, day, judged_date.is_required);
end
$$;
revoke all on function private.judged_date(text, text, boolean) from public, anon, authenticated, service_role;

comment on function private.judged_date(text, text, boolean) is 'The day that a text says; refuses with invalid_request.';

create function private.email_address(value text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  address text := normalize(lower(private.trimmed(email_address.value)), nfc); -- as typed on a Mac and elsewhere
begin
  if char_length(address) between 3 and 254 and address ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$' then
    return address;
  end if;
  return null;
end
$$;
revoke all on function private.email_address(text) from public, anon, authenticated, service_role;

comment on function private.email_address(text) is 'An e-mail address as it is stored, in lower case; null for what is none.';

create function private.phone_number(value text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  number text := regexp_replace(normalize(private.trimmed(phone_number.value), nfkc) collate "C", '[\s.()/\u00ad\u2010-\u2015\u2212-]+', '', 'g');
begin
  number := regexp_replace(number, '^00', '+');
  if number ~ '^(47)?[2-9][0-9]{7}$' then
    number := '+47' || right(number, 8);
  end if;
  -- A Norwegian number has eight digits: eleven after +47 are an identity number.
  if number ~ '^\+47[2-9][0-9]{7}$' or number ~ '^\+(?!47)[1-9][0-9]{6,14}$' then
    return number;
  end if;
  return null;
end
$$;
revoke all on function private.phone_number(text) from public, anon, authenticated, service_role;

comment on function private.phone_number(text) is
  'A telephone number as it is stored, in E.164: eight digits are Norwegian, with or without 47, and 00 is a plus sign. Null for what is none.';

create function private.judged_email(value text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  written text := private.judged_text('email', judged_email.value, 254, false);
begin
  if written is not null and private.email_address(written) is null then
    perform private.refuse('invalid_request', 'email', 'email must be an e-mail address.');
  end if;
  return private.email_address(written);
end
$$;
revoke all on function private.judged_email(text) from public, anon, authenticated, service_role;

comment on function private.judged_email(text) is 'The e-mail address as it is stored, or null; refuses with invalid_request.';

create function private.judged_phone(value text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  written text := private.trimmed(judged_phone.value);
  number text := private.phone_number(judged_phone.value);
begin
  if written is null or written = '' then
    return null;
  end if;
  -- A number with its country's code is one, whatever its digits look like.
  if written !~ '^(\+|00)' and private.contains_identity_number(written) then
    perform private.refuse('invalid_request', 'phone', 'phone must not contain a national identity number.');
  end if;
  if number is null then
    perform private.refuse('invalid_request', 'phone',
      'phone must be a telephone number: eight digits for a Norwegian one, else with a plus sign and the country''s code.');
  end if;
  return number;
end
$$;
revoke all on function private.judged_phone(text) from public, anon, authenticated, service_role;

comment on function private.judged_phone(text) is 'The telephone number as it is stored, or null; refuses with invalid_request.';

-- Who may.

-- Whoever waited for a lock is judged by the time at which it was given.
create function private.chapters_now(caller_id uuid, as_coordinator boolean default false) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from public.organisation_administrators o
    where o.user_id = chapters_now.caller_id and o.started_at <= clock_timestamp()
      and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) then
    return array(select c.id from public.chapters c);
  end if;
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = chapters_now.caller_id
      and (m.role = 'administrator' or chapters_now.as_coordinator and m.role = 'coordinator')
      and m.started_at <= clock_timestamp()
      and (m.ended_at is null or m.ended_at > clock_timestamp())
  );
end
$$;
revoke all on function private.chapters_now(uuid, boolean) from public, anon, authenticated, service_role;

comment on function private.chapters_now(uuid, boolean) is
  'The chapters that somebody administers (or coordinates too) by the clock; all of them for an organisation administrator.';

create function private.administers_organisation(caller_id uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.organisation_administrators o
    where o.user_id = administers_organisation.caller_id and o.started_at <= clock_timestamp()
      and (o.ended_at is null or o.ended_at > clock_timestamp()));
end
$$;
revoke all on function private.administers_organisation(uuid) from public, anon, authenticated, service_role;

comment on function private.administers_organisation(uuid) is 'Whether somebody is an organisation administrator by the clock.';

-- Asked before the locks, so that whoever has no business here waits for nobody, and again
-- under them.
create function private.require_administrator(caller_id uuid, chapter_id uuid default null) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mine uuid[] := private.chapters_now(require_administrator.caller_id);
begin
  if mine = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  if require_administrator.chapter_id <> all (mine) then
    perform private.refuse('chapter_not_found');
  end if;
  return mine;
end
$$;
revoke all on function private.require_administrator(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.require_administrator(uuid, uuid) is
  'The chapters that somebody administers. Refuses with not_an_administrator when there are none, and with chapter_not_found when the chapter is not among them.';

create function private.require_coordinator(caller_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mine uuid[] := private.chapters_now(require_coordinator.caller_id, true);
begin
  if mine = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  return mine;
end
$$;
revoke all on function private.require_coordinator(uuid) from public, anon, authenticated, service_role;

comment on function private.require_coordinator(uuid) is
  'The chapters that somebody coordinates or administers. Refuses with not_a_coordinator when there are none.';

create function private.require_office(caller_id uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not private.administers_organisation(require_office.caller_id) then
    perform private.refuse('not_an_administrator');
  end if;
end
$$;
revoke all on function private.require_office(uuid) from public, anon, authenticated, service_role;

comment on function private.require_office(uuid) is
  'Refuses everybody but organisation administrators with not_an_administrator.';

create function private.refuse_known(details text) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.refuse('already_exists', refuse_known.details, 'This person is registered already.');
end
$$;
revoke all on function private.refuse_known(text) from public, anon, authenticated, service_role;

comment on function private.refuse_known(text) is 'Refuses to register somebody twice, with already_exists.';

create function private.refuse_address_in_use() returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.refuse('in_use', 'email', 'The address is another person''s.');
end
$$;
revoke all on function private.refuse_address_in_use() from public, anon, authenticated, service_role;

comment on function private.refuse_address_in_use() is 'Refuses somebody else''s address, with in_use.';

-- A person who is active nowhere belongs to the chapter that is to come, or else to the
-- last one left. What was taken back before it began, and ends when it would have begun,
-- counts only for who has nothing else.
create function private.belongs_to(person_id uuid, chapter_ids uuid[]) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select
    from (
      select l.chapter_id, l.ended_at, l.ended_at is not distinct from l.started_at as never_was,
        rank() over (order by l.ended_at is not distinct from l.started_at, coalesce(l.ended_at, 'infinity') desc) as place
      from public.chapter_memberships l
      where l.user_id = belongs_to.person_id
    ) m
    where m.chapter_id = any (belongs_to.chapter_ids)
      and (m.place = 1 or not m.never_was and (m.ended_at is null or m.ended_at > clock_timestamp())));
end
$$;
revoke all on function private.belongs_to(uuid, uuid[]) from public, anon, authenticated, service_role;

comment on function private.belongs_to(uuid, uuid[]) is
  'Whether a person has a membership in one of these chapters that has not ended, in any role; of one who has none anywhere, whether the last one was there.';

create function private.is_active_outside(person_id uuid, chapter_ids uuid[]) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz := clock_timestamp();
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = is_active_outside.person_id
      and m.chapter_id <> all (is_active_outside.chapter_ids)
      and m.started_at <= moment
      and (m.ended_at is null or m.ended_at > moment))
    -- An organisation administrator is active in every chapter, also in those to come. Else
    -- whoever administers one chapter could give her an address, and be invited in her place.
    or exists (
      select from public.organisation_administrators o
      where o.user_id = is_active_outside.person_id and (o.ended_at is null or o.ended_at > moment));
end
$$;
revoke all on function private.is_active_outside(uuid, uuid[]) from public, anon, authenticated, service_role;

comment on function private.is_active_outside(uuid, uuid[]) is
  'Whether a person is active in a chapter that is none of these, or is an organisation administrator.';

-- One refusal for whoever is absent, somebody else's, erased, or joined into another.
create function private.refuse_unless_mine(
  person_id uuid, chapter_ids uuid[], is_whole boolean default false, code text default 'not_found', everybody boolean default false
) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  kept uuid := private.kept_id(refuse_unless_mine.person_id);
begin
  -- Of what isn't theirs the caller learns nothing, not even that it was there once.
  if not refuse_unless_mine.everybody and not private.belongs_to(kept, refuse_unless_mine.chapter_ids) then
    perform private.refuse(refuse_unless_mine.code);
  end if;
  if kept <> refuse_unless_mine.person_id then
    perform private.refuse('not_found', null, 'This profile was joined into another one.', kept::text);
  end if;
  if exists (select from public.erasures e where e.person_id = refuse_unless_mine.person_id) then
    perform private.refuse('not_found', null, 'No such person in your chapters.');
  end if;
  if refuse_unless_mine.everybody and not exists (select from public.profiles p where p.id = refuse_unless_mine.person_id) then
    perform private.refuse(refuse_unless_mine.code);
  end if;
  if refuse_unless_mine.is_whole and not refuse_unless_mine.everybody and private.is_active_outside(refuse_unless_mine.person_id, refuse_unless_mine.chapter_ids) then
    perform private.refuse(refuse_unless_mine.code, null, 'No such person whose chapters are all yours.');
  end if;
end
$$;
revoke all on function private.refuse_unless_mine(uuid, uuid[], boolean, text, boolean) from public, anon, authenticated, service_role;

comment on function private.refuse_unless_mine(uuid, uuid[], boolean, text, boolean) is
  'Refuses with not_found, or the code given, unless the person belongs to one of these chapters; is_whole: and is active in no other, nor an organisation administrator. everybody: for organisation administrators, who keep also those who belong nowhere. Of these, who was erased is not_found, as is who was joined into another profile, with that one as the hint.';

-- A command, from its key to its answer.

create function private.begin_command(command text, request_id uuid) returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.my_id();
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if begin_command.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || begin_command.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  perform set_config('mentorpause.command', begin_command.command, true);
  return caller;
end
$$;
revoke all on function private.begin_command(text, uuid) from public, anon, authenticated, service_role;

comment on function private.begin_command(text, uuid) is
  'Begins a command: takes the request''s key, and says to the triggers of the log that the command logs itself. Returns the caller; refuses with unauthenticated and request_in_progress.';

create function private.fingerprint(command text, arguments jsonb) returns bytea
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return sha256(convert_to(jsonb_build_array(fingerprint.command, fingerprint.arguments)::text, 'UTF8'));
end
$$;
revoke all on function private.fingerprint(text, jsonb) from public, anon, authenticated, service_role;

comment on function private.fingerprint(text, jsonb) is 'The hash of what a command was asked.';

-- The answer is found before what it is about is looked up: who was erased or joined into
-- another since is there no longer. But whoever has lost all chapters in which the person
-- ever was is told nothing.
create function private.replay_command(caller_id uuid, chapter_ids uuid[], request_id uuid, fingerprint bytea) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  replayed jsonb := private.replay(replay_command.caller_id, replay_command.request_id, replay_command.fingerprint);
  about uuid;
begin
  if replayed is null then
    return null;
  end if;
  select r.mentor_id into about
  from private.idempotent_requests r
  where r.caller_id = replay_command.caller_id and r.request_id = replay_command.request_id;
  if about is not null and not private.administers_organisation(replay_command.caller_id) and not exists (
    select from public.chapter_memberships m
    where m.user_id = private.kept_id(about) and m.chapter_id = any (replay_command.chapter_ids)
  ) then
    perform private.refuse('not_found');
  end if;
  perform set_config('mentorpause.command', '', true);
  return replayed;
end
$$;
revoke all on function private.replay_command(uuid, uuid[], uuid, bytea) from public, anon, authenticated, service_role;

comment on function private.replay_command(uuid, uuid[], uuid, bytea) is
  'The answer that this caller got for this command before; null for a new one. Refuses as private.replay() does, and with not_found when the person never was in any of these chapters.';

create function private.log_command(
  actor_id uuid, person_id uuid, chapter_id uuid, before jsonb, after jsonb
) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.people_log (actor_id, command, person_id, chapter_id, before, after)
  values (log_command.actor_id, current_setting('mentorpause.command'), log_command.person_id, log_command.chapter_id,
    log_command.before, log_command.after);
end
$$;
revoke all on function private.log_command(uuid, uuid, uuid, jsonb, jsonb) from public, anon, authenticated, service_role;

comment on function private.log_command(uuid, uuid, uuid, jsonb, jsonb) is 'Writes what the command under way has changed into the log.';

create function private.finish_command(caller_id uuid, request_id uuid, fingerprint bytea, person_id uuid, response jsonb) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform set_config('mentorpause.command', '', true);
  if finish_command.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (finish_command.caller_id, finish_command.request_id, finish_command.fingerprint, finish_command.person_id,
      finish_command.response);
    if uuid_hash(finish_command.request_id) & 63 = 0 then
      perform private.prune_requests(256);
    end if;
  end if;
  return finish_command.response;
end
$$;
revoke all on function private.finish_command(uuid, uuid, bytea, uuid, jsonb) from public, anon, authenticated, service_role;

comment on function private.finish_command(uuid, uuid, bytea, uuid, jsonb) is
  'Ends a command: keeps its answer, in case the request is repeated, and returns it.';

-- Of somebody who was erased, an answer that is kept says no more than whom it was about.
create function private.ids_only(response jsonb) returns jsonb
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(ids_only.response) = 'object' then
    return coalesce((
      select jsonb_object_agg(e.key, case when jsonb_typeof(e.value) in ('object', 'array') then private.ids_only(e.value) else e.value end)
      from jsonb_each(ids_only.response) e
      where e.key = 'id' or e.key like '%\_id' and e.key <> 'external_id' or jsonb_typeof(e.value) in ('object', 'array')), '{}');
  end if;
  if jsonb_typeof(ids_only.response) = 'array' then
    return coalesce((
      select jsonb_agg(private.ids_only(e.value)) from jsonb_array_elements(ids_only.response) e
      where jsonb_typeof(e.value) in ('object', 'array')), '[]');
  end if;
  return null;
end
$$;
revoke all on function private.ids_only(jsonb) from public, anon, authenticated, service_role;

comment on function private.ids_only(jsonb) is 'An answer of which only the ids are left.';

-- The locks 2 to 5 of create_people.sql, all before the first change. Among the rows:
-- contacts' keys (below), chapters, profiles, memberships, assignments, certifications.
create function private.lock_people(person_ids uuid[], coordinator_ids uuid[] default '{}', with_status boolean default true) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  space constant integer := 20261129;
  named uuid[];
  lockable record;
begin
  perform from public.profiles p where p.id = any (lock_people.person_ids) order by p.id for no key update;
  perform from public.chapter_memberships m where m.user_id = any (lock_people.person_ids) order by m.id for no key update;
  perform from public.coordinator_assignments a
  where a.mentor_id = any (lock_people.person_ids) or a.coordinator_id = any (lock_people.person_ids) order by a.id for no key update;
  perform from public.certifications c where c.mentor_id = any (lock_people.person_ids) order by c.id for no key update;

  -- Whoever is a coordinator is changed; the coordinators given are only named.
  for lockable in
    select k.key, bool_or(k.is_changed) as is_changed
    from (
      select uuid_hash(p) & 1023 as key, true as is_changed
      from unnest(lock_people.person_ids) p
      where exists (select from public.coordinator_assignments a where a.coordinator_id = p)
        or exists (select from public.chapter_memberships m where m.user_id = p and m.role = 'coordinator')
      union all
      select uuid_hash(c) & 1023, false from unnest(lock_people.coordinator_ids) c where c is not null
    ) k
    group by k.key
    order by k.key
  loop
    if lockable.is_changed then
      perform pg_advisory_xact_lock(space, lockable.key);
    else
      perform pg_advisory_xact_lock_shared(space, lockable.key);
    end if;
  end loop;

  if lock_people.with_status then
    for lockable in select distinct private.mentor_lock(p) as key from unnest(lock_people.person_ids) p order by 1 loop
      perform pg_advisory_xact_lock(lockable.key);
    end loop;
  end if;
  -- With those whose entries name one of them.
  named := lock_people.person_ids || array(
    select a.mentor_id from public.coordinator_assignments a
    where a.coordinator_id = any (lock_people.person_ids) and a.ended_at is null);
  perform from private.person_locks l where l.person_id = any (named) order by l.person_id for no key update;
end
$$;
revoke all on function private.lock_people(uuid[], uuid[], boolean) from public, anon, authenticated, service_role;

comment on function private.lock_people(uuid[], uuid[], boolean) is
  'Takes every lock that changing these people needs, until the transaction ends, with those that naming these coordinators needs. Without with_status no status may be changed: for more people than there is room for locks.';

create function private.lock_contacts(email text, source text, external_id text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  key bigint;
begin
  -- An import has too many of them, and takes this one alone.
  perform pg_advisory_xact_lock_shared(hashtextextended('mentorpause.contacts', 0));
  for key in
    select distinct k from unnest(array[
      hashtextextended('mentorpause.email ' || lock_contacts.email, 0),
      hashtextextended('mentorpause.external_id ' || lock_contacts.source || ' ' || lock_contacts.external_id, 0)]) k
    where k is not null order by 1
  loop
    perform pg_advisory_xact_lock(key);
  end loop;
end
$$;
revoke all on function private.lock_contacts(text, text, text) from public, anon, authenticated, service_role;

comment on function private.lock_contacts(text, text, text) is
  'Locks an address and a member number, until the transaction ends: of two who register the same person, the second one finds the first one''s.';

create function private.known_by_email(email text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- Of somebody with a login, the address in Supabase Auth counts.
  return coalesce(
    (select p.id from auth.users u join public.profiles p on p.id = u.id
     where u.email = known_by_email.email and not u.is_sso_user),
    (select c.person_id from public.contacts c where c.email = known_by_email.email));
end
$$;
revoke all on function private.known_by_email(text) from public, anon, authenticated, service_role;

comment on function private.known_by_email(text) is 'The person with this address; null for an unknown one.';

create function private.bring_people_up_to_date(person_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.apply_changes(bring_people_up_to_date.person_ids, private.last_judged(),
    private.date_of(clock_timestamp()), 'system');
  perform private.settle_leave_requests(bring_people_up_to_date.person_ids, private.date_of(clock_timestamp()));
end
$$;
revoke all on function private.bring_people_up_to_date(uuid[]) from public, anon, authenticated, service_role;

comment on function private.bring_people_up_to_date(uuid[]) is
  'Brings the stored status of these mentors, who are locked, in line with the facts, as actor system, and settles their pointless leave requests.';

create function private.person_as_json(person_id uuid, chapter_ids uuid[]) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
begin
  return (
    select jsonb_build_object('id', p.id, 'display_name', p.display_name, 'locale', p.locale, 'email', c.email, 'phone', c.phone,
      'has_login', exists (select from auth.users u where u.id = p.id),
      'memberships', coalesce((
        select jsonb_agg(to_jsonb(m) order by m.started_at, m.id) from public.chapter_memberships m
        where m.user_id = p.id and m.chapter_id = any (person_as_json.chapter_ids)), '[]'),
      'external_ids', coalesce((
        select jsonb_agg(jsonb_build_object('source', x.source, 'external_id', x.external_id) order by x.source, x.external_id)
        from public.external_ids x where x.person_id = p.id), '[]'))
    from public.profiles p
    left join public.contacts c on c.person_id = p.id
    where p.id = person_as_json.person_id);
end
$$;
revoke all on function private.person_as_json(uuid, uuid[]) from public, anon, authenticated, service_role;

comment on function private.person_as_json(uuid, uuid[]) is
  'A person as the commands answer, with the memberships in these chapters only.';
