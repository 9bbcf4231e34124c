CREATE OR REPLACE FUNCTION private.entry_as_json (
  mentor_id                uuid,
  display_name             text,
  coordinators             jsonb,
  certified_until          date,
  certification_kind       text,
  certification_is_missing boolean
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  select '{"mentor_id":"' || entry_as_json.mentor_id || '","display_name":' || to_json(entry_as_json.display_name)
    || ',"coordinators":' || entry_as_json.coordinators
    || ',"certification_kind":' || coalesce(to_json(entry_as_json.certification_kind)::text, 'null')
    || ',"certification_expires_on":' || case
      when entry_as_json.certified_until is null or entry_as_json.certified_until = 'infinity'
        or entry_as_json.certification_is_missing then 'null'
      else to_json(entry_as_json.certified_until)::text end
$function$;

COMMENT ON FUNCTION "private"."entry_as_json"(uuid, text, jsonb, date, text, boolean) IS 'The beginning of a row of the page: what does not depend on the day, on a pause, or on the caller.';

REVOKE ALL ON FUNCTION "private"."entry_as_json"(uuid, text, jsonb, date, text, boolean) FROM PUBLIC;
