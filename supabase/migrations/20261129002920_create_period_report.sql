-- The period report: who was active, and active with a valid certification, in a period, as
-- known at a moment. Nothing in it can be typed in: every number follows from the versions
-- of the facts. The numbers are defined in docs/report.md.

create function private.rule_version() returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$ select '1' $$;
revoke all on function private.rule_version() from public, anon, authenticated, service_role;

comment on function private.rule_version() is
  'Which text of the rules a report is made by; its texts are in private.report_rules(). It changes when a number would.';

create function private.report_numbers() returns text[]
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  select array['registered_start', 'registered_end', 'registered_any', 'active_any', 'active_end', 'active_every_day',
    'certified_any', 'certified_end', 'certified_every_day', 'days_active', 'days_paused', 'days_expired_cert',
    'joined', 'left', 'moved']
$$;
revoke all on function private.report_numbers() from public, anon, authenticated, service_role;

comment on function private.report_numbers() is 'The numbers of a report, in their order.';

-- The days of whoever is in one of the chapters on a day of the period or on the day before.
create function private.report_days(of_some boolean, kinds_have_rules boolean) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return replace($query$
    select d.mentor_id, d.chapter_ids, d.chapter_days, d.valid, d.lapsed, d.away, cardinality(d.chapter_ids) as n,
      case when cardinality(d.chapter_ids) = 1 then d.chapter_days[1]
        when cardinality(d.chapter_ids) = 2 then d.chapter_days[1] + d.chapter_days[2]
        else (select range_agg(u.days) from unnest(d.chapter_days) u (days)) end as mine
    from ( /* days */ ) d
    where d.chapter_ids is not null
    offset 0$query$,
    '/* days */', private.known_days_query(report_days.of_some, report_days.kinds_have_rules));
end
$$;
revoke all on function private.report_days(boolean, boolean) from public, anon, authenticated, service_role;

comment on function private.report_days(boolean, boolean) is
  'The query for the days of the mentors of a report: private.known_days_query() with the days in any of the report''s chapters.';

create function private.report_mentors(chapter_ids uuid[], as_known_at timestamptz) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
begin
  -- Where most people are asked about, reading all of them is quicker.
  if cardinality(report_mentors.chapter_ids) >= (select 0.5 * count(*) from public.chapters c) then
    return null;
  end if;
  return array(
    select distinct v.mentor_id from private.membership_versions v
    where v.chapter_id = any (report_mentors.chapter_ids)
      and v.recorded_at <= report_mentors.as_known_at and v.superseded_at > report_mentors.as_known_at);
end
$$;
revoke all on function private.report_mentors(uuid[], timestamptz) from public, anon, authenticated, service_role;

comment on function private.report_mentors(uuid[], timestamptz) is
  'Whose facts a report has to read; null: everybody''s.';

create function private.numbers_by_ranges(
  from_date date, to_date date, chapter_ids uuid[], as_known_at timestamptz, mentor_ids uuid[],
  out chapters jsonb, out total jsonb
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set jit = off set work_mem = '64MB' set enable_sort = off
as $$
declare
  period constant datemultirange := datemultirange(daterange(from_date, to_date, '[]'));
  counts constant text := (
    select string_agg(format('%L, coalesce(sum(f.%I), 0)', n, n), ', ' order by o)
    from unnest(private.report_numbers()) with ordinality u (n, o));
begin
  execute replace(replace($query$
    with days as ( /* days */ ), counting as (
      select d.*, generate_series(case when d.n = 1 then 1 else 0 end, d.n) as i
      from days d
      where d.mine && $6
      offset 0
    ), subjects as (
      -- Whoever is in one of the chapters counts in it and in all by the same row. Without the
      -- fences each of the counts below would compute its days anew.
      select d.mentor_id, d.n, d.chapter_ids, d.chapter_days, d.valid, d.lapsed, d.away, d.i,
        case when d.i = 0 then d.mine else d.chapter_days[d.i] end as mine,
        case when d.i > 0 then d.chapter_ids[d.i] end as chapter_id
      from counting d
      offset 0
    ), placed as (
      select s.*, s.mine * $5 as r, s.mine * $6 as around from subjects s offset 0
    ), judged as (
      select p.*, p.r * p.lapsed as x, p.r - p.lapsed - p.away as a from placed p where not isempty(p.around) offset 0
    ), certain as (
      select j.*, j.a * j.valid as c, case when j.a = j.r then '{}' else j.r - j.a - j.x end as p from judged j offset 0
    ), counted as (
      select j.chapter_id, j.i = 0 or j.n = 1 as is_total,
        count(*) filter (where $7 <@ j.r) as registered_start,
        count(*) filter (where $8 <@ j.r) as registered_end,
        count(*) filter (where not isempty(j.r)) as registered_any,
        count(*) filter (where not isempty(j.a)) as active_any,
        count(*) filter (where $8 <@ j.a) as active_end,
        count(*) filter (where j.a = $5) as active_every_day,
        count(*) filter (where not isempty(j.c)) as certified_any,
        count(*) filter (where $8 <@ j.c) as certified_end,
        count(*) filter (where j.c = $5) as certified_every_day,
        sum(case when isempty(j.a) then 0 when j.a = $5 then $9 else case when j.a = range_merge(j.a)::datemultirange then upper(j.a) - lower(j.a) else (select sum(upper(d) - lower(d)) from unnest(j.a) d) end end) as days_active,
        sum(case when isempty(j.p) then 0 else case when j.p = range_merge(j.p)::datemultirange then upper(j.p) - lower(j.p) else (select sum(upper(d) - lower(d)) from unnest(j.p) d) end end) as days_paused,
        sum(case when isempty(j.x) then 0 else case when j.x = range_merge(j.x)::datemultirange then upper(j.x) - lower(j.x) else (select sum(upper(d) - lower(d)) from unnest(j.x) d) end end) as days_expired_cert,
        count(*) filter (where lower(j.around) >= $7 or j.around <> range_merge(j.around)::datemultirange) as joined,
        count(*) filter (where upper(j.around) <= $8 or j.around <> range_merge(j.around)::datemultirange) as "left",
        count(*) filter (where j.n > 1 and (j.i = 0 or j.around <> $6) and not $6 <@ all (j.chapter_days) and exists (
          -- On a day of the period one of the chapters was left and another joined.
          select
          from unnest(j.chapter_ids, j.chapter_days) f (chapter_id, days)
          cross join unnest(f.days * $6) x
          join unnest(j.chapter_ids, j.chapter_days) t (chapter_id, days) on t.chapter_id <> f.chapter_id
          cross join unnest(t.days * $6) y
          where upper(x) = lower(y) and upper(x) <@ $5
            and (j.i = 0 or j.chapter_id in (f.chapter_id, t.chapter_id)))) as moved
      from certain j
      group by j.chapter_id, j.i = 0 or j.n = 1
    ), by_chapter as (
      select i.chapter_id, jsonb_build_object( /* counts */ ) as numbers
      from unnest($10) i (chapter_id)
      left join counted f on f.chapter_id = i.chapter_id
      group by i.chapter_id
    )
    select (select jsonb_object_agg(b.chapter_id, b.numbers) from by_chapter b),
      (select jsonb_build_object( /* counts */ ) from counted f where f.is_total)$query$,
    '/* counts */', counts),
    '/* days */', private.report_days(numbers_by_ranges.mentor_ids is not null, private.kinds_had_rules(numbers_by_ranges.as_known_at)))
  into numbers_by_ranges.chapters, numbers_by_ranges.total
  using numbers_by_ranges.as_known_at, (select private.agreed_zone(s.time_zone) from private.settings s),
    numbers_by_ranges.mentor_ids,
    case when cardinality(numbers_by_ranges.chapter_ids) < (select count(*) from public.chapters c) then numbers_by_ranges.chapter_ids end,
    period,
    datemultirange(daterange(from_date - 1, to_date, '[]')), from_date, to_date, to_date - from_date + 1,
    numbers_by_ranges.chapter_ids;
end
$$;
revoke all on function private.numbers_by_ranges(date, date, uuid[], timestamptz, uuid[]) from public, anon, authenticated, service_role;

comment on function private.numbers_by_ranges(date, date, uuid[], timestamptz, uuid[]) is
  'The numbers of these mentors (null: all) in each chapter, by its id, and in all of them, whatever their days are: by arithmetic with multiranges.';

-- Most mentors are in one chapter from some day until another, or in two all the time, are
-- away once at most, and renew before what they have ends. Then all their days are single
-- pieces, and arithmetic with dates does, at a tenth of the cost of ranges:
--   here  [here_from, here_until), clipped to the period and the day before
--   fit   [fit_from, fit_until), of these in the period, with nothing lapsed or missing
--   away  [away_from, away_until), paused
-- On a fit day every kind that is held is valid, so it is certified if any is held by then.
--
-- Everything is read and joined in the order of the keys, so that nothing is sorted and no
-- table of hashes outgrows the memory. What has an order of its own is also computed once.
-- Chapters go by a hash of 64 bits, because ids have no least one and texts are slow.
create function private.numbers_by_dates_query(of_some boolean, of_all_chapters boolean, kinds_have_rules boolean) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.numbers_by_dates_query(boolean, boolean, boolean) from public, anon, authenticated, service_role;

comment on function private.numbers_by_dates_query(boolean, boolean, boolean) is
  'The query for the ids of the mentors whose days are not single pieces, and for the numbers of the others, by the hash of the chapter and in total. of_some: of the mentors in $3 only; of_all_chapters: $4 has them all.';

create function private.summed_numbers(first jsonb, second jsonb) returns jsonb
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_object_agg(n, coalesce((summed_numbers.first ->> n)::bigint, 0) + coalesce((summed_numbers.second ->> n)::bigint, 0))
    from unnest(private.report_numbers()) n);
end
$$;
revoke all on function private.summed_numbers(jsonb, jsonb) from public, anon, authenticated, service_role;

comment on function private.summed_numbers(jsonb, jsonb) is 'The numbers of two parts of the mentors together; null: of nobody.';

create function private.report_numbers_of(
  from_date date, to_date date, chapter_ids uuid[], as_known_at timestamptz, mentor_ids uuid[],
  out chapters jsonb, out total jsonb
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set jit = off set work_mem = '64MB' set enable_sort = off
as $$
declare
  of_all constant boolean := (select count(*) from public.chapters c) = cardinality(report_numbers_of.chapter_ids);
  others uuid[] := report_numbers_of.mentor_ids;
  by_dates jsonb;
  ranged_chapters jsonb;
  ranged_total jsonb;
begin
  -- In a period in which a rule changes a kind lapses on other days than before.
  if not exists (
    select from private.kind_versions v
    where v.recorded_at <= report_numbers_of.as_known_at and v.superseded_at > report_numbers_of.as_known_at
      and v.from_day > report_numbers_of.from_date and v.from_day <= report_numbers_of.to_date
  ) and not exists (
    select from public.chapters c group by uuid_hash_extended(c.id, 0) having count(*) > 1
  ) then
    execute private.numbers_by_dates_query(others is not null, of_all, private.kinds_had_rules(report_numbers_of.as_known_at))
    into others, by_dates
    using report_numbers_of.as_known_at, (select private.agreed_zone(s.time_zone) from private.settings s),
      others, report_numbers_of.chapter_ids, report_numbers_of.from_date, report_numbers_of.to_date,
      (report_numbers_of.from_date - 3)::timestamp at time zone 'UTC', (report_numbers_of.to_date + 3)::timestamp at time zone 'UTC';
  end if;
  if others is null or others <> '{}' then
    select n.chapters, n.total into ranged_chapters, ranged_total
    from private.numbers_by_ranges(report_numbers_of.from_date, report_numbers_of.to_date, report_numbers_of.chapter_ids,
      report_numbers_of.as_known_at, others) n;
  end if;

  select jsonb_object_agg(c, private.summed_numbers(by_dates -> uuid_hash_extended(c, 0)::text, ranged_chapters -> c::text))
  into report_numbers_of.chapters
  from unnest(report_numbers_of.chapter_ids) c;
  report_numbers_of.total := private.summed_numbers(by_dates -> 'total', ranged_total);
end
$$;
revoke all on function private.report_numbers_of(date, date, uuid[], timestamptz, uuid[]) from public, anon, authenticated, service_role;

comment on function private.report_numbers_of(date, date, uuid[], timestamptz, uuid[]) is
  'The numbers of each chapter, by its id, and of all of them. mentor_ids: whose facts are read (null: everybody''s).';

-- By month no mentor is cut into months: a stretch counts by its first day and by the day
-- after its last, so that each month costs as many rows as there are such days.
create function private.report_months(
  from_date date, to_date date, chapter_ids uuid[], as_known_at timestamptz, mentor_ids uuid[], days text, zone text
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off set work_mem = '64MB' set enable_sort = off
as $$
declare
  answer jsonb;
begin
  execute replace($query$
    with placed as (
      select d.mine * $5 as r, d.lapsed, d.away from ( /* days */ ) d where d.mine && $5 offset 0
    ), judged as (
      select p.r, p.r * p.lapsed as x, p.r - p.lapsed - p.away as a from placed p offset 0
    ), turns as (
      select s.name, e.day, sum(e.n) as n
      from judged j
      cross join lateral (
        select 'days_active' as name, unnest(j.a) as days
        union all select 'days_expired_cert', unnest(j.x)
        union all select 'days_paused', unnest(j.r - j.a - j.x)
      ) s
      cross join lateral (values (lower(s.days), 1), (upper(s.days), -1)) e (day, n)
      group by s.name, e.day
    ), months as (
      select greatest(m.day::date, $6) as from_on, least((m.day + interval '1 month')::date, $7 + 1) as until_on
      from generate_series(date_trunc('month', $6::timestamp), $7::timestamp, interval '1 month') m (day)
    )
    select jsonb_agg(c.counted order by c.from_on)
    from (
      select m.from_on, jsonb_build_object('from', m.from_on, 'to', m.until_on - 1) || jsonb_object_agg(n.name, (
        select coalesce(sum(t.n * (greatest(m.until_on - t.day, 0) - greatest(m.from_on - t.day, 0))), 0)
        from turns t where t.name = n.name)) as counted
      from months m
      cross join unnest(array['days_active', 'days_paused', 'days_expired_cert']) n (name)
      group by m.from_on, m.until_on
    ) c$query$,
    '/* days */', report_months.days)
  into answer
  using report_months.as_known_at, report_months.zone, report_months.mentor_ids,
    report_months.chapter_ids, datemultirange(daterange(report_months.from_date, report_months.to_date, '[]')),
    report_months.from_date, report_months.to_date;
  return answer;
end
$$;
revoke all on function private.report_months(date, date, uuid[], timestamptz, uuid[], text, text) from public, anon, authenticated, service_role;

comment on function private.report_months(date, date, uuid[], timestamptz, uuid[], text, text) is
  'The days of all these chapters'' mentors by calendar month, the first and the last one cut to the period. days, zone: as of private.report_people(). Its sums are the days in the total of private.report_numbers_of().';

-- Cut where anything changes, judged piece by piece, and put together again; of all mentors
-- at once and without a join, so that the time is the same for each of them.
create function private.stretches_query(days text, period text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return replace(replace($query$
    with cut as (
      select row_number() over () as n, d.mentor_id, d.chapter_ids, d.chapter_days, d.lapsed, d.away, d.valid,
        array(
          select distinct e.day
          from (
            select unnest(u.days * /* period */) as r from unnest(d.chapter_days) u (days)
            union all select unnest(d.lapsed * /* period */)
            union all select unnest(d.away * /* period */)
            union all select unnest(d.valid * /* period */)
          ) x
          cross join lateral (values (lower(x.r)), (upper(x.r))) e (day)
          order by e.day) as cuts
      from ( /* days */ ) d
      offset 0
    ), pieces as (
      select p.n, p.mentor_id, p.from_on, p.until_on, p.status, p.status = 'active' and p.valid_then as certified, p.chapter_ids
      from (
        select c.n, c.mentor_id, c.cuts[i] as from_on, c.cuts[i + 1] as until_on, c.cuts[i] <@ c.valid as valid_then,
          case when c.cuts[i] <@ c.lapsed then 'expired_cert' when c.cuts[i] <@ c.away then 'paused' else 'active' end as status,
          case
            when cardinality(c.chapter_ids) > 1 then array(
              select u.chapter_id from unnest(c.chapter_ids, c.chapter_days) u (chapter_id, days)
              where c.cuts[i] <@ u.days order by u.chapter_id)
            when c.cuts[i] <@ c.chapter_days[1] then c.chapter_ids
            else '{}'
          end as chapter_ids
        from cut c
        cross join lateral generate_series(1, cardinality(c.cuts) - 1) i
        offset 0
      ) p
      where p.chapter_ids <> '{}'
    ), marked as (
      select p.*, p.from_on is distinct from lag(p.until_on) over w or p.status <> lag(p.status) over w
        or p.certified <> lag(p.certified) over w or p.chapter_ids <> lag(p.chapter_ids) over w as begins
      from pieces p
      window w as (partition by p.n order by p.from_on)
    ), runs as (
      select m.*, count(*) filter (where m.begins) over (partition by m.n order by m.from_on) as run
      from marked m
    )
    select r.mentor_id, min(r.from_on) as from_on, max(r.until_on) - 1 as until_on, r.status, r.certified, r.chapter_ids
    from runs r
    group by r.n, r.run, r.mentor_id, r.status, r.certified, r.chapter_ids$query$,
    '/* period */', stretches_query.period), '/* days */', stretches_query.days);
end
$$;
revoke all on function private.stretches_query(text, text) from public, anon, authenticated, service_role;

comment on function private.stretches_query(text, text) is
  'The query for the longest runs of days with the same status, certified and chapters, through until_on, of each row of a query for days. period: the parameter that says between which days; days in none of the chapters are left out.';

create function private.name_of_recorder(person_id uuid) returns text
language sql stable security invoker set search_path = pg_catalog, pg_temp
as $$ select p.display_name from public.profiles p where p.id = name_of_recorder.person_id $$;
revoke all on function private.name_of_recorder(uuid) from public, anon, authenticated, service_role;

comment on function private.name_of_recorder(uuid) is 'The name, as it is now, of whoever recorded a fact; null: nobody did, or no longer known.';

create function private.evidence(mentor_id uuid, chapter_ids uuid[], period datemultirange, as_known_at timestamptz, zone text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
begin
  return jsonb_build_object(
    'memberships', (
      select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'chapter_id', v.chapter_id, 'started_at', v.started_at, 'ended_at', v.ended_at,
        'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command) order by v.started_at, v.id), '[]')
      from private.membership_versions v
      where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
        and v.chapter_id = any (evidence.chapter_ids)
        and daterange((v.started_at at time zone zone)::date, (v.ended_at at time zone zone)::date) && evidence.period),
    'certifications', (
      select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'kind', v.kind, 'issued_on', v.issued_on, 'expires_on', v.expires_on,
        'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command) order by v.issued_on, v.id), '[]')
      from private.certification_versions v
      where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
        and v.issued_on < upper(evidence.period)),
    'pauses', (
      select coalesce(jsonb_agg(p.pause order by p.from_on, p.id), '[]')
      from (
        select v.id, (v.paused_at at time zone zone)::date as from_on, (v.ended_at at time zone zone)::date as until_on,
          jsonb_build_object('id', v.id, 'planned', false, 'paused_at', v.paused_at, 'reactivated_at', v.ended_at,
            'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command) as pause
        from private.pause_versions v
        where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
        union all
        select v.id, v.starts_on, null,
          jsonb_build_object('id', v.id, 'planned', true, 'starts_on', v.starts_on,
            'recorded_at', v.recorded_at, 'recorded_by', v.recorded_by,
        'recorded_by_name', private.name_of_recorder(v.recorded_by), 'command', v.command)
        from private.plan_versions v
        where v.mentor_id = evidence.mentor_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
      ) p
      where daterange(p.from_on, p.until_on) && evidence.period),
    'log', (
      select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'pause_record_id', l.pause_record_id, 'from_status', l.from_status,
        'to_status', l.to_status, 'record_version', l.record_version, 'effective_on', l.effective_on, 'actor_kind', l.actor_kind,
        'recorded_at', l.occurred_at, 'recorded_by', l.actor_id,
        'recorded_by_name', private.name_of_recorder(l.actor_id), 'command', case when l.actor_kind in ('scheduler', 'reconciler') then 'nightly_step' end) order by l.id), '[]')
      from public.pause_status_log l
      where l.mentor_id = evidence.mentor_id and l.occurred_at <= as_known_at
        and (l.effective_on < upper(evidence.period) or exists (
          -- Recorded after the fact.
          select from private.pause_versions v
          where v.mentor_id = l.mentor_id and v.id = l.pause_record_id and v.recorded_at <= as_known_at and v.superseded_at > as_known_at
            and (v.paused_at at time zone zone)::date < upper(evidence.period)))));
end
$$;
revoke all on function private.evidence(uuid, uuid[], datemultirange, timestamptz, text) from public, anon, authenticated, service_role;

comment on function private.evidence(uuid, uuid[], datemultirange, timestamptz, text) is
  'What the days of a mentor in a report rest on, with who recorded it, when, and by which command. No reason is in it.';

create function private.judged_period(from_date date, to_date date) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if judged_period.from_date is null or not isfinite(judged_period.from_date) or judged_period.from_date < '1900-01-01' then
    perform private.refuse('invalid_request', 'from_date', 'from_date must be a date from 1900-01-01 on.');
  end if;
  if judged_period.to_date is null or not isfinite(judged_period.to_date) or judged_period.to_date < judged_period.from_date
     or judged_period.to_date > private.date_of(clock_timestamp()) then
    perform private.refuse('invalid_request', 'to_date', 'to_date must be a date from from_date until today.');
  end if;
  if judged_period.to_date >= judged_period.from_date + interval '5 years' then
    perform private.refuse('invalid_request', 'to_date', 'A period has at most five years.');
  end if;
end
$$;
revoke all on function private.judged_period(date, date) from public, anon, authenticated, service_role;

comment on function private.judged_period(date, date) is
  'Refuses a period that has not ended by today, ends before it begins, or has more than five years, with invalid_request.';

create function private.report_chapters(caller_id uuid, chapter_id uuid, with_names boolean) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mine uuid[];
begin
  mine := case when report_chapters.with_names then private.require_administrator(report_chapters.caller_id)
    else private.require_coordinator(report_chapters.caller_id) end;
  if report_chapters.chapter_id is not null then
    if report_chapters.chapter_id <> all (mine) then
      perform private.refuse('chapter_not_found');
    end if;
    return array[report_chapters.chapter_id];
  end if;
  return array(select c from unnest(mine) c order by c);
end
$$;
revoke all on function private.report_chapters(uuid, uuid, boolean) from public, anon, authenticated, service_role;

comment on function private.report_chapters(uuid, uuid, boolean) is
  'The chapters of a report: the one asked about, or all that the caller coordinates or administers (with names: administers). Refuses with not_a_coordinator, not_an_administrator, chapter_not_found.';

create function private.report_people(
  from_date date, to_date date, chapter_ids uuid[], as_known_at timestamptz, mentor_ids uuid[], days text, zone text,
  detail text, sample integer, seed bigint
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off set work_mem = '64MB'
as $$
declare
  period constant datemultirange := datemultirange(daterange(report_people.from_date, report_people.to_date, '[]'));
  people jsonb;
begin
  execute replace(replace(replace($query$
    select coalesce(jsonb_agg(jsonb_build_object('mentor_id', m.mentor_id, 'display_name', p.display_name, 'stretches', m.stretches)
        /* evidence */ order by /* order */), '[]')
    from (
      select s.mentor_id, jsonb_agg(jsonb_build_object('from', s.from_on, 'to', s.until_on, 'status', s.status, 'certified', s.certified,
        'chapter_ids', to_jsonb(s.chapter_ids), 'rests_on', jsonb_build_object(
          'memberships', (
            select coalesce(jsonb_agg(v.id order by v.id), '[]')
            from private.membership_versions v
            where v.mentor_id = s.mentor_id and v.recorded_at <= $1 and v.superseded_at > $1
              and v.chapter_id = any (s.chapter_ids)
              and daterange((v.started_at at time zone $2)::date, (v.ended_at at time zone $2)::date) && daterange(s.from_on, s.until_on, '[]')),
          -- Valid ones; of who is expired also those that have ended.
          'certifications', (
            select coalesce(jsonb_agg(v.id order by v.id), '[]')
            from private.certification_versions v
            where v.mentor_id = s.mentor_id and v.recorded_at <= $1 and v.superseded_at > $1
              and v.issued_on <= s.until_on
              and (s.status = 'expired_cert' or v.expires_on is null or v.expires_on >= s.from_on)),
          -- None of a planned pause that nobody has begun.
          'pause_record_id', case when s.status = 'paused' then (
            select v.id
            from private.pause_versions v
            where v.mentor_id = s.mentor_id and v.recorded_at <= $1 and v.superseded_at > $1
              and daterange((v.paused_at at time zone $2)::date, (v.ended_at at time zone $2)::date) && daterange(s.from_on, s.until_on, '[]')
            order by v.paused_at, v.id
            limit 1) end)) order by s.from_on) as stretches
      from ( /* stretches */ ) s
      group by s.mentor_id
    ) m
    join public.profiles p on p.id = m.mentor_id$query$,
    '/* stretches */', private.stretches_query(
      'select d.* from (' || report_people.days || ') d join public.profiles p on p.id = d.mentor_id where d.mine && $5'
        -- By a hash of the seed and the id: the same for ever, and nobody's choice.
        || case when report_people.detail = 'sample' then ' order by private.sample_key(d.mentor_id, $6) limit $7' else '' end,
      '$5')),
    '/* evidence */', case when report_people.detail = 'sample'
      then '|| jsonb_build_object(''evidence'', private.evidence(m.mentor_id, $4, $5, $1, $2))' else '' end),
    '/* order */', case when report_people.detail = 'sample' then 'private.sample_key(m.mentor_id, $6)' else 'p.display_name, m.mentor_id' end)
  into people
  using report_people.as_known_at, report_people.zone, report_people.mentor_ids, report_people.chapter_ids, period, report_people.seed, report_people.sample;
  return people;
end
$$;
revoke all on function private.report_people(date, date, uuid[], timestamptz, uuid[], text, text, text, integer, bigint) from public, anon, authenticated, service_role;

comment on function private.report_people(date, date, uuid[], timestamptz, uuid[], text, text, text, integer, bigint) is
  'The mentors of a report with their stretches; of a sample (detail sample) with the evidence. mentor_ids: whose facts are read (null: everybody''s). days: the query for their days, private.report_days() or private.issued_days(). zone: in which what they rest on is looked up. Does not check the caller.';

create function private.report_as_json(
  from_date date, to_date date, chapter_ids uuid[], as_known_at timestamptz, detail text, sample integer, seed bigint
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set jit = off set work_mem = '64MB'
as $$
declare
  mentors constant uuid[] := private.report_mentors(report_as_json.chapter_ids, report_as_json.as_known_at);
  days constant text := private.report_days(mentors is not null, private.kinds_had_rules(report_as_json.as_known_at));
  zone constant text := (select private.agreed_zone(s.time_zone) from private.settings s);
  numbers record;
  answer jsonb;
begin
  numbers := private.report_numbers_of(report_as_json.from_date, report_as_json.to_date, report_as_json.chapter_ids,
    report_as_json.as_known_at, mentors);
  answer := jsonb_build_object(
    'from', report_as_json.from_date, 'to', report_as_json.to_date, 'as_known_at', report_as_json.as_known_at,
    'rule_version', private.rule_version(),
    'chapters', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', c.id, 'name', c.name) || (numbers.chapters -> c.id::text) order by c.name, c.id), '[]')
      from public.chapters c where c.id = any (report_as_json.chapter_ids)),
    'total', numbers.total);
  if report_as_json.detail = 'summary' then
    return answer;
  elsif report_as_json.detail = 'months' then
    return answer || jsonb_build_object('months', private.report_months(report_as_json.from_date, report_as_json.to_date,
      report_as_json.chapter_ids, report_as_json.as_known_at, mentors, days, zone));
  end if;
  return answer || jsonb_build_object(case report_as_json.detail when 'sample' then 'sample' else 'mentors' end,
    private.report_people(report_as_json.from_date, report_as_json.to_date, report_as_json.chapter_ids,
      report_as_json.as_known_at, mentors, days, zone, report_as_json.detail, report_as_json.sample, report_as_json.seed));
end
$$;
revoke all on function private.report_as_json(date, date, uuid[], timestamptz, text, integer, bigint) from public, anon, authenticated, service_role;

comment on function private.report_as_json(date, date, uuid[], timestamptz, text, integer, bigint) is
  'The report of these chapters as known at a moment, with the days by month (months), with names (mentors), or with the evidence of some (sample). Does not check the caller.';

create function private.sample_key(mentor_id uuid, seed bigint) returns bytea
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$ select sha256(convert_to(seed::text || ' ' || mentor_id::text, 'UTF8')) $$;
revoke all on function private.sample_key(uuid, bigint) from public, anon, authenticated, service_role;

comment on function private.sample_key(uuid, bigint) is
  'In whose order a sample is drawn: the SHA-256 of the seed, a space and the mentor''s id, all as text.';

create function private.period_report(
  from_date date, to_date date, chapter_id uuid, as_known_at timestamptz, detail text, sample integer, seed bigint
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.my_id();
  parts text := coalesce(period_report.detail, case when period_report.sample is null then 'summary' else 'sample' end);
  chapters uuid[];
  began timestamptz := clock_timestamp();
  moment timestamptz;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if parts not in ('summary', 'months', 'mentors', 'sample') then
    perform private.refuse('invalid_request', 'detail', 'detail must be summary, months, mentors or sample.');
  end if;
  chapters := private.report_chapters(caller, period_report.chapter_id, parts not in ('summary', 'months'));
  perform private.judged_period(period_report.from_date, period_report.to_date);
  if period_report.sample not between 1 and 200 then
    perform private.refuse('invalid_request', 'sample', 'sample must be a number from 1 to 200.');
  end if;
  moment := private.known_moment(period_report.as_known_at);
  return jsonb_build_object('requested_known_at', period_report.as_known_at,
      'behind_writer', moment < coalesce(period_report.as_known_at, began))
    || private.report_as_json(period_report.from_date, period_report.to_date, chapters, moment, parts,
      coalesce(period_report.sample, 20), coalesce(period_report.seed, 1));
end
$$;
revoke all on function private.period_report(date, date, uuid, timestamptz, text, integer, bigint) from public, anon, authenticated, service_role;
grant execute on function private.period_report(date, date, uuid, timestamptz, text, integer, bigint) to authenticated;

comment on function private.period_report(date, date, uuid, timestamptz, text, integer, bigint) is
  'Behind public.period_report. Definer, so that the numbers rest on all facts; checks the caller itself.';

create function private.report_evidence(
  mentor_id uuid, from_date date, to_date date, chapter_id uuid, as_known_at timestamptz
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.my_id();
  chapters uuid[];
  began timestamptz := clock_timestamp();
  moment timestamptz;
  mentor jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  chapters := private.report_chapters(caller, report_evidence.chapter_id, true);
  if report_evidence.mentor_id is null then
    perform private.refuse('invalid_request', 'mentor_id', 'mentor_id is required.');
  end if;
  perform private.judged_period(report_evidence.from_date, report_evidence.to_date);
  moment := private.known_moment(report_evidence.as_known_at);
  -- A sample of one, drawn from one.
  mentor := private.report_people(report_evidence.from_date, report_evidence.to_date, chapters, moment,
    array[report_evidence.mentor_id], private.report_days(true, private.kinds_had_rules(moment)),
    (select private.agreed_zone(s.time_zone) from private.settings s), 'sample', 1, 1) -> 0;
  if mentor is null then
    perform private.refuse('mentor_not_found');
  end if;
  return jsonb_build_object('from', report_evidence.from_date, 'to', report_evidence.to_date, 'as_known_at', moment,
    'requested_known_at', report_evidence.as_known_at, 'behind_writer', moment < coalesce(report_evidence.as_known_at, began),
    'rule_version', private.rule_version(), 'mentor', mentor,
    'chapters', (
      select coalesce(jsonb_agg(jsonb_build_object('chapter_id', c.id, 'name', c.name) order by c.name, c.id), '[]')
      from public.chapters c
      where c.id in (select i::uuid from jsonb_array_elements(mentor -> 'stretches') s cross join jsonb_array_elements_text(s -> 'chapter_ids') i)));
end
$$;
revoke all on function private.report_evidence(uuid, date, date, uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.report_evidence(uuid, date, date, uuid, timestamptz) to authenticated;

comment on function private.report_evidence(uuid, date, date, uuid, timestamptz) is
  'Behind public.report_evidence. Definer, so that the days rest on all facts; checks the caller itself.';

create function public.period_report(
  from_date date default null,
  to_date date default null,
  chapter_id uuid default null,
  as_known_at timestamptz default null,
  detail text default null,
  sample integer default null,
  seed bigint default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.period_report(period_report.from_date, period_report.to_date, period_report.chapter_id,
    period_report.as_known_at, period_report.detail, period_report.sample, period_report.seed);
end
$$;
revoke all on function public.period_report(date, date, uuid, timestamptz, text, integer, bigint) from public, anon, authenticated, service_role;
grant execute on function public.period_report(date, date, uuid, timestamptz, text, integer, bigint) to authenticated;

comment on function public.period_report(date, date, uuid, timestamptz, text, integer, bigint) is
  'Who was active in a period, as known now or at a moment: numbers for coordinators, also by month (detail months), names (detail mentors) and the evidence of some (detail sample) for administrators. Refuses with unauthenticated, invalid_request, not_a_coordinator, not_an_administrator, chapter_not_found, database_unavailable.';

create function public.report_evidence(
  mentor_id uuid default null,
  from_date date default null,
  to_date date default null,
  chapter_id uuid default null,
  as_known_at timestamptz default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.report_evidence(report_evidence.mentor_id, report_evidence.from_date, report_evidence.to_date,
    report_evidence.chapter_id, report_evidence.as_known_at);
end
$$;
revoke all on function public.report_evidence(uuid, date, date, uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.report_evidence(uuid, date, date, uuid, timestamptz) to authenticated;

comment on function public.report_evidence(uuid, date, date, uuid, timestamptz) is
  'One mentor''s days in a period, for administrators, each with what it rests on and who recorded that. Refuses with unauthenticated, invalid_request, not_an_administrator, chapter_not_found, mentor_not_found, database_unavailable.';
