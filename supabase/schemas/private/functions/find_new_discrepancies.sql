CREATE OR REPLACE FUNCTION private.find_new_discrepancies (
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
    select d.*
    from private.find_log_discrepancies(find_new_discrepancies.mentor_ids) d
    where not exists (
      select from public.status_discrepancies s
      where s.kind in ('version_repeated', 'version_ahead', 'stretches_overlap')
        and (s.pause_record_id, s.kind) = (d.pause_record_id, d.kind) and s.log_id is not distinct from d.log_id);
end
$function$;

COMMENT ON FUNCTION "private"."find_new_discrepancies"(uuid[]) IS 'Every difference between the status and the log of these mentors that is not reported already.';

REVOKE ALL ON FUNCTION "private"."find_new_discrepancies"(uuid[]) FROM PUBLIC;
