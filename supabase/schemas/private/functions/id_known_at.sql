CREATE OR REPLACE FUNCTION private.id_known_at (
  person_id   uuid,
  as_known_at timestamp with time zone
)
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  known uuid := id_known_at.person_id;
  next uuid;
begin
  loop
    select v.kept_id into next
    from private.identity_versions v
    where v.person_id = known and not v.was_erased and v.recorded_at <= id_known_at.as_known_at;
    exit when not found;
    known := next;
  end loop;
  return known;
end
$function$;

COMMENT ON FUNCTION "private"."id_known_at"(uuid, timestamp with time zone) IS 'Whom an id named at a moment: before two profiles were joined, each stands for itself.';

REVOKE ALL ON FUNCTION "private"."id_known_at"(uuid, timestamp WITH time zone) FROM PUBLIC;
