CREATE OR REPLACE FUNCTION private.begin_plans (
  changes    private.status_change[],
  began_at   timestamp with time zone,
  actor_kind text
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_mergejoin TO 'off'
  AS $function$
declare
  today date := private.today();
  prefix text := private.id_prefix();
  plans uuid[] := array(select c.planned_pause_id from unnest(begin_plans.changes) c);
  mentors uuid[] := array(select c.mentor_id from unnest(begin_plans.changes) c);
  -- Who is away by an expired certification: their record goes on.
  away uuid[] := array(
    select r.mentor_id from public.pause_records r
    where r.mentor_id = any (mentors) and r.status in ('paused', 'expired_cert'));
  -- Many begin on one day, whose first moment is asked for once.
  days date[] := array(select distinct q.starts_on from public.planned_pauses q where q.id = any (plans));
  moments timestamptz[] := array(
    select private.beginning_of(d.day, begin_plans.began_at) from unnest(days) with ordinality d (day, place) order by d.place);
  stale uuid[];
begin
  perform private.act_as('plan');
  -- The days before are over; what is left of the places is paused already.
  delete from private.roster_places p
  where p.mentor_id = any (mentors) and p.until_on <= today;
  if away <> '{}' then
    update public.pause_records r
    set paused_at = d.begins_at, pause_reason = q.pause_reason, expected_return_date = q.expected_return_date,
      coordinator_id = q.coordinator_id, effective_on = q.starts_on, planned_pause_id = q.id
    from public.planned_pauses q
    join unnest(days, moments) d (day, begins_at) on d.day = q.starts_on
    where q.id = any (plans) and r.mentor_id = q.mentor_id and r.mentor_id = any (away)
      and r.status in ('paused', 'expired_cert');
  end if;
  insert into public.pause_records
    (id, mentor_id, status, pause_reason, expected_return_date, open_since, paused_at, coordinator_id, effective_on, created_at,
      updated_at, version, first_version, planned_pause_id)
  select (prefix || to_hex(16777216 + row_number() over (order by c.mentor_id)))::uuid, c.mentor_id, 'paused', q.pause_reason,
    q.expected_return_date, case when q.expected_return_date is null then q.starts_on end, d.begins_at, q.coordinator_id,
    c.effective_on, begin_plans.began_at, begin_plans.began_at, c.version, c.version, q.id
  from unnest(begin_plans.changes) c
  join public.planned_pauses q on q.id = c.planned_pause_id
  join unnest(days, moments) d (day, begins_at) on d.day = q.starts_on
  -- Not asked of the table: all live records of the organisation would be read.
  where c.mentor_id <> all (away)
  order by c.mentor_id;

  -- The entries are right as they are, but made for a plan. A night leaves them, unless it is
  -- played ahead of its time.
  stale := array(
    select c.mentor_id from unnest(begin_plans.changes) c
    where begin_plans.actor_kind <> 'scheduler' or c.effective_on > today);
  perform set_config('mentorpause.beginning', 'on', true);
  delete from public.planned_pauses q where q.id = any (plans);
  perform set_config('mentorpause.beginning', '', true);
  if stale <> '{}' then
    perform private.refresh_roster(stale);
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."begin_plans"(private.status_change[], timestamp with time zone, text) IS 'Makes pause records of the plans that these changes begin, each dated by its first day, as whoever planned it.';

REVOKE ALL ON FUNCTION "private"."begin_plans"(private.status_change[], timestamp WITH time zone, text) FROM PUBLIC;
