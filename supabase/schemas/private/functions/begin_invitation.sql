CREATE OR REPLACE FUNCTION private.begin_invitation (
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."begin_invitation"(uuid, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."begin_invitation"(uuid, text, uuid) IS 'Behind public.begin_invitation. Definer, because nobody may read auth.users directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."begin_invitation"(uuid, text, uuid) FROM PUBLIC;
