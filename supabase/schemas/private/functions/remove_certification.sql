CREATE OR REPLACE FUNCTION private.remove_certification (
  certification_id uuid,
  request_id       uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('remove_certification', remove_certification.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('remove_certification', jsonb_build_array(remove_certification.certification_id));
  replayed jsonb;
  stored public.certifications;
begin
  replayed := private.replay_command(caller, mine, remove_certification.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('certification_id', remove_certification.certification_id);

  stored := private.lock_certification(remove_certification.certification_id, caller);
  delete from public.certifications c where c.id = stored.id;
  perform private.bring_people_up_to_date(array[stored.mentor_id]);
  perform private.log_command(caller, stored.mentor_id, null, to_jsonb(stored), null);
  return private.finish_command(caller, remove_certification.request_id, fingerprint, stored.mentor_id,
    jsonb_build_object('certification', to_jsonb(stored) || jsonb_build_object('removed_at', clock_timestamp())));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."remove_certification"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."remove_certification"(uuid, uuid) IS 'Behind public.remove_certification. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."remove_certification"(uuid, uuid) FROM PUBLIC;
