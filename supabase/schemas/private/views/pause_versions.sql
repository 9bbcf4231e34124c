CREATE VIEW "private"."pause_versions" WITH (security_invoker=true) AS  SELECT p.mentor_id,
    p.id,
    p.paused_at,
    p.ended_at,
    p.recorded_at,
        CASE
            WHEN (e.id IS NULL) THEN 'infinity'::timestamp with time zone
            ELSE GREATEST(e.recorded_at, p.recorded_at)
        END AS superseded_at,
    p.recorded_by,
    p.command,
    e.recorded_by AS superseded_by,
    e.command AS superseded_command
   FROM (private.recorded_pauses p
     LEFT JOIN private.recorded_pauses e ON (((e.mentor_id = p.mentor_id) AND (e.id = p.id) AND (e.ended_at IS NOT NULL) AND (p.ended_at IS NULL))));

COMMENT ON VIEW "private"."pause_versions" IS 'What was known of pauses, from when to when: private.recorded_pauses, of which the row of the end supersedes that of the beginning.';
