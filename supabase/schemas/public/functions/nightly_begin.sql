CREATE OR REPLACE FUNCTION public.nightly_begin (
  as_of             date    DEFAULT NULL::date,
  is_full           boolean DEFAULT NULL::boolean,
  holder            uuid    DEFAULT NULL::uuid,
  reconcile_seconds integer DEFAULT NULL::integer
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.nightly_begin(as_of, is_full, holder, reconcile_seconds)
  AS nightly_begin;
END;

GRANT EXECUTE ON FUNCTION "public"."nightly_begin"(date, boolean, uuid, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."nightly_begin"(date, boolean, uuid, integer) IS 'Takes the lease for the run of a date, resuming an unfinished one of that date where it stopped, or answers skipped, at once: another run is alive, or a later date has been completed. The holder is an id that the caller chooses; the same one gets the same lease again. reconcile_seconds: how long the reconciliation may take (60 by default), beyond which it reaches a sixth of all mentors, so that it goes round within a week; 0: none tonight.';

REVOKE ALL ON FUNCTION "public"."nightly_begin"(date, boolean, uuid, integer) FROM PUBLIC, "anon", "authenticated", "service_role";
