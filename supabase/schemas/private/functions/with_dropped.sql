CREATE OR REPLACE FUNCTION private.with_dropped (
  person_ids uuid[]
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return array(
    with recursive people (id) as (
      select unnest(with_dropped.person_ids)
      union
      select m.dropped_id from people p join private.merged_people m on m.kept_id = p.id
    )
    select p.id from people p order by p.id);
end
$function$;

COMMENT ON FUNCTION "private"."with_dropped"(uuid[]) IS 'These people, with the profiles that were joined into theirs; sorted.';

REVOKE ALL ON FUNCTION "private"."with_dropped"(uuid[]) FROM PUBLIC;
