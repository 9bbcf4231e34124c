CREATE OR REPLACE FUNCTION private.recounted (
  chapter_set_ids integer[]
)
  RETURNS TABLE (
    chapter_set_id   integer,
    day              date,
    mentors          bigint,
    paused           bigint,
    expiring         bigint,
    paused_expiring  bigint,
    due_back         bigint,
    due_back_expired bigint
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
begin
  return query
    with facts as (
      -- What the tables say: once per mentor, not per chapter.
      select m.chapter_set_id, m.certified_until, m.is_paused, m.expected_return_date, count(*)::integer as mentors,
        (count(*) filter (where m.is_paused))::integer as paused
      from (
        select distinct e.chapter_set_id, e.mentor_id, e.certified_until,
          p.id is not null as is_paused, p.expected_return_date
        from private.roster_entries e
        left join public.pause_records p
          on p.mentor_id = e.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
        where e.chapter_set_id = any (recounted.chapter_set_ids)
      ) m
      group by m.chapter_set_id, m.certified_until, m.is_paused, m.expected_return_date
    ), due as (
      select f.chapter_set_id, v.day, v.mentors, v.paused, v.expiring, v.paused_expiring, v.due_back, v.due_back_expired
      from facts f
      cross join lateral (
        values
          (date '-infinity', f.mentors, f.paused, 0, 0, 0, 0),
          (f.certified_until, 0, 0, f.mentors, f.paused, 0, 0),
          (f.expected_return_date, 0, 0, 0, 0, f.paused, 0),
          (case when f.expected_return_date is not null then greatest(f.certified_until, f.expected_return_date) end,
            0, 0, 0, 0, 0, case when f.certified_until is not null then f.paused else 0 end)
      ) v (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
      where v.day < 'infinity'
      union all
      -- Minus what is counted, folded or not.
      select c.chapter_set_id, c.day, -c.mentors, -c.paused, -c.expiring, -c.paused_expiring, -c.due_back, -c.due_back_expired
      from private.roster_counts c
      where c.chapter_set_id = any (recounted.chapter_set_ids)
      union all
      select d.chapter_set_id, v.day, -v.mentors, -v.paused, -v.expiring, -v.paused_expiring, -v.due_back, -v.due_back_expired
      from private.roster_deltas d
      cross join lateral (
        values
          (date '-infinity', case when d.is_pause then 0 else d.change end, case when d.is_pause then d.change else 0 end, 0, 0, 0, 0),
          (d.certified_until, 0, 0, case when d.is_pause then 0 else d.change end, case when d.is_pause then d.change else 0 end, 0, 0),
          (case when d.is_pause then d.expected_return_date end, 0, 0, 0, 0, d.change, 0),
          (case when d.is_pause and d.expected_return_date is not null then greatest(d.certified_until, d.expected_return_date) end,
            0, 0, 0, 0, 0, case when d.certified_until is not null then d.change else 0 end)
      ) v (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
      where d.chapter_set_id = any (recounted.chapter_set_ids) and v.day < 'infinity'
    )
    select d.chapter_set_id, case when d.day < past then '-infinity' else d.day end,
      sum(d.mentors), sum(d.paused), sum(d.expiring), sum(d.paused_expiring), sum(d.due_back), sum(d.due_back_expired)
    from due d
    group by 1, 2
    having (sum(d.mentors), sum(d.paused), sum(d.expiring), sum(d.paused_expiring), sum(d.due_back), sum(d.due_back_expired))
      <> (0, 0, 0, 0, 0, 0);
end
$function$;

COMMENT ON FUNCTION "private"."recounted"(integer[]) IS 'By how much the counts of these sets of chapters are too small, by day; no row when they are right. One statement, so that it sees one snapshot.';

REVOKE ALL ON FUNCTION "private"."recounted"(integer[]) FROM PUBLIC;
