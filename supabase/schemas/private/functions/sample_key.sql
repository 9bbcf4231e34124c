CREATE OR REPLACE FUNCTION private.sample_key (
  mentor_id uuid,
  seed      bigint
)
  RETURNS bytea
  LANGUAGE sql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$ select sha256(convert_to(seed::text || ' ' || mentor_id::text, 'UTF8')) $function$;

COMMENT ON FUNCTION "private"."sample_key"(uuid, bigint) IS 'In whose order a sample is drawn: the SHA-256 of the seed, a space and the mentor''s id, all as text.';

REVOKE ALL ON FUNCTION "private"."sample_key"(uuid, bigint) FROM PUBLIC;
