CREATE OR REPLACE FUNCTION public.record_notifications (
  claim    uuid                     DEFAULT NULL::uuid,
  inbox    jsonb                    DEFAULT NULL::jsonb,
  emails   jsonb                    DEFAULT NULL::jsonb,
  finished uuid[]                   DEFAULT NULL::uuid[],
  released uuid[]                   DEFAULT NULL::uuid[],
  failed   jsonb                    DEFAULT NULL::jsonb,
  as_of    timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.record_notifications(claim, COALESCE(inbox, '[]'::jsonb), COALESCE(emails, '[]'::jsonb), finished, released, COALESCE(failed, '[]'::jsonb), as_of)
  AS record_notifications;
END;

GRANT EXECUTE ON FUNCTION "public"."record_notifications"(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamp WITH time zone) TO "pause_scheduler";

COMMENT ON FUNCTION "public"."record_notifications"(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamp with time zone) IS 'Records, in one transaction and only for what this claim still holds: texts for inboxes, outcomes of e-mails, which notifications are finished, which are returned untouched, and which could not be dealt with ({"notification_id", "reason"}). Answers how they ended, and which ids another claim has taken. Safe to repeat.';

REVOKE ALL ON FUNCTION "public"."record_notifications"(uuid, jsonb, jsonb, uuid[], uuid[], jsonb, timestamp WITH time zone) FROM PUBLIC, "anon", "authenticated", "service_role";
