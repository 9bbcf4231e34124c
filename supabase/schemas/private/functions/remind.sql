CREATE OR REPLACE FUNCTION private.remind (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  reminded integer;
begin
  with written as (
    insert into public.notifications (mentor_id, audience, kind, reminder, reference_on, certification_kind, created_at)
    select d.mentor_id, a.audience, d.kind, d.reminder, d.reference_on, d.certification_kind, clock_timestamp()
    from private.due_reminders(remind.mentor_ids, remind.as_of) d
    cross join (values ('coordinator'), ('mentor')) a (audience)
    on conflict (mentor_id, reminder, reference_on, audience, certification_kind) where reminder is not null do nothing
    returning audience
  )
  select count(*) filter (where w.audience = 'mentor') into reminded from written w;
  return reminded;
end
$function$;

COMMENT ON FUNCTION "private"."remind"(uuid[], date) IS 'Writes the due reminders of these mentors to the outbox, to the coordinator and the mentor, and returns how many reminders.';

REVOKE ALL ON FUNCTION "private"."remind"(uuid[], date) FROM PUBLIC;
