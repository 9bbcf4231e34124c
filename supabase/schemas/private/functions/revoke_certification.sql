CREATE OR REPLACE FUNCTION private.revoke_certification (
  certification_id uuid,
  last_valid_on    date,
  request_id       uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('revoke_certification', revoke_certification.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('revoke_certification', jsonb_build_array(revoke_certification.certification_id, revoke_certification.last_valid_on));
  replayed jsonb;
  stored public.certifications;
  changed jsonb;
begin
  replayed := private.replay_command(caller, mine, revoke_certification.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('certification_id', revoke_certification.certification_id);
  perform private.judged_day('last_valid_on', revoke_certification.last_valid_on);

  stored := private.lock_certification(revoke_certification.certification_id, caller);
  if revoke_certification.last_valid_on < stored.issued_on then
    perform private.refuse('invalid_request', 'last_valid_on', 'last_valid_on must not be before issued_on; a certification that never counted is removed.');
  end if;
  if revoke_certification.last_valid_on > stored.expires_on then
    perform private.refuse('invalid_request', 'last_valid_on', 'last_valid_on must not be after expires_on; a renewal is registered as a certification of its own.');
  end if;
  update public.certifications c set expires_on = revoke_certification.last_valid_on
  where c.id = stored.id and c.expires_on is distinct from revoke_certification.last_valid_on
  returning to_jsonb(c) into changed;
  if changed is not null then
    perform private.bring_people_up_to_date(array[stored.mentor_id]);
    perform private.log_command(caller, stored.mentor_id, null, to_jsonb(stored), changed);
  end if;
  return private.finish_command(caller, revoke_certification.request_id, fingerprint, stored.mentor_id,
    jsonb_build_object('certification', coalesce(changed, to_jsonb(stored))));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."revoke_certification"(uuid, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."revoke_certification"(uuid, date, uuid) IS 'Behind public.revoke_certification. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."revoke_certification"(uuid, date, uuid) FROM PUBLIC;
