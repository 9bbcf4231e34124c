CREATE OR REPLACE FUNCTION private.due_changes (
  mentor_ids uuid[],
  since      date,
  as_of      date,
  all_plans  private.due_plan[] DEFAULT NULL::private.due_plan[]
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
  plans private.due_plan[] := array(
    select p from unnest(coalesce(due_changes.all_plans, array(
      select p from private.due_plans(due_changes.mentor_ids, due_changes.as_of) p))) p
    where p.begins);
begin
  if (due_changes.since + 1 < due_changes.as_of) is not true and not exists (
    select from unnest(plans) p where p.starts_on < due_changes.as_of
  ) and not exists (
    -- Who was away when leaving, and is back since, has two changes.
    select from public.pause_records r
    join private.mentor_times t on t.mentor_id = r.mentor_id
    where r.mentor_id = any (due_changes.mentor_ids) and t.mentor_id = any (due_changes.mentor_ids)
      and r.status in ('paused', 'expired_cert') and t.is_return
      and t.from_on <= due_changes.as_of and t.from_on > private.date_of(coalesce(r.paused_at, r.created_at))
  ) then
    -- No night was missed: one day is judged.
    return query
      with stored as (
        select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
          bool_or(r.status in ('paused', 'expired_cert')) as is_away,
          max(r.effective_on) filter (where r.effective_on <= latest) as judged_on
        from public.pause_records r
        where r.mentor_id = any (due_changes.mentor_ids)
        group by r.mentor_id
      ), times as (
        select t.mentor_id, max(t.until_on) as until_on, max(t.from_on) filter (where t.is_return) as returned_on
        from private.mentor_times t
        where t.mentor_id = any (due_changes.mentor_ids)
          and t.from_on <= case when t.is_return then due_changes.as_of else latest end
        group by t.mentor_id
      ), stretches as materialized (
        select s.mentor_id, s.kind, s.begins_on, s.ends_on, s.is_renewal, s.is_missing, s.is_succeeded
        from private.certification_stretches(due_changes.mentor_ids) s
        where s.begins_on <= due_changes.as_of and coalesce(s.next_begins_on, 'infinity') > due_changes.as_of
      ), facts as (
        select s.mentor_id, min(s.ends_on) as certified_until, max(s.begins_on) filter (where s.is_renewal) as certified_since
        from stretches s
        group by s.mentor_id
      ), due as (
      select distinct on (j.mentor_id) j.mentor_id, j.has_left, j.expired,
        case
          when j.has_left then j.until_on
          when j.expired then greatest(j.certified_until + 1, j.returned_on)
          else j.certified_since end as effective_on,
        j.version, k.kind
      from (
        select t.mentor_id, t.until_on, t.returned_on, f.certified_until, f.certified_since,
          t.until_on <= due_changes.as_of as has_left,
          t.until_on > due_changes.as_of and coalesce(f.certified_until < due_changes.as_of, false) as expired,
          coalesce(s.expired, false) as was_expired, coalesce(s.is_away, false) as was_away,
          coalesce(s.version, 0) as version, coalesce(s.judged_on, '-infinity') as judged_on
        from times t
        left join facts f on f.mentor_id = t.mentor_id
        left join stored s on s.mentor_id = t.mentor_id
      ) j
      left join stretches k on k.mentor_id = j.mentor_id and not j.has_left
        and case when j.expired then k.ends_on = j.certified_until else k.is_renewal and k.begins_on = j.certified_since end
      where case when j.has_left then j.was_away else j.expired <> j.was_expired end
        -- What an RPC stored before a late run was judged by later facts.
        and due_changes.as_of >= j.judged_on
      order by j.mentor_id, k.is_missing, k.is_succeeded, k.kind
      )
      select d.mentor_id, 1, d.has_left, d.expired, d.effective_on, d.version + 1, d.kind, null::uuid
      from due d
      union all
      -- On one day the certification first, then the pause.
      select p.mentor_id, 1 + c.before, false, false, p.starts_on, coalesce(s.version, 0) + 1 + c.before, null, p.id
      from unnest(plans) p
      left join due d on d.mentor_id = p.mentor_id
      left join stored s on s.mentor_id = p.mentor_id
      cross join lateral (select case when d.mentor_id is null then 0 else 1 end as before) c
      where d.has_left is not true;
    return;
  end if;

  return query
    with stored as (
      select r.mentor_id, bool_or(r.status = 'expired_cert') as expired, max(r.version) as version,
        max(r.effective_on) filter (where r.effective_on <= latest) as judged_on,
        -- A pause under an expired certification is later than the record, one that was planned earlier.
        max(private.date_of(coalesce(r.paused_at, r.created_at))) filter (where r.status in ('paused', 'expired_cert')) as away_since
      from public.pause_records r
      where r.mentor_id = any (due_changes.mentor_ids)
      group by r.mentor_id
    ), times as materialized (
      select t.mentor_id, t.until_on, case when t.is_return then t.from_on else '-infinity' end as returned_on
      from private.mentor_times t
      where t.mentor_id = any (due_changes.mentor_ids)
        and t.from_on <= case when t.is_return then due_changes.as_of else latest end
    ), mentors as materialized (
      select m.mentor_id, coalesce(s.expired, false) as expired, coalesce(s.version, 0) as version, s.away_since,
        greatest(due_changes.since, s.judged_on) as judged_on, p.id as plan_id, p.starts_on,
        -- A plan is found late where a hand has made it so.
        greatest(p.starts_on, least(greatest(due_changes.since, s.judged_on) + 1, due_changes.as_of)) as plan_day
      from (select distinct t.mentor_id from times t) m
      left join stored s on s.mentor_id = m.mentor_id
      left join unnest(plans) p on p.mentor_id = m.mentor_id
      where due_changes.as_of >= coalesce(s.judged_on, '-infinity')
    ), stretches as materialized (
      select s.mentor_id, s.kind, s.begins_on, s.ends_on, s.next_begins_on, s.is_renewal, s.is_missing, s.is_succeeded
      from private.certification_stretches(due_changes.mentor_ids) s
      where s.begins_on <= due_changes.as_of
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
      union
      select m.mentor_id, v.day
      from mentors m
      join times t on t.mentor_id = m.mentor_id
      cross join lateral (values (t.returned_on), (t.until_on)) v (day)
      where v.day > m.judged_on and v.day < due_changes.as_of
      union
      select m.mentor_id, m.plan_day
      from mentors m
      where m.plan_id is not null
    ), facts as (
      select d.mentor_id, d.day, min(s.ends_on) as certified_until,
        max(s.begins_on) filter (where s.is_renewal) as certified_since
      from days d
      join stretches s on s.mentor_id = d.mentor_id and s.begins_on <= d.day and coalesce(s.next_begins_on, 'infinity') > d.day
      group by d.mentor_id, d.day
    ), present as (
      select d.mentor_id, d.day, max(t.returned_on) filter (where t.until_on > d.day) as returned_on,
        max(t.until_on) filter (where t.until_on <= d.day) as left_on
      from days d
      join times t on t.mentor_id = d.mentor_id and t.returned_on <= d.day
      group by d.mentor_id, d.day
    ), judged as (
      select d.mentor_id, d.day, f.certified_until, f.certified_since, m.version, p.returned_on, p.left_on,
        p.returned_on is not null and coalesce(f.certified_until < d.day, false) as expired,
        m.expired as stored_expired,
        -- Nobody is away from a time to which they have not come yet.
        a.since is not null and p.left_on is not null
          and coalesce(p.returned_on > a.since, true) as stored_is_over,
        case when d.day = m.plan_day then m.plan_id end as plan_id, m.starts_on
      from days d
      join mentors m on m.mentor_id = d.mentor_id
      left join facts f on f.mentor_id = d.mentor_id and f.day = d.day
      left join present p on p.mentor_id = d.mentor_id and p.day = d.day
      cross join lateral (select coalesce(m.away_since, case when d.day >= m.plan_day then m.starts_on end) as since) a
    ), compared as (
      select j.*,
        lag(j.expired, 1, j.stored_expired) over by_day as was_expired,
        j.stored_is_over and not lag(j.stored_is_over, 1, false) over by_day as closes_stored
      from judged j
      window by_day as (partition by j.mentor_id order by j.day)
    ), changed as (
      select c.mentor_id, c.day, c.version, c.certified_until, c.certified_since, v.has_left, v.expired, v.effective_on, v.plan_id,
        (row_number() over (partition by c.mentor_id order by c.day, v.place))::integer as ordinal
      from compared c
      cross join lateral (
        values
          (1, true, false, c.left_on, null::uuid,
            c.closes_stored or c.was_expired and c.returned_on is null and c.left_on is not null),
          (2, false, c.expired,
            case when c.expired then greatest(c.certified_until + 1, c.returned_on) else c.certified_since end, null,
            c.returned_on is not null and c.expired <> (c.was_expired and not c.closes_stored)),
          (3, false, false, c.starts_on, c.plan_id, c.plan_id is not null)
      ) v (place, has_left, expired, effective_on, plan_id, is_due)
      where v.is_due
    )
    select distinct on (c.mentor_id, c.ordinal) c.mentor_id, c.ordinal, c.has_left, c.expired, c.effective_on,
      c.version + c.ordinal, k.kind, c.plan_id
    from changed c
    left join stretches k on k.mentor_id = c.mentor_id and not c.has_left and c.plan_id is null
      and k.begins_on <= c.day and coalesce(k.next_begins_on, 'infinity') > c.day
      and case when c.expired then k.ends_on = c.certified_until else k.is_renewal and k.begins_on = c.certified_since end
    order by c.mentor_id, c.ordinal, k.is_missing, k.is_succeeded, k.kind;
end
$function$;

COMMENT ON FUNCTION "private"."due_changes"(uuid[], date, date, private.due_plan[]) IS 'What private.apply_changes would do: the changes that bring the stored status of these people in line with the facts of the dates after since through as_of; without since, of as_of alone. all_plans: what private.due_plans says, for whoever has asked; null: it is asked.';

REVOKE ALL ON FUNCTION "private"."due_changes"(uuid[], date, date, private.due_plan[]) FROM PUBLIC;
