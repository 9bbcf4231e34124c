CREATE OR REPLACE FUNCTION public.nightly_begin (
  as_of   date,
  is_full boolean,
  holder  uuid
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.nightly_begin(as_of, is_full, holder)
  AS nightly_begin;
END;

GRANT EXECUTE ON FUNCTION "public"."nightly_begin"(date, boolean, uuid) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."nightly_begin"(date, boolean, uuid) IS 'Takes the lease for the run of a date, resuming an unfinished one of that date where it stopped, or answers skipped: another run is alive, or a later date has been completed. The holder is an id that the caller chooses; the same one gets the same lease again.';

REVOKE ALL ON FUNCTION "public"."nightly_begin"(date, boolean, uuid) FROM PUBLIC, "anon", "authenticated", "service_role";
