CREATE OR REPLACE FUNCTION private.appoint_administrator (
  person_id  uuid,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."appoint_administrator"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."appoint_administrator"(uuid, uuid) IS 'Behind public.appoint_administrator. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."appoint_administrator"(uuid, uuid) FROM PUBLIC;
