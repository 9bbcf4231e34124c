CREATE OR REPLACE FUNCTION private.import_problems (
  problems text[]
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return '[' || (
    select string_agg(format('{"column": "%s", "code": "%s"%s}', split_part(p, ':', 1), split_part(p, ':', 2),
      case when split_part(p, ':', 3) <> '' then ', "other": ' || split_part(p, ':', 3) else '' end), ', ' order by place)
    from unnest(import_problems.problems) with ordinality n (p, place)) || ']';
end
$function$;

COMMENT ON FUNCTION "private"."import_problems"(text[]) IS 'The problems of a row as JSON, each with the field, the code, and the other row that it is about.';

REVOKE ALL ON FUNCTION "private"."import_problems"(text[]) FROM PUBLIC;
