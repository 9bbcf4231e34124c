CREATE OR REPLACE FUNCTION public.dispatch_backlog (
  as_of timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS jsonb
  LANGUAGE sql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.dispatch_backlog(as_of)
  AS dispatch_backlog;
END;

GRANT EXECUTE ON FUNCTION "public"."dispatch_backlog"(timestamp WITH time zone) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."dispatch_backlog"(timestamp with time zone) IS 'How many notifications are pending, for how long the oldest of them has been, and for how long the oldest of those that nobody has received yet.';

REVOKE ALL ON FUNCTION "public"."dispatch_backlog"(timestamp WITH time zone) FROM PUBLIC, "anon", "authenticated", "service_role";
