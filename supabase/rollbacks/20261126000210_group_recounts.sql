create or replace function private.recounted(chapter_set_ids integer[])
returns table (
  chapter_set_id integer, day date, mentors bigint, paused bigint,
  expiring bigint, paused_expiring bigint, due_back bigint, due_back_expired bigint)
language plpgsql stable security definer
set search_path = '' set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  past date := private.today() - 1;
begin
  return query
    with facts as (
      -- What the tables say: once per mentor, not per chapter.
      select distinct e.chapter_set_id, e.mentor_id, e.certified_until, 1 as change,
        p.id is not null as is_paused, p.expected_return_date
      from private.roster_entries e
      left join public.pause_records p
        on p.mentor_id = e.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
      where e.chapter_set_id = any (recounted.chapter_set_ids)
    ), due as (
      select f.chapter_set_id, v.day, v.mentors, v.paused, v.expiring, v.paused_expiring, v.due_back, v.due_back_expired
      from facts f
      cross join lateral (
        values
          (date '-infinity', 1, f.is_paused::integer, 0, 0, 0, 0),
          (f.certified_until, 0, 0, 1, f.is_paused::integer, 0, 0),
          (case when f.is_paused then f.expected_return_date end, 0, 0, 0, 0, 1, 0),
          (case when f.is_paused and f.expected_return_date is not null then greatest(f.certified_until, f.expected_return_date) end,
            0, 0, 0, 0, 0, case when f.certified_until is not null then 1 else 0 end)
      ) v (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
      where v.day < 'infinity'
      union all
      -- Less what is counted, folded or not.
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
$$;
