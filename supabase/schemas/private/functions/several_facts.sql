CREATE OR REPLACE FUNCTION private.several_facts (
  notification_ids uuid[],
  as_of            date
)
  RETURNS TABLE (
    notification_id uuid,
    mentor_id       uuid,
    starts_on       date,
    return_on       date,
    is_expired      boolean,
    is_missing      boolean
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  ROWS 100
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  SET enable_mergejoin TO 'off'
  AS $function$
declare
  mentors uuid[] := array(
    select g.mentor_id from private.notification_mentors g where g.notification_id = any (several_facts.notification_ids));
begin
  return query
    with expired as materialized (
      select s.mentor_id, bool_and(s.is_missing) as is_missing
      from private.certification_stretches(mentors) s
      where s.begins_on <= several_facts.as_of
        and coalesce(s.next_begins_on, 'infinity') > several_facts.as_of and s.ends_on < several_facts.as_of
      group by s.mentor_id
    )
    select g.notification_id, g.mentor_id, q.starts_on,
      case when g.pause_record_id is null then q.expected_return_date else r.expected_return_date end,
      r.id is not null and e.mentor_id is not null, r.id is not null and coalesce(e.is_missing, false)
    from private.notification_mentors g
    left join public.pause_records r on r.id = g.pause_record_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null
    left join public.planned_pauses q on q.id = g.planned_pause_id and q.version = g.record_version and q.starts_on > several_facts.as_of
    left join expired e on e.mentor_id = g.mentor_id
    where g.notification_id = any (several_facts.notification_ids)
      and (r.id is not null or q.id is not null)
      and not exists (select from public.erasures x where x.person_id = g.mentor_id);
end
$function$;

COMMENT ON FUNCTION "private"."several_facts"(uuid[], date) IS 'The mentors of these notifications of whom what is announced still holds on the date: the first day of what is planned (null: it is a pause), when they are expected back, whether a certification has expired, and whether it is only lacking. Definer, because only the nightly and dispatch RPCs call it.';

REVOKE ALL ON FUNCTION "private"."several_facts"(uuid[], date) FROM PUBLIC;
