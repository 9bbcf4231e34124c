CREATE OR REPLACE FUNCTION private.belongs_to (
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
    select
    from (
      select l.chapter_id, l.ended_at, l.ended_at is not distinct from l.started_at as never_was,
        rank() over (order by l.ended_at is not distinct from l.started_at, coalesce(l.ended_at, 'infinity') desc) as place
      from public.chapter_memberships l
      where l.user_id = belongs_to.person_id
    ) m
    where m.chapter_id = any (belongs_to.chapter_ids)
      and (m.place = 1 or not m.never_was and (m.ended_at is null or m.ended_at > clock_timestamp())));
end
$function$;

COMMENT ON FUNCTION "private"."belongs_to"(uuid, uuid[]) IS 'Whether a person has a membership in one of these chapters that has not ended, in any role; of one who has none anywhere, whether the last one was there.';

REVOKE ALL ON FUNCTION "private"."belongs_to"(uuid, uuid[]) FROM PUBLIC;
