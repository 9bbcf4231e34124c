CREATE OR REPLACE FUNCTION private.kind_code (
  kind text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return coalesce(
    (select k.code from public.certification_kinds k where k.code = kind_code.kind),
    (select k.code from public.certification_kinds k where k.match_key = private.kind_key(kind_code.kind)));
end
$function$;

COMMENT ON FUNCTION "private"."kind_code"(text) IS 'The code of the kind that is meant; null when there is none.';

REVOKE ALL ON FUNCTION "private"."kind_code"(text) FROM PUBLIC;
