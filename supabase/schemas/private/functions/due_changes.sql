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
        select r.mentor_id, bool_or(r.status = 'expired_cert') as expired,
          max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
        from public.pause_records r
        where r.mentor_id = any (due_changes.mentor_ids)
        group by r.mentor_id
      )
      select m.mentor_id, 1, coalesce(f.certified_until < due_changes.as_of, false), f.certified_until, f.certified_since
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
    with mentors as materialized (
      select distinct m.user_id as mentor_id
      from public.chapter_memberships m
      where m.user_id = any (due_changes.mentor_ids) and m.role = 'mentor' and m.ended_at is null
    ), held as materialized (
      select c.mentor_id, c.kind, c.issued_on, coalesce(c.expires_on, 'infinity') as expires_on
      from public.certifications c
      where c.mentor_id = any (due_changes.mentor_ids) and c.issued_on <= due_changes.as_of
    ), days as (
      -- The first and the last day, and between them each on which the fact may have changed.
      select m.mentor_id, v.day
      from mentors m
      cross join (values (due_changes.as_of), (due_changes.since + 1)) v (day)
      union
      select h.mentor_id, v.day
      from held h
      cross join lateral (values (h.expires_on + 1), (h.issued_on)) v (day)
      where v.day > due_changes.since and v.day < due_changes.as_of
    ), facts as (
      select k.mentor_id, k.day, min(k.valid_until) as certified_until, max(k.valid_since) as certified_since
      from (
        select d.mentor_id, d.day, max(h.expires_on) as valid_until,
          min(h.issued_on) filter (where h.expires_on >= d.day) as valid_since
        from days d
        join held h on h.mentor_id = d.mentor_id and h.issued_on <= d.day
        group by d.mentor_id, d.day, h.kind
      ) k
      group by k.mentor_id, k.day
    ), stored as (
      select r.mentor_id, bool_or(r.status = 'expired_cert') as expired,
        max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
      from public.pause_records r
      where r.mentor_id = any (due_changes.mentor_ids)
      group by r.mentor_id
    ), compared as (
      select d.mentor_id, d.day, f.certified_until, f.certified_since,
        coalesce(f.certified_until < d.day, false) as expired,
        lag(coalesce(f.certified_until < d.day, false), 1, coalesce(s.expired, false))
          over (partition by d.mentor_id order by d.day) as was_expired
      from days d
      join mentors m on m.mentor_id = d.mentor_id
      left join facts f on f.mentor_id = d.mentor_id and f.day = d.day
      left join stored s on s.mentor_id = d.mentor_id
      where d.day >= coalesce(s.judged_on, '-infinity')
    )
    select c.mentor_id, (row_number() over (partition by c.mentor_id order by c.day))::integer,
      c.expired, c.certified_until, c.certified_since
    from compared c
    where c.expired <> c.was_expired
    order by c.mentor_id;
end
$function$;

COMMENT ON FUNCTION "private"."due_changes"(uuid[], date, date) IS 'What private.apply_changes would do: the changes that bring the stored status of these mentors in line with the facts of the dates after since through as_of; without since, of as_of alone.';

REVOKE ALL ON FUNCTION "private"."due_changes"(uuid[], date, date) FROM PUBLIC;
