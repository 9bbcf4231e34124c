CREATE OR REPLACE FUNCTION private.discrepancy_count (
  chapter_ids uuid[]
)
  RETURNS bigint
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mentors uuid[] := private.unacknowledged_mentor_ids(discrepancy_count.chapter_ids);
begin
  return (
    select count(*) from public.status_discrepancies d
    where d.mentor_id = any (mentors) and d.acknowledged_at is null);
end
$function$;

COMMENT ON FUNCTION "private"."discrepancy_count"(uuid[]) IS 'How many discrepancies wait to be acknowledged in these chapters.';

REVOKE ALL ON FUNCTION "private"."discrepancy_count"(uuid[]) FROM PUBLIC;
