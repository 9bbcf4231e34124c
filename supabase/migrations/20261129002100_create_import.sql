-- The import: a list of people, as another system has written it, judged as a whole and
-- entered as a whole. Set-based throughout: a command for each row would take minutes.
--
-- The dry run and the real run are one judgement (private.judge_import). The real run
-- takes its locks first and judges under them; when the result is not what the preview
-- showed, nothing is written. What the list says was read by shared/memberlist; whether
-- a chapter, a coordinator or a kind exists, and who somebody is, is decided here.

create table private.import_mappings (
  chapter_id uuid not null,
  header_set text not null,
  mapping jsonb not null,
  saved_at timestamptz not null default clock_timestamp(),
  constraint import_mappings_pkey primary key (chapter_id, header_set),
  constraint import_mappings_chapter_exists foreign key (chapter_id) references public.chapters (id) on delete cascade,
  constraint import_mappings_header_set_form check (header_set ~ '^[0-9a-f]{64}$')
);
alter table private.import_mappings enable row level security;
revoke all on table private.import_mappings from public, anon, authenticated, service_role;

comment on table private.import_mappings is
  'What columns meant the last time that a list with these headers was entered into this chapter. By chapter, so that nobody decides what a file means elsewhere.';
comment on column private.import_mappings.header_set is 'Hash of the headers, whatever their order.';
comment on column private.import_mappings.mapping is 'Header to field; an empty field has the column ignored.';

create table private.imports (
  id bigint generated always as identity,
  list bytea not null,
  source text not null,
  actor_id uuid,
  counts jsonb not null,
  imported_at timestamptz not null default clock_timestamp(),
  constraint imports_pkey primary key (id)
);
create index imports_by_list on private.imports (list);
alter table private.imports enable row level security;
revoke all on table private.imports from public, anon, authenticated, service_role;
revoke all on sequence private.imports_id_seq from public, anon, authenticated, service_role;

comment on table private.imports is
  'Append-only: each list that was entered, by whom, with which result. A preview counts how often its list was, so that a used one is outdated.';
comment on column private.imports.list is 'Hash of what was asked: the list, its source and its chapter.';
comment on column private.imports.actor_id is 'Null for service_role.';

create trigger imports_refuse_change
  before update or delete or truncate on private.imports
  for each statement execute function private.refuse_removal('The ledger of imports is append-only.');

create index idempotent_requests_of_imports on private.idempotent_requests (created_at)
  where mentor_id is null and response ? 'preview';
comment on index private.idempotent_requests_of_imports is 'The answers that an erasure reduces to ids, whoever it is about.';

-- How names are compared. Definer, so that whoever writes a name needs no right to what
-- this calls.
create function private.name_key(name text) returns text
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return normalize(lower(private.trimmed(regexp_replace(name_key.name collate "nb-x-icu", '[\s\u00a0]+', ' ', 'g')) collate "nb-x-icu"), nfc);
end
$$;
revoke all on function private.name_key(text) from public, anon, authenticated, service_role;
grant execute on function private.name_key(text) to service_role; -- whose writes the index follows

comment on function private.name_key(text) is 'A name as it is compared: in any case, without repeated space, in any form of Unicode.';

create index profiles_by_name_key on public.profiles (private.name_key(display_name));
comment on index public.profiles_by_name_key is 'Finds who perhaps is the same person as one in a list.';

create type private.import_row as (
  "row" integer, person integer, refused boolean, display_name text, email text, phone text, external_id text, chapter text,
  role text, coordinator text, started_on date, last_day text, locale text);
comment on type private.import_row is
  'A row of a list. person is the number of the first row about the same person; refused: it could not be read.';

create type private.import_course as (
  "row" integer, person integer, id uuid, place bigint, kind text, issued_on date, said text, expires_on date,
  action text, was date, problem text);
comment on type private.import_course is
  'A certification of a row. said: its end as written, or null; expires_on: the end that follows; action: insert, shorten, or null for nothing.';

create type private.import_person as (
  person integer, first_row integer, id uuid, standing text, by_number boolean, number text, number_is_known boolean,
  email_is_known boolean, email_of_another boolean, has_email boolean, same_as integer, name text);
comment on type private.import_person is
  'Somebody whom a list is about. standing: new; whole: may be changed; shared: is of other chapters too; elsewhere: only of those; final, repeated: refused.';

create type private.import_step as (
  "row" integer, person integer, id uuid, standing text, chapter_id uuid, chapter text, closes_at timestamptz, role text,
  starts_on date, ends text, coordinator text, problems text[]);
comment on type private.import_step is 'A row with its person and its chapter. problems are field, code and perhaps another row, each with a colon between.';

create type private.import_place as (
  "row" integer, person integer, id uuid, chapter_id uuid, chapter text, role text, action text, membership_id uuid,
  started_at timestamptz, ended_at timestamptz, first_was date, last_was date, problem text);
comment on type private.import_place is 'The membership that a row says. action: insert, update, or null for nothing.';

create type private.import_assignment as (
  "row" integer, id uuid, coordinator_id uuid, coordinator text, action text, problem text);
comment on type private.import_assignment is 'The coordinator whom a row names.';

create type private.import_outcome as (
  "row" integer, person integer, outcome text, person_id uuid, id uuid, chapter_id uuid, problems text, changes text);
comment on type private.import_outcome is
  'What happens to a row. person_id: as a preview may show it; id: whom it is about. problems and changes are JSON.';

create type private.import_profile as (
  "row" integer, id uuid, is_new boolean, display_name text, email text, phone text, locale text, number text,
  name_was text, email_was text, phone_was text, locale_was text);
comment on type private.import_profile is 'What a row changes of its person by itself; null where it changes nothing.';

create type private.import_judgement as (
  people private.import_person[], places private.import_place[], courses private.import_course[],
  assignments private.import_assignment[], profiles private.import_profile[], outcomes private.import_outcome[],
  chapter_ids uuid[], warnings jsonb, missing jsonb);
comment on type private.import_judgement is 'What an import would do, or does.';

create function private.import_people_known(given private.import_row[], source text) returns private.import_person[]
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
begin
  return array(
    select row(k.person, k.first_row, coalesce(k.known, gen_random_uuid()),
      case
        when k.known is null then 'new'
        when exists (select from private.final_people f where f.person_id = k.known) then 'final'
        when k.same_as <> k.first_row then 'repeated'
        else 'whole' end,
      k.by_number is not null, k.number, k.by_number is not null, k.by_email is not null,
      k.by_email <> k.by_number, k.email is not null, k.same_as, k.name)::private.import_person
    from (
      select w.*, coalesce(w.by_number, w.by_email) as known,
        -- The address and the number of one person, in rows that don't say so.
        case when coalesce(w.by_number, w.by_email) is not null
          then min(w.first_row) over (partition by coalesce(w.by_number, w.by_email)) end as same_as
      from (
        select g.person, g.first_row, g.number, g.email, g.name, x.person_id as by_number,
          -- Of somebody with a login, the address in Supabase Auth counts.
          coalesce(l.id, c.person_id) as by_email
        from (
          select r.person, min(r."row") as first_row, max(r.external_id) as number, max(r.email) as email,
            (array_agg(r.display_name order by r."row") filter (where r.display_name is not null and not r.refused))[1] as name
          from unnest(import_people_known.given) r
          group by r.person
        ) g
        left join public.external_ids x on x.source = import_people_known.source and x.external_id = g.number
        left join (auth.users u join public.profiles l on l.id = u.id) on u.email = g.email and not u.is_sso_user
        left join public.contacts c on c.email = g.email
      ) w
    ) k
    order by k.person);
end
$$;
revoke all on function private.import_people_known(private.import_row[], text) from public, anon, authenticated, service_role;

comment on function private.import_people_known(private.import_row[], text) is
  'Whom the rows of a list are about: known by member number, else by address; else new, with an id of their own.';

create function private.judge_import(
  given private.import_row[], courses private.import_course[], chapter_id uuid, source text, mine uuid[], is_office boolean,
  moment timestamptz
) returns private.import_judgement
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
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
$$;
revoke all on function private.judge_import(private.import_row[], private.import_course[], uuid, text, uuid[], boolean, timestamptz) from public, anon, authenticated, service_role;

comment on function private.judge_import(private.import_row[], private.import_course[], uuid, text, uuid[], boolean, timestamptz) is
  'What happens to each row of a list, and what is to be written: the one judgement behind the dry run and the real run. Writes nothing. mine: the chapters that the caller administers.';

create function private.import_problems(problems text[]) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return '[' || (
    select string_agg(format('{"column": "%s", "code": "%s"%s}', split_part(p, ':', 1), split_part(p, ':', 2),
      case when split_part(p, ':', 3) <> '' then ', "other": ' || split_part(p, ':', 3) else '' end), ', ' order by place)
    from unnest(import_problems.problems) with ordinality n (p, place)) || ']';
end
$$;
revoke all on function private.import_problems(text[]) from public, anon, authenticated, service_role;

comment on function private.import_problems(text[]) is
  'The problems of a row as JSON, each with the field, the code, and the other row that it is about.';

create function private.write_import(j private.import_judgement, source text, caller_id uuid, with_status boolean) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  moment timestamptz := clock_timestamp();
  accepted private.import_outcome[] := array(select o from unnest((write_import.j).outcomes) o where o.outcome in ('new', 'changed'));
  newcomers uuid[] := array(select distinct o.id from unnest(accepted) o where o.outcome = 'new');
begin
  insert into public.profiles (id, display_name, locale)
  select f.id, max(f.display_name), coalesce(max(f.locale), 'nb')
  from unnest((write_import.j).profiles) f where f.is_new group by f.id;
  update public.profiles p
  set display_name = coalesce(c.display_name, p.display_name), locale = coalesce(c.locale, p.locale)
  from (
    select f.id, max(f.display_name) as display_name, max(f.locale) as locale
    from unnest((write_import.j).profiles) f
    where not f.is_new and num_nonnulls(f.display_name, f.locale) > 0
    group by f.id
  ) c
  where p.id = c.id;
  insert into public.contacts as c (person_id, email, phone)
  select f.id, max(f.email), max(f.phone)
  from unnest((write_import.j).profiles) f where num_nonnulls(f.email, f.phone) > 0 group by f.id
  on conflict on constraint contacts_pkey do update
  set email = coalesce(excluded.email, c.email), phone = coalesce(excluded.phone, c.phone);
  insert into public.external_ids (source, external_id, person_id)
  select write_import.source, f.number, f.id from unnest((write_import.j).profiles) f where f.number is not null;

  -- The memberships last: the roster is made once, of everything.
  update public.certifications h
  set expires_on = c.expires_on
  from unnest((write_import.j).courses) c
  join unnest(accepted) o on o."row" = c."row"
  where c.action = 'shorten' and h.mentor_id = c.id and h.kind = c.kind and h.issued_on = c.issued_on
    and coalesce(h.expires_on, 'infinity') > c.expires_on;
  insert into public.certifications (mentor_id, kind, issued_on, expires_on)
  select c.id, c.kind, c.issued_on, c.expires_on
  from unnest((write_import.j).courses) c
  join unnest(accepted) o on o."row" = c."row"
  where c.action = 'insert';
  insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
  select a.id, a.coordinator_id, moment
  from unnest((write_import.j).assignments) a
  join unnest(accepted) o on o."row" = a."row"
  where a.action = 'insert';
  update public.chapter_memberships m
  set started_at = p.started_at, ended_at = p.ended_at
  from unnest((write_import.j).places) p
  join unnest(accepted) o on o."row" = p."row"
  where p.action = 'update' and m.id = p.membership_id;
  insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at)
  select distinct on (p.id, p.chapter_id, p.role, p.started_at) p.chapter_id, p.id, p.role, p.started_at, p.ended_at
  from unnest((write_import.j).places) p
  join unnest(accepted) o on o."row" = p."row"
  where p.action = 'insert'
  order by p.id, p.chapter_id, p.role, p.started_at, p."row";

  if write_import.with_status then
    perform private.bring_people_up_to_date(array(select distinct o.id from unnest(accepted) o));
  else
    perform private.bring_people_up_to_date(newcomers);
  end if;

  -- One row for each row of the list. Coordinators by their ids: their names would outlive
  -- their erasure here.
  insert into public.people_log (actor_id, command, person_id, chapter_id, before, after, occurred_at)
  select write_import.caller_id, 'import', o.id,
    case when o.outcome = 'new' or not c.changes ?| '{display_name,email,phone,locale,external_id,certification_kind}' then o.chapter_id end,
    case when o.outcome = 'changed' then w.before end,
    w.after || case when a.action is not null then jsonb_build_object('coordinator_id', a.coordinator_id) else '{}' end, moment
  from unnest(accepted) o
  cross join lateral (select o.changes::jsonb - 'coordinator' as changes) c
  cross join lateral (
    select coalesce(jsonb_object_agg(e.key, e.value -> 'from'), '{}') as before, coalesce(jsonb_object_agg(e.key, e.value -> 'to'), '{}') as after
    from jsonb_each(c.changes) e
  ) w
  left join unnest((write_import.j).assignments) a on a."row" = o."row";
end
$$;
revoke all on function private.write_import(private.import_judgement, text, uuid, boolean) from public, anon, authenticated, service_role;

comment on function private.write_import(private.import_judgement, text, uuid, boolean) is
  'Writes and logs what a judgement says. The caller holds the locks. with_status: the people who were there are locked for changes of their status; else the next night brings it up to date.';

create function private.import_answer(j private.import_judgement, is_dry_run boolean, list bytea, caller_id uuid) returns jsonb
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  counts jsonb := '{"new": 0, "changed": 0, "unchanged": 0, "refused": 0, "possible_duplicate": 0}'::jsonb || (
    select coalesce(jsonb_object_agg(c.outcome, c.number), '{}')
    from (select o.outcome, count(*) as number from unnest((import_answer.j).outcomes) o group by o.outcome) c);
  shown text;
begin
  -- Who is new has an id only once it is entered; so the preview does not cover it.
  shown := encode(sha256(import_answer.list || convert_to(concat_ws(' ',
    (select count(*) from private.imports i where i.list = import_answer.list), (import_answer.j).warnings, (import_answer.j).missing,
    (select string_agg(concat_ws(' ', o."row", o.outcome, o.person_id, o.problems, o.changes), E'\n' order by o."row")
     from unnest((import_answer.j).outcomes) o where o.outcome <> 'unchanged')), 'UTF8')), 'hex');
  return jsonb_build_object('dry_run', import_answer.is_dry_run, 'preview', shown, 'counts', counts,
    'warnings', (import_answer.j).warnings, 'missing', (import_answer.j).missing,
    'locale', (select p.locale from public.profiles p where p.id = import_answer.caller_id),
    'rows', coalesce((
      select ('[' || string_agg(format('{"row": %s, "outcome": "%s", "person_id": %s, "display_name": %s, "problems": %s, "changes": %s}', o."row", o.outcome,
        coalesce('"' || case when o.outcome = 'new' and not import_answer.is_dry_run then o.id else o.person_id end || '"', 'null'),
        -- As it was before the file was entered: the answer says what the dry run said.
        coalesce(to_json(coalesce(o.changes::jsonb #>> '{display_name,from}', p.display_name))::text, 'null'),
        o.problems, o.changes), ', ' order by o."row") || ']')::jsonb
      from unnest((import_answer.j).outcomes) o
      left join public.profiles p on p.id = o.person_id
      where o.outcome <> 'unchanged'), '[]'));
end
$$;
revoke all on function private.import_answer(private.import_judgement, boolean, bytea, uuid) from public, anon, authenticated, service_role;

comment on function private.import_answer(private.import_judgement, boolean, bytea, uuid) is
  'The answer that shows a judgement, with the preview that covers it.';

create function private.read_import_rows(list jsonb) returns private.import_row[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set datestyle = 'ISO, YMD'
as $$
declare
  given private.import_row[];
  wrong integer;
begin
  begin
    if jsonb_typeof(read_import_rows.list -> 'rows') is distinct from 'array' then
      raise data_exception;
    end if;
    given := array(
      select row(r."row", r.person, coalesce(r.refused, false), nullif(private.trimmed(r.display_name), ''), nullif(r.email, ''), nullif(r.phone, ''),
        nullif(private.trimmed(r.external_id), ''), nullif(private.trimmed(r.chapter), ''), coalesce(nullif(r.role, ''), 'mentor'),
        nullif(private.trimmed(r.coordinator), ''), r.started_on, nullif(r.last_day, ''), nullif(r.locale, ''))::private.import_row
      from jsonb_to_recordset(read_import_rows.list -> 'rows') r ("row" integer, person integer, refused boolean, display_name text, email text,
        phone text, external_id text, chapter text, role text, coordinator text, started_on date, last_day text, locale text));
    -- A day that there is not, too.
    perform r.last_day::date from unnest(given) r where r.last_day <> 'never';
  exception when data_exception then
    perform private.refuse('invalid_request', 'list', 'list must be what a list of people says: {"rows": [{"row", "person", …}]}.');
  end;
  if cardinality(given) not between 1 and 20000 then
    perform private.refuse('invalid_request', 'list', 'list must have from 1 to 20,000 rows.');
  end if;
  select min(coalesce(r."row", 0)) into wrong
  from unnest(given) r
  where (r."row" >= 1 and r.person between 1 and r."row") is not true
    or char_length(r.display_name) > 200 or char_length(r.chapter) > 200 or char_length(r.coordinator) > 254 or char_length(r.external_id) > 100
    or not private.is_visible(coalesce(r.display_name, 'x') || coalesce(r.chapter, 'x'))
    or r.display_name is not null and not private.is_visible(r.display_name)
    or r.display_name collate "C" ~ '[\u202a-\u202e\u2066-\u2069]'
    or r.external_id is not null and not private.is_visible(r.external_id)
    or r.email is not null and not (r.email = lower(r.email) and char_length(r.email) between 3 and 254
      and r.email ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$')
    or r.phone !~ '^\+[1-9][0-9]{6,14}$'
    or r.role not in ('mentor', 'coordinator', 'administrator')
    or r.started_on in ('infinity', '-infinity')
    or r.last_day !~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$'
    or r.locale is not null and not (r.locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$' and char_length(r.locale) <= 35)
    -- Nearly no row has digits enough.
    or (select char_length(t.texts) - char_length(translate(t.texts, '0123456789', '')) >= 11 or octet_length(t.texts) > char_length(t.texts)
        from (select concat_ws('|', r.display_name, r.email, r.external_id, r.chapter, r.coordinator, r.locale) as texts) t)
      and private.contains_identity_number(concat_ws(' | ', r.display_name, r.email, r.external_id, r.chapter, r.coordinator, r.locale));
  if wrong is not null then
    perform private.refuse('invalid_request', 'list', format('Row %s of the list has a value that can''t be stored.', wrong));
  end if;
  -- Who is who must be settled: a row has a number once, a number and an address one person.
  if (select count(*) <> count(distinct r."row") from unnest(given) r)
     or exists (select from unnest(given) r where r.external_id is not null and not r.refused group by r.external_id having count(distinct r.person) > 1)
     or exists (select from unnest(given) r where r.email is not null and not r.refused group by r.email having count(distinct r.person) > 1)
     or exists (select from unnest(given) r group by r.person
       having count(distinct r.external_id) > 1 or count(distinct r.email) filter (where not r.refused) > 1) then
    perform private.refuse('invalid_request', 'list', 'list must say of each row once whom it is about.');
  end if;
  return given;
end
$$;
revoke all on function private.read_import_rows(jsonb) from public, anon, authenticated, service_role;

comment on function private.read_import_rows(jsonb) is
  'The rows of a list that shared/memberlist has read. Refuses with invalid_request what it would not have made, without echoing a value.';

create function private.read_import_courses(list jsonb) returns private.import_course[]
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set datestyle = 'ISO, YMD'
as $$
declare
  courses private.import_course[];
begin
  begin
    courses := array(
      select row(r."row", r.person, null, c.place, nullif(private.trimmed(c.value ->> 'kind'), ''), (c.value ->> 'issued_on')::date,
        nullif(c.value ->> 'expires_on', ''), null, null, null, null)::private.import_course
      from jsonb_to_recordset(read_import_courses.list -> 'rows') r ("row" integer, person integer, refused boolean, certifications jsonb)
      cross join lateral jsonb_array_elements(nullif(r.certifications, 'null')) with ordinality c (value, place)
      where r.refused is not true);
    perform c.said::date from unnest(courses) c where c.said <> 'never';
  exception when data_exception then
    perform private.refuse('invalid_request', 'list', 'certifications must be a list of {"kind", "issued_on", "expires_on"}.');
  end;
  if exists (
    select from unnest(courses) c
    where c.kind is null or char_length(c.kind) > 200 or c.issued_on is null or c.issued_on not between '1900-01-01' and '9999-12-31'
      or c.said !~ '^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$' or c.said <> 'never' and (c.said < c.issued_on::text or c.said > '9999-12-31')
  ) or exists (
    select from (select distinct c.kind from unnest(courses) c) k where private.contains_identity_number(k.kind)
  ) then
    perform private.refuse('invalid_request', 'list', 'certifications has a value that can''t be stored.');
  end if;
  return courses;
end
$$;
revoke all on function private.read_import_courses(jsonb) from public, anon, authenticated, service_role;

comment on function private.read_import_courses(jsonb) is
  'The certifications of a list, as private.read_import_rows reads its rows.';

create function private.read_import_mapping(list jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mapping jsonb := nullif(read_import_mapping.list -> 'mapping', 'null');
begin
  if mapping is null then
    return null;
  end if;
  if jsonb_typeof(mapping) <> 'object'
     or exists (
       select from jsonb_each(mapping) e
       where jsonb_typeof(e.value) <> 'string' or char_length(e.key) > 200 or private.contains_identity_number(e.key)
         or e.value #>> '{}' not in ('', 'display_name', 'first_name', 'last_name', 'email', 'phone', 'external_id', 'chapter', 'role',
           'coordinator', 'started_on', 'last_day', 'certification_kind', 'issued_on', 'expires_on', 'locale'))
     or (select count(*) > 200 from jsonb_object_keys(mapping)) then
    perform private.refuse('invalid_request', 'mapping', 'mapping must say of at most 200 headers which field each is.');
  end if;
  return mapping;
end
$$;
revoke all on function private.read_import_mapping(jsonb) from public, anon, authenticated, service_role;

comment on function private.read_import_mapping(jsonb) is 'The mapping with which a list was read; null for none. Refuses with invalid_request.';

-- More people who are there already than this are entered without a change of their stored
-- status, for which there is no room for locks; the next night makes it. What is shown
-- follows from the facts.
create function private.most_status_changes() returns integer
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return 2000;
end
$$;
revoke all on function private.most_status_changes() from public, anon, authenticated, service_role;

comment on function private.most_status_changes() is 'For how many people of a list who are known the stored status is brought up to date at once.';

create function private.import_people(list jsonb, chapter_id uuid, source text, preview text, request_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  -- The role that was set, which no claim can pretend.
  is_service boolean := current_setting('role') = 'service_role';
  caller uuid;
  mine uuid[];
  is_office boolean;
  system text;
  target uuid := import_people.chapter_id;
  mapping jsonb;
  remembered jsonb;
  headers text := import_people.list ->> 'header_set';
  asked bytea;
  fingerprint bytea;
  replayed jsonb;
  given private.import_row[];
  courses private.import_course[];
  known uuid[];
  chapters uuid[];
  with_status boolean;
  j private.import_judgement;
  answer jsonb;
  is_outdated boolean;
begin
  if is_service then
    perform set_config('mentorpause.command', 'import', true);
    mine := array(select c.id from public.chapters c);
  else
    caller := private.begin_command('import', import_people.request_id);
    mine := private.require_administrator(caller, import_people.chapter_id);
  end if;
  is_office := is_service or private.administers_organisation(caller);
  system := coalesce(private.judged_text('source', import_people.source, 100, false), 'import');
  if import_people.list is null or jsonb_typeof(import_people.list) <> 'object' then
    perform private.refuse('invalid_request', 'list', 'list is required.');
  end if;
  if headers !~ '^[0-9a-f]{64}$' then
    perform private.refuse('invalid_request', 'list', 'header_set must be 64 hexadecimal digits.');
  end if;
  asked := sha256(convert_to(jsonb_build_array(import_people.list, system, import_people.chapter_id)::text, 'UTF8'));
  if import_people.preview is not null and not is_service then
    fingerprint := private.fingerprint('import', jsonb_build_array(encode(asked, 'hex'), import_people.preview));
    replayed := private.replay_command(caller, mine, import_people.request_id, fingerprint);
    if replayed is not null then
      return replayed;
    end if;
  end if;

  mapping := private.read_import_mapping(import_people.list);
  if mapping is null and headers is not null then
    select m.mapping into remembered
    from private.import_mappings m
    where m.header_set = headers and m.chapter_id = any (case when import_people.chapter_id is null then mine else array[import_people.chapter_id] end)
    order by m.saved_at desc, m.chapter_id
    limit 1;
    if found and remembered <> '{}' then
      perform set_config('mentorpause.command', '', true);
      return jsonb_build_object('remembered', remembered);
    end if;
  end if;
  given := private.read_import_rows(import_people.list);
  courses := private.read_import_courses(import_people.list);
  -- Whoever administers one chapter need not name it.
  if target is null and cardinality(mine) = 1 then
    target := mine[1];
  end if;

  if import_people.preview is null then
    j := private.judge_import(given, courses, target, system, mine, is_office, clock_timestamp());
    perform set_config('mentorpause.command', '', true);
    return private.import_answer(j, true, asked, caller);
  end if;

  -- Who registers or changes an address waits from here on, so that who is known stays so.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.contacts', 0));
  known := array(select p.id from unnest(private.import_people_known(given, system)) p where p.standing <> 'new');
  chapters := array(
    select c.id from public.chapters c
    where c.id = target or c.id = any (mine) and private.name_key(c.name) in (
      select private.name_key(n.chapter) from (select distinct r.chapter from unnest(given) r where r.chapter is not null) n)
    order by c.id
    for share);
  with_status := cardinality(known) <= private.most_status_changes();
  perform private.lock_people(known, array(
    select distinct m.user_id from public.chapter_memberships m
    where m.role = 'coordinator' and m.chapter_id = any (chapters)
      and exists (select from unnest(given) r where r.coordinator is not null)), with_status);
  if not is_service then
    mine := private.require_administrator(caller, import_people.chapter_id);
    is_office := private.administers_organisation(caller);
  end if;

  j := private.judge_import(given, courses, target, system, mine, is_office, clock_timestamp());
  answer := private.import_answer(j, false, asked, caller);
  is_outdated := answer ->> 'preview' <> import_people.preview
    -- Two profiles have just been joined.
    or exists (
      select from unnest(j.people) p
      where p.standing <> 'new' and not exists (select from unnest(known) k where k = p.id));
  if not is_outdated then
    begin
      perform private.write_import(j, system, caller, with_status);
    exception when unique_violation or exclusion_violation then
      -- Another system has just written it; that needs no lock of ours.
      is_outdated := true;
    end;
  end if;
  if is_outdated then
    perform private.refuse('preview_outdated');
  end if;
  insert into private.imports (list, source, actor_id, counts) values (asked, system, caller, answer -> 'counts');
  if mapping is not null and headers is not null then
    insert into private.import_mappings as m (chapter_id, header_set, mapping)
    select c, headers, mapping
    from unnest(j.chapter_ids || target) c where c is not null
    group by c
    order by c
    on conflict on constraint import_mappings_pkey do update set mapping = excluded.mapping, saved_at = excluded.saved_at;
  end if;
  if is_service then
    perform set_config('mentorpause.command', '', true);
    return answer;
  end if;
  return private.finish_command(caller, import_people.request_id, fingerprint, null, answer);
end
$$;
revoke all on function private.import_people(jsonb, uuid, text, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.import_people(jsonb, uuid, text, text, uuid) to authenticated, service_role;

comment on function private.import_people(jsonb, uuid, text, text, uuid) is
  'Behind public.import_people. Definer, because nobody may write the tables directly; checks the caller itself, and the role for service_role.';

-- What clients call. The body is bound when it is made, so that service_role, which may not
-- name anything in private, comes through too.
create function public.import_people(
  list jsonb default null,
  chapter_id uuid default null,
  source text default null,
  preview text default null,
  request_id uuid default null
) returns jsonb
language sql volatile security invoker set search_path = pg_catalog, pg_temp
begin atomic
  select private.import_people(import_people.list, import_people.chapter_id, import_people.source, import_people.preview, import_people.request_id);
end;
revoke all on function public.import_people(jsonb, uuid, text, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.import_people(jsonb, uuid, text, text, uuid) to authenticated, service_role;

comment on function public.import_people(jsonb, uuid, text, text, uuid) is
  'Judges a list of people as shared/memberlist reads it, {"rows", "header_set", "mapping"}; with the preview of such a dry run it is entered, in one transaction. Without a mapping, one that is remembered for the headers is the answer, {"remembered"}, to read the file again with. For administrators of the chapters, and service_role. Refuses with invalid_request, not_an_administrator, chapter_not_found, preview_outdated, request_in_progress, request_expired, idempotency_key_reused.';
