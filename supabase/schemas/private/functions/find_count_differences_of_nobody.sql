CREATE OR REPLACE FUNCTION private.find_count_differences_of_nobody()
  RETURNS integer[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  AS $function$
declare
  left_by_all integer[] := array(
    select s.id from private.chapter_sets s
    where not exists (select from private.roster_entries e where e.chapter_set_id = s.id)
    order by s.id);
begin
  if left_by_all = '{}' then
    return left_by_all;
  end if;
  return array(
    select distinct coalesce(a.chapter_set_id, r.chapter_set_id)
    from private.recounted(left_by_all) r
    left join private.assigned_sets a on a.id = r.chapter_set_id
    order by 1);
end
$function$;

COMMENT ON FUNCTION "private"."find_count_differences_of_nobody"() IS 'The sets of chapters without a mentor whose counts differ from the tables.';

REVOKE ALL ON FUNCTION "private"."find_count_differences_of_nobody"() FROM PUBLIC;
