-- Invitations to sign in. Supabase Auth makes the login, with the profile's id, and sends a
-- code. It is spoken to between two calls: the first one judges and says what is to be done,
-- the second one records what was. Nothing is held meanwhile, so either may be repeated, and
-- the second one looks at the login itself instead of believing its caller.

create function private.withdraw_login(person_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from private.final_people f where f.person_id = withdraw_login.person_id) then
    return false;
  end if;
  delete from auth.users u where u.id = withdraw_login.person_id;
  return found;
end
$$;
revoke all on function private.withdraw_login(uuid) from public, anon, authenticated, service_role;

comment on function private.withdraw_login(uuid) is
  'Removes a login, with its address, that was made under the id of somebody who was erased or joined into another profile meanwhile. Returns whether there was one.';

create function private.judged_invitation(caller_id uuid, person_id uuid, email text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mine uuid[] := private.require_administrator(judged_invitation.caller_id);
  is_office boolean := private.administers_organisation(judged_invitation.caller_id);
  stored text;
  address text;
begin
  perform private.refuse_unless_mine(judged_invitation.person_id, mine, everybody => is_office);
  stored := (select c.email from public.contacts c where c.person_id = judged_invitation.person_id);
  address := coalesce(private.judged_email(judged_invitation.email), stored,
    (select u.email from auth.users u where u.id = judged_invitation.person_id));
  if address is null then
    perform private.refuse('invalid_request', 'email', 'email is required: no address of this person is known.');
  end if;
  if address is distinct from stored then
    -- Whoever gets the code is this person from then on, in all their chapters.
    perform private.refuse_unless_mine(judged_invitation.person_id, mine, true, everybody => is_office);
  end if;
  if exists (select from public.contacts c where c.email = address and c.person_id <> judged_invitation.person_id)
     or exists (select from auth.users u where u.email = address and u.id <> judged_invitation.person_id and not u.is_sso_user) then
    perform private.refuse_address_in_use();
  end if;
  return address;
end
$$;
revoke all on function private.judged_invitation(uuid, uuid, text) from public, anon, authenticated, service_role;

comment on function private.judged_invitation(uuid, uuid, text) is
  'The address to which an administrator may invite a person: the one given, else that of the contacts, else that of a login which was never confirmed. A new one needs what update_person needs. Refuses with invalid_request, not_an_administrator, not_found, in_use.';

create function private.begin_invitation(person_id uuid, email text, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.begin_command('invite', begin_invitation.request_id);
  mine uuid[] := private.require_administrator(caller);
  replayed jsonb := private.replay_command(caller, mine, begin_invitation.request_id,
    private.fingerprint('invite', jsonb_build_array(begin_invitation.person_id, begin_invitation.email)));
  address text;
begin
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('person_id', begin_invitation.person_id);
  -- Left behind by an invitation that was killed while the person was erased.
  if private.withdraw_login(begin_invitation.person_id) then
    return jsonb_build_object('withdrawn', true);
  end if;
  address := private.judged_invitation(caller, begin_invitation.person_id, begin_invitation.email);
  if exists (
    select from auth.users u
    where u.id = begin_invitation.person_id and (u.confirmed_at is not null or u.last_sign_in_at is not null or u.is_sso_user)
  ) then
    perform private.refuse('already_exists', null, 'This person has a login.');
  end if;
  perform set_config('mentorpause.command', '', true);
  return jsonb_build_object('to_do', jsonb_build_object('person_id', begin_invitation.person_id, 'email', address,
    'locale', (select p.locale from public.profiles p where p.id = begin_invitation.person_id),
    'has_login', exists (select from auth.users u where u.id = begin_invitation.person_id),
    'login_email', (select u.email from auth.users u where u.id = begin_invitation.person_id)));
end
$$;
revoke all on function private.begin_invitation(uuid, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.begin_invitation(uuid, text, uuid) to authenticated;

comment on function private.begin_invitation(uuid, text, uuid) is
  'Behind public.begin_invitation. Definer, because nobody may read auth.users directly; checks the caller itself.';

create function private.finish_invitation(person_id uuid, email text, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.begin_command('invite', finish_invitation.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('invite', jsonb_build_array(finish_invitation.person_id, finish_invitation.email));
  replayed jsonb := private.replay_command(caller, mine, finish_invitation.request_id, fingerprint);
  address text;
  stored text;
begin
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('person_id', finish_invitation.person_id);
  -- Absent, the address is read before its lock, and compared under it.
  address := coalesce(private.judged_email(finish_invitation.email),
    (select u.email from auth.users u where u.id = finish_invitation.person_id));
  perform private.lock_contacts(address, null, null);
  perform private.lock_people(array[finish_invitation.person_id], with_status => false);
  if private.withdraw_login(finish_invitation.person_id) then
    return jsonb_build_object('withdrawn', true);
  end if;
  if private.judged_invitation(caller, finish_invitation.person_id, finish_invitation.email) is distinct from address
     or not exists (
       select from auth.users u
       where u.id = finish_invitation.person_id and u.email = address and u.invited_at is not null)
  then
    perform private.refuse('request_in_progress', null, 'This invitation was not sent, or another one of this person is on its way.');
  end if;

  stored := (select c.email from public.contacts c where c.person_id = finish_invitation.person_id);
  begin
    insert into public.contacts as c (person_id, email) values (finish_invitation.person_id, address)
    on conflict on constraint contacts_pkey do update set email = excluded.email
    where c.email is distinct from excluded.email;
  exception when unique_violation then
    -- Another system has just written it; that needs no lock of ours.
    perform private.refuse_address_in_use();
  end;
  perform private.log_command(caller, finish_invitation.person_id, null,
    case when stored is not null then jsonb_build_object('email', stored) end, jsonb_build_object('email', address));
  return private.finish_command(caller, finish_invitation.request_id, fingerprint, finish_invitation.person_id,
    jsonb_build_object('invitation', jsonb_build_object('person_id', finish_invitation.person_id, 'email', address)));
end
$$;
revoke all on function private.finish_invitation(uuid, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.finish_invitation(uuid, text, uuid) to authenticated;

comment on function private.finish_invitation(uuid, text, uuid) is
  'Behind public.finish_invitation. Definer, because nobody may write the tables directly; checks the caller itself.';

-- What the function invite calls. Invoker in the exposed schema; definer only behind it.
create function public.begin_invitation(person_id uuid default null, email text default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.begin_invitation(begin_invitation.person_id, begin_invitation.email, begin_invitation.request_id);
end
$$;
revoke all on function public.begin_invitation(uuid, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.begin_invitation(uuid, text, uuid) to authenticated;

comment on function public.begin_invitation(uuid, text, uuid) is
  'Says what Supabase Auth has to do to invite a person: to_do, with the address and what login there is. For administrators, by the function invite. A request that was carried out before has its answer, invitation; withdrawn says that the person is gone, and so is a login made for them. Refuses with invalid_request, not_an_administrator, not_found, already_exists, in_use, request_in_progress, request_expired, idempotency_key_reused.';

create function public.finish_invitation(person_id uuid default null, email text default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.finish_invitation(finish_invitation.person_id, finish_invitation.email, finish_invitation.request_id);
end
$$;
revoke all on function public.finish_invitation(uuid, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.finish_invitation(uuid, text, uuid) to authenticated;

comment on function public.finish_invitation(uuid, text, uuid) is
  'Records an invitation that Supabase Auth has sent, with the arguments of begin_invitation: the address in contacts, and a row of people_log. Refuses as that does, and with request_in_progress when no invitation to this address was sent.';
