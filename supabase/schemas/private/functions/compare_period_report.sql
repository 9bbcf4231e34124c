CREATE OR REPLACE FUNCTION private.compare_period_report (
  report_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET jit TO 'off'
  SET work_mem TO '64MB'
  AS $function$
declare
  issued public.period_reports := private.readable_report(compare_period_report.report_id);
  then_known constant jsonb := issued.manifest::jsonb;
  moment timestamptz := private.known_moment(null);
  zone constant text := (select private.agreed_zone(s.time_zone) from private.settings s);
  numbers record;
  changed uuid[];
begin
  numbers := private.report_numbers_of(issued.from_date, issued.to_date, issued.chapter_ids, moment, private.report_mentors(issued.chapter_ids, moment));
  -- By other rules, or in another zone, anybody's days may be others.
  if (zone, private.rule_version()) <> (issued.time_zone, issued.rule_version) or exists (
    select from private.kind_versions v
    where v.recorded_at > issued.as_known_at or v.superseded_at > issued.as_known_at and v.superseded_at < 'infinity'
  ) then
    changed := array(select distinct v.mentor_id from private.membership_versions v where v.chapter_id = any (issued.chapter_ids));
  else
    changed := array(
      select distinct c.mentor_id
      from (
        select v.mentor_id, v.recorded_at, v.superseded_at from private.membership_versions v
        union all select v.mentor_id, v.recorded_at, v.superseded_at from private.certification_versions v
        union all select v.mentor_id, v.recorded_at, v.superseded_at from private.pause_versions v
        union all select v.mentor_id, v.recorded_at, v.superseded_at from private.plan_versions v
      ) c
      where c.recorded_at > issued.as_known_at or c.superseded_at > issued.as_known_at and c.superseded_at < 'infinity');
  end if;

  return jsonb_build_object('id', issued.id,
    'issued', jsonb_build_object('as_known_at', issued.as_known_at, 'rule_version', issued.rule_version, 'time_zone', issued.time_zone),
    'now', jsonb_build_object('as_known_at', moment, 'rule_version', private.rule_version(), 'time_zone', zone),
    'numbers', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', n.chapter_id, 'number', n.number, 'issued', n.was, 'now', n.since)
        order by n.chapter_id nulls last, n.place), '[]')
      from (
        select c.chapter_id, u.number, u.place, (c.was ->> u.number)::bigint as was, (c.since ->> u.number)::bigint as since
        from (
          select (p ->> 'chapter_id')::uuid as chapter_id, p as was, numbers.chapters -> (p ->> 'chapter_id') as since
          from jsonb_array_elements(then_known -> 'chapters') p
          union all
          select null, then_known -> 'total', numbers.total
        ) c
        cross join unnest(private.report_numbers()) with ordinality u (number, place)
      ) n
      where n.was <> n.since),
    'mentors', (
      select coalesce(jsonb_agg(jsonb_build_object('mentor_id', m.mentor_id, 'display_name', p.display_name,
        'issued', coalesce(m.was, '[]'), 'now', coalesce(m.since, '[]'),
        'facts', private.explaining_facts(m.mentor_id, issued, moment, m.was, m.since)) order by p.display_name, m.mentor_id), '[]')
      from (
        select coalesce(o.mentor_id, n.mentor_id) as mentor_id, o.stretches as was, n.stretches as since
        from private.issued_stretches(issued, changed) o
        full join private.stretches_of(changed, issued, moment) n on n.mentor_id = o.mentor_id
      ) m
      join public.profiles p on p.id = m.mentor_id
      where m.was is distinct from m.since),
    'erased', (
      select coalesce(jsonb_agg(s.mentor_id order by s.mentor_id), '[]')
      from private.issued_stretches(issued, array(
        select v.person_id
        from private.identity_versions v
        where v.was_erased and v.recorded_at > issued.as_known_at and v.recorded_at <= moment)) s));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."compare_period_report"(uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."compare_period_report"(uuid) IS 'Behind public.compare_period_report. Definer, so that it rests on all facts; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."compare_period_report"(uuid) FROM PUBLIC;
