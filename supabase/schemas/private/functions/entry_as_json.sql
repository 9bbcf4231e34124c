CREATE OR REPLACE FUNCTION private.entry_as_json (
  mentor_id    uuid,
  display_name text,
  coordinators jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  select '{"mentor_id":"' || entry_as_json.mentor_id || '","display_name":' || to_json(entry_as_json.display_name)
    || ',"coordinators":' || entry_as_json.coordinators
$function$;

COMMENT ON FUNCTION "private"."entry_as_json"(uuid, text, jsonb) IS 'The beginning of a row of the page: what does not depend on the day, on a pause, or on the caller.';

REVOKE ALL ON FUNCTION "private"."entry_as_json"(uuid, text, jsonb) FROM PUBLIC;
