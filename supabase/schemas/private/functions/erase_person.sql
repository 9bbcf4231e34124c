CREATE OR REPLACE FUNCTION private.erase_person (
  person_id  uuid,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.begin_command('erase_person', erase_person.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('erase_person', jsonb_build_array(erase_person.person_id));
  replayed jsonb;
begin
  replayed := private.replay_command(caller, mine, erase_person.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('person_id', erase_person.person_id);
  -- Before the locks for whoever has no business with them, and under them for all.
  perform private.refuse_unless_mine(erase_person.person_id, mine, true,
    everybody => private.administers_organisation(caller));
  perform private.erase_people(array[erase_person.person_id], caller, true);
  return private.finish_command(caller, erase_person.request_id, fingerprint, erase_person.person_id,
    jsonb_build_object('person', jsonb_build_object('id', erase_person.person_id)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."erase_person"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."erase_person"(uuid, uuid) IS 'Behind public.erase_person. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."erase_person"(uuid, uuid) FROM PUBLIC;
