CREATE OR REPLACE FUNCTION public.nightly_stop (
  run_id        bigint DEFAULT NULL::bigint,
  fencing_token bigint DEFAULT NULL::bigint
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.nightly_stop(run_id, fencing_token)
  AS nightly_stop;
END;

GRANT EXECUTE ON FUNCTION "public"."nightly_stop"(bigint, bigint) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."nightly_stop"(bigint, bigint) IS 'Ends an unfinished run as partial and returns the lease; the next start continues from there. Has no effect for a caller that has lost the lease.';

REVOKE ALL ON FUNCTION "public"."nightly_stop"(bigint, bigint) FROM PUBLIC, "anon", "authenticated", "service_role";
