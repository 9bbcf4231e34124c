CREATE OR REPLACE FUNCTION public.nightly_preview (
  as_of    date    DEFAULT NULL::date,
  is_full  boolean DEFAULT NULL::boolean,
  phase    text    DEFAULT NULL::text,
  after_id uuid    DEFAULT NULL::uuid,
  batch    integer DEFAULT NULL::integer
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.nightly_preview(as_of, is_full, phase, after_id, batch)
  AS nightly_preview;
END;

GRANT EXECUTE ON FUNCTION "public"."nightly_preview"(date, boolean, text, uuid, integer) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."nightly_preview"(date, boolean, text, uuid, integer) IS 'A chunk of a dry run: what it would do and where the next one continues; begins with phase null, where a start would begin, and ends with outcome completed. Reads only; call it in a read-only transaction.';

REVOKE ALL ON FUNCTION "public"."nightly_preview"(date, boolean, text, uuid, integer) FROM PUBLIC, "anon", "authenticated", "service_role";
