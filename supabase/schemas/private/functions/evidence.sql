CREATE OR REPLACE FUNCTION private.evidence (
  mentor_id   uuid,
  chapter_ids uuid[],
  period      datemultirange,
  as_known_at timestamp with time zone,
  zone        text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
begin
  return jsonb_build_object(
    'memberships', (
      select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'chapter_id', v.chapter_id, 'started_at', v.started_at, 'ended_at', v.ended_at,
        'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command) order by v.started_at, v.id), '[]')
      from private.membership_versions v
      where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
        and v.chapter_id = any (evidence.chapter_ids)
        and daterange((v.started_at at time zone zone)::date, (v.ended_at at time zone zone)::date) && evidence.period),
    'certifications', (
      select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'kind', v.kind, 'issued_on', v.issued_on, 'expires_on', v.expires_on,
        'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command) order by v.issued_on, v.id), '[]')
      from private.certification_versions v
      where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
        and v.issued_on < upper(evidence.period)),
    'pauses', (
      select coalesce(jsonb_agg(p.pause order by p.from_on, p.id), '[]')
      from (
        select v.id, (v.paused_at at time zone zone)::date as from_on, (v.ended_at at time zone zone)::date as until_on,
          jsonb_build_object('id', v.id, 'planned', false, 'paused_at', v.paused_at, 'reactivated_at', v.ended_at,
            'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command) as pause
        from private.pause_versions v
        where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
        union all
        select v.id, v.starts_on, null,
          jsonb_build_object('id', v.id, 'planned', true, 'starts_on', v.starts_on,
            'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command)
        from private.plan_versions v
        where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
      ) p
      where daterange(p.from_on, p.until_on) && evidence.period),
    'log', (
      select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'pause_record_id', l.pause_record_id, 'from_status', l.from_status,
        'to_status', l.to_status, 'record_version', l.record_version, 'effective_on', l.effective_on, 'actor_kind', l.actor_kind,
        'recorded_at', l.occurred_at, 'recorded_by', l.actor_id,
        'recorded_by_name', private.name_of_recorder(l.actor_id), 'command', case when l.actor_kind in ('scheduler', 'reconciler') then 'nightly_step' end) order by l.id), '[]')
      from public.pause_status_log l
      where l.mentor_id = evidence.mentor_id and l.occurred_at <= as_known_at
        and (l.effective_on < upper(evidence.period) or exists (
          -- Recorded after the fact.
          select from private.pause_versions v
          where v.mentor_id = l.mentor_id and v.id = l.pause_record_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
            and (v.paused_at at time zone zone)::date < upper(evidence.period)))));
end
$function$;

COMMENT ON FUNCTION "private"."evidence"(uuid, uuid[], datemultirange, timestamp with time zone, text) IS 'What the days of a mentor in a report rest on, with who recorded it, when, and by which command. No reason is in it.';

REVOKE ALL ON FUNCTION "private"."evidence"(uuid, uuid[], datemultirange, timestamp WITH time zone, text) FROM PUBLIC;
