CREATE OR REPLACE FUNCTION private.judge_import (
  given      private.import_row[],
  courses    private.import_course[],
  chapter_id uuid,
  source     text,
  mine       uuid[],
  is_office  boolean,
  moment     timestamp with time zone
)
  RETURNS private.import_judgement
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_custom_plan'
  SET jit TO 'off'
  AS $function$
declare
  zone text := (select s.time_zone from private.settings s);
  today date := private.date_of(judge_import.moment);
  j private.import_judgement;
  steps private.import_step[];
  duplicates integer[];
  originals uuid[];
  left_out integer[];
begin
  j.people := private.import_people_known(judge_import.given, judge_import.source);
  if not judge_import.is_office then
    -- A chapter keeps its own people; of others it enters the membership alone.
    j.people := array(
      select row(p.person, p.first_row, p.id,
        case
          when p.standing <> 'whole' then p.standing
          when not private.belongs_to(p.id, judge_import.mine) then 'elsewhere'
          when private.is_active_outside(p.id, judge_import.mine) then 'shared'
          else p.standing end,
        p.by_number, p.number, p.number_is_known, p.email_is_known, p.email_of_another, p.has_email, p.same_as, p.name)::private.import_person
      from unnest(j.people) p order by p.person);
  end if;

  -- Each row with its chapter. A blank first day is that of the person's latest in the list.
  steps := array(
    with places as (
      select private.name_key(c.name) as key, count(*) as number, (array_agg(c.id order by c.id))[1] as id,
        min(c.name) as name, min(c.closed_at) as closes_at
      from public.chapters c where c.id = any (judge_import.mine)
      group by 1
    ), spoken as (
      select distinct on (r.chapter) r.chapter, private.name_key(r.chapter) as key from unnest(judge_import.given) r where r.chapter is not null
    ), located as (
      select r.*, p.id, p.standing, p.name, p.same_as, p.email_of_another, s.number as found,
        case when r.chapter is null then d.id when s.number = 1 then s.id end as chapter_id,
        case when r.chapter is null then d.name when s.number = 1 then s.name end as chapter_name,
        case when r.chapter is null then d.closed_at when s.number = 1 then s.closes_at end as closes_at
      from unnest(judge_import.given) r
      join unnest(j.people) p on p.person = r.person
      left join spoken n on n.chapter = r.chapter
      left join places s on s.key = n.key
      left join public.chapters d on d.id = judge_import.chapter_id
    ), dated as (
      select l.*, coalesce(l.started_on, max(l.started_on) filter (where not l.refused)
        over (partition by l.person, l.chapter_id, l.role)) as starts_on
      from located l
    ), ended as (
      select d.*, max(d.last_day) filter (where not d.refused) over (partition by d.person, d.chapter_id, d.role, d.starts_on) as ends
      from dated d
    ), ordered as (
      select e.*, max(case when e.ends is null or e.ends = 'never' then 'infinity' else e.ends::date end) filter (where not e.refused)
        over (partition by e.person, e.chapter_id, e.role order by e.starts_on
          range between unbounded preceding and interval '1 day' preceding) as reach
      from ended e
    )
    select row(o."row", o.person, o.id, o.standing, o.chapter_id, o.chapter_name, o.closes_at, o.role, o.starts_on, o.ends, o.coordinator,
      case when o.refused then '{}' else array_remove(array[
        case when o.standing = 'final' then 'email:person_unavailable' end,
        case when o.standing = 'repeated' then 'external_id:person_repeated:' || o.same_as end,
        case when o.email_of_another and o.email is not null then 'email:email_of_another' end,
        case when o.standing = 'new' and o.name is null then 'display_name:name_missing' end,
        case
          when o.chapter is not null and o.found is null then 'chapter:chapter_unknown'
          when o.found > 1 then 'chapter:chapter_ambiguous'
          when o.chapter_id is null and (o.standing in ('new', 'elsewhere') or num_nonnulls(o.started_on, o.last_day, o.coordinator) > 0)
            then 'chapter:chapter_missing' end,
        -- Stored as moments, in any zone: east of Oslo the first day began too early, and in the
        -- west the day after the last one begins too late. (A day of 9999 is read as never.)
        case when o.starts_on not between '1900-01-01' and '9999-12-31'
          or o.starts_on = '1900-01-01' and private.midnight(o.starts_on) < timestamptz '1899-12-31 23:00+00' then 'started_on:date_out_of_range' end,
        case when o.ends <> 'never' and (o.ends < '1900-01-01' or o.ends > '9999-12-29') then 'last_day:date_out_of_range' end,
        case when o.ends <> 'never' and o.ends::date < o.starts_on then 'last_day:ends_before_start' end,
        case when o.last_day <> o.ends then 'last_day:contradicts_row:' || o.person end,
        case when o.reach >= o.starts_on and o.chapter_id is not null then 'started_on:membership_overlaps' end
      ], null) end)::private.import_step
    from ordered o
    order by o."row");
  -- Those that could not be read count for nothing from here on.
  left_out := array(
    select s."row" from unnest(steps) s where s.problems <> '{}'
    union select r."row" from unnest(judge_import.given) r where r.refused);
  j.chapter_ids := array(select distinct s.chapter_id from unnest(steps) s where s.chapter_id is not null order by 1);

  -- Who is not known, and has the name of somebody in the chapter; or of somebody further
  -- up, when neither a number nor an address tells the two apart.
  with newcomers as materialized (
    select distinct s.person, s.chapter_id, private.name_key(p.name) as key, p.number is null and not p.has_email as is_bare
    from unnest(steps) s
    join unnest(j.people) p on p.person = s.person
    where p.standing = 'new' and not exists (select from unnest(left_out) z where z = s."row")
  ), found as (
    select n.person, o.id
    from newcomers n
    join public.profiles o on private.name_key(o.display_name) = n.key
    join public.chapter_memberships m on m.user_id = o.id and m.chapter_id = n.chapter_id
    where m.started_at <= judge_import.moment and (m.ended_at is null or m.ended_at > judge_import.moment)
    union all
    select n.person, null
    from (
      select k.person, k.is_bare, min(k.person) over (partition by k.chapter_id, k.key) as first from newcomers k
    ) n
    where n.is_bare and n.first < n.person
  )
  select coalesce(array_agg(d.person), '{}'), array_agg(d.id) into duplicates, originals
  from (select distinct on (f.person) f.person, f.id from found f order by f.person, f.id) d;
  left_out := left_out || array(
    select r."row" from unnest(judge_import.given) r where r.person = any (duplicates));

  -- The membership that each row says: one that is there, one that it changes, or a new one.
  j.places := array(
    select row(n."row", n.person, n.id, n.chapter_id, n.chapter, n.role, case when n.problem is null then n.action end, n.membership_id,
      n.begins_at, n.ends_at, n.first_was, n.last_was,
      case
        when n.problem is not null then n.problem
        when n.action is not null and n.standing <> 'new' and exists (
          select from public.chapter_memberships m
          where m.user_id = n.id and m.chapter_id = n.chapter_id and m.role = n.role and m.id is distinct from n.membership_id
            and (tstzrange(m.started_at, m.ended_at) && tstzrange(n.begins_at, n.ends_at) or m.ended_at is null and n.ends_at is null))
        then 'started_on:membership_overlaps' end)::private.import_place
    from (
      select d.*,
        case
          when d.is_there and not d.is_current then null
          when d.is_there or d.is_moved then
            case when (d.begins_at, d.ends_at) is distinct from (d.started_at, d.ended_at) then 'update' end
          else 'insert' end as action,
        case when d.is_there or d.is_moved then d.target end as membership_id,
        case when d.is_there or d.is_moved then d.first_day end as first_was,
        case when d.is_there or d.is_moved then d.last_day end as last_was,
        case
          when d.is_there and not d.is_current
            -- What has ended begins again by a new first day alone.
            and (d.ends_on = d.last_day or d.ends is null and d.starts_on is not null) is not true then 'started_on:membership_ended'
          when d.ends_at < d.begins_at and not (d.is_there or d.is_moved) then 'started_on:start_missing'
          when d.ends_at < d.begins_at then 'last_day:ends_before_start'
          when d.is_there and d.ends = 'never' and d.ended_at is not null and d.closes_at is not null then 'last_day:chapter_closed'
          when not d.is_there and d.closes_at <= greatest(d.begins_at, judge_import.moment) then 'chapter:chapter_closed' end as problem
      from (
        select t.*,
          case when t.is_there then t.started_at
            else coalesce(t.starts_on, today)::timestamp at time zone zone end as begins_at,
          case
            when t.ends = 'never' then null
            when t.ends is not null then case when (t.is_there or t.is_moved) and t.ends_on = t.last_day then t.ended_at
              else (t.ends_on + 1)::timestamp at time zone zone end
            when t.is_there or t.is_moved then t.ended_at end as ends_at
        from (
          select s."row", s.person, s.id, s.standing, s.chapter_id, s.chapter, s.closes_at, s.role, s.starts_on, s.ends, e.ends_on,
            m.id as target, m.started_at, m.ended_at, m.first_day, m.last_day, m.is_current,
            m.id is not null and (s.starts_on is null or m.first_day = s.starts_on) as is_there,
            -- Another first day of one that goes on; unless it is of a time before that.
            coalesce(m.is_current and m.first_day <> s.starts_on
              and tstzrange(m.started_at, m.ended_at) && tstzrange(s.starts_on::timestamp at time zone zone,
                case when e.ends_on >= s.starts_on then (e.ends_on + 1)::timestamp at time zone zone end), false) as is_moved
          from unnest(steps) s
          cross join lateral (select case when s.ends <> 'never' then s.ends::date end as ends_on) e
          left join lateral (
            select h.id, h.started_at, h.ended_at, (h.started_at at time zone zone)::date as first_day,
              (h.ended_at at time zone zone)::date - 1 as last_day,
              h.ended_at is null or h.ended_at > judge_import.moment as is_current
            from public.chapter_memberships h
            where s.standing <> 'new' and h.user_id = s.id and h.chapter_id = s.chapter_id and h.role = s.role
            order by ((h.started_at at time zone zone)::date = s.starts_on) is true desc,
              (h.ended_at is null or h.ended_at > judge_import.moment) desc, h.started_at desc
            limit 1
          ) m on true
          where s.chapter_id is not null and not exists (select from unnest(left_out) z where z = s."row")
        ) t
      ) d
    ) n
    order by n."row");
  left_out := left_out || array(select p."row" from unnest(j.places) p where p.problem is not null);

  -- The certifications. One with the same kind and day of issue is the same.
  j.courses := array(
    with kinds as (
      select n.key, coalesce(min(n.code) filter (where n.is_code), min(n.code)) as code,
        bool_or(n.is_code) or count(distinct n.code) = 1 as is_one
      from (
        select k.code, true as is_code, private.name_key(k.code) as key from public.certification_kinds k
        union all
        select k.code, false, private.name_key(v.name)
        from public.certification_kinds k cross join lateral (values (k.name_nb), (k.name_nn), (k.name_en)) v (name)
      ) n
      group by n.key
    ), spoken as (
      select w.kind, k.code, coalesce(k.is_one, false) as is_one
      from (select distinct c.kind from unnest(judge_import.courses) c) w
      left join kinds k on k.key = private.name_key(w.kind)
    ), wanted as (
      select c."row", c.person, p.id, p.standing, c.place, n.code, n.is_one, c.issued_on, c.said,
        max(c.said) over same as agreed,
        row_number() over (same order by c."row", c.place) as nth,
        case
          when max(c.said) over same = 'never' then null
          when max(c.said) over same is not null then (max(c.said) over same)::date
          -- Clipped to the month's end: 31 January and a month is 28 February.
          else least(c.issued_on + make_interval(months => k.months_valid), timestamp '9999-12-31')::date end as ends_on
      from unnest(judge_import.courses) c
      join unnest(j.people) p on p.person = c.person and p.standing in ('new', 'whole')
      join spoken n on n.kind = c.kind
      left join public.certification_kinds k on k.code = n.code
      where not exists (select from unnest(left_out) z where z = c."row")
      window same as (partition by c.person, n.code, c.issued_on)
    )
    select row(w."row", w.person, w.id, w.place, w.code, w.issued_on, w.said, w.ends_on,
      case
        when w.nth > 1 or not w.is_one then null
        when coalesce(h.number, 0) = 0 then 'insert'
        when w.agreed is null or h.is_same then null
        when coalesce(w.ends_on, 'infinity') > h.reach then 'insert'
        else 'shorten' end,
      nullif(h.reach, 'infinity'),
      case
        when w.code is null then 'certification_kind:kind_unknown'
        when not w.is_one then 'certification_kind:kind_ambiguous'
        when w.said <> w.agreed then 'expires_on:contradicts_row:' || w.person
        when w.standing = 'new' then null
        when coalesce(h.number, 0) = 0 then
          case when exists (
            select from private.removed_certifications g
            where g.mentor_id = w.id and g.kind = w.code and g.issued_on = w.issued_on
              and (w.agreed is null or g.expires_on is not distinct from w.ends_on)
          ) then 'certification_kind:certification_removed' end
        when w.agreed is not null and not h.is_same and coalesce(w.ends_on, 'infinity') > h.reach then
          case when exists (
            select from public.people_log l
            where l.person_id = w.id and l.command = 'revoke_certification'
              and l.after ->> 'kind' = w.code and l.after ->> 'issued_on' = w.issued_on::text
          ) then 'expires_on:certification_revoked' end
      end)::private.import_course
    from wanted w
    left join lateral (
      select count(*) as number, bool_or(c.expires_on is not distinct from w.ends_on) as is_same,
        max(coalesce(c.expires_on, 'infinity')) as reach
      from public.certifications c
      where w.standing = 'whole' and c.mentor_id = w.id and c.kind = w.code and c.issued_on = w.issued_on
    ) h on true
    order by w."row", w.place);
  left_out := left_out || array(select c."row" from unnest(j.courses) c where c.problem is not null);

  -- The coordinators of the chapters, those that the list enters too: by address, by
  -- number, by name.
  j.assignments := array(
    with asked as materialized (
      select s."row", s.id, s.standing, s.chapter_id, s.coordinator
      from unnest(steps) s
      where s.coordinator is not null and s.role = 'mentor' and s.chapter_id is not null
        and s.standing in ('new', 'whole') and not exists (select from unnest(left_out) z where z = s."row")
    ), pool as materialized (
      select m.chapter_id, m.user_id as id
      from public.chapter_memberships m
      where m.role = 'coordinator' and m.chapter_id in (select a.chapter_id from asked a)
        and (m.ended_at is null or m.ended_at > greatest(m.started_at, judge_import.moment))
      union
      select p.chapter_id, p.id
      from unnest(j.places) p
      where p.role = 'coordinator' and not exists (select from unnest(left_out) z where z = p."row")
        and (p.ended_at is null or p.ended_at > greatest(p.started_at, judge_import.moment))
    ), named as materialized (
      select o.chapter_id, o.id, n.name, private.name_key(n.name) as key, l.email as signs_in_by,
        array[c.email, w.email] as addresses,
        p.number || array(
          select x.external_id from public.external_ids x where x.person_id = o.id and x.source = judge_import.source) as numbers
      from pool o
      left join unnest(j.people) p on p.id = o.id
      left join (
        select distinct r.person, r.email from unnest(judge_import.given) r where r.email is not null and not r.refused
      ) w on w.person = p.person
      left join public.profiles f on f.id = o.id
      left join auth.users l on l.id = o.id
      left join public.contacts c on c.person_id = o.id
      cross join lateral (select coalesce(f.display_name::text, p.name) as name) n
      where not exists (select from private.final_people z where z.person_id = o.id)
    ), matched as materialized (
      select q.chapter_id, q.coordinator, count(distinct n.id) as number, (array_agg(n.id))[1] as id, min(n.name) as name
      from (select distinct a.chapter_id, a.coordinator, private.name_key(a.coordinator) as key from asked a) q
      left join lateral (
        select k.id, k.name, k.rank, min(k.rank) over () as best
        from (
          select g.id, g.name, case
            when strpos(q.coordinator, '@') > 0 then
              case when lower(q.coordinator) = g.signs_in_by or lower(q.coordinator) = any (g.addresses) then 1 end
            when q.coordinator = any (g.numbers) then 1
            when g.key = q.key then 2 end as rank
          from named g where g.chapter_id = q.chapter_id
        ) k
        where k.rank is not null
      ) n on n.rank = n.best
      group by q.chapter_id, q.coordinator
    )
    select row(a."row", a.id, m.id, m.name,
      case when m.number = 1 and m.id <> a.id
        and row_number() over (partition by a.id, m.id order by a."row") = 1
        -- Whoever was responsible once, and is no more, was replaced by somebody.
        and (a.standing = 'new' or not exists (
          select from public.coordinator_assignments o where o.mentor_id = a.id and o.coordinator_id = m.id))
      then 'insert' end,
      case when m.number = 0 then 'coordinator:coordinator_unknown' when m.number > 1 then 'coordinator:coordinator_ambiguous' end
    )::private.import_assignment
    from asked a
    join matched m on m.chapter_id = a.chapter_id and m.coordinator = a.coordinator
    order by a."row");
  left_out := left_out || array(select a."row" from unnest(j.assignments) a where a.problem is not null);

  -- What is the person's own. Blank changes nothing.
  j.profiles := array(
    with accepted as (
      select r."row", r.person, p.id, p.standing = 'new' as is_new, r.display_name, r.email, r.phone, r.locale, r.external_id, p.name,
        p.number_is_known, row_number() over by_person as nth,
        min(r."row") filter (where r.display_name is not null) over (partition by r.person) as names,
        min(r."row") filter (where r.email is not null) over (partition by r.person) as writes,
        min(r."row") filter (where r.phone is not null) over (partition by r.person) as calls,
        min(r."row") filter (where r.locale is not null) over (partition by r.person) as speaks,
        min(r."row") filter (where r.external_id is not null) over (partition by r.person) as numbers
      from unnest(judge_import.given) r
      join unnest(j.people) p on p.person = r.person and p.standing in ('new', 'whole')
      where not exists (select from unnest(left_out) z where z = r."row")
      window by_person as (partition by r.person order by r."row")
    ), compared as (
      select a."row", a.id, a.is_new,
        case when a.is_new then case when a.nth = 1 then a.name end
          when a.names = a."row" and a.display_name <> f.display_name then a.display_name end as display_name,
        case when a.writes = a."row" and a.email is distinct from c.email and a.email is distinct from u.email then a.email end as email,
        case when a.calls = a."row" and a.phone is distinct from c.phone then a.phone end as phone,
        case when a.speaks = a."row" and a.locale is distinct from f.locale then a.locale end as locale,
        case when a.numbers = a."row" and not a.number_is_known then a.external_id end as number,
        f.display_name as name_was, coalesce(u.email, c.email) as email_was, c.phone as phone_was, f.locale as locale_was
      from accepted a
      left join public.profiles f on f.id = a.id
      left join public.contacts c on c.person_id = a.id
      left join auth.users u on u.id = a.id
    )
    select row(d."row", d.id, d.is_new, d.display_name, d.email, d.phone, d.locale, d.number,
      d.name_was, d.email_was, d.phone_was, d.locale_was)::private.import_profile
    from compared d
    where num_nonnulls(d.display_name, d.email, d.phone, d.locale, d.number) > 0);

  j.outcomes := array(
    with entered as (
      select c."row", string_agg(
        format('"certification_kind%s": {"from": %s, "to": %s}, "issued_on%s": {"from": %s, "to": "%s"}, "expires_on%s": {"from": %s, "to": %s}',
          c.suffix, case when c.action = 'shorten' then to_json(c.kind) else 'null' end, to_json(c.kind),
          c.suffix, case when c.action = 'shorten' then to_json(c.issued_on) else 'null' end, c.issued_on,
          c.suffix, case when c.action = 'shorten' then coalesce(to_json(c.was)::text, '"never"') else 'null' end,
          coalesce(to_json(c.expires_on)::text, '"never"')),
        ', ' order by c.nth) as changes
      from (
        select u.*, w.nth, case when w.nth = 1 then '' else '_' || w.nth end as suffix
        from unnest(j.courses) u
        join (
          select v."row", v.place, row_number() over (partition by v."row" order by v.place) as nth
          from unnest(j.courses) v where v.action is not null
        ) w on w."row" = u."row" and w.place = u.place
        where u.action is not null
      ) c
      group by c."row"
    ), faults as (
      select s."row", unnest(s.problems) as problem from unnest(steps) s where s.problems <> '{}'
      union all
      select p."row", p.problem from unnest(j.places) p where p.problem is not null
      union all
      select distinct c."row", c.problem from unnest(j.courses) c where c.problem is not null
      union all
      select a."row", a.problem from unnest(j.assignments) a where a.problem is not null
    ), told as (
      select f."row", array_agg(f.problem) as problems from faults f group by f."row"
    ), compared as (
      select r."row", s.person, s.id, s.standing, s.chapter_id,
        case
          when r.refused or t.problems is not null then 'refused'
          when o.is_one then 'possible_duplicate'
          when s.standing = 'new' then 'new' end as outcome,
        o.original, t.problems,
        concat_ws(', ',
          case when f.display_name is not null then
            format('"display_name": {"from": %s, "to": %s}', coalesce(to_json(f.name_was)::text, 'null'), to_json(f.display_name)) end,
          case when f.email is not null then
            format('"email": {"from": %s, "to": %s}', coalesce(to_json(f.email_was)::text, 'null'), to_json(f.email)) end,
          case when f.phone is not null then
            format('"phone": {"from": %s, "to": %s}', coalesce(to_json(f.phone_was)::text, 'null'), to_json(f.phone)) end,
          case when f.locale is not null then
            format('"locale": {"from": %s, "to": %s}', coalesce(to_json(f.locale_was)::text, 'null'), to_json(f.locale)) end,
          case when f.number is not null then
            format('"external_id": {"from": null, "to": %s}', to_json(f.number)) end,
          case p.action
            when 'insert' then format('"chapter": {"from": null, "to": %s}, "role": {"from": null, "to": "%s"}, "started_on": {"from": null, "to": "%s"}',
              to_json(p.chapter), p.role, (p.started_at at time zone zone)::date)
              || case when p.ended_at is not null then
                format(', "last_day": {"from": null, "to": "%s"}', (p.ended_at at time zone zone)::date - 1) else '' end
            when 'update' then concat_ws(', ',
              case when (p.started_at at time zone zone)::date <> p.first_was then
                format('"started_on": {"from": "%s", "to": "%s"}', p.first_was, (p.started_at at time zone zone)::date) end,
              case when (p.ended_at at time zone zone)::date - 1 is distinct from p.last_was then
                format('"last_day": {"from": %s, "to": %s}', coalesce(to_json(p.last_was)::text, 'null'),
                  coalesce(to_json((p.ended_at at time zone zone)::date - 1)::text, 'null')) end) end,
          e.changes,
          case when a.action is not null then format('"coordinator": {"from": null, "to": %s}', to_json(a.coordinator)) end) as changes
      from unnest(judge_import.given) r
      join unnest(steps) s on s."row" = r."row"
      left join told t on t."row" = r."row"
      left join (select d.person, d.original, true as is_one from unnest(duplicates, originals) d (person, original)) o on o.person = r.person
      left join unnest(j.profiles) f on f."row" = r."row"
      left join unnest(j.places) p on p."row" = r."row"
      left join entered e on e."row" = r."row"
      left join unnest(j.assignments) a on a."row" = r."row"
    )
    select row(c."row", c.person, w.outcome,
      case when w.outcome = 'possible_duplicate' then c.original when c.standing <> 'new' then c.id end,
      c.id, c.chapter_id,
      case
        when c.problems is not null then private.import_problems(c.problems)
        when w.outcome = 'changed' and c.standing in ('elsewhere', 'shared') then private.import_problems(array['display_name:belongs_elsewhere'])
        else '[]' end,
      case when w.outcome in ('new', 'changed') then '{' || c.changes || '}' else '{}' end)::private.import_outcome
    from compared c
    cross join lateral (
      select coalesce(c.outcome, case when c.changes = '' then 'unchanged' else 'changed' end) as outcome) w
    order by c."row");

  -- A comma in the wrong column, or a wrong mapping, changes nearly everybody.
  j.warnings := (
    select coalesce(jsonb_agg(jsonb_build_object('code', w.code, 'field', w.field, 'share', w.share) order by w.code, w.field), '[]')
    from (
      select 'changes_many' as code, n.field, round(count(*)::numeric / cardinality(j.outcomes), 3) as share
      from unnest(j.outcomes) o
      cross join unnest(array['display_name', 'email', 'phone', 'external_id', 'chapter', 'role', 'coordinator', 'started_on', 'last_day',
        'certification_kind', 'issued_on', 'expires_on', 'locale']) n (field)
      where o.outcome = 'changed' and strpos(o.changes, '"' || n.field || '": {"from": ') > 0
      group by n.field
      having count(*) >= 0.3 * cardinality(j.outcomes)
      union all
      -- Of these people only the national office changes more than the membership.
      select 'belongs_elsewhere', 'display_name', round(count(*)::numeric / cardinality(j.outcomes), 3)
      from unnest(steps) s where s.standing in ('shared', 'elsewhere')
      having count(*) > 0
    ) w);

  j.missing := (
    select coalesce(jsonb_agg(jsonb_build_object('person_id', f.id, 'display_name', f.display_name) order by f.display_name, f.id), '[]')
    from public.profiles f
    where f.id in (
      select m.user_id
      from public.chapter_memberships m
      where m.chapter_id = any (j.chapter_ids)
        and m.started_at <= judge_import.moment and (m.ended_at is null or m.ended_at > judge_import.moment)
        and exists (select from public.external_ids x where x.person_id = m.user_id and x.source = judge_import.source)
      except
      select p.id from unnest(j.people) p));
  return j;
end
$function$;

COMMENT ON FUNCTION "private"."judge_import"(private.import_row[], private.import_course[], uuid, text, uuid[], boolean, timestamp with time zone) IS 'What happens to each row of a list, and what is to be written: the one judgement behind the dry run and the real run. Writes nothing. mine: the chapters that the caller administers.';

REVOKE ALL ON FUNCTION "private"."judge_import"(private.import_row[], private.import_course[], uuid, text, uuid[], boolean, timestamp WITH time zone) FROM PUBLIC;
