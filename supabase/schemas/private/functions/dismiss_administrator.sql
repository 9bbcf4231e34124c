CREATE OR REPLACE FUNCTION private.dismiss_administrator (
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
$function$;

GRANT EXECUTE ON FUNCTION "private"."dismiss_administrator"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."dismiss_administrator"(uuid, uuid) IS 'Behind public.dismiss_administrator. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."dismiss_administrator"(uuid, uuid) FROM PUBLIC;
