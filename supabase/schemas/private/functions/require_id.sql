CREATE OR REPLACE FUNCTION private.require_id (
  field text,
  id    uuid
)
  RETURNS void
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if require_id.id is null then
    perform private.refuse('invalid_request', require_id.field, require_id.field || ' is required.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."require_id"(text, uuid) IS 'Refuses with invalid_request when an id is missing.';

REVOKE ALL ON FUNCTION "private"."require_id"(text, uuid) FROM PUBLIC;
