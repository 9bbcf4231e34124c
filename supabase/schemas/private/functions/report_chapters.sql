CREATE OR REPLACE FUNCTION private.report_chapters (
  caller_id  uuid,
  chapter_id uuid,
  with_names boolean
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mine uuid[];
begin
  mine := case when report_chapters.with_names then private.require_administrator(report_chapters.caller_id)
    else private.require_coordinator(report_chapters.caller_id) end;
  if report_chapters.chapter_id is not null then
    if report_chapters.chapter_id <> all (mine) then
      perform private.refuse('chapter_not_found');
    end if;
    return array[report_chapters.chapter_id];
  end if;
  return array(select c from unnest(mine) c order by c);
end
$function$;

COMMENT ON FUNCTION "private"."report_chapters"(uuid, uuid, boolean) IS 'The chapters of a report: the one asked about, or all that the caller coordinates or administers (with names: administers). Refuses with not_a_coordinator, not_an_administrator, chapter_not_found.';

REVOKE ALL ON FUNCTION "private"."report_chapters"(uuid, uuid, boolean) FROM PUBLIC;
