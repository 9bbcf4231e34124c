CREATE OR REPLACE FUNCTION private.total_differs()
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  AS $function$
begin
  return exists (
    select from private.roster_counts c
    cross join lateral (values (case when c.chapter_set_id = 0 then -1 else 1 end)) v (sign)
    where c.chapter_set_id >= 0
    group by c.day
    having (sum(v.sign * c.mentors), sum(v.sign * c.expired), sum(v.sign * c.expiring), sum(v.sign * c.paused),
      sum(v.sign * c.overdue), sum(v.sign * c.due_back), sum(v.sign * c.open_ended), sum(v.sign * c.open_requests))
      <> (0, 0, 0, 0, 0, 0, 0, 0));
end
$function$;

COMMENT ON FUNCTION "private"."total_differs"() IS 'Whether the counts of all chapters together differ from the sum of those of the sets.';

REVOKE ALL ON FUNCTION "private"."total_differs"() FROM PUBLIC;
