CREATE OR REPLACE FUNCTION private.manages (
  mentor_id   uuid,
  chapter_ids uuid[]
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return array(
    select distinct m.chapter_id from public.chapter_memberships m
    where m.user_id = manages.mentor_id and m.role = 'mentor' and m.chapter_id = any (manages.chapter_ids)
      and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())));
end
$function$;

COMMENT ON FUNCTION "private"."manages"(uuid, uuid[]) IS 'Those of these chapters in which the person is a mentor, or will be.';

REVOKE ALL ON FUNCTION "private"."manages"(uuid, uuid[]) FROM PUBLIC;
