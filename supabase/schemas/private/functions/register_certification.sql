CREATE OR REPLACE FUNCTION private.register_certification (
  mentor_id  uuid,
  kind       text,
  issued_on  date,
  expires_on text,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('register_certification', register_certification.request_id);
  mine uuid[] := private.require_coordinator(caller);
  fingerprint bytea := private.fingerprint('register_certification', jsonb_build_array(register_certification.mentor_id,
    register_certification.kind, register_certification.issued_on, register_certification.expires_on));
  replayed jsonb;
  wanted private.wanted_certification;
  made jsonb;
begin
  replayed := private.replay_command(caller, mine, register_certification.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('mentor_id', register_certification.mentor_id);
  wanted := private.judged_certification(register_certification.kind, register_certification.issued_on, register_certification.expires_on);

  perform private.lock_people(array[register_certification.mentor_id]);
  perform private.managed_chapters(register_certification.mentor_id, caller);
  if exists (
    select from public.certifications c
    where c.mentor_id = register_certification.mentor_id and c.kind = wanted.kind
      and c.issued_on = wanted.issued_on and c.expires_on is not distinct from wanted.expires_on
  ) then
    perform private.refuse('already_exists', null, 'The mentor has this certification with these days already.');
  end if;
  insert into public.certifications (mentor_id, kind, issued_on, expires_on)
  values (register_certification.mentor_id, wanted.kind, wanted.issued_on, wanted.expires_on)
  returning to_jsonb(certifications) into made;
  perform private.bring_people_up_to_date(array[register_certification.mentor_id]);
  perform private.log_command(caller, register_certification.mentor_id, null, null, made);
  return private.finish_command(caller, register_certification.request_id, fingerprint, register_certification.mentor_id,
    jsonb_build_object('certification', made));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."register_certification"(uuid, text, date, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."register_certification"(uuid, text, date, text, uuid) IS 'Behind public.register_certification. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."register_certification"(uuid, text, date, text, uuid) FROM PUBLIC;
