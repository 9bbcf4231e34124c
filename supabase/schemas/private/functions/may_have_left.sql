CREATE OR REPLACE FUNCTION private.may_have_left (
  mentor_id uuid,
  since     timestamp with time zone
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
    where m.user_id = may_have_left.mentor_id and m.role = 'mentor' and m.ended_at > may_have_left.since);
end
$function$;

COMMENT ON FUNCTION "private"."may_have_left"(uuid, timestamp with time zone) IS 'False only if no membership as a mentor has ended, or will end, since that moment.';

REVOKE ALL ON FUNCTION "private"."may_have_left"(uuid, timestamp WITH time zone) FROM PUBLIC;
