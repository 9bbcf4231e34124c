CREATE OR REPLACE FUNCTION private.nights_as_json (
  moment timestamp with time zone
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  newest_due date := private.date_of(nights_as_json.moment - interval '2 hours 30 minutes');
  first_run date := (select r.as_of from public.nightly_runs r where r.outcome = 'completed' order by r.as_of limit 1);
  last_run date := (select r.as_of from public.nightly_runs r where r.outcome = 'completed' order by r.as_of desc limit 1);
begin
  return jsonb_build_object(
    'last_completed', last_run,
    'is_behind', coalesce(last_run < newest_due, true),
    'missed', coalesce((
      select jsonb_agg(d.day order by d.day desc)
      from (select newest_due - n as day from generate_series(0, 13) n) d
      where d.day > first_run
        and not exists (select from public.nightly_runs r where r.as_of = d.day and r.outcome = 'completed')), '[]'),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object(
        'id', l.id, 'as_of', l.as_of, 'outcome', l.outcome, 'started_at', l.started_at, 'finished_at', l.finished_at, 'starts', l.starts,
        'missed_nights', l.missed_nights, 'expired', l.expired, 'restored', l.restored, 'begun', l.begun, 'ended', l.ended,
        'reminders', l.reminders, 'discrepancies', l.discrepancies, 'requeued', l.requeued) order by l.id desc)
      from (select r.* from public.nightly_runs r order by r.id desc limit 14) l), '[]'));
end
$function$;

COMMENT ON FUNCTION "private"."nights_as_json"(timestamp with time zone) IS 'The last 14 nightly runs, the nights of the last 14 that no run has completed, and whether the newest one is among them or there was never any. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."nights_as_json"(timestamp WITH time zone) FROM PUBLIC;
