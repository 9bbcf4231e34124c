CREATE OR REPLACE FUNCTION private.managed_chapters (
  mentor_id uuid,
  caller_id uuid
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mine uuid[] := private.require_coordinator(managed_chapters.caller_id);
  shared uuid[] := private.manages(managed_chapters.mentor_id, mine);
begin
  if shared = '{}' then
    -- Says why, or that there is no such mentor.
    perform private.refuse_unless_mine(managed_chapters.mentor_id, mine, code => 'mentor_not_found');
    perform private.refuse('mentor_not_found');
  end if;
  return shared;
end
$function$;

COMMENT ON FUNCTION "private"."managed_chapters"(uuid, uuid) IS 'The chapters in which the caller coordinates or administers, and the person is a mentor or will be. Refuses with mentor_not_found.';

REVOKE ALL ON FUNCTION "private"."managed_chapters"(uuid, uuid) FROM PUBLIC;
