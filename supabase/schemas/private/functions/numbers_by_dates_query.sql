CREATE OR REPLACE FUNCTION private.numbers_by_dates_query (
  of_some          boolean,
  of_all_chapters  boolean,
  kinds_have_rules boolean
)
  RETURNS text
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- $1: the moment, $2: the zone, $3: the mentors (null: all), $4: the chapters, $5: the first
  -- day, $6: the last, $7: a moment before the first day in any zone, $8: one after the last.
  known constant text := 'v.recorded_at <= $1 and v.superseded_at > $1'
    || case when numbers_by_dates_query.of_some then ' and v.mentor_id = any ($3)' else ' and $3::uuid[] is null' end;
  rules constant text := $query$
    rules as (
      select distinct on (v.code) v.code, v.is_required, v.replaced_by
      from private.kind_versions v
      where v.recorded_at <= $1 and v.superseded_at > $1 and v.from_day <= $5
      order by v.code, v.from_day desc, v.id desc
    ), covers (kind, covered_by) as (
      select distinct v.code, v.code from private.kind_versions v where v.recorded_at <= $1 and v.superseded_at > $1
      union
      select c.kind, r.replaced_by
      from covers c
      join rules r on r.code = c.covered_by
      where r.replaced_by <> c.kind
    ), kinds as (
      select o.mentor_id, min(o.held_from) filter (where o.kind = c.kind) as held_from, sum(o.n) as n,
        min(o.first_from) as first_from, max(o.last_from) as last_from, min(o.first_until) as first_until, max(o.last_until) as last_until,
        min(o.held_from) filter (where r.is_required) as required_from
      from own o
      join covers c on c.covered_by = o.kind
      left join rules r on r.code = c.kind
      group by o.mentor_id, c.kind
    ), $query$;
begin
  return replace(replace(replace(replace(replace(replace(replace($query$
    with recursive places as (
      select p.mentor_id, p.n, p.chapter_key, p.other_key, p.started_at,
        case when p.started_at < $7 then $5 - 1 else greatest((p.started_at at time zone $2)::date, $5 - 1) end as here_from,
        case when p.ended_at is null or p.ended_at > $8 then $6 + 1 else least((p.ended_at at time zone $2)::date, $6 + 1) end as here_until,
        p.n > 1 and (p.n > 2 or p.chapter_key = p.other_key or p.last_started_at >= $7 or coalesce(p.ended_at <= $8, false)) as is_cut
      from (
        select v.mentor_id, count(*) as n, min(uuid_hash_extended(v.chapter_id, 0)) as chapter_key, max(uuid_hash_extended(v.chapter_id, 0)) as other_key,
          min(v.started_at) as started_at, max(v.started_at) as last_started_at, min(v.ended_at) as ended_at
        from private.membership_versions v
        where (v.ended_at is null or v.ended_at >= $7) and v.started_at < $8 /* here */ and /* known */
        group by v.mentor_id
      ) p
      order by p.mentor_id
    ), own as (
      -- A certification valid on no day of the period counts only as having been held.
      select c.mentor_id, c.kind, min(c.issued_on) as held_from, count(c.from_on) as n, min(c.from_on) as first_from,
        max(c.from_on) as last_from, min(c.until_on) as first_until, max(c.until_on) as last_until
      from (
        select v.mentor_id, v.kind, v.issued_on,
          case when v.expires_on < $5 then null else v.issued_on end as from_on,
          case when v.expires_on < $5 then null else coalesce(v.expires_on, 'infinity') + 1 end as until_on
        from private.certification_versions v
        where v.issued_on <= $6 and /* known */
        order by v.mentor_id, v.kind
      ) c
      group by c.mentor_id, c.kind
    ), /* rules */ certified as (
      select k.mentor_id, min(k.held_from) as held_from,
        max(case when k.n = 0 then $6 + 1 when k.held_from < k.first_from then k.first_from end) as fit_from,
        min(k.last_until) as fit_until,
        -- Of two pieces it can be told whether they meet.
        bool_or(k.n > 2 or k.n = 2 and k.last_from > k.first_until) as is_cut /* required */
      from /* kinds */ k
      group by k.mentor_id
    ), away as (
      select a.mentor_id, count(*) as n, min(a.begun_at) as begun_at, min(a.from_on) as from_on, max(a.until_on) as until_on
      from (
        select v.mentor_id, v.paused_at as begun_at, (v.paused_at at time zone $2)::date as from_on,
          coalesce((v.ended_at at time zone $2)::date, $6 + 1) as until_on
        from private.pause_versions v
        where (v.ended_at is null or v.ended_at >= $7) and v.paused_at < $8 and /* known */
        union all
        select v.mentor_id, v.planned_at, v.starts_on, $6 + 1
        from private.plan_versions v
        where /* known */
      ) a
      where a.from_on <= $6 and a.until_on > $5 and a.from_on < a.until_on
      group by a.mentor_id
    ), days as (
      select p.mentor_id, p.n, p.chapter_key, p.other_key, p.here_from, p.here_until,
        greatest(p.here_from, $5, c.fit_from /* missing */) as fit_from,
        least(p.here_until, c.fit_until) as fit_until,
        coalesce(a.from_on, $6 + 1) as away_from, coalesce(a.until_on, $6 + 1) as away_until, coalesce(c.held_from, $6 + 1) as held_from,
        -- A pause from before may have ended with another time of being a mentor.
        p.is_cut or coalesce(c.is_cut, false) or coalesce(a.n > 1 or a.begun_at < p.started_at, false) as is_cut
      from places p
      left join certified c on c.mentor_id = p.mentor_id
      left join away a on a.mentor_id = p.mentor_id
      offset 0
    ), measured as (
      select d.mentor_id, d.chapter_key, case when d.n > 1 then d.other_key end as other_key, d.is_cut, d.here_from, d.here_until, d.held_from,
        d.here_until - greatest(d.here_from, $5) as registered,
        greatest(d.fit_until - d.fit_from, 0) as fit,
        greatest(least(d.fit_until, d.away_until) - greatest(d.fit_from, d.away_from), 0) as paused,
        greatest(d.fit_until - greatest(d.fit_from, d.held_from), 0)
          - greatest(least(d.fit_until, d.away_until) - greatest(d.fit_from, d.away_from, d.held_from), 0) as certified,
        d.fit_from <= $6 and d.fit_until > $6 and (d.away_from > $6 or d.away_until <= $6) as is_active_at_end
      from days d
      where d.is_cut or d.here_from < d.here_until
      offset 0
    ), counted as (
      select m.chapter_key, m.other_key,
        count(*) filter (where m.here_from <= $5 and m.registered > 0) as registered_start,
        count(*) filter (where m.here_until > $6) as registered_end,
        count(*) filter (where m.registered > 0) as registered_any,
        count(*) filter (where m.fit > m.paused) as active_any,
        count(*) filter (where m.is_active_at_end) as active_end,
        count(*) filter (where m.fit - m.paused > $6 - $5) as active_every_day,
        count(*) filter (where m.certified > 0) as certified_any,
        count(*) filter (where m.is_active_at_end and m.held_from <= $6) as certified_end,
        count(*) filter (where m.certified > $6 - $5) as certified_every_day,
        sum(m.fit - m.paused) as days_active,
        sum(m.paused) as days_paused,
        sum(m.registered - m.fit) as days_expired_cert,
        count(*) filter (where m.here_from >= $5) as joined,
        count(*) filter (where m.here_until <= $6) as "left",
        0 as moved,
        array_agg(m.mentor_id) filter (where m.is_cut) as cut_ids
      from measured m
      group by m.chapter_key, m.other_key, m.is_cut
    ), summed as (
      select u.subject, /* sums */
      from counted c
      cross join lateral (values (c.chapter_key::text), (c.other_key::text), ('total')) u (subject)
      where c.cut_ids is null and u.subject is not null
      group by u.subject
    )
    select array(select unnest(c.cut_ids) from counted c),
      (select coalesce(jsonb_object_agg(s.subject, to_jsonb(s) - 'subject'), '{}') from summed s)$query$,
    '/* sums */', (select string_agg(format('sum(c.%I) as %I', n, n), ', ') from unnest(private.report_numbers()) n)),
    '/* rules */', case when numbers_by_dates_query.kinds_have_rules then rules else '' end),
    '/* kinds */', case when numbers_by_dates_query.kinds_have_rules then 'kinds' else 'own' end),
    '/* required */', case when numbers_by_dates_query.kinds_have_rules then
      ', count(k.required_from) as required, max(k.required_from) as required_from' else '' end),
    '/* missing */', case when numbers_by_dates_query.kinds_have_rules then
      ', c.required_from, case when coalesce(c.required, 0) < (select count(*) from rules r where r.is_required) then $6 + 1 end' else '' end),
    '/* here */', case when numbers_by_dates_query.of_all_chapters then '' else 'and v.chapter_id = any ($4)' end),
    '/* known */', known);
end
$function$;

COMMENT ON FUNCTION "private"."numbers_by_dates_query"(boolean, boolean, boolean) IS 'The query for the ids of the mentors whose days are not single pieces, and for the numbers of the others, by the hash of the chapter and in total. of_some: of the mentors in $3 only; of_all_chapters: $4 has them all.';

REVOKE ALL ON FUNCTION "private"."numbers_by_dates_query"(boolean, boolean, boolean) FROM PUBLIC;
