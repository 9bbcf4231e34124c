CREATE OR REPLACE FUNCTION private.summed_numbers (
  first  jsonb,
  second jsonb
)
  RETURNS jsonb
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (
    select jsonb_object_agg(n, coalesce((summed_numbers.first ->> n)::bigint, 0) + coalesce((summed_numbers.second ->> n)::bigint, 0))
    from unnest(private.report_numbers()) n);
end
$function$;

COMMENT ON FUNCTION "private"."summed_numbers"(jsonb, jsonb) IS 'The numbers of two parts of the mentors together; null: of nobody.';

REVOKE ALL ON FUNCTION "private"."summed_numbers"(jsonb, jsonb) FROM PUBLIC;
