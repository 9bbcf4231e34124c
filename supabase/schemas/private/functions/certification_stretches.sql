CREATE OR REPLACE FUNCTION private.certification_stretches (
  mentor_ids uuid[]
)
  RETURNS TABLE (
    mentor_id      uuid,
    kind           text,
    begins_on      date,
    ends_on        date,
    next_begins_on date,
    is_renewal     boolean,
    is_missing     boolean,
    is_succeeded   boolean
  )
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_nestloop TO 'on'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
begin
  if not (select s.kinds_have_rules from private.settings s) then
    return query
      select e.mentor_id, e.kind, lag(e.next_issued_on, 1, e.first_issued_on) over by_kind, e.reach, e.next_issued_on,
        lag(true, 1, false) over by_kind, false, false
      from (
        select c.mentor_id, c.kind, c.issued_on,
          max(coalesce(c.expires_on, 'infinity')) over by_kind as reach,
          lead(c.issued_on) over by_kind as next_issued_on,
          first_value(c.issued_on) over by_kind as first_issued_on
        from public.certifications c
        where c.mentor_id = any (certification_stretches.mentor_ids)
        window by_kind as (partition by c.mentor_id, c.kind order by c.issued_on rows unbounded preceding)
      ) e
      where e.next_issued_on is null or e.next_issued_on > e.reach + 1
      window by_kind as (partition by e.mentor_id, e.kind order by e.issued_on);
    return;
  end if;

  return query
    with counting as materialized (
      -- Each certification for each kind that it counts for, from the day on which it
      -- has begun to; begun_until ends the days on which its kind counts at all.
      select c.mentor_id, v.kind, greatest(c.issued_on, v.from_day) as from_on,
        least(coalesce(c.expires_on, 'infinity'), v.until_day) as until_on, v.until_day as begun_until,
        c.kind <> v.kind and coalesce(c.expires_on, 'infinity') <= v.until_day as is_successor,
        min(c.issued_on) filter (where c.kind = v.kind) over (partition by c.mentor_id, v.kind) as held_from
      from public.certifications c
      join private.certification_kind_covers v on v.covered_by = c.kind
      where c.mentor_id = any (certification_stretches.mentor_ids) and c.issued_on <= v.until_day
    ), valid as (
      select e.mentor_id, e.kind, lag(e.next_from_on, 1, e.first_from_on) over by_kind as begins_on, e.reach as ends_on,
        coalesce(e.reach_of_successors = e.reach, false) as is_succeeded
      from (
        select g.mentor_id, g.kind, g.from_on,
          max(g.until_on) over by_kind as reach,
          max(g.until_on) filter (where g.is_successor) over by_kind as reach_of_successors,
          lead(g.from_on) over by_kind as next_from_on,
          first_value(g.from_on) over by_kind as first_from_on
        from (
          -- Before a kind is held, its successors are of no use to it.
          select c.mentor_id, c.kind, greatest(c.from_on, c.held_from) as from_on, c.until_on, c.is_successor
          from counting c
          where c.until_on >= greatest(c.from_on, c.held_from) and c.held_from is not null
        ) g
        window by_kind as (partition by g.mentor_id, g.kind order by g.from_on rows unbounded preceding)
      ) e
      where e.next_from_on is null or e.next_from_on > e.reach + 1
      window by_kind as (partition by e.mentor_id, e.kind order by e.from_on)
    ), demanded as materialized (
      select t.mentor_id, d.kind, greatest(t.from_on, d.from_day) as from_on, least(t.until_on - 1, d.until_day) as until_on
      from private.mentor_times t
      cross join private.certification_kind_demands d
      where t.mentor_id = any (certification_stretches.mentor_ids)
        and d.from_day < t.until_on and d.until_day >= t.from_on
    ), missing as (
      select b.mentor_id, b.kind, b.begins_on, b.held_from,
        least(b.until_on + 1, b.next_from_on) as ends_on
      from (
        select f.mentor_id, f.kind, f.until_on, f.begins_on, min(c.held_from) as held_from,
          min(c.from_on) filter (where c.from_on > f.begins_on) as next_from_on,
          coalesce(bool_or(f.begins_on between c.from_on and c.begun_until), false) as has_begun
        from (
          select d.mentor_id, d.kind, d.until_on, d.from_on as begins_on
          from demanded d
          union
          -- A successor that counts no more.
          select d.mentor_id, d.kind, d.until_on, c.begun_until + 1
          from demanded d
          join counting c on c.mentor_id = d.mentor_id and c.kind = d.kind
          where c.begun_until >= d.from_on and c.begun_until < d.until_on
        ) f
        left join counting c on c.mentor_id = f.mentor_id and c.kind = f.kind
        group by f.mentor_id, f.kind, f.until_on, f.begins_on
      ) b
      where not b.has_begun
    ), turns as (
      select v.mentor_id, v.kind, v.begins_on, v.ends_on, false as is_missing, v.is_succeeded
      from valid v
      union all
      select m.mentor_id, m.kind, m.begins_on, m.begins_on - 1, true, false
      from missing m
      union all
      -- Missing no more, without being held.
      select m.mentor_id, m.kind, m.ends_on, null, false, false
      from missing m
      where m.ends_on < 'infinity' and m.ends_on is distinct from m.held_from
    )
    select t.mentor_id, t.kind, t.begins_on, t.ends_on, lead(t.begins_on) over by_kind,
      not t.is_missing and lag(t.ends_on, 1, null) over by_kind is not null, t.is_missing, t.is_succeeded
    from turns t
    window by_kind as (partition by t.mentor_id, t.kind order by t.begins_on);
end
$function$;

COMMENT ON FUNCTION "private"."certification_stretches"(uuid[]) IS 'How each kind of these mentors'' certifications stands from day to day, one row from begins_on until the day before next_begins_on. Valid through ends_on, by certifications of the kind or of its successors without a gap (infinity: never ends), and expired from then on. is_missing: required and lacking, which counts as expired from begins_on on. ends_on null: neither held nor missing any more. is_renewal: the kind had expired or was missing the day before. is_succeeded: a successor ends last, which has a row of its own.';

REVOKE ALL ON FUNCTION "private"."certification_stretches"(uuid[]) FROM PUBLIC;
