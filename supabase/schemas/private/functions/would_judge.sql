CREATE OR REPLACE FUNCTION private.would_judge (
  mentor_ids uuid[],
  since      date,
  as_of      date,
  OUT        expired integer,
  OUT        restored integer,
  OUT        begun integer,
  OUT        reminders integer
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  select count(*) filter (where c.expired), count(*) filter (where not c.expired and not c.has_left and c.planned_pause_id is null),
    count(*) filter (where c.planned_pause_id is not null)
  into would_judge.expired, would_judge.restored, would_judge.begun
  from private.due_changes(would_judge.mentor_ids, would_judge.since, would_judge.as_of) c;
  would_judge.reminders := (select count(*) from private.due_reminders(would_judge.mentor_ids, would_judge.as_of));
end
$function$;

COMMENT ON FUNCTION "private"."would_judge"(uuid[], date, date) IS 'What private.judge_mentors would do, if nobody held a mentor.';

REVOKE ALL ON FUNCTION "private"."would_judge"(uuid[], date, date) FROM PUBLIC;
