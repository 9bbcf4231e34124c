CREATE OR REPLACE FUNCTION private.is_active_outside (
  person_id   uuid,
  chapter_ids uuid[]
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  moment timestamptz := clock_timestamp();
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = is_active_outside.person_id
      and m.chapter_id <> all (is_active_outside.chapter_ids)
      and m.started_at <= moment
      and (m.ended_at is null or m.ended_at > moment))
    -- An organisation administrator is active in every chapter, also in those to come. Else
    -- whoever administers one chapter could give her an address, and be invited in her place.
    or exists (
      select from public.organisation_administrators o
      where o.user_id = is_active_outside.person_id and (o.ended_at is null or o.ended_at > moment));
end
$function$;

COMMENT ON FUNCTION "private"."is_active_outside"(uuid, uuid[]) IS 'Whether a person is active in a chapter that is none of these, or is an organisation administrator.';

REVOKE ALL ON FUNCTION "private"."is_active_outside"(uuid, uuid[]) FROM PUBLIC;
