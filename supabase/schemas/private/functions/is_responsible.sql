CREATE OR REPLACE FUNCTION private.is_responsible (
  coordinator_id uuid,
  mentor_id      uuid,
  chapter_id     uuid,
  as_of          date
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from private.roster_entries e
    where e.mentor_id = is_responsible.mentor_id and e.chapter_id = is_responsible.chapter_id
      and e.from_on <= is_responsible.as_of and e.until_on > is_responsible.as_of
      and e.coordinators @> jsonb_build_array(jsonb_build_object('id', is_responsible.coordinator_id)));
end
$function$;

COMMENT ON FUNCTION "private"."is_responsible"(uuid, uuid, uuid, date) IS 'Whether a mentor''s entry in a chapter names this coordinator: looked up where the lists have no room for so many.';

REVOKE ALL ON FUNCTION "private"."is_responsible"(uuid, uuid, uuid, date) FROM PUBLIC;
