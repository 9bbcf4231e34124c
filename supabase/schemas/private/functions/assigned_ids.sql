CREATE OR REPLACE FUNCTION private.assigned_ids (
  coordinators jsonb
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return case
    when assigned_ids.coordinators = '[]' then null
    when jsonb_array_length(assigned_ids.coordinators) > 20 then '{}'::uuid[]
    -- As text, because a query here would cost as much as all the rest of an entry.
    else translate(jsonb_path_query_array(assigned_ids.coordinators, '$[*].id')::text, '[]"', '{}')::uuid[]
  end;
end
$function$;

COMMENT ON FUNCTION "private"."assigned_ids"(jsonb) IS 'The ids of an entry''s coordinators, as private.roster_places has them: null for none, empty for more than twenty.';

REVOKE ALL ON FUNCTION "private"."assigned_ids"(jsonb) FROM PUBLIC;
