CREATE OR REPLACE FUNCTION private.chapters_as_json (
  chapter_ids uuid[],
  of_these    uuid[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by c.name, c.id), '[]')
    from public.chapters c
    where c.id = any (chapters_as_json.chapter_ids) and (chapters_as_json.of_these is null or c.id = any (chapters_as_json.of_these)));
end
$function$;

COMMENT ON FUNCTION "private"."chapters_as_json"(uuid[], uuid[]) IS 'Chapters by id and name, of these alone (null: whichever).';

REVOKE ALL ON FUNCTION "private"."chapters_as_json"(uuid[], uuid[]) FROM PUBLIC;
