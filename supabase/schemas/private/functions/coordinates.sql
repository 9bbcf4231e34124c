CREATE OR REPLACE FUNCTION private.coordinates (
  person_id   uuid,
  chapter_ids uuid[]
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = coordinates.person_id and m.role = 'coordinator' and m.chapter_id = any (coordinates.chapter_ids)
      and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())));
end
$function$;

COMMENT ON FUNCTION "private"."coordinates"(uuid, uuid[]) IS 'Whether the person is a coordinator of one of these chapters, or will be.';

REVOKE ALL ON FUNCTION "private"."coordinates"(uuid, uuid[]) FROM PUBLIC;
