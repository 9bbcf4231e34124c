CREATE OR REPLACE FUNCTION private.due_changes (
  mentor_ids uuid[],
  since      date,
  as_of      date
)
  RETURNS SETOF private.status_change
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
  -- Any date may be written by hand.
  latest date := greatest(due_changes.as_of, private.today());
begin
  if (due_changes.since + 1 < due_changes.as_of) is not true then
    -- No night was missed: one day is judged.
    return query
      with stored as (
        select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
          max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
        from public.pause_records r
        where r.mentor_id = any (due_changes.mentor_ids)
        group by r.mentor_id
      )
      select m.mentor_id, 1, coalesce(f.certified_until < due_changes.as_of, false),
        case when f.certified_until < due_changes.as_of then f.certified_until + 1 else f.certified_since end,
        coalesce(s.version, 0) + 1
      from (
        -- A person who has left every chapter is no mentor.
        select distinct m.user_id as mentor_id
        from public.chapter_memberships m
        where m.user_id = any (due_changes.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      ) m
      left join private.certification_facts(due_changes.mentor_ids, due_changes.as_of) f on f.mentor_id = m.mentor_id
      left join stored s on s.mentor_id = m.mentor_id
      where coalesce(f.certified_until < due_changes.as_of, false) <> coalesce(s.expired, false)
        -- What an RPC stored before a late run was judged by later facts.
        and due_changes.as_of >= coalesce(s.judged_on, '-infinity')
      order by m.mentor_id;
    return;
  end if;

  return query
    with stored as (
      select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
        max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
      from public.pause_records r
      where r.mentor_id = any (due_changes.mentor_ids)
      group by r.mentor_id
    ), mentors as materialized (
      select m.mentor_id, coalesce(s.expired, false) as expired, coalesce(s.version, 0) as version,
        greatest(due_changes.since, s.judged_on) as judged_on
      from (
        select distinct m.user_id as mentor_id
        from public.chapter_memberships m
        where m.user_id = any (due_changes.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      ) m
      left join stored s on s.mentor_id = m.mentor_id
      where due_changes.as_of >= coalesce(s.judged_on, '-infinity')
    ), stretches as materialized (
      select s.mentor_id, s.begins_on, s.ends_on, s.next_begins_on, s.is_renewal
      from private.certification_stretches s
      where s.mentor_id = any (due_changes.mentor_ids) and s.begins_on <= due_changes.as_of
    ), days as (
      select m.mentor_id, due_changes.as_of as day
      from mentors m
      union
      select m.mentor_id, m.judged_on + 1
      from mentors m
      where m.judged_on + 1 < due_changes.as_of
      union
      select m.mentor_id, v.day
      from mentors m
      join stretches s on s.mentor_id = m.mentor_id
      cross join lateral (values (s.ends_on + 1), (s.begins_on)) v (day)
      where v.day > m.judged_on and v.day < due_changes.as_of
    ), facts as (
      select d.mentor_id, d.day, min(s.ends_on) as certified_until,
        max(s.begins_on) filter (where s.is_renewal) as certified_since
      from days d
      join stretches s on s.mentor_id = d.mentor_id and s.begins_on <= d.day and coalesce(s.next_begins_on, 'infinity') > d.day
      group by d.mentor_id, d.day
    ), compared as (
      select d.mentor_id, d.day, f.certified_until, f.certified_since, m.version,
        coalesce(f.certified_until < d.day, false) as expired,
        lag(coalesce(f.certified_until < d.day, false), 1, m.expired) over (partition by d.mentor_id order by d.day) as was_expired
      from days d
      join mentors m on m.mentor_id = d.mentor_id
      left join facts f on f.mentor_id = d.mentor_id and f.day = d.day
    ), changed as (
      select c.mentor_id, c.version, c.expired, (row_number() over (partition by c.mentor_id order by c.day))::integer as ordinal,
        case when c.expired then c.certified_until + 1 else c.certified_since end as effective_on
      from compared c
      where c.expired <> c.was_expired
    )
    select c.mentor_id, c.ordinal, c.expired, c.effective_on, c.version + c.ordinal
    from changed c
    order by c.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."due_changes"(uuid[], date, date) IS 'What private.apply_changes would do: the changes that bring the stored status of these mentors in line with the facts of the dates after since through as_of; without since, of as_of alone.';

REVOKE ALL ON FUNCTION "private"."due_changes"(uuid[], date, date) FROM PUBLIC;
