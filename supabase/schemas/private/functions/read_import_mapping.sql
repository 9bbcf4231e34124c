CREATE OR REPLACE FUNCTION private.read_import_mapping (
  list jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mapping jsonb := nullif(read_import_mapping.list -> 'mapping', 'null');
begin
  if mapping is null then
    return null;
  end if;
  if jsonb_typeof(mapping) <> 'object'
     or exists (
       select from jsonb_each(mapping) e
       where jsonb_typeof(e.value) <> 'string' or char_length(e.key) > 200 or private.contains_identity_number(e.key)
         or e.value #>> '{}' not in ('', 'display_name', 'first_name', 'last_name', 'email', 'phone', 'external_id', 'chapter', 'role',
           'coordinator', 'started_on', 'last_day', 'certification_kind', 'issued_on', 'expires_on', 'locale'))
     or (select count(*) > 200 from jsonb_object_keys(mapping)) then
    perform private.refuse('invalid_request', 'mapping', 'mapping must say of at most 200 headers which field each is.');
  end if;
  return mapping;
end
$function$;

COMMENT ON FUNCTION "private"."read_import_mapping"(jsonb) IS 'The mapping with which a list was read; null for none. Refuses with invalid_request.';

REVOKE ALL ON FUNCTION "private"."read_import_mapping"(jsonb) FROM PUBLIC;
