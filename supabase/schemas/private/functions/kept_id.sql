CREATE OR REPLACE FUNCTION private.kept_id (
  person_id uuid
)
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  kept uuid := kept_id.person_id;
  next uuid;
begin
  loop
    select m.kept_id into next from private.merged_people m where m.dropped_id = kept;
    exit when not found;
    kept := next;
  end loop;
  return kept;
end
$function$;

COMMENT ON FUNCTION "private"."kept_id"(uuid) IS 'Whom an id names today: the profile that was kept when this one was joined into it, else the id itself.';

REVOKE ALL ON FUNCTION "private"."kept_id"(uuid) FROM PUBLIC;
