CREATE OR REPLACE FUNCTION private.lock_certification (
  certification_id uuid,
  caller_id        uuid
)
  RETURNS public.certifications
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  holder uuid;
  stored public.certifications;
begin
  select c.mentor_id into holder from public.certifications c where c.id = lock_certification.certification_id;
  perform private.lock_people(array[holder]);
  -- It may have been removed, or handed over to another profile of the person, meanwhile.
  select * into stored from public.certifications c
  where c.id = lock_certification.certification_id and c.mentor_id = holder;
  if not found then
    perform private.refuse('not_found');
  end if;
  perform private.refuse_unless_mine(holder, private.require_administrator(lock_certification.caller_id),
    everybody => private.administers_organisation(lock_certification.caller_id));
  return stored;
end
$function$;

COMMENT ON FUNCTION "private"."lock_certification"(uuid, uuid) IS 'Locks a certification''s holder, and returns the certification; refuses with not_found what is not in the chapters that the caller administers.';

REVOKE ALL ON FUNCTION "private"."lock_certification"(uuid, uuid) FROM PUBLIC;
