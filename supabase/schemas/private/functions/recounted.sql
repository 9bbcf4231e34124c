CREATE OR REPLACE FUNCTION private.recounted (
  chapter_set_ids integer[]
)
  RETURNS TABLE (
    chapter_set_id integer,
    day            date,
    mentors        bigint,
    expired        bigint,
    expiring       bigint,
    paused         bigint,
    overdue        bigint,
    due_back       bigint,
    open_ended     bigint,
    open_requests  bigint
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
  past date := private.today() - 1;
  counted integer[] := recounted.chapter_set_ids || array(
    select a.id from private.assigned_sets a where a.chapter_set_id = any (recounted.chapter_set_ids));
begin
  return query
    with facts as (
      -- What the tables say: once per mentor, not per chapter.
      select m.chapter_set_id, m.from_on, m.until_on, m.certified_until, m.paused_from, m.expected_return_date, m.open_requests,
        count(*)::integer as mentors
      from (
        select distinct e.chapter_set_id, e.mentor_id, e.from_on, e.until_on, e.certified_until, e.open_requests,
          case when p.id is not null then e.from_on when q.id is not null then greatest(e.from_on, q.starts_on) end as paused_from,
          case when p.id is not null then p.expected_return_date else q.expected_return_date end as expected_return_date
        from private.roster_entries e
        left join public.planned_pauses q on q.mentor_id = case when e.planned_from is not null then e.mentor_id end
          and q.starts_on < e.until_on
        left join public.pause_records p
          on p.mentor_id = e.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
          and (e.present_from = '-infinity' or private.date_of(p.paused_at) >= e.present_from)
        where e.chapter_set_id = any (recounted.chapter_set_ids)
      ) m
      group by m.chapter_set_id, m.from_on, m.until_on, m.certified_until, m.paused_from, m.expected_return_date, m.open_requests
    ), assigned as (
      select a.id as chapter_set_id, m.from_on, m.until_on, count(*)::integer as mentors
      from (
        select distinct e.chapter_set_id, e.mentor_id, e.from_on, e.until_on, c ->> 'id' as coordinator_id
        from private.roster_entries e
        cross join lateral jsonb_array_elements(e.coordinators) c
        where e.chapter_set_id = any (recounted.chapter_set_ids)
      ) m
      join private.assigned_sets a on a.coordinator_id = m.coordinator_id::uuid and a.chapter_set_id = m.chapter_set_id
      group by a.id, m.from_on, m.until_on
    ), reckoned as (
      select d.*
      from private.counted_days(array(
        select (f.chapter_set_id, f.mentors, 'mentor', f.from_on, f.until_on, f.certified_until, null)::private.roster_fact
        from facts f
        union all
        select (f.chapter_set_id, f.mentors, 'pause', f.paused_from, f.until_on, f.certified_until, f.expected_return_date)::private.roster_fact
        from facts f
        where f.paused_from is not null
        union all
        select (f.chapter_set_id, f.mentors * f.open_requests, 'request', f.from_on, f.until_on, null, null)::private.roster_fact
        from facts f
        where f.open_requests > 0
        union all
        select (a.chapter_set_id, a.mentors, 'mentor', a.from_on, a.until_on, null, null)::private.roster_fact
        from assigned a
        -- Minus what is counted, folded or not.
        union all
        select (d.chapter_set_id, -d.change, d.subject, d.from_on, d.until_on, d.certified_until, d.expected_return_date)::private.roster_fact
        from private.roster_deltas d
        where d.chapter_set_id = any (counted))) d
      union all
      select c.chapter_set_id, case when c.day < past then '-infinity' else c.day end,
        -c.mentors, -c.expired, -c.expiring, -c.paused, -c.overdue, -c.due_back, -c.open_ended, -c.open_requests
      from private.roster_counts c
      where c.chapter_set_id = any (counted)
    ), sums as (
      select r.chapter_set_id, r.day,
        coalesce(sum(r.mentors), 0)::bigint as mentors, coalesce(sum(r.expired), 0)::bigint as expired,
        coalesce(sum(r.expiring), 0)::bigint as expiring, coalesce(sum(r.paused), 0)::bigint as paused,
        coalesce(sum(r.overdue), 0)::bigint as overdue, coalesce(sum(r.due_back), 0)::bigint as due_back,
        coalesce(sum(r.open_ended), 0)::bigint as open_ended, coalesce(sum(r.open_requests), 0)::bigint as open_requests
      from reckoned r
      group by 1, 2
    )
    select s.* from sums s
    where (s.mentors, s.expired, s.expiring, s.paused, s.overdue, s.due_back, s.open_ended, s.open_requests)
      <> (0, 0, 0, 0, 0, 0, 0, 0);
end
$function$;

COMMENT ON FUNCTION "private"."recounted"(integer[]) IS 'By how much the counts of these sets of chapters, and of those responsible there, are too small, by day; no row when they are right.';

REVOKE ALL ON FUNCTION "private"."recounted"(integer[]) FROM PUBLIC;
