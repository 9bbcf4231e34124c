CREATE OR REPLACE FUNCTION private.finish_invitation (
  person_id  uuid,
  email      text,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."finish_invitation"(uuid, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."finish_invitation"(uuid, text, uuid) IS 'Behind public.finish_invitation. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."finish_invitation"(uuid, text, uuid) FROM PUBLIC;
