CREATE OR REPLACE FUNCTION private.due_plans (
  mentor_ids uuid[],
  as_of      date
)
  RETURNS SETOF private.due_plan
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  SET enable_nestloop TO 'off'
  AS $function$
declare
  zone text := (select s.time_zone from private.settings s);
  planned uuid[] := array(select q.mentor_id from public.planned_pauses q where q.mentor_id = any (due_plans.mentor_ids));
begin
  if planned = '{}' then
    return;
  end if;
  return query
    with times as materialized (
      select t.mentor_id, t.from_on, t.until_on, t.is_return
      from private.mentor_times t
      where t.mentor_id = any (planned)
    ), judged as (
      -- Judged on its first day, or until then today: whoever has left since it was made is not there.
      select q.id, q.mentor_id, q.starts_on,
        coalesce(bool_or(
          t.from_on <= least(q.starts_on, due_plans.as_of) and t.until_on > least(q.starts_on, due_plans.as_of)
          and not (t.is_return and t.from_on > private.date_of(q.created_at))), false) as is_there
      from public.planned_pauses q
      left join times t on t.mentor_id = q.mentor_id
      where q.mentor_id = any (planned)
      group by q.id
    )
    select j.id, j.mentor_id, j.starts_on,
      j.starts_on <= due_plans.as_of and j.is_there
        -- A pause that was begun earlier, and still ran when the day began.
        and not exists (
          select from public.pause_records r
          where r.mentor_id = j.mentor_id and r.paused_at is not null
            and (r.status <> 'active' or r.reactivated_at > j.starts_on::timestamp at time zone zone)
          -- Looked up for each, not hashed from all records.
          offset 0)
    from judged j
    where j.starts_on <= due_plans.as_of or not j.is_there;
end
$function$;

COMMENT ON FUNCTION "private"."due_plans"(uuid[], date) IS 'The plans of these mentors that begin by the date, or have ended: because another pause still ran on the first day, or because the mentor has left every chapter.';

REVOKE ALL ON FUNCTION "private"."due_plans"(uuid[], date) FROM PUBLIC;
