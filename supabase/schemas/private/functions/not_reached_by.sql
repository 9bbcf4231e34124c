CREATE OR REPLACE FUNCTION private.not_reached_by (
  start      public.nightly_runs,
  mentor_ids uuid[]
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  reached uuid[] := not_reached_by.mentor_ids;
begin
  if (not_reached_by.start).phase not in ('reconcile', 'mentors') then
    return not_reached_by.mentor_ids;
  end if;
  if not (not_reached_by.start).is_full then
    reached := private.with_nightly_reason(
      not_reached_by.mentor_ids, (not_reached_by.start).since, (not_reached_by.start).as_of);
  end if;
  return array(
    select i from unnest(not_reached_by.mentor_ids) i
    where i <> all (reached)
      or (not_reached_by.start).phase = 'mentors' and i <= (not_reached_by.start).after_id
    order by i);
end
$function$;

COMMENT ON FUNCTION "private"."not_reached_by"(public.nightly_runs, uuid[]) IS 'Which of these mentors are not looked at in the phase mentors by a run that begins as start.';

REVOKE ALL ON FUNCTION "private"."not_reached_by"(public.nightly_runs, uuid[]) FROM PUBLIC;
