CREATE OR REPLACE FUNCTION private.require_coordinator (
  caller_id uuid
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mine uuid[] := private.chapters_now(require_coordinator.caller_id, true);
begin
  if mine = '{}' then
    perform private.refuse('not_a_coordinator');
  end if;
  return mine;
end
$function$;

COMMENT ON FUNCTION "private"."require_coordinator"(uuid) IS 'The chapters that somebody coordinates or administers. Refuses with not_a_coordinator when there are none.';

REVOKE ALL ON FUNCTION "private"."require_coordinator"(uuid) FROM PUBLIC;
