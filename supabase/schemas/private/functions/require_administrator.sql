CREATE OR REPLACE FUNCTION private.require_administrator (
  caller_id  uuid,
  chapter_id uuid DEFAULT NULL::uuid
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mine uuid[] := private.chapters_now(require_administrator.caller_id);
begin
  if mine = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  if require_administrator.chapter_id <> all (mine) then
    perform private.refuse('chapter_not_found');
  end if;
  return mine;
end
$function$;

COMMENT ON FUNCTION "private"."require_administrator"(uuid, uuid) IS 'The chapters that somebody administers. Refuses with not_an_administrator when there are none, and with chapter_not_found when the chapter is not among them.';

REVOKE ALL ON FUNCTION "private"."require_administrator"(uuid, uuid) FROM PUBLIC;
