CREATE OR REPLACE FUNCTION private.undelivered_count (
  chapter_ids uuid[]
)
  RETURNS bigint
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mentors uuid[] := private.unacknowledged_mentor_ids(undelivered_count.chapter_ids);
begin
  return (
    select count(*) from public.notifications n
    where n.mentor_id = any (mentors) and n.state = 'undeliverable' and n.acknowledged_at is null);
end
$function$;

COMMENT ON FUNCTION "private"."undelivered_count"(uuid[]) IS 'How many notifications could be given to nobody and wait to be acknowledged in these chapters. Costs what these chapters have, not what others have.';

REVOKE ALL ON FUNCTION "private"."undelivered_count"(uuid[]) FROM PUBLIC;
