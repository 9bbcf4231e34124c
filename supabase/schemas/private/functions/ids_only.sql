CREATE OR REPLACE FUNCTION private.ids_only (
  response jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if jsonb_typeof(ids_only.response) = 'object' then
    return coalesce((
      select jsonb_object_agg(e.key, case when jsonb_typeof(e.value) in ('object', 'array') then private.ids_only(e.value) else e.value end)
      from jsonb_each(ids_only.response) e
      where e.key = 'id' or e.key like '%\_id' and e.key <> 'external_id' or jsonb_typeof(e.value) in ('object', 'array')), '{}');
  end if;
  if jsonb_typeof(ids_only.response) = 'array' then
    return coalesce((
      select jsonb_agg(private.ids_only(e.value)) from jsonb_array_elements(ids_only.response) e
      where jsonb_typeof(e.value) in ('object', 'array')), '[]');
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."ids_only"(jsonb) IS 'An answer of which only the ids are left.';

REVOKE ALL ON FUNCTION "private"."ids_only"(jsonb) FROM PUBLIC;
