CREATE OR REPLACE FUNCTION private.writer_key (
  started_at timestamp with time zone
)
  RETURNS bigint
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Twelve bits that say what it is, and 51 of microseconds: enough until 2071.
  return (2911::bigint << 51) | (extract(epoch from writer_key.started_at - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint;
end
$function$;

COMMENT ON FUNCTION "private"."writer_key"(timestamp with time zone) IS 'The key of the lock that a transaction of that start holds once it has recorded a fact.';

REVOKE ALL ON FUNCTION "private"."writer_key"(timestamp WITH time zone) FROM PUBLIC;
