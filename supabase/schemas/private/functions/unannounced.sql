CREATE OR REPLACE FUNCTION private.unannounced (
  mentor_ids uuid[],
  since      date,
  as_of      date
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  due uuid[] := array(
    select c.mentor_id from private.due_changes(unannounced.mentor_ids, unannounced.since, unannounced.as_of) c
    union
    select r.mentor_id from private.due_reminders(unannounced.mentor_ids, unannounced.as_of) r);
begin
  if due = '{}' then
    return due;
  end if;
  return array(
    select unnest(due)
    except
    select unnest(private.with_nightly_reason(due, unannounced.since, unannounced.as_of)));
end
$function$;

COMMENT ON FUNCTION "private"."unannounced"(uuid[], date, date) IS 'For which of these mentors something is due that no mark and no date announces: whatever kept them from being marked (a load with triggers disabled, say), the facts prevail.';

REVOKE ALL ON FUNCTION "private"."unannounced"(uuid[], date, date) FROM PUBLIC;
