CREATE OR REPLACE FUNCTION private.known_days_query (
  of_some          boolean,
  kinds_have_rules boolean,
  reverts          boolean DEFAULT false
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- $1: the moment, $2: the zone, $3: the mentors (null: all), $4: the chapters asked about (null: all).
  -- reverts: what has an id in $5 as it was known at $6, and the kinds as at $7.
  known constant text := case
      when known_days_query.reverts then '(v.recorded_at <= $1 and v.superseded_at > $1 and v.id <> all ($5)'
        || ' or v.recorded_at <= $6 and v.superseded_at > $6 and v.id = any ($5))'
      else 'v.recorded_at <= $1 and v.superseded_at > $1' end
    || case when known_days_query.of_some then ' and v.mentor_id = any ($3)' else ' and $3::uuid[] is null' end;
  -- Days on which each kind counts, and those on which it has expired.
  held constant text := $query$
    held as (
      select k.mentor_id, k.valid, datemultirange(daterange(k.held_from, null)) - k.valid as lapsed
      from (
        select v.mentor_id, min(v.issued_on) as held_from, range_agg(daterange(v.issued_on, v.expires_on, '[]')) as valid
        from private.certification_versions v
        where /* known */
        group by v.mentor_id, v.kind
      ) k
    )$query$;
  -- The same where kinds are required or replaced: what was saved of them counts on the
  -- days from then on, so that each certification counts for each kind on certain days.
  -- Before a kind is held, its successors are of no use to it; a kind that is required is
  -- missing until a certification has begun that counts for it.
  held_by_rules constant text := $query$
    periods as (
      select s.code, s.is_required, s.replaced_by, s.from_day,
        coalesce(lead(s.from_day) over (partition by s.code order by s.from_day) - 1, 'infinity') as until_day
      from (
        select distinct on (v.code, v.from_day) v.code, v.from_day, v.is_required, v.replaced_by
        from private.kind_versions v
        where /* kinds known */
        order by v.code, v.from_day, v.id desc
      ) s
    ), covers (kind, covered_by, from_day, until_day) as (
      select distinct s.code, s.code, date '-infinity', date 'infinity' from periods s
      union
      select c.kind, s.replaced_by, greatest(c.from_day, s.from_day), least(c.until_day, s.until_day)
      from covers c
      join periods s on s.code = c.covered_by
      where s.replaced_by <> c.kind and s.from_day <= c.until_day and s.until_day >= c.from_day
    ), demands as (
      select s.code as kind, range_agg(daterange(s.from_day, s.until_day, '[]')) as days
      from periods s
      where s.is_required
      group by s.code
    ), counting as (
      select v.mentor_id, c.kind, min(v.issued_on) filter (where v.kind = c.kind) as held_from,
        range_agg(daterange(v.issued_on, v.expires_on, '[]')) filter (where v.kind = c.kind) as own,
        range_agg(daterange(v.issued_on, v.expires_on, '[]') * daterange(c.from_day, c.until_day, '[]')) as valid,
        range_agg(daterange(greatest(v.issued_on, c.from_day), c.until_day, '[]')) as begun
      from private.certification_versions v
      join covers c on c.covered_by = v.kind
      where v.issued_on <= c.until_day and /* known */
      group by v.mentor_id, c.kind
    ), held as (
      select k.mentor_id, k.own as valid, datemultirange(daterange(k.held_from, null)) - k.valid as lapsed
      from counting k
      where k.held_from is not null
    ), missing as (
      select p.mentor_id, range_agg(p.present * d.days - coalesce(k.begun, '{}')) as days
      from people p
      cross join demands d
      left join counting k on k.mentor_id = p.mentor_id and k.kind = d.kind
      group by p.mentor_id
    )$query$;
begin
  return replace(replace(replace(replace(replace($query$
    with recursive places as (
      select v.mentor_id, v.chapter_id,
        range_agg(daterange((v.started_at at time zone $2)::date, (v.ended_at at time zone $2)::date)) as days
      from private.membership_versions v
      where /* known */
      group by v.mentor_id, v.chapter_id
    ), people as (
      select p.mentor_id, range_agg(p.days) as present,
        array_agg(p.chapter_id) filter (where $4 is null or p.chapter_id = any ($4)) as chapter_ids,
        array_agg(p.days) filter (where $4 is null or p.chapter_id = any ($4)) as chapter_days
      from places p
      group by p.mentor_id
    ), /* held */, certified as (
      select h.mentor_id, range_agg(h.valid) as valid, range_agg(h.lapsed) as lapsed
      from held h
      group by h.mentor_id
    ), away as (
      select a.mentor_id, range_agg(daterange(a.from_on, a.until_on)) as days,
        array_agg(daterange(a.from_on, a.until_on)) as stretches, array_agg(a.begun_on) as begun
      from (
        select v.mentor_id, (v.paused_at at time zone $2)::date as from_on, (v.ended_at at time zone $2)::date as until_on,
          (v.paused_at at time zone $2)::date as begun_on
        from private.pause_versions v
        where /* known */
        union all
        select v.mentor_id, v.starts_on, null, (v.planned_at at time zone $2)::date
        from private.plan_versions v
        where /* known */
      ) a
      group by a.mentor_id
    )
    select p.mentor_id, p.chapter_ids, p.chapter_days, p.present,
      coalesce(c.valid, '{}') as valid, /* lapsed */ as lapsed,
      case
        when a.mentor_id is null then '{}'
        when p.present = range_merge(p.present)::datemultirange then a.days
        -- A pause ends with the time that it was begun in.
        else (
          select range_agg(s.stretch * t.days)
          from unnest(a.stretches, a.begun) s (stretch, begun_on)
          cross join unnest(p.present) with ordinality t (days, n)
          where t.n = 1 or s.begun_on >= lower(t.days))
      end as away
    from people p
    left join certified c on c.mentor_id = p.mentor_id
    left join away a on a.mentor_id = p.mentor_id/* missing */$query$,
    '/* held */', case when known_days_query.kinds_have_rules then held_by_rules else held end),
    '/* known */', known),
    '/* kinds known */', case when known_days_query.reverts then 'v.recorded_at <= $7 and v.superseded_at > $7'
      else 'v.recorded_at <= $1 and v.superseded_at > $1' end),
    '/* lapsed */', case when known_days_query.kinds_have_rules then 'coalesce(c.lapsed, ''{}'') + coalesce(m.days, ''{}'')'
      else 'coalesce(c.lapsed, ''{}'')' end),
    '/* missing */', case when known_days_query.kinds_have_rules then ' left join missing m on m.mentor_id = p.mentor_id' else '' end);
end
$function$;

COMMENT ON FUNCTION "private"."known_days_query"(boolean, boolean, boolean) IS 'The query for the days of mentors as known at a moment: in which chapters, in any (present), with a valid certification, with one that has lapsed or is missing, and away. of_some: of the mentors in $3 only.';

REVOKE ALL ON FUNCTION "private"."known_days_query"(boolean, boolean, boolean) FROM PUBLIC;
