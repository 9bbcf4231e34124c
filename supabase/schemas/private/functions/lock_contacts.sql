CREATE OR REPLACE FUNCTION private.lock_contacts (
  email       text,
  source      text,
  external_id text
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  key bigint;
begin
  -- An import has too many of them, and takes this one alone.
  perform pg_advisory_xact_lock_shared(hashtextextended('mentorpause.contacts', 0));
  for key in
    select distinct k from unnest(array[
      hashtextextended('mentorpause.email ' || lock_contacts.email, 0),
      hashtextextended('mentorpause.external_id ' || lock_contacts.source || ' ' || lock_contacts.external_id, 0)]) k
    where k is not null order by 1
  loop
    perform pg_advisory_xact_lock(key);
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."lock_contacts"(text, text, text) IS 'Locks an address and a member number, until the transaction ends: of two who register the same person, the second one finds the first one''s.';

REVOKE ALL ON FUNCTION "private"."lock_contacts"(text, text, text) FROM PUBLIC;
