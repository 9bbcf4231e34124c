CREATE OR REPLACE FUNCTION private.bring_people_up_to_date (
  person_ids uuid[]
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.apply_changes(bring_people_up_to_date.person_ids, private.last_judged(),
    private.date_of(clock_timestamp()), 'system');
  perform private.settle_leave_requests(bring_people_up_to_date.person_ids, private.date_of(clock_timestamp()));
end
$function$;

COMMENT ON FUNCTION "private"."bring_people_up_to_date"(uuid[]) IS 'Brings the stored status of these mentors, who are locked, in line with the facts, as actor system, and settles their pointless leave requests.';

REVOKE ALL ON FUNCTION "private"."bring_people_up_to_date"(uuid[]) FROM PUBLIC;
