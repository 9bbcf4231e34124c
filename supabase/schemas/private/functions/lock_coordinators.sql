CREATE OR REPLACE FUNCTION private.lock_coordinators (
  person_ids uuid[],
  is_shared  boolean,
  waits      boolean DEFAULT true
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  space constant integer := 20261129;
  key integer;
begin
  for key in
    select distinct uuid_hash(i) & 1023 from unnest(lock_coordinators.person_ids) i order by 1
  loop
    if not lock_coordinators.waits then
      if not pg_try_advisory_xact_lock(space, key) then
        raise lock_not_available;
      end if;
    elsif lock_coordinators.is_shared then
      perform pg_advisory_xact_lock_shared(space, key);
    else
      perform pg_advisory_xact_lock(space, key);
    end if;
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."lock_coordinators"(uuid[], boolean, boolean) IS 'Locks people as coordinators, whom entries of other people name, until the transaction ends: shared for whoever makes an entry name them, else alone for whoever changes them. Without waits, raises lock_not_available (SQLSTATE 55P03) when somebody holds one.';

REVOKE ALL ON FUNCTION "private"."lock_coordinators"(uuid[], boolean, boolean) FROM PUBLIC;
