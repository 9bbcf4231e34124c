-- What the national office keeps: chapters, kinds of certification, and who else sits
-- there. The first one is appointed by the operator.

create function private.begin_office_command(command text, request_id uuid) returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.begin_command(begin_office_command.command, begin_office_command.request_id);
begin
  perform private.require_office(caller);
  return caller;
end
$$;
revoke all on function private.begin_office_command(text, uuid) from public, anon, authenticated, service_role;

comment on function private.begin_office_command(text, uuid) is
  'Begins a command of organisation administrators, and refuses everybody else with not_an_administrator.';

create function private.save_chapter(chapter_id uuid, name text, requests_take_effect boolean, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_office_command('save_chapter', save_chapter.request_id);
  fingerprint bytea := private.fingerprint('save_chapter', jsonb_build_array(save_chapter.chapter_id, save_chapter.name, save_chapter.requests_take_effect));
  replayed jsonb := private.replay_command(caller, '{}', save_chapter.request_id, fingerprint);
  wanted text;
  stored public.chapters;
  saved public.chapters;
begin
  if replayed is not null then
    return replayed;
  end if;
  if save_chapter.name is not null or save_chapter.chapter_id is null then
    wanted := private.judged_text('name', save_chapter.name, 200);
  end if;

  -- Two chapters of one name could not be told apart; of two saved at once, the second
  -- one sees the first one's.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.chapters', 0));
  if save_chapter.chapter_id is not null then
    select * into stored from public.chapters c where c.id = save_chapter.chapter_id for no key update;
    if not found then
      perform private.refuse('chapter_not_found');
    end if;
  end if;
  if exists (
    select from public.chapters c
    where lower(c.name) = lower(wanted) and c.id is distinct from save_chapter.chapter_id
      and (c.closed_at is null or c.closed_at > clock_timestamp())
  ) then
    perform private.refuse('already_exists', 'name', 'There is a chapter of this name.');
  end if;
  perform private.require_office(caller);

  if stored.id is null then
    insert into public.chapters (name, requests_take_effect)
    values (wanted, coalesce(save_chapter.requests_take_effect, false))
    returning * into saved;
    perform private.log_command(caller, null, saved.id, null, to_jsonb(saved));
  else
    update public.chapters c
    set name = coalesce(wanted, c.name), requests_take_effect = coalesce(save_chapter.requests_take_effect, c.requests_take_effect)
    where c.id = stored.id
    returning * into saved;
    if saved is distinct from stored then
      perform private.log_command(caller, null, saved.id, to_jsonb(stored), to_jsonb(saved));
    end if;
  end if;
  return private.finish_command(caller, save_chapter.request_id, fingerprint, null, jsonb_build_object('chapter', to_jsonb(saved)));
end
$$;

revoke all on function private.save_chapter(uuid, text, boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function private.save_chapter(uuid, text, boolean, uuid) to authenticated;

comment on function private.save_chapter(uuid, text, boolean, uuid) is
  'Behind public.save_chapter. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.close_chapter(chapter_id uuid, last_day date, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_office_command('close_chapter', close_chapter.request_id);
  fingerprint bytea := private.fingerprint('close_chapter', jsonb_build_array(close_chapter.chapter_id, close_chapter.last_day));
  replayed jsonb := private.replay_command(caller, '{}', close_chapter.request_id, fingerprint);
  closes_at timestamptz;
  stored public.chapters;
  saved public.chapters;
  members uuid[];
begin
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('chapter_id', close_chapter.chapter_id);
  closes_at := private.midnight(private.judged_day('last_day', close_chapter.last_day) + 1);

  select * into stored from public.chapters c where c.id = close_chapter.chapter_id for no key update;
  if not found then
    perform private.refuse('chapter_not_found');
  end if;
  if stored.closed_at <= clock_timestamp() and stored.closed_at <> closes_at then
    perform private.refuse('invalid_request', 'chapter_id', 'The chapter has closed.');
  end if;
  -- Nobody can be entered any more, now that the chapter is held.
  members := array(
    select distinct m.user_id from public.chapter_memberships m
    where m.chapter_id = close_chapter.chapter_id and (m.ended_at is null or m.ended_at >= least(closes_at, stored.closed_at))
    order by m.user_id);
  perform private.lock_people(members, with_status => false);
  perform private.require_office(caller);

  -- Memberships that were to end with the chapter follow it to its new last day.
  with ended as (
    update public.chapter_memberships m set ended_at = greatest(closes_at, m.started_at)
    from public.chapter_memberships o
    where o.id = m.id and m.chapter_id = close_chapter.chapter_id
      and (m.ended_at is null or m.ended_at > closes_at or m.ended_at = stored.closed_at)
      and m.ended_at is distinct from greatest(closes_at, m.started_at)
      and not exists (select from public.erasures e where e.person_id = m.user_id)
    returning to_jsonb(o) as before, to_jsonb(m) as after, m.user_id
  )
  insert into public.people_log (actor_id, command, person_id, chapter_id, before, after)
  select caller, 'close_chapter', e.user_id, close_chapter.chapter_id, e.before, e.after from ended e;
  update public.chapters c set closed_at = closes_at where c.id = stored.id returning * into saved;
  if saved is distinct from stored then
    perform private.log_command(caller, null, saved.id, to_jsonb(stored), to_jsonb(saved));
  end if;
  return private.finish_command(caller, close_chapter.request_id, fingerprint, null, jsonb_build_object('chapter', to_jsonb(saved)));
end
$$;

revoke all on function private.close_chapter(uuid, date, uuid) from public, anon, authenticated, service_role;
grant execute on function private.close_chapter(uuid, date, uuid) to authenticated;

comment on function private.close_chapter(uuid, date, uuid) is
  'Behind public.close_chapter. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.save_certification_kind(
  code text, name_nb text, name_nn text, name_en text, months_valid integer, is_required boolean, replaced_by text,
  due_after_months_away integer, request_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_office_command('save_certification_kind', save_certification_kind.request_id);
  fingerprint bytea := private.fingerprint('save_certification_kind', jsonb_build_array(save_certification_kind.code,
    save_certification_kind.name_nb, save_certification_kind.name_nn, save_certification_kind.name_en,
    save_certification_kind.months_valid, save_certification_kind.is_required, save_certification_kind.replaced_by,
    save_certification_kind.due_after_months_away));
  replayed jsonb := private.replay_command(caller, '{}', save_certification_kind.request_id, fingerprint);
  wanted text;
  nb text;
  nn text;
  en text;
  successor text;
  months integer := save_certification_kind.months_valid;
  away integer := save_certification_kind.due_after_months_away;
  stored public.certification_kinds;
  saved public.certification_kinds;
  violated text;
begin
  if replayed is not null then
    return replayed;
  end if;
  wanted := private.judged_text('code', save_certification_kind.code, 100);
  nb := private.judged_text('name_nb', save_certification_kind.name_nb, 200, false);
  nn := private.judged_text('name_nn', save_certification_kind.name_nn, 200, false);
  en := private.judged_text('name_en', save_certification_kind.name_en, 200, false);
  -- 0 and an empty text take away what was saved.
  if months not between 0 and 1200 then
    perform private.refuse('invalid_request', 'months_valid', 'months_valid must be between 1 and 1200, or 0 for no end.');
  end if;
  if away not between 0 and 1200 then
    perform private.refuse('invalid_request', 'due_after_months_away', 'due_after_months_away must be between 1 and 1200, or 0 for never.');
  end if;
  if private.trimmed(save_certification_kind.replaced_by) <> '' then
    successor := private.kind_code(private.judged_text('replaced_by', save_certification_kind.replaced_by, 100));
    if successor is null then
      perform private.refuse('invalid_request', 'replaced_by', 'replaced_by must be the code of a certification kind.');
    end if;
  end if;

  -- The row, then one save at a time until the commit, as for every writer.
  select * into stored from public.certification_kinds k where k.code = private.kind_code(wanted) for no key update;
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.certification_kinds', 0));
  if stored.code is null then
    -- Somebody may have made it meanwhile.
    select * into stored from public.certification_kinds k where k.code = private.kind_code(wanted) for no key update;
  end if;
  perform private.require_office(caller);
  begin
    if stored.code is null then
      insert into public.certification_kinds (code, name_nb, name_nn, name_en, months_valid, is_required, replaced_by, due_after_months_away)
      values (wanted, nb, nn, en, nullif(months, 0), coalesce(save_certification_kind.is_required, false), successor, nullif(away, 0))
      returning * into saved;
    else
      update public.certification_kinds k
      set name_nb = coalesce(nb, k.name_nb), name_nn = coalesce(nn, k.name_nn), name_en = coalesce(en, k.name_en),
        months_valid = case when months is null then k.months_valid else nullif(months, 0) end,
        is_required = coalesce(save_certification_kind.is_required, k.is_required),
        replaced_by = case when save_certification_kind.replaced_by is null then k.replaced_by else successor end,
        due_after_months_away = case when away is null then k.due_after_months_away else nullif(away, 0) end
      where k.code = stored.code
      returning * into saved;
    end if;
  exception when check_violation then
    get stacked diagnostics violated = constraint_name;
    if violated in ('certification_kinds_no_cycle', 'certification_kinds_not_replaced_by_itself') then
      perform private.refuse('invalid_request', 'replaced_by', 'A kind must not in the end be replaced by itself.');
    end if;
    raise;
  end;
  if saved is distinct from stored then
    perform private.log_command(caller, null, null, case when stored.code is not null then to_jsonb(stored) - 'match_key' end,
      to_jsonb(saved) - 'match_key');
  end if;
  return private.finish_command(caller, save_certification_kind.request_id, fingerprint, null,
    jsonb_build_object('certification_kind', to_jsonb(saved) - 'match_key'));
end
$$;

revoke all on function private.save_certification_kind(text, text, text, text, integer, boolean, text, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function private.save_certification_kind(text, text, text, text, integer, boolean, text, integer, uuid) to authenticated;

comment on function private.save_certification_kind(text, text, text, text, integer, boolean, text, integer, uuid) is
  'Behind public.save_certification_kind. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.administrator_as_json(appointment public.organisation_administrators) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
begin
  return to_jsonb(appointment) || jsonb_build_object('person_id', (appointment).user_id,
    'display_name', (select p.display_name from public.profiles p where p.id = (appointment).user_id));
end
$$;
revoke all on function private.administrator_as_json(public.organisation_administrators) from public, anon, authenticated, service_role;

comment on function private.administrator_as_json(public.organisation_administrators) is 'An appointment as the commands answer.';

create function private.appoint_administrator(person_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_office_command('appoint_administrator', appoint_administrator.request_id);
  fingerprint bytea := private.fingerprint('appoint_administrator', jsonb_build_array(appoint_administrator.person_id));
  replayed jsonb := private.replay_command(caller, '{}', appoint_administrator.request_id, fingerprint);
  made public.organisation_administrators;
begin
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('person_id', appoint_administrator.person_id);
  perform private.lock_people(array[appoint_administrator.person_id], with_status => false);
  perform private.require_office(caller);
  perform private.refuse_unless_mine(appoint_administrator.person_id, '{}', everybody => true);
  if exists (
    select from public.organisation_administrators o
    where o.user_id = appoint_administrator.person_id and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) then
    perform private.refuse('already_exists', null, 'This person is an organisation administrator already.');
  end if;
  insert into public.organisation_administrators (user_id, started_at)
  values (appoint_administrator.person_id, clock_timestamp())
  returning * into made;
  perform private.log_command(caller, appoint_administrator.person_id, null, null, to_jsonb(made));
  return private.finish_command(caller, appoint_administrator.request_id, fingerprint, appoint_administrator.person_id,
    jsonb_build_object('administrator', private.administrator_as_json(made)));
end
$$;

revoke all on function private.appoint_administrator(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.appoint_administrator(uuid, uuid) to authenticated;

comment on function private.appoint_administrator(uuid, uuid) is
  'Behind public.appoint_administrator. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.dismiss_administrator(person_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_office_command('dismiss_administrator', dismiss_administrator.request_id);
  fingerprint bytea := private.fingerprint('dismiss_administrator', jsonb_build_array(dismiss_administrator.person_id));
  replayed jsonb := private.replay_command(caller, '{}', dismiss_administrator.request_id, fingerprint);
  stored public.organisation_administrators;
  changed public.organisation_administrators;
begin
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('person_id', dismiss_administrator.person_id);
  perform private.lock_people(array[dismiss_administrator.person_id], with_status => false);
  perform private.lock_administrators();
  perform private.require_office(caller);
  perform private.refuse_last_administrator(array[dismiss_administrator.person_id]);
  select * into stored from public.organisation_administrators o
  where o.user_id = dismiss_administrator.person_id and (o.ended_at is null or o.ended_at > clock_timestamp())
  for no key update;
  if not found then
    perform private.refuse_unless_mine(dismiss_administrator.person_id, '{}', everybody => true);
    perform private.refuse('not_found', null, 'This person is no organisation administrator.');
  end if;
  update public.organisation_administrators o set ended_at = greatest(clock_timestamp(), o.started_at)
  where o.id = stored.id
  returning * into changed;
  perform private.log_command(caller, dismiss_administrator.person_id, null, to_jsonb(stored), to_jsonb(changed));
  return private.finish_command(caller, dismiss_administrator.request_id, fingerprint, dismiss_administrator.person_id,
    jsonb_build_object('administrator', private.administrator_as_json(changed)));
end
$$;

revoke all on function private.dismiss_administrator(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.dismiss_administrator(uuid, uuid) to authenticated;

comment on function private.dismiss_administrator(uuid, uuid) is
  'Behind public.dismiss_administrator. Definer, because nobody may write the tables directly; checks the caller itself.';

-- The first one has nobody to appoint her.
create function private.appoint_first_administrator(email text, display_name text default null) returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  address text := private.email_address(appoint_first_administrator.email);
  login uuid;
  person uuid;
  name text := nullif(left(private.trimmed(private.without_bidi_controls(appoint_first_administrator.display_name)), 200), '');
begin
  if address is null then
    raise exception 'not an e-mail address' using errcode = 'invalid_parameter_value';
  end if;
  if private.contains_identity_number(concat_ws(' | ', address, name)) then
    raise exception 'neither address nor name may contain a national identity number' using errcode = 'invalid_parameter_value';
  end if;
  perform private.lock_contacts(address, null, null);
  login := (select u.id from auth.users u where u.email = address and not u.is_sso_user);
  person := coalesce(login, private.known_by_email(address));
  if exists (select from public.contacts c where c.email = address and c.person_id <> person) then
    raise exception 'the login with this address has the id %, but the address is that of another person', person
      using errcode = 'unique_violation', hint = 'Correct the address in public.contacts.';
  end if;
  if person is null or not exists (select from public.profiles p where p.id = person) then
    -- A slip of the pen in the address must not give the right to somebody nobody knows.
    if name is null then
      raise exception 'nobody has this address' using errcode = 'no_data_found', hint = 'Give the name of somebody new.';
    end if;
    person := coalesce(person, gen_random_uuid());
    insert into public.profiles (id, display_name) values (person, name);
    insert into public.contacts (person_id, email) values (person, address);
  end if;
  perform private.lock_people(array[person], with_status => false);
  if not exists (
    select from public.organisation_administrators o
    where o.user_id = person and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) then
    insert into public.organisation_administrators (user_id, started_at) values (person, clock_timestamp());
  end if;
  return person;
end
$$;
revoke all on function private.appoint_first_administrator(text, text) from public, anon, authenticated, service_role;

comment on function private.appoint_first_administrator(text, text) is
  'Appoints the person with this address as organisation administrator, and registers them by the name given if they are new; returns their id. For the operator, as role postgres (make appoint): the log shows it as a direct write. Repeated, it changes nothing.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.save_chapter(
  chapter_id uuid default null,
  name text default null,
  requests_take_effect boolean default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.save_chapter(save_chapter.chapter_id, save_chapter.name, save_chapter.requests_take_effect, save_chapter.request_id);
end
$$;
revoke all on function public.save_chapter(uuid, text, boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function public.save_chapter(uuid, text, boolean, uuid) to authenticated;

comment on function public.save_chapter(uuid, text, boolean, uuid) is
  'Changes what is not null of a chapter; without chapter_id makes one. For organisation administrators. Refuses with invalid_request, not_an_administrator, chapter_not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.close_chapter(
  chapter_id uuid default null,
  last_day date default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.close_chapter(close_chapter.chapter_id, close_chapter.last_day, close_chapter.request_id);
end
$$;
revoke all on function public.close_chapter(uuid, date, uuid) from public, anon, authenticated, service_role;
grant execute on function public.close_chapter(uuid, date, uuid) to authenticated;

comment on function public.close_chapter(uuid, date, uuid) is
  'Closes a chapter and ends all its memberships with that day. For organisation administrators. Refuses with invalid_request, not_an_administrator, chapter_not_found, request_in_progress, request_expired, idempotency_key_reused.';

create function public.save_certification_kind(
  code text default null,
  name_nb text default null,
  name_nn text default null,
  name_en text default null,
  months_valid integer default null,
  is_required boolean default null,
  replaced_by text default null,
  due_after_months_away integer default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.save_certification_kind(save_certification_kind.code, save_certification_kind.name_nb, save_certification_kind.name_nn, save_certification_kind.name_en, save_certification_kind.months_valid, save_certification_kind.is_required, save_certification_kind.replaced_by, save_certification_kind.due_after_months_away, save_certification_kind.request_id);
end
$$;
revoke all on function public.save_certification_kind(text, text, text, text, integer, boolean, text, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.save_certification_kind(text, text, text, text, integer, boolean, text, integer, uuid) to authenticated;

comment on function public.save_certification_kind(text, text, text, text, integer, boolean, text, integer, uuid) is
  'Makes a kind of certification, or changes what is not null of it; 0 and an empty text take away what was saved. For organisation administrators. Refuses with invalid_request, not_an_administrator, request_in_progress, request_expired, idempotency_key_reused.';

create function public.appoint_administrator(
  person_id uuid default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.appoint_administrator(appoint_administrator.person_id, appoint_administrator.request_id);
end
$$;
revoke all on function public.appoint_administrator(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.appoint_administrator(uuid, uuid) to authenticated;

comment on function public.appoint_administrator(uuid, uuid) is
  'Makes a person an organisation administrator. For organisation administrators. Refuses with invalid_request, not_an_administrator, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.dismiss_administrator(
  person_id uuid default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.dismiss_administrator(dismiss_administrator.person_id, dismiss_administrator.request_id);
end
$$;
revoke all on function public.dismiss_administrator(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.dismiss_administrator(uuid, uuid) to authenticated;

comment on function public.dismiss_administrator(uuid, uuid) is
  'Ends what appoint_administrator began. For organisation administrators. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';
