CREATE OR REPLACE FUNCTION private.facts_since (
  mentor_id uuid,
  since     timestamp with time zone,
  until     timestamp with time zone
)
  RETURNS TABLE (
    id          uuid,
    table_name  text,
    recorded_at timestamp with time zone,
    recorded_by uuid,
    command     text,
    before      jsonb,
    after       jsonb
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET jit TO 'off'
  AS $function$
begin
  return query
    with versions as (
      select v.id, 'chapter_memberships' as table_name, v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'chapter_id', v.chapter_id, 'started_at', v.started_at, 'ended_at', v.ended_at) as content
      from private.membership_versions v where v.mentor_id = facts_since.mentor_id
      union all
      select v.id, 'certifications', v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'kind', v.kind, 'issued_on', v.issued_on, 'expires_on', v.expires_on)
      from private.certification_versions v where v.mentor_id = facts_since.mentor_id
      union all
      select v.id, 'pause_records', v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'paused_at', v.paused_at, 'reactivated_at', v.ended_at)
      from private.pause_versions v where v.mentor_id = facts_since.mentor_id
      union all
      select v.id, 'planned_pauses', v.recorded_at, v.superseded_at, v.recorded_by, v.command, v.superseded_by, v.superseded_command,
        jsonb_build_object('id', v.id, 'starts_on', v.starts_on)
      from private.plan_versions v where v.mentor_id = facts_since.mentor_id
    ), shown as (
      select v.* from versions v where v.superseded_at > v.recorded_at
    )
    -- What came, perhaps in the place of something; and what went, for nothing.
    select n.id, n.table_name, n.recorded_at, n.recorded_by, n.command, o.content, n.content
    from shown n
    left join shown o on o.id = n.id and o.table_name = n.table_name and o.superseded_at = n.recorded_at
    where n.recorded_at > facts_since.since and n.recorded_at <= facts_since.until
    union all
    select o.id, o.table_name, o.superseded_at, o.superseded_by, o.superseded_command, o.content, null
    from shown o
    where o.superseded_at > facts_since.since and o.superseded_at <= facts_since.until
      and not exists (select from shown n where n.id = o.id and n.table_name = o.table_name and n.recorded_at = o.superseded_at);
end
$function$;

COMMENT ON FUNCTION "private"."facts_since"(uuid, timestamp with time zone, timestamp with time zone) IS 'What was recorded of a mentor between two moments, with what was known before and after.';

REVOKE ALL ON FUNCTION "private"."facts_since"(uuid, timestamp WITH time zone, timestamp WITH time zone) FROM PUBLIC;
