CREATE OR REPLACE FUNCTION public.nightly_step (
  run_id        bigint  DEFAULT NULL::bigint,
  fencing_token bigint  DEFAULT NULL::bigint,
  batch         integer DEFAULT NULL::integer
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.nightly_step(run_id, fencing_token, batch)
  AS nightly_step;
END;

GRANT EXECUTE ON FUNCTION "public"."nightly_step"(bigint, bigint, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."nightly_step"(bigint, bigint, integer) IS 'Does the next chunk, of at most so many mentors, 2000 by default (and small ones that follow), in this transaction, and extends the lease. The outcome is null until the run is completed. SQLSTATE 55000: somebody else has taken over.';

REVOKE ALL ON FUNCTION "public"."nightly_step"(bigint, bigint, integer) FROM PUBLIC, "anon", "authenticated", "service_role";
