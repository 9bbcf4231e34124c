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
  AS $function$
declare
  zone text := (select s.time_zone from private.settings s);
  planned uuid[] := array(select q.mentor_id from public.planned_pauses q where q.mentor_id = any (due_plans.mentor_ids));
begin
  if planned = '{}' then
    return;
  end if;
  return query
    select q.id, q.mentor_id, q.starts_on, q.starts_on <= due_plans.as_of and p.is_there and not p.is_away
    from public.planned_pauses q
    cross join lateral (
      -- Judged on its first day, or until then today: whoever has left since it was made is not there.
      select
        exists (
          select from private.mentor_times t
          where t.mentor_id = q.mentor_id
            and t.from_on <= least(q.starts_on, due_plans.as_of) and t.until_on > least(q.starts_on, due_plans.as_of)
            and not (t.is_return and t.from_on > private.date_of(q.created_at))) as is_there,
        -- A pause that was begun earlier, and still ran when the day began.
        exists (
          select from public.pause_records r
          where r.mentor_id = q.mentor_id and r.paused_at is not null
            and (r.status <> 'active' or r.reactivated_at > q.starts_on::timestamp at time zone zone)) as is_away
      offset 0
    ) p
    where q.mentor_id = any (planned) and (q.starts_on <= due_plans.as_of or not p.is_there);
end
$function$;

COMMENT ON FUNCTION "private"."due_plans"(uuid[], date) IS 'The plans of these mentors that begin by the date, or have ended: because another pause still ran on the first day, or because the mentor has left every chapter.';

REVOKE ALL ON FUNCTION "private"."due_plans"(uuid[], date) FROM PUBLIC;
