CREATE OR REPLACE FUNCTION private.mentors_to_reconcile (
  after_id uuid,
  batch    integer
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
begin
  return array(
    select u.mentor_id
    from (
      (select distinct r.mentor_id from public.pause_records r
       where r.mentor_id > mentors_to_reconcile.after_id order by r.mentor_id limit mentors_to_reconcile.batch)
      union
      (select distinct l.mentor_id from public.pause_status_log l
       where l.mentor_id > mentors_to_reconcile.after_id order by l.mentor_id limit mentors_to_reconcile.batch)
      union
      (select distinct m.user_id from public.chapter_memberships m
       where m.user_id > mentors_to_reconcile.after_id and m.role = 'mentor' and (m.ended_at is null or m.ended_at > now())
       order by m.user_id limit mentors_to_reconcile.batch)
      union
      (select distinct e.mentor_id from private.roster_entries e
       where e.mentor_id > mentors_to_reconcile.after_id order by e.mentor_id limit mentors_to_reconcile.batch)
    ) u
    order by u.mentor_id
    limit mentors_to_reconcile.batch
  );
end
$function$;

COMMENT ON FUNCTION "private"."mentors_to_reconcile"(uuid, integer) IS 'The next people, by id, who are mentors, or have a record, a log or an entry in the roster.';

REVOKE ALL ON FUNCTION "private"."mentors_to_reconcile"(uuid, integer) FROM PUBLIC;
