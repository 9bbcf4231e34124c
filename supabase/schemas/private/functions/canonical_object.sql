CREATE OR REPLACE FUNCTION private.canonical_object (
  members jsonb,
  raw     jsonb DEFAULT '{}'::jsonb
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
  select '{' || string_agg(to_json(m.key) || ':' || m.value, ',' order by m.key collate "C") || '}'
  from (
    select e.key, e.value::text as value from jsonb_each(canonical_object.members) e
    union all
    select r.key, r.value from jsonb_each_text(canonical_object.raw) r
  ) m
$function$;

COMMENT ON FUNCTION "private"."canonical_object"(jsonb, jsonb) IS 'An object in canonical form: of members numbers and texts of ASCII, of raw what is in that form already.';

REVOKE ALL ON FUNCTION "private"."canonical_object"(jsonb, jsonb) FROM PUBLIC;
