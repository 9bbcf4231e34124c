CREATE OR REPLACE FUNCTION private.find_discrepancies (
  mentor_ids uuid[]
)
  RETURNS TABLE (
    mentor_id       uuid,
    pause_record_id uuid,
    kind            text,
    log_id          bigint
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return query
    select l.mentor_id, l.pause_record_id, l.kind, l.log_id
    from private.find_log_discrepancies(find_discrepancies.mentor_ids) l
    union all
    select r.mentor_id, null, r.kind, null
    from private.find_roster_discrepancies(find_discrepancies.mentor_ids) r;
end
$function$;

COMMENT ON FUNCTION "private"."find_discrepancies"(uuid[]) IS 'Every difference between the status, the log and the read model of these mentors, reported already or not.';

REVOKE ALL ON FUNCTION "private"."find_discrepancies"(uuid[]) FROM PUBLIC;
