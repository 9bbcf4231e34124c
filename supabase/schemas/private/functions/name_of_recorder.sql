CREATE OR REPLACE FUNCTION private.name_of_recorder (
  person_id uuid
)
  RETURNS text
  LANGUAGE sql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$ select p.display_name from public.profiles p where p.id = name_of_recorder.person_id $function$;

COMMENT ON FUNCTION "private"."name_of_recorder"(uuid) IS 'The name, as it is now, of whoever recorded a fact; null: nobody did, or no longer known.';

REVOKE ALL ON FUNCTION "private"."name_of_recorder"(uuid) FROM PUBLIC;
