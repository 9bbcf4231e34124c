CREATE OR REPLACE FUNCTION private.canonical_moment (
  moment timestamp with time zone
)
  RETURNS text
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$ select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $function$;

COMMENT ON FUNCTION "private"."canonical_moment"(timestamp with time zone) IS 'A moment as a canonical form writes it, in UTC with microseconds.';

REVOKE ALL ON FUNCTION "private"."canonical_moment"(timestamp WITH time zone) FROM PUBLIC;
