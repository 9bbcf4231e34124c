CREATE OR REPLACE FUNCTION private.add_person_locks()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  insert into private.person_locks (person_id) select n.id from new_rows n on conflict do nothing;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."add_person_locks"() IS 'Trigger: adds the row of private.person_locks for each new profile. Definer, for writers who reach only the profiles.';

REVOKE ALL ON FUNCTION "private"."add_person_locks"() FROM PUBLIC;
