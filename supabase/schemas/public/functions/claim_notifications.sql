CREATE OR REPLACE FUNCTION public.claim_notifications (
  batch         integer                  DEFAULT NULL::integer,
  lease_seconds integer                  DEFAULT NULL::integer,
  email         boolean                  DEFAULT NULL::boolean,
  as_of         timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.claim_notifications(batch, lease_seconds, COALESCE(email, false), as_of)
  AS claim_notifications;
END;

GRANT EXECUTE ON FUNCTION "public"."claim_notifications"(integer, integer, boolean, timestamp WITH time zone) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."claim_notifications"(integer, integer, boolean, timestamp with time zone) IS 'Claims up to batch (100) notifications that are due, for lease_seconds (120), and says what each may say, who gets it now and, with email, at which address. Those of the batch that no longer hold, or were claimed too often, are ended instead, and only counted. as_of: the time, for tests; default now.';

REVOKE ALL ON FUNCTION "public"."claim_notifications"(integer, integer, boolean, timestamp WITH time zone) FROM PUBLIC, "anon", "authenticated", "service_role";
