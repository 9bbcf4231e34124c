CREATE OR REPLACE FUNCTION private.has_overlap (
  person_id  uuid,
  chapter_id uuid,
  role       text,
  started_at timestamp with time zone,
  ended_at   timestamp with time zone,
  but        uuid                     DEFAULT NULL::uuid
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
    where m.user_id = has_overlap.person_id and m.chapter_id = has_overlap.chapter_id and m.role = has_overlap.role
      and m.id is distinct from has_overlap.but
      and (tstzrange(m.started_at, m.ended_at) && tstzrange(has_overlap.started_at, has_overlap.ended_at)
        or m.ended_at is null and has_overlap.ended_at is null));
end
$function$;

COMMENT ON FUNCTION "private"."has_overlap"(uuid, uuid, text, timestamp with time zone, timestamp with time zone, uuid) IS 'Whether the person has another membership in that role and chapter on some of these days.';

REVOKE ALL ON FUNCTION "private"."has_overlap"(uuid, uuid, text, timestamp WITH time zone, timestamp WITH time zone, uuid) FROM PUBLIC;
