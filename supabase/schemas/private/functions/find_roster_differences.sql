CREATE OR REPLACE FUNCTION private.find_roster_differences (
  mentor_ids uuid[]
)
  RETURNS TABLE (
    mentor_id      uuid,
    kind           text,
    chapter_set_id integer
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
declare
  today date := private.today();
  -- Each set has its turn with the first of its mentors.
  sets integer[];
begin
  sets := array(
    select distinct e.chapter_set_id
    from private.roster_entries e
    where e.mentor_id = any (find_roster_differences.mentor_ids)
      and not exists (
        select from private.roster_entries f
        where f.chapter_set_id = e.chapter_set_id and f.mentor_id < e.mentor_id));
  return query
    select distinct coalesce(w.mentor_id, e.mentor_id), 'roster_differs', null::integer
    from private.wanted_entries(find_roster_differences.mentor_ids, today) w
    full join (
      select n.*, s.chapter_ids
      from private.roster_entries n
      left join private.chapter_sets s on s.id = n.chapter_set_id
      where n.mentor_id = any (find_roster_differences.mentor_ids)
    ) e on e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id
    where (w.mentor_id, w.display_name, w.chapter_ids, w.coordinators)
        is distinct from (e.mentor_id, e.display_name, e.chapter_ids, e.coordinators)
      -- A certification registered ahead that begins to count is looked up when the entry is read.
      or (w.certified_until, w.recheck_on) is distinct from (e.certified_until, e.recheck_on)
        and (e.recheck_on <= today) is not true
    union all
    select (
        select e.mentor_id from private.roster_entries e
        where e.chapter_set_id = r.chapter_set_id order by e.mentor_id limit 1),
      'counts_differ', r.chapter_set_id
    from (select distinct c.chapter_set_id from private.recounted(sets) c) r;
end
$function$;

COMMENT ON FUNCTION "private"."find_roster_differences"(uuid[]) IS 'Every difference between the read model and the tables of these mentors, and of the sets of chapters whose first mentor is among them.';

REVOKE ALL ON FUNCTION "private"."find_roster_differences"(uuid[]) FROM PUBLIC;
