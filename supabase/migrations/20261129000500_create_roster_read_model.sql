-- The roster's read model, so that one screen costs the same in a chapter of 100
-- mentors as in one of 100,000.
--
-- Entries hold what seldom changes (name, certification, coordinators), one for
-- each mentor and chapter, in the order of the screen. The status is not among
-- them: it is joined from the live pause record, so that neither pausing nor the
-- nightly run touches an entry. Nor is a plan, nor what a mentor asks for: planned_from
-- and open_requests only say where they have to be looked for, so that nothing is touched
-- when a plan begins. What changes by itself on a day to come (a membership
-- that begins or ends, a certification that begins) makes several entries, each for
-- its days: the page of any day is right without a nightly run.
--
-- Counts say by how much each number of the dashboard changes on which day, so that a
-- number is a sum over the days so far: right on every as-of date, with or without a
-- nightly run. They are kept per set of chapters, not per chapter, so that a mentor in
-- two chapters is counted once for somebody who manages both, and once more per set and
-- responsible coordinator. A change appends a delta, which waits for nobody; deltas are
-- folded into the counts now and then.

create table private.chapter_sets (
  id integer generated always as identity,
  chapter_ids uuid[] not null,
  constraint chapter_sets_pkey primary key (id),
  constraint chapter_sets_distinct unique (chapter_ids)
);
comment on table private.chapter_sets is 'The combinations of chapters in which some mentor is active.';
comment on column private.chapter_sets.chapter_ids is 'Sorted.';

create table private.chapter_set_members (
  chapter_id uuid not null,
  chapter_set_id integer not null,
  constraint chapter_set_members_pkey primary key (chapter_id, chapter_set_id),
  constraint chapter_set_members_set_exists foreign key (chapter_set_id) references private.chapter_sets (id) on delete cascade
);
create index chapter_set_members_by_set on private.chapter_set_members (chapter_set_id);
comment on table private.chapter_set_members is 'Which sets a chapter is part of.';

create table private.assigned_sets (
  id integer generated always as identity (start with -1 increment by -1),
  coordinator_id uuid not null,
  chapter_set_id integer not null,
  constraint assigned_sets_pkey primary key (id),
  constraint assigned_sets_distinct unique (coordinator_id, chapter_set_id),
  constraint assigned_sets_set_exists foreign key (chapter_set_id) references private.chapter_sets (id) on delete cascade,
  constraint assigned_sets_below_zero check (id < 0)
);
create index assigned_sets_by_set on private.assigned_sets (chapter_set_id);
comment on table private.assigned_sets is
  'Who is responsible for mentors of a set of chapters. These mentors are counted like those of a set, under a number below zero.';

-- What a search compares: any case, any form of Unicode (å may be one character or
-- an a and a ring), any apostrophe, hyphen or space, as if they were not there. \s
-- of the regular expression is white space of ASCII only.
create function private.searched_form(name text, without_accents boolean) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  form text := regexp_replace(
    normalize(lower(searched_form.name collate "nb-x-icu"), nfkc) collate "C",
    '[\s\u0085\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\ufeff'
      || '\u002d\u00ad\u2010-\u2015\u2212'
      || '''`\u00b4\u02b9-\u02bf\u02c8\u02ca\u02cb\u2018-\u201b\u2032\u2035]+',
    '', 'g');
begin
  if not searched_form.without_accents or octet_length(form) = char_length(form) then
    return form;
  end if;
  -- Letters that Unicode takes for letters of their own, not for accented ones.
  return replace(replace(replace(replace(
    translate(
      regexp_replace(normalize(form, nfkd) collate "C",
        '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+', '', 'g'),
      'øđðħıłŋŧǥʒĸəς', 'oddhilntgzkeσ'),
    'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'þ', 'th');
end
$$;
revoke all on function private.searched_form(text, boolean) from public, anon, authenticated, service_role;

comment on function private.searched_form(text, boolean) is
  'A name, or a part of one, as searches compare it: in small letters, without spaces, hyphens and apostrophes, with its accents or without them.';

create function private.searchable(name text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  accented text := private.searched_form(searchable.name, false);
  plain text;
begin
  if octet_length(accented) = char_length(accented) then
    return accented;
  end if;
  plain := private.searched_form(searchable.name, true);
  return plain || case when accented <> plain then E'\n' || accented else '' end;
end
$$;
revoke all on function private.searchable(text) from public, anon, authenticated, service_role;

comment on function private.searchable(text) is
  'What a search looks in: the name without accents and, in a second line if it has any, with them.';

-- So that it fits into an index whatever letters a name has: some become eighteen.
create function private.briefly_searchable(name text) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  searched text := private.searchable(briefly_searchable.name);
begin
  return case when octet_length(searched) <= 500 then searched end;
end
$$;
revoke all on function private.briefly_searchable(text) from public, anon, authenticated, service_role;

comment on function private.briefly_searchable(text) is
  'What a search looks in, unless it is longer than 500 bytes: null, and private.roster_names has it.';

-- Every one, two and three letters in a row, with the chapter. An index of these finds
-- what is rare in a chapter whatever is frequent elsewhere, and needs no extension.
create function private.search_keys(chapter_id uuid, searched text, shortest integer) returns bigint[]
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  seed bigint := uuid_hash_extended(search_keys.chapter_id, 0);
  keys bigint[] := array[]::bigint[];
  line text;
begin
  foreach line in array string_to_array(search_keys.searched, E'\n') loop
    for length in search_keys.shortest .. 3 loop
      for start in 1 .. char_length(line) - length + 1 loop
        keys := keys || hashtextextended(substr(line, start, length), seed);
      end loop;
    end loop;
  end loop;
  return keys;
end
$$;
revoke all on function private.search_keys(uuid, text, integer) from public, anon, authenticated, service_role;

comment on function private.search_keys(uuid, text, integer) is
  'Hashes of all parts of a text that have shortest to three letters, in one chapter. A name has all keys of each part of it.';

create function private.entry_as_json(
  mentor_id uuid, display_name text, coordinators jsonb,
  certified_until date, certification_kind text, certification_is_missing boolean
) returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  select '{"mentor_id":"' || entry_as_json.mentor_id || '","display_name":' || to_json(entry_as_json.display_name)
    || ',"coordinators":' || entry_as_json.coordinators
    || ',"certification_kind":' || coalesce(to_json(entry_as_json.certification_kind)::text, 'null')
    || ',"certification_expires_on":' || case
      when entry_as_json.certified_until is null or entry_as_json.certified_until = 'infinity'
        or entry_as_json.certification_is_missing then 'null'
      else to_json(entry_as_json.certified_until)::text end
$$;
revoke all on function private.entry_as_json(uuid, text, jsonb, date, text, boolean) from public, anon, authenticated, service_role;

comment on function private.entry_as_json(uuid, text, jsonb, date, text, boolean) is
  'The beginning of a row of the page: what does not depend on the day, on a pause, or on the caller.';

-- What is searched is kept with the name, and the beginning of each row of the page
-- is kept as text: building fifty rows as jsonb and writing them out took most of
-- a call's time.
create table private.roster_entries (
  mentor_id uuid not null,
  chapter_id uuid not null,
  from_on date not null,
  until_on date not null,
  present_from date not null,
  display_name text collate "nb-x-icu" not null,
  chapter_set_id integer not null,
  certified_until date,
  certification_kind text,
  certification_is_missing boolean not null default false,
  planned_from date,
  open_requests smallint not null default 0,
  coordinators jsonb not null,
  searched_as text collate "C" generated always as (private.briefly_searchable(display_name)) stored,
  shown text collate "C" not null
    generated always as (private.entry_as_json(
      mentor_id, display_name, coordinators, certified_until, certification_kind, certification_is_missing)) stored,
  constraint roster_entries_pkey primary key (mentor_id, chapter_id, from_on),
  constraint roster_entries_ends_after_start check (until_on > from_on)
);
create index roster_entries_in_order
  on private.roster_entries (chapter_id, display_name, mentor_id) include (from_on, until_on);
create index roster_entries_of_all
  on private.roster_entries (display_name, mentor_id) include (chapter_id, from_on, until_on);
create index roster_entries_by_certification
  on private.roster_entries (chapter_id, certified_until) include (display_name, mentor_id, from_on, until_on, searched_as);
-- Whose turn it is when the counts of a set are compared: the first of its mentors.
create index roster_entries_by_set on private.roster_entries (chapter_set_id, mentor_id);
create index roster_entries_that_end on private.roster_entries (until_on, mentor_id) where until_on < 'infinity';

comment on table private.roster_entries is
  'A row for each mentor and each chapter in which the mentor is active, and for each stretch of days in which that and the rest of the row stay as they are. Maintained by triggers on the tables it is built from.';
comment on column private.roster_entries.from_on is
  'The first day of the stretch; -infinity: it had begun when the row was built.';
comment on column private.roster_entries.until_on is 'The day after the last one; infinity: nothing is known to end it.';
comment on column private.roster_entries.present_from is
  'Since when the mentor has been a mentor somewhere without a day in between, if there was an earlier time; -infinity for the first time. A pause from before counts no more.';
comment on column private.roster_entries.certified_until is
  'The certification of each kind that lasts longest; of those, the earliest last day. infinity: never expires; null: holds none. The day before a required kind began to be missing counts as one.';
comment on column private.roster_entries.certification_kind is 'The code of the kind that certified_until is about.';
comment on column private.roster_entries.certification_is_missing is 'Whether that kind is required and lacking: nothing has ended.';
comment on column private.roster_entries.planned_from is
  'The first day of the planned pause, if there was a plan when the row was built: it may have begun or ended since.';
comment on column private.roster_entries.open_requests is 'How many requests of the mentor are open.';
comment on column private.roster_entries.coordinators is
  'Who is responsible: coordinators with an open assignment who are active in a chapter of the mentor. [{"id", "display_name"}], sorted by name.';
comment on column private.roster_entries.searched_as is 'What a search looks in; null: it is long, and private.roster_names has it.';
comment on column private.roster_entries.shown is
  'The beginning of a row of the page, as JSON: built when it changes, not each time it is read.';
comment on index private.roster_entries_of_all is 'The order of the screen over all chapters.';
comment on index private.roster_entries_by_certification is 'Finds those of a chapter who are expired, or who are not, where they are few.';
comment on index private.roster_entries_that_end is 'The nightly run removes what has ended.';

-- Pausing touches this narrow row, not the entry, so that a filter by status finds one
-- who is paused among thousands who are not, and the other way round.
create table private.roster_places (
  mentor_id uuid not null,
  chapter_id uuid not null,
  from_on date not null,
  until_on date not null,
  present_from date not null,
  is_paused boolean not null,
  is_planned boolean not null default false,
  display_name text collate "nb-x-icu" not null,
  searched_as text collate "C" generated always as (private.briefly_searchable(display_name)) stored,
  certified_until date,
  expected_return_date date,
  has_request boolean not null default false,
  assigned_to uuid[],
  constraint roster_places_pkey primary key (mentor_id, chapter_id, from_on)
);
-- With all that is filtered by, so that whoever doesn't meet a filter is passed over in
-- the index, should half of a chapter not.
create index roster_places_in_order
  on private.roster_places (chapter_id, is_paused, display_name, mentor_id)
  include (certified_until, from_on, until_on, searched_as, expected_return_date, has_request, assigned_to);
create index roster_places_by_return
  on private.roster_places (chapter_id, expected_return_date)
  include (display_name, mentor_id, certified_until, from_on, until_on, searched_as, assigned_to)
  where is_paused;
create index roster_places_with_request
  on private.roster_places (chapter_id, display_name, mentor_id)
  include (is_paused, certified_until, from_on, until_on, searched_as, assigned_to)
  where has_request;

comment on table private.roster_places is
  'The order of the screen once more, those who are paused apart from those who are not: a row for each entry, two where a planned pause begins on one of its days.';
comment on column private.roster_places.searched_as is 'What a search looks in; null: it is long, and private.roster_names has it.';
comment on column private.roster_places.is_paused is 'Whether a coordinator paused the mentor, whatever the certification; on the days of a plan too.';
comment on column private.roster_places.is_planned is 'Whether these were the days of a planned pause when the row was built.';
comment on column private.roster_places.expected_return_date is 'Of that pause, or of the plan; null: none is known, or there is no pause.';
comment on column private.roster_places.has_request is 'Whether a request of the mentor is open.';
comment on column private.roster_places.assigned_to is
  'The ids of the coordinators that the entry names. Null: it names none; empty: more than twenty, and only the entry has them.';
comment on index private.roster_places_by_return is 'Finds those of a chapter who are due back, and those who are expected at no time, where they are few.';
comment on index private.roster_places_with_request is 'The order of the screen, of those who ask for something.';

-- A renewed certification touches the entry, not this row, whose some sixty keys are
-- seven times the work of all the rest.
create table private.roster_names (
  mentor_id uuid not null,
  chapter_id uuid not null,
  display_name text collate "nb-x-icu" not null,
  searched_as text collate "C" not null generated always as (private.searchable(display_name)) stored,
  constraint roster_names_pkey primary key (mentor_id, chapter_id)
);
-- No list of what is still to be added to the index: each search would read it.
create index roster_names_by_part
  on private.roster_names using gin (private.search_keys(chapter_id, searched_as, 1)) with (fastupdate = off);

comment on table private.roster_names is 'The names once more, with an index of their parts: a row for each mentor and chapter that have an entry.';
comment on index private.roster_names_by_part is 'Finds a part of a name where it is rare.';

create table private.roster_counts (
  chapter_set_id integer not null,
  day date not null,
  mentors integer not null default 0,
  expired integer not null default 0,
  expiring integer not null default 0,
  paused integer not null default 0,
  overdue integer not null default 0,
  due_back integer not null default 0,
  open_ended integer not null default 0,
  open_requests integer not null default 0,
  constraint roster_counts_pkey primary key (chapter_set_id, day)
);
comment on table private.roster_counts is
  'By how much the dashboard''s numbers change on a day: the sum over all days so far is the number. Only private.fold_roster_deltas() and private.recount() write here.';
comment on column private.roster_counts.chapter_set_id is 'Of private.chapter_sets; 0: of all sets together; below zero: of private.assigned_sets, for which only mentors are counted.';
comment on column private.roster_counts.day is '-infinity: what has always been so, and what is safely in the past.';
comment on column private.roster_counts.mentors is 'Mentors who are active in exactly these chapters.';
comment on column private.roster_counts.expired is 'Of those, whose certification has expired.';
comment on column private.roster_counts.expiring is 'Whose certification ends within 30 days.';
comment on column private.roster_counts.paused is 'Whom a coordinator paused, and whose certification has not expired; so are the next three.';
comment on column private.roster_counts.overdue is 'Whose expected return is past.';
comment on column private.roster_counts.due_back is 'Who are expected back within seven days.';
comment on column private.roster_counts.open_ended is 'Who have no expected return.';
comment on column private.roster_counts.open_requests is 'What the mentors ask for and nobody has answered: requests, not mentors.';

create type private.roster_fact as (
  chapter_set_id integer,
  change integer,
  subject text,
  from_on date,
  until_on date,
  certified_until date,
  expected_return_date date
);
revoke all on type private.roster_fact from public;
comment on type private.roster_fact is
  'So many more (or fewer) mentors of a set of chapters, or pauses or open requests of such mentors (subject: mentor, pause, request), with a certification until a day (null: none), in a stretch of days.';

create table private.roster_deltas (
  id bigint generated always as identity,
  chapter_set_id integer not null,
  change integer not null,
  subject text not null,
  from_on date not null,
  until_on date not null,
  certified_until date,
  expected_return_date date,
  constraint roster_deltas_pkey primary key (chapter_set_id, id),
  constraint roster_deltas_subject_known check (subject in ('mentor', 'pause', 'request'))
);
comment on table private.roster_deltas is 'Changes to the counts that are not folded in yet, each a private.roster_fact.';

create function private.counted_days(facts private.roster_fact[])
returns table (
  chapter_set_id integer, day date, mentors bigint, expired bigint, expiring bigint,
  paused bigint, overdue bigint, due_back bigint, open_ended bigint, open_requests bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- A day of margin: no as-of date is before this.
  past date := private.today() - 1;
begin
  -- Every number is a mentor more from a day on, and one less from another.
  return query
    select f.chapter_set_id, case when d.day < past then '-infinity' else d.day end,
      sum(d.change) filter (where s.number = 'mentors'), sum(d.change) filter (where s.number = 'expired'),
      sum(d.change) filter (where s.number = 'expiring'), sum(d.change) filter (where s.number = 'paused'),
      sum(d.change) filter (where s.number = 'overdue'), sum(d.change) filter (where s.number = 'due_back'),
      sum(d.change) filter (where s.number = 'open_ended'), sum(d.change) filter (where s.number = 'open_requests')
    from (
      select u.chapter_set_id, sum(u.change)::integer as change, u.subject, u.from_on, u.until_on,
        coalesce(u.certified_until, 'infinity') as certified_until, u.expected_return_date
      from unnest(counted_days.facts) u
      group by u.chapter_set_id, u.subject, u.from_on, u.until_on, coalesce(u.certified_until, 'infinity'), u.expected_return_date
      having sum(u.change) <> 0
    ) f
    cross join lateral (
      select v.number, v.from_on, v.until_on
      from (
        values
          ('mentor', 'mentors', f.from_on, f.until_on),
          ('mentor', 'expired', greatest(f.from_on, f.certified_until + 1), f.until_on),
          ('mentor', 'expiring', greatest(f.from_on, f.certified_until - 30), least(f.until_on, f.certified_until + 1)),
          ('pause', 'paused', f.from_on, least(f.until_on, f.certified_until + 1)),
          ('pause', 'overdue', greatest(f.from_on, f.expected_return_date + 1), least(f.until_on, f.certified_until + 1)),
          ('pause', 'due_back', greatest(f.from_on, f.expected_return_date - 7),
            least(f.until_on, f.certified_until + 1, f.expected_return_date + 1)),
          ('pause', 'open_ended', f.from_on, least(f.until_on, f.certified_until + 1)),
          ('request', 'open_requests', f.from_on, f.until_on)
      ) v (subject, number, from_on, until_on)
      where v.subject = f.subject and v.from_on < v.until_on and v.until_on > past
        and not (v.number in ('overdue', 'due_back') and f.expected_return_date is null)
        and not (v.number = 'open_ended' and f.expected_return_date is not null)
    ) s
    cross join lateral (values (s.from_on, f.change), (s.until_on, -f.change)) d (day, change)
    where d.day < 'infinity'
    group by 1, 2;
end
$$;
revoke all on function private.counted_days(private.roster_fact[]) from public, anon, authenticated, service_role;

comment on function private.counted_days(private.roster_fact[]) is
  'What facts mean for private.roster_counts: by how much which number changes on which day (null: not at all).';

-- What waits to be acknowledged is few rows of large tables, and whose they are is
-- asked by each page of the roster. So the mentors whom it is about are kept by set
-- of chapters: a page finds its own, however many wait elsewhere.
create table private.unacknowledged (
  id bigint generated always as identity,
  mentor_id uuid not null,
  chapter_set_id integer,
  constraint unacknowledged_pkey primary key (id),
  constraint unacknowledged_set_exists foreign key (chapter_set_id) references private.chapter_sets (id) on delete set null
);
create index unacknowledged_by_set on private.unacknowledged (chapter_set_id, mentor_id);
create index unacknowledged_by_mentor on private.unacknowledged (mentor_id);

comment on table private.unacknowledged is
  'The mentors about whom an undeliverable notification or a discrepancy waits to be acknowledged, in one row or in several.';
comment on column private.unacknowledged.chapter_set_id is
  'Where the mentor is active, else the last chapter, or the empty set for a person who never was a mentor. Null: not looked up yet, so that every page looks at it.';

alter table private.chapter_sets enable row level security;
alter table private.chapter_set_members enable row level security;
alter table private.assigned_sets enable row level security;
alter table private.roster_entries enable row level security;
alter table private.roster_places enable row level security;
alter table private.roster_names enable row level security;
alter table private.roster_counts enable row level security;
alter table private.roster_deltas enable row level security;
alter table private.unacknowledged enable row level security;
revoke all on table
  private.chapter_sets, private.chapter_set_members, private.assigned_sets, private.roster_entries, private.roster_places, private.roster_names,
  private.roster_counts, private.roster_deltas, private.unacknowledged
from public, anon, authenticated, service_role;
revoke all on sequence private.chapter_sets_id_seq, private.assigned_sets_id_seq, private.roster_deltas_id_seq, private.unacknowledged_id_seq
from public, anon, authenticated, service_role;

create function private.fold_roster_deltas(batch integer default 4096) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- A day of margin: no as-of date is before this.
  past date := private.today() - 1;
  facts private.roster_fact[];
begin
  -- One call at a time, and nobody waits for it.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    return 0;
  end if;

  with taken as (
    delete from private.roster_deltas d
    where d.ctid = any (array(select o.ctid from private.roster_deltas o limit fold_roster_deltas.batch))
    returning d.*
  )
  select array_agg((t.chapter_set_id, t.change, t.subject, t.from_on, t.until_on, t.certified_until, t.expected_return_date)::private.roster_fact)
  into facts
  from taken t;

  with outdated as (
    delete from private.roster_counts c
    where (c.chapter_set_id in (select f.chapter_set_id from unnest(facts) f) or c.chapter_set_id = 0)
      and c.day > '-infinity' and c.day < past
    returning c.*
  ), reckoned as materialized (
    select * from private.counted_days(facts)
  ), sums as (
    select d.chapter_set_id, d.day,
      coalesce(sum(d.mentors), 0) as mentors, coalesce(sum(d.expired), 0) as expired, coalesce(sum(d.expiring), 0) as expiring,
      coalesce(sum(d.paused), 0) as paused, coalesce(sum(d.overdue), 0) as overdue, coalesce(sum(d.due_back), 0) as due_back,
      coalesce(sum(d.open_ended), 0) as open_ended, coalesce(sum(d.open_requests), 0) as open_requests
    from (
      select r.* from reckoned r
      union all
      select 0, r.day, r.mentors, r.expired, r.expiring, r.paused, r.overdue, r.due_back, r.open_ended, r.open_requests
      from reckoned r
      where r.chapter_set_id > 0
      union all
      select o.chapter_set_id, '-infinity', o.mentors, o.expired, o.expiring, o.paused, o.overdue, o.due_back, o.open_ended,
        o.open_requests
      from outdated o
    ) d
    group by 1, 2
  )
  insert into private.roster_counts as c
    (chapter_set_id, day, mentors, expired, expiring, paused, overdue, due_back, open_ended, open_requests)
  select s.chapter_set_id, s.day, s.mentors, s.expired, s.expiring, s.paused, s.overdue, s.due_back, s.open_ended, s.open_requests
  from sums s
  where (s.mentors, s.expired, s.expiring, s.paused, s.overdue, s.due_back, s.open_ended, s.open_requests)
    <> (0, 0, 0, 0, 0, 0, 0, 0)
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    expired = c.expired + excluded.expired,
    expiring = c.expiring + excluded.expiring,
    paused = c.paused + excluded.paused,
    overdue = c.overdue + excluded.overdue,
    due_back = c.due_back + excluded.due_back,
    open_ended = c.open_ended + excluded.open_ended,
    open_requests = c.open_requests + excluded.open_requests;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id is null limit fold_roster_deltas.batch));
  return coalesce(cardinality(facts), 0);
end
$$;
revoke all on function private.fold_roster_deltas(integer) from public, anon, authenticated, service_role;

comment on function private.fold_roster_deltas(integer) is
  'Folds as many deltas into the counts and returns how many. The sums stay the same, so readers never notice. Also looks up unacknowledged matters that could not be looked up when they began.';

create function private.fold_now_and_then() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- The first call folds all deltas of a large statement; the others would only walk
  -- over what it left behind.
  if exists (select from private.roster_deltas d where d.chapter_set_id = new.chapter_set_id and d.id = new.id) then
    perform private.fold_roster_deltas();
  end if;
  return null;
end
$$;
revoke all on function private.fold_now_and_then() from public, anon, authenticated, service_role;

comment on function private.fold_now_and_then() is
  'Trigger: about every 128th delta pays for folding, so that their number stays small whatever else runs.';

-- No function is called for the 127 deltas that have nothing to fold.
create trigger roster_deltas_fold
  after insert on private.roster_deltas
  for each row when (new.id % 128 = 0)
  execute function private.fold_now_and_then();

create type private.paused_mentor as (
  mentor_id uuid,
  began_on date,
  expected_return_date date
);
revoke all on type private.paused_mentor from public;
comment on type private.paused_mentor is 'A live pause or a plan, with its first day.';

create type private.roster_entry as (
  mentor_id uuid,
  chapter_id uuid,
  from_on date,
  until_on date,
  present_from date,
  display_name text,
  chapter_ids uuid[],
  certified_until date,
  certification_kind text,
  certification_is_missing boolean,
  planned_from date,
  open_requests smallint,
  coordinators jsonb
);
revoke all on type private.roster_entry from public;
comment on type private.roster_entry is 'A row of private.roster_entries, with the chapters instead of the number of their set.';

-- The days to come on which something changes by itself cut the time from the date on
-- into stretches; most mentors have one.
--
-- Everything is looked up by the array of the mentors, or of their coordinators, and then
-- hashed: planned for the numbers of the moment, a loop in a loop would go over thousands.
create function private.wanted_entries(mentor_ids uuid[], as_of date) returns setof private.roster_entry
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_nestloop = off
as $$
declare
  zone text := (select s.time_zone from private.settings s);
  assigned uuid[] := array(
    select distinct a.coordinator_id from public.coordinator_assignments a
    where a.mentor_id = any (wanted_entries.mentor_ids) and a.ended_at is null);
begin
  return query
    with certifications as materialized (
      select s.* from private.certification_stretches(wanted_entries.mentor_ids) s
    ), memberships as materialized (
      select m.user_id as mentor_id, m.chapter_id, d.from_on, d.until_on
      from public.chapter_memberships m
      cross join lateral (
        select (m.started_at at time zone zone)::date, coalesce((m.ended_at at time zone zone)::date, 'infinity')
      ) d (from_on, until_on)
      where m.user_id = any (wanted_entries.mentor_ids) and m.role = 'mentor' and d.from_on < d.until_on
    ), assignments as materialized (
      select a.mentor_id, a.coordinator_id, m.chapter_id, q.display_name, (m.started_at at time zone zone)::date as from_on,
        coalesce((m.ended_at at time zone zone)::date, 'infinity') as until_on
      from public.coordinator_assignments a
      join public.chapter_memberships m on m.user_id = a.coordinator_id and m.role = 'coordinator'
      join public.profiles q on q.id = a.coordinator_id
      where a.mentor_id = any (wanted_entries.mentor_ids) and a.ended_at is null
        and m.user_id = any (assigned) and q.id = any (assigned)
    ), days as (
      select m.mentor_id, wanted_entries.as_of as day
      from memberships m
      where m.until_on > wanted_entries.as_of
      union
      select m.mentor_id, v.day
      from memberships m
      cross join lateral (values (m.from_on), (m.until_on)) v (day)
      where v.day > wanted_entries.as_of and v.day < 'infinity'
      union
      select s.mentor_id, s.begins_on
      from certifications s
      where s.begins_on > wanted_entries.as_of
      union
      select a.mentor_id, v.day
      from assignments a
      cross join lateral (values (a.from_on), (a.until_on)) v (day)
      where v.day > wanted_entries.as_of and v.day < 'infinity'
    ), stretches as materialized (
      select d.mentor_id, d.day, case when d.day > wanted_entries.as_of then d.day else '-infinity' end as from_on,
        lead(d.day, 1, 'infinity') over (partition by d.mentor_id order by d.day) as until_on
      from days d
    ), placed as materialized (
      -- Distinct, because a statement whose memberships overlap is refused after this.
      select s.mentor_id, s.day, s.from_on, s.until_on, array_agg(distinct m.chapter_id order by m.chapter_id) as chapter_ids
      from stretches s
      join memberships m on m.mentor_id = s.mentor_id and m.from_on <= s.day and m.until_on > s.day
      group by s.mentor_id, s.day, s.from_on, s.until_on
    ), certified as (
      -- Of those that end on one day, what is to be renewed, which is the successor.
      select distinct on (s.mentor_id, s.day) s.mentor_id, s.day, c.ends_on as certified_until,
        c.kind as certification_kind, c.is_missing as certification_is_missing
      from stretches s
      join certifications c on c.mentor_id = s.mentor_id
        and c.begins_on <= s.day and coalesce(c.next_begins_on, 'infinity') > s.day
      where c.ends_on is not null
      order by s.mentor_id, s.day, c.ends_on, c.is_missing, c.is_succeeded, c.kind
    ), responsible as (
      select r.mentor_id, r.day,
        jsonb_agg(jsonb_build_object('id', r.coordinator_id, 'display_name', r.display_name) order by r.display_name, r.coordinator_id) as coordinators
      from (
        select distinct s.mentor_id, s.day, a.coordinator_id, a.display_name
        from placed s
        join assignments a on a.mentor_id = s.mentor_id and a.from_on <= s.day and a.until_on > s.day
        where a.chapter_id = any (s.chapter_ids)
      ) r
      group by r.mentor_id, r.day
    )
    select s.mentor_id, c.chapter_id, s.from_on, s.until_on, case when t.is_return then t.from_on else '-infinity' end,
      p.display_name, s.chapter_ids, f.certified_until, f.certification_kind, coalesce(f.certification_is_missing, false),
      q.starts_on, coalesce(o.open_requests, 0::smallint), coalesce(r.coordinators, '[]')
    from placed s
    join public.profiles p on p.id = s.mentor_id
    join private.mentor_times t on t.mentor_id = s.mentor_id and t.from_on <= s.day and t.until_on > s.day
    left join certified f on f.mentor_id = s.mentor_id and f.day = s.day
    left join responsible r on r.mentor_id = s.mentor_id and r.day = s.day
    left join (
      select l.mentor_id, count(*)::smallint as open_requests
      from public.leave_requests l
      where l.mentor_id = any (wanted_entries.mentor_ids) and l.state = 'open'
      group by l.mentor_id
    ) o on o.mentor_id = s.mentor_id
    -- A plan ends when the mentor has left every chapter.
    left join public.planned_pauses q on q.mentor_id = s.mentor_id and q.mentor_id = any (wanted_entries.mentor_ids)
      and not (t.is_return and t.from_on > private.date_of(q.created_at))
    cross join lateral unnest(s.chapter_ids) c (chapter_id)
    where t.mentor_id = any (wanted_entries.mentor_ids) and p.id = any (wanted_entries.mentor_ids);
end
$$;
revoke all on function private.wanted_entries(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.wanted_entries(uuid[], date) is
  'What the roster''s entries of these mentors should be according to the tables, for the date and all days after it.';

create function private.assigned_ids(coordinators jsonb) returns uuid[]
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when assigned_ids.coordinators = '[]' then null
    when jsonb_array_length(assigned_ids.coordinators) > 20 then '{}'::uuid[]
    -- As text, because a query here would cost as much as all the rest of an entry.
    else translate(jsonb_path_query_array(assigned_ids.coordinators, '$[*].id')::text, '[]"', '{}')::uuid[]
  end;
end
$$;
revoke all on function private.assigned_ids(jsonb) from public, anon, authenticated, service_role;

comment on function private.assigned_ids(jsonb) is
  'The ids of an entry''s coordinators, as private.roster_places has them: null for none, empty for more than twenty.';

-- Whoever makes something that waits appends a row and waits for nobody. Whoever holds
-- the mentor may replace the rows by one that says where the mentor is, because the
-- mentor's chapters change under the same lock: of two who come at once, the later
-- sees the rows of the earlier, or leaves a row that has not been looked up.
create function private.refresh_unacknowledged(mentor_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  free uuid[];
  waiting uuid[];
begin
  if refresh_unacknowledged.mentor_ids = '{}' then
    return;
  end if;
  free := array(
    select l.person_id from private.person_locks l
    where l.person_id = any (refresh_unacknowledged.mentor_ids)
    order by l.person_id for no key update skip locked);
  -- Before it is asked what waits: a row that comes in between stays.
  delete from private.unacknowledged u where u.mentor_id = any (free);
  waiting := array(
    select f from unnest(free) f
    where exists (
        select from public.notifications n
        where n.mentor_id = f and n.state = 'undeliverable' and n.acknowledged_at is null)
      or exists (
        select from public.status_discrepancies d where d.mentor_id = f and d.acknowledged_at is null));
  if waiting = '{}' then
    return;
  end if;

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct private.answerable_chapter_ids(w) from unnest(waiting) w
    order by 1
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  insert into private.unacknowledged (mentor_id, chapter_set_id)
  select w, s.id
  from unnest(waiting) w
  join private.chapter_sets s on s.chapter_ids = private.answerable_chapter_ids(w);
end
$$;
revoke all on function private.refresh_unacknowledged(uuid[]) from public, anon, authenticated, service_role;

comment on function private.refresh_unacknowledged(uuid[]) is
  'Looks up in which chapters these mentors'' unacknowledged matters count, except of mentors whom somebody else holds. Definer, for the triggers that call it.';

create function private.note_unacknowledged() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if new.mentor_id is null then
    return null;
  end if;
  perform from private.person_locks l where l.person_id = new.mentor_id for no key update skip locked;
  if found then
    perform private.refresh_unacknowledged(array[new.mentor_id]);
  elsif new.acknowledged_at is null then
    -- Each page looks at it, until the mentor is looked up; so there is none in passing,
    -- whose index entry each page would step over until the next vacuum.
    insert into private.unacknowledged (mentor_id) values (new.mentor_id);
  end if;
  return null;
end
$$;
revoke all on function private.note_unacknowledged() from public, anon, authenticated, service_role;

comment on function private.note_unacknowledged() is
  'Trigger: keeps private.unacknowledged when something about a mentor begins or ceases to wait for an acknowledgement.';

create trigger notifications_note_undeliverable_insert
  after insert on public.notifications
  for each row when (new.state = 'undeliverable' and new.acknowledged_at is null)
  execute function private.note_unacknowledged();
create trigger notifications_note_undeliverable_update
  after update on public.notifications
  for each row when (
    (old.state = 'undeliverable' and old.acknowledged_at is null)
    is distinct from (new.state = 'undeliverable' and new.acknowledged_at is null))
  execute function private.note_unacknowledged();

-- Planned again for each call: one mentor and a hundred thousand need different
-- joins.
create function private.refresh_roster(mentor_ids uuid[], plans_before private.paused_mentor[] default null) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set enable_seqscan = on set jit = off
as $$
declare
  wanted private.roster_entry[];
  pauses private.paused_mentor[];
  plans private.paused_mentor[];
  today date;
begin
  -- To plan what follows takes longer than to do it for a few. Theirs is planned once in a
  -- session, and by the indexes alone: the tables may have been empty then.
  if cardinality(refresh_roster.mentor_ids) <= 10 then
    set local plan_cache_mode = 'force_generic_plan';
    set local enable_seqscan = off;
  end if;

  -- The mentor's lock. A writer that waited for it sees what the other committed.
  perform from private.person_locks l
  where l.person_id = any (refresh_roster.mentor_ids) order by l.person_id for no key update;

  today := private.date_of(clock_timestamp());
  wanted := array(select w from private.wanted_entries(refresh_roster.mentor_ids, today) w);
  pauses := array(
    select (r.mentor_id, private.date_of(r.paused_at), r.expected_return_date)::private.paused_mentor
    from public.pause_records r
    where r.mentor_id = any (refresh_roster.mentor_ids) and r.status in ('paused', 'expired_cert') and r.paused_at is not null);
  plans := array(
    select (q.mentor_id, q.starts_on, q.expected_return_date)::private.paused_mentor
    from public.planned_pauses q
    where q.mentor_id = any (refresh_roster.mentor_ids));
  refresh_roster.plans_before := coalesce(refresh_roster.plans_before, plans);

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct w.chapter_ids from unnest(wanted) w
    order by 1 -- two who make the same sets wait for each other in one order
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  insert into private.assigned_sets (coordinator_id, chapter_set_id)
  select a.coordinator_id, a.chapter_set_id
  from (
    select distinct (c ->> 'id')::uuid as coordinator_id, s.id as chapter_set_id
    from unnest(wanted) w
    join private.chapter_sets s on s.chapter_ids = w.chapter_ids
    cross join lateral jsonb_array_elements(w.coordinators) c
  ) a
  where not exists ( -- each number that is tried is used up
    select from private.assigned_sets k where k.coordinator_id = a.coordinator_id and k.chapter_set_id = a.chapter_set_id)
  order by 1, 2
  on conflict on constraint assigned_sets_distinct do nothing;

  with wanted_in_sets as (
    select w.*, s.id as chapter_set_id, private.assigned_ids(w.coordinators) as assigned_to
    from unnest(wanted) w
    join private.chapter_sets s on s.chapter_ids = w.chapter_ids
  ), facts_before as (
    select distinct e.mentor_id, e.chapter_set_id, e.from_on, e.until_on, e.present_from, e.certified_until, e.open_requests,
      q.began_on as planned_from, q.expected_return_date as planned_return
    from private.roster_entries e
    left join unnest(refresh_roster.plans_before) q on q.mentor_id = e.mentor_id and e.planned_from is not null
    where e.mentor_id = any (refresh_roster.mentor_ids)
  ), facts_after as (
    select distinct w.mentor_id, w.chapter_set_id, w.from_on, w.until_on, w.present_from, w.certified_until, w.open_requests,
      q.began_on as planned_from, q.expected_return_date as planned_return
    from wanted_in_sets w
    left join unnest(plans) q on q.mentor_id = w.mentor_id and w.planned_from is not null
  ), assigned as (
    select a.id as chapter_set_id, f.from_on, f.until_on, sum(f.change) as change
    from (
      select distinct e.mentor_id, e.chapter_set_id, e.from_on, e.until_on, c ->> 'id' as coordinator_id, -1 as change
      from private.roster_entries e
      cross join lateral jsonb_array_elements(e.coordinators) c
      where e.mentor_id = any (refresh_roster.mentor_ids)
      union all
      select distinct w.mentor_id, w.chapter_set_id, w.from_on, w.until_on, c ->> 'id', 1
      from wanted_in_sets w
      cross join lateral jsonb_array_elements(w.coordinators) c
    ) f
    join private.assigned_sets a on a.coordinator_id = f.coordinator_id::uuid and a.chapter_set_id = f.chapter_set_id
    group by a.id, f.from_on, f.until_on
  ), removed as (
    delete from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (
        select from wanted_in_sets w
        where w.mentor_id = e.mentor_id and w.chapter_id = e.chapter_id and w.from_on = e.from_on)
  ), rewritten as (
    update private.roster_entries e set
      until_on = w.until_on,
      present_from = w.present_from,
      display_name = w.display_name,
      chapter_set_id = w.chapter_set_id,
      certified_until = w.certified_until,
      certification_kind = w.certification_kind,
      certification_is_missing = w.certification_is_missing,
      planned_from = w.planned_from,
      open_requests = w.open_requests,
      coordinators = w.coordinators
    from wanted_in_sets w
    where e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id and e.from_on = w.from_on
      and (e.until_on, e.present_from, e.display_name, e.chapter_set_id,
          e.certified_until, e.certification_kind, e.certification_is_missing, e.planned_from, e.open_requests, e.coordinators)
        is distinct from (w.until_on, w.present_from, w.display_name, w.chapter_set_id,
          w.certified_until, w.certification_kind, w.certification_is_missing, w.planned_from, w.open_requests, w.coordinators)
  ), written as (
    insert into private.roster_entries
      (mentor_id, chapter_id, from_on, until_on, present_from, display_name, chapter_set_id,
        certified_until, certification_kind, certification_is_missing, planned_from, open_requests, coordinators)
    select w.mentor_id, w.chapter_id, w.from_on, w.until_on, w.present_from, w.display_name, w.chapter_set_id,
      w.certified_until, w.certification_kind, w.certification_is_missing, w.planned_from, w.open_requests, w.coordinators
    from wanted_in_sets w
    where not exists (
      select from private.roster_entries e
      where e.mentor_id = w.mentor_id and e.chapter_id = w.chapter_id and e.from_on = w.from_on)
  ), wanted_places as (
    select w.mentor_id, w.chapter_id, v.from_on, v.until_on, w.present_from, w.display_name, w.certified_until, v.is_planned,
      v.is_planned or r.mentor_id is not null as is_paused,
      case when r.mentor_id is not null then r.expected_return_date when v.is_planned then q.expected_return_date end
        as expected_return_date,
      w.open_requests > 0 as has_request, w.assigned_to
    from wanted_in_sets w
    left join unnest(pauses) r on r.mentor_id = w.mentor_id and r.began_on >= w.present_from
    left join unnest(plans) q on q.mentor_id = w.mentor_id
    cross join lateral (
      values
        (w.from_on, least(w.until_on, w.planned_from), false),
        (case when w.planned_from <= today then w.from_on else greatest(w.from_on, w.planned_from) end, w.until_on, true)
    ) v (from_on, until_on, is_planned)
    where case when v.is_planned then w.planned_from < w.until_on
      else coalesce(w.planned_from > greatest(w.from_on, today), true) end
  ), displaced as (
    delete from private.roster_places p
    where p.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (
        select from wanted_places w
        where w.mentor_id = p.mentor_id and w.chapter_id = p.chapter_id and w.from_on = p.from_on)
  ), moved as (
    update private.roster_places p set
      until_on = w.until_on,
      present_from = w.present_from,
      is_paused = w.is_paused,
      is_planned = w.is_planned,
      display_name = w.display_name,
      certified_until = w.certified_until,
      expected_return_date = w.expected_return_date,
      has_request = w.has_request,
      assigned_to = w.assigned_to
    from wanted_places w
    where p.mentor_id = w.mentor_id and p.chapter_id = w.chapter_id and p.from_on = w.from_on
      and (p.until_on, p.present_from, p.is_paused, p.is_planned, p.display_name, p.certified_until,
          p.expected_return_date, p.has_request, p.assigned_to)
        is distinct from (w.until_on, w.present_from, w.is_paused, w.is_planned, w.display_name, w.certified_until,
          w.expected_return_date, w.has_request, w.assigned_to)
  ), placed as (
    insert into private.roster_places
      (mentor_id, chapter_id, from_on, until_on, present_from, is_paused, is_planned, display_name, certified_until,
        expected_return_date, has_request, assigned_to)
    select w.mentor_id, w.chapter_id, w.from_on, w.until_on, w.present_from, w.is_paused, w.is_planned, w.display_name, w.certified_until,
      w.expected_return_date, w.has_request, w.assigned_to
    from wanted_places w
    where not exists (
      select from private.roster_places p
      where p.mentor_id = w.mentor_id and p.chapter_id = w.chapter_id and p.from_on = w.from_on)
  ), unnamed as (
    delete from private.roster_names k
    where k.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (select from wanted_in_sets w where w.mentor_id = k.mentor_id and w.chapter_id = k.chapter_id)
  ), named as (
    insert into private.roster_names (mentor_id, chapter_id, display_name)
    select distinct w.mentor_id, w.chapter_id, w.display_name
    from wanted_in_sets w
    where not exists (
      select from private.roster_names k
      where k.mentor_id = w.mentor_id and k.chapter_id = w.chapter_id and k.display_name = w.display_name)
    -- Of many, those of a chapter are neighbours: a search reads fewer pages.
    order by w.chapter_id
    on conflict on constraint roster_names_pkey do update set display_name = excluded.display_name
  ), changed as (
    select f.mentor_id, f.chapter_set_id, f.from_on, f.until_on, f.present_from, f.certified_until, f.open_requests,
      f.planned_from, f.planned_return, sum(f.change)::integer as change
    from (
      select b.*, -1 as change from facts_before b
      union all
      select a.*, 1 from facts_after a
    ) f
    group by f.mentor_id, f.chapter_set_id, f.from_on, f.until_on, f.present_from, f.certified_until, f.open_requests,
      f.planned_from, f.planned_return
    having sum(f.change) <> 0
  )
  insert into private.roster_deltas (chapter_set_id, change, subject, from_on, until_on, certified_until, expected_return_date)
  select g.chapter_set_id, sum(g.change), g.subject, g.from_on, g.until_on, g.certified_until, g.expected_return_date
  from (
    select c.chapter_set_id, c.change, 'mentor' as subject, c.from_on, c.until_on, c.certified_until, null::date as expected_return_date
    from changed c
    union all
    select c.chapter_set_id, c.change, 'pause', c.from_on, c.until_on, c.certified_until, p.expected_return_date
    from changed c
    join unnest(pauses) p on p.mentor_id = c.mentor_id and p.began_on >= c.present_from
    union all
    select c.chapter_set_id, c.change, 'pause', greatest(c.from_on, c.planned_from), c.until_on, c.certified_until, c.planned_return
    from changed c
    where c.planned_from < c.until_on
      and not exists (select from unnest(pauses) p where p.mentor_id = c.mentor_id and p.began_on >= c.present_from)
    union all
    select c.chapter_set_id, c.change * c.open_requests, 'request', c.from_on, c.until_on, null, null
    from changed c
    union all
    select a.chapter_set_id, a.change, 'mentor', a.from_on, a.until_on, null, null
    from assigned a
  ) g
  group by g.chapter_set_id, g.subject, g.from_on, g.until_on, g.certified_until, g.expected_return_date
  having sum(g.change) <> 0;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.mentor_id = any (refresh_roster.mentor_ids)));
end
$$;
revoke all on function private.refresh_roster(uuid[], private.paused_mentor[]) from public, anon, authenticated, service_role;

comment on function private.refresh_roster(uuid[], private.paused_mentor[]) is
  'Rebuilds the entries of these mentors from the tables, and counts what changed. plans_before: the plans that were counted, where a statement has changed them; null: those that there are. Locks the mentors first. Definer, for the triggers that call it as service_role.';

-- What was counted of a plan is known from the row as it was.
create function private.refresh_planned_mentors() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  touched uuid[] := '{}'::uuid[];
  before private.paused_mentor[] := '{}'::private.paused_mentor[];
begin
  -- A plan that has become a pause: what it counted was counted over to that.
  if current_setting('mentorpause.beginning', true) = 'on' then
    return null;
  end if;
  if tg_op <> 'INSERT' then
    select array_agg((o.mentor_id, o.starts_on, o.expected_return_date)::private.paused_mentor), array_agg(o.mentor_id)
    into before, touched
    from old_rows o;
  end if;
  if tg_op <> 'DELETE' then
    touched := coalesce(touched, '{}') || array(select n.mentor_id from new_rows n);
  end if;
  if touched <> '{}' then
    perform private.refresh_roster(touched, coalesce(before, '{}'));
  end if;
  return null;
end
$$;
revoke all on function private.refresh_planned_mentors() from public, anon, authenticated, service_role;

comment on function private.refresh_planned_mentors() is
  'Trigger: refreshes the roster''s entries of the mentors whose plans a statement changed.';

create trigger planned_pauses_refresh_roster_insert
  after insert on public.planned_pauses referencing new table as new_rows
  for each statement execute function private.refresh_planned_mentors();
create trigger planned_pauses_refresh_roster_update
  after update on public.planned_pauses referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_planned_mentors();
create trigger planned_pauses_refresh_roster_delete
  after delete on public.planned_pauses referencing old table as old_rows
  for each statement execute function private.refresh_planned_mentors();

create function private.refresh_touched_mentors() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  touched uuid[] := '{}';
  more uuid[];
begin
  -- The argument names the column with the person. Dynamic, so that one function
  -- serves tables of different shapes.
  if tg_op <> 'INSERT' then
    execute format('select array_agg(distinct o.%I) from old_rows o', tg_argv[0]) into more;
    touched := coalesce(more, '{}');
  end if;
  if tg_op <> 'DELETE' then
    execute format('select array_agg(distinct n.%I) from new_rows n where n.%1$I <> all ($1)', tg_argv[0]) using touched into more;
    touched := touched || coalesce(more, '{}');
  end if;
  if touched = '{}' then
    return null;
  end if;
  -- An entry names coordinators. Coordinators are locked before mentors: by whoever
  -- assigns one, so that what is read of them stays; and by whoever changes one, so
  -- that the mentors who are looked up next are all.
  if tg_table_name = 'coordinator_assignments' and tg_op <> 'DELETE' then
    perform private.lock_coordinators(array(select n.coordinator_id from new_rows n where n.ended_at is null), true);
  elsif tg_argv[0] <> 'mentor_id' then
    perform private.lock_coordinators(array(
      select t from unnest(touched) t
      where exists (select from public.coordinator_assignments a where a.coordinator_id = t)
        or exists (select from public.chapter_memberships m where m.user_id = t and m.role = 'coordinator')), false);
    touched := touched || array(
      select a.mentor_id from public.coordinator_assignments a
      where a.coordinator_id = any (touched) and a.ended_at is null
    );
  end if;
  -- Whoever hands mentors over has the entries written by what begins. An entry that is one
  -- for all days, and doesn't name whose assignment has ended, can't name anybody less.
  if tg_table_name = 'coordinator_assignments' and tg_op = 'UPDATE' and cardinality(touched) > 10 then
    perform from private.person_locks l where l.person_id = any (touched) order by l.person_id for no key update;
    touched := array(
      select distinct n.mentor_id
      from new_rows n
      where n.ended_at is null or exists (
        select from private.roster_entries e
        where e.mentor_id = n.mentor_id
          and (e.from_on > '-infinity' or e.until_on < 'infinity'
            or e.coordinators @> jsonb_build_array(jsonb_build_object('id', n.coordinator_id)))));
  end if;
  perform private.refresh_roster(touched);
  if tg_table_name in ('chapter_memberships', 'leave_requests') then
    perform private.place_requests(touched);
  end if;
  return null;
end
$$;
revoke all on function private.refresh_touched_mentors() from public, anon, authenticated, service_role;

comment on function private.refresh_touched_mentors() is
  'Trigger: refreshes the roster''s entries of the mentors that a statement touched, and where their requests belong; its argument names the column with the person.';

create trigger profiles_refresh_roster_update
  after update on public.profiles referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_touched_mentors('id');
create trigger chapter_memberships_refresh_roster_insert
  after insert on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.refresh_touched_mentors('user_id');
create trigger chapter_memberships_refresh_roster_update
  after update on public.chapter_memberships referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_touched_mentors('user_id');
create trigger chapter_memberships_refresh_roster_delete
  after delete on public.chapter_memberships referencing old table as old_rows
  for each statement execute function private.refresh_touched_mentors('user_id');
create trigger certifications_refresh_roster_insert
  after insert on public.certifications referencing new table as new_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');
create trigger certifications_refresh_roster_update
  after update on public.certifications referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');
create trigger certifications_refresh_roster_delete
  after delete on public.certifications referencing old table as old_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');
create trigger coordinator_assignments_refresh_roster_insert
  after insert on public.coordinator_assignments referencing new table as new_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');
create trigger coordinator_assignments_refresh_roster_update
  after update on public.coordinator_assignments referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');
create trigger coordinator_assignments_refresh_roster_delete
  after delete on public.coordinator_assignments referencing old table as old_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');

create trigger leave_requests_refresh_roster_insert
  after insert on public.leave_requests referencing new table as new_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');
create trigger leave_requests_refresh_roster_update
  after update on public.leave_requests referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_touched_mentors('mentor_id');

-- Who holds a kind that is replaced otherwise, and who lacks one that is or was
-- required. Whoever holds what is required is as before.
create function private.mentors_under_kinds(required text[], replaced text[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off
as $$
declare
  -- What this kind replaces has another successor now.
  held text[] := array(
    select distinct c.kind from private.certification_kind_covers c where c.covered_by = any (mentors_under_kinds.replaced));
  lacked text[] := mentors_under_kinds.required || array(
    select distinct v.code from private.certification_kind_versions v where v.is_required and v.code = any (held));
  today date := private.today();
begin
  return array(
    select c.mentor_id
    from public.certifications c
    where c.kind = any (held)
    union
    select m.user_id
    from public.chapter_memberships m
    cross join unnest(lacked) l (kind)
    where m.role = 'mentor' and (m.ended_at is null or m.ended_at > now())
      and not exists (
        select from public.certifications c where c.mentor_id = m.user_id and c.kind = l.kind and c.issued_on <= today)
    order by 1);
end
$$;
revoke all on function private.mentors_under_kinds(text[], text[]) from public, anon, authenticated, service_role;

comment on function private.mentors_under_kinds(text[], text[]) is
  'The mentors, by id, whose certification fact may have changed when it was saved which kinds are required, and what replaces which.';

-- All people are locked before the first entry is written. Whoever becomes a mentor
-- before the commit can't see what was saved, and is put right by the next night.
create function private.refresh_after_kinds() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  chunk constant integer := 10000;
  required text[];
  replaced text[];
  ids uuid[];
begin
  if tg_op = 'INSERT' then
    required := array(select n.code from new_rows n where n.is_required);
    replaced := array(select n.code from new_rows n where n.replaced_by is not null);
  elsif tg_op = 'DELETE' then
    required := array(select o.code from old_rows o where o.is_required);
    replaced := '{}';
  else
    required := array(
      select n.code from new_rows n join old_rows o on o.code = n.code where n.is_required <> o.is_required);
    replaced := array(
      select n.code from new_rows n join old_rows o on o.code = n.code where n.replaced_by is distinct from o.replaced_by);
  end if;
  if required || replaced = '{}' then
    return null;
  end if;
  ids := private.mentors_under_kinds(required, replaced);
  if ids = '{}' then
    return null;
  end if;
  perform from private.person_locks l
  where l.person_id in (select i from unnest(ids) i) order by l.person_id for no key update;
  for n in 0 .. (cardinality(ids) - 1) / chunk loop
    perform private.refresh_roster(ids[n * chunk + 1 : (n + 1) * chunk]);
  end loop;
  insert into private.nightly_pending (mentor_id)
  select i from unnest(ids) i
  order by 1
  on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  return null;
end
$$;
revoke all on function private.refresh_after_kinds() from public, anon, authenticated, service_role;

comment on function private.refresh_after_kinds() is
  'Trigger: refreshes the roster''s entries of all whose certification fact what was saved of kinds may have changed, and marks them for the nightly run. Definer, for writers who reach only the kinds.';

-- After the versions, by name.
create trigger certification_kinds_refresh_roster_insert
  after insert on public.certification_kinds referencing new table as new_rows
  for each statement execute function private.refresh_after_kinds();
create trigger certification_kinds_refresh_roster_update
  after update on public.certification_kinds referencing old table as old_rows new table as new_rows
  for each statement execute function private.refresh_after_kinds();
create trigger certification_kinds_refresh_roster_delete
  after delete on public.certification_kinds referencing old table as old_rows
  for each statement execute function private.refresh_after_kinds();

-- Equal mentors are counted before their days are reckoned: in an organisation of a
-- million, one night reconciles nearly all the sets. One statement, so that it sees one
-- snapshot.
create function private.recounted(chapter_set_ids integer[])
returns table (
  chapter_set_id integer, day date, mentors bigint, expired bigint, expiring bigint,
  paused bigint, overdue bigint, due_back bigint, open_ended bigint, open_requests bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  past date := private.today() - 1;
  counted integer[] := recounted.chapter_set_ids || array(
    select a.id from private.assigned_sets a where a.chapter_set_id = any (recounted.chapter_set_ids));
begin
  return query
    with facts as (
      -- What the tables say: once per mentor, not per chapter.
      select m.chapter_set_id, m.from_on, m.until_on, m.certified_until, m.paused_from, m.expected_return_date, m.open_requests,
        count(*)::integer as mentors
      from (
        select distinct e.chapter_set_id, e.mentor_id, e.from_on, e.until_on, e.certified_until, e.open_requests,
          case when p.id is not null then e.from_on when q.id is not null then greatest(e.from_on, q.starts_on) end as paused_from,
          case when p.id is not null then p.expected_return_date else q.expected_return_date end as expected_return_date
        from private.roster_entries e
        left join public.planned_pauses q on q.mentor_id = case when e.planned_from is not null then e.mentor_id end
          and q.starts_on < e.until_on
        left join public.pause_records p
          on p.mentor_id = e.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
          and (e.present_from = '-infinity' or private.date_of(p.paused_at) >= e.present_from)
        where e.chapter_set_id = any (recounted.chapter_set_ids)
      ) m
      group by m.chapter_set_id, m.from_on, m.until_on, m.certified_until, m.paused_from, m.expected_return_date, m.open_requests
    ), assigned as (
      select a.id as chapter_set_id, m.from_on, m.until_on, count(*)::integer as mentors
      from (
        select distinct e.chapter_set_id, e.mentor_id, e.from_on, e.until_on, c ->> 'id' as coordinator_id
        from private.roster_entries e
        cross join lateral jsonb_array_elements(e.coordinators) c
        where e.chapter_set_id = any (recounted.chapter_set_ids)
      ) m
      join private.assigned_sets a on a.coordinator_id = m.coordinator_id::uuid and a.chapter_set_id = m.chapter_set_id
      group by a.id, m.from_on, m.until_on
    ), reckoned as (
      select d.*
      from private.counted_days(array(
        select (f.chapter_set_id, f.mentors, 'mentor', f.from_on, f.until_on, f.certified_until, null)::private.roster_fact
        from facts f
        union all
        select (f.chapter_set_id, f.mentors, 'pause', f.paused_from, f.until_on, f.certified_until, f.expected_return_date)::private.roster_fact
        from facts f
        where f.paused_from is not null
        union all
        select (f.chapter_set_id, f.mentors * f.open_requests, 'request', f.from_on, f.until_on, null, null)::private.roster_fact
        from facts f
        where f.open_requests > 0
        union all
        select (a.chapter_set_id, a.mentors, 'mentor', a.from_on, a.until_on, null, null)::private.roster_fact
        from assigned a
        -- Minus what is counted, folded or not.
        union all
        select (d.chapter_set_id, -d.change, d.subject, d.from_on, d.until_on, d.certified_until, d.expected_return_date)::private.roster_fact
        from private.roster_deltas d
        where d.chapter_set_id = any (counted))) d
      union all
      select c.chapter_set_id, case when c.day < past then '-infinity' else c.day end,
        -c.mentors, -c.expired, -c.expiring, -c.paused, -c.overdue, -c.due_back, -c.open_ended, -c.open_requests
      from private.roster_counts c
      where c.chapter_set_id = any (counted)
    ), sums as (
      select r.chapter_set_id, r.day,
        coalesce(sum(r.mentors), 0)::bigint as mentors, coalesce(sum(r.expired), 0)::bigint as expired,
        coalesce(sum(r.expiring), 0)::bigint as expiring, coalesce(sum(r.paused), 0)::bigint as paused,
        coalesce(sum(r.overdue), 0)::bigint as overdue, coalesce(sum(r.due_back), 0)::bigint as due_back,
        coalesce(sum(r.open_ended), 0)::bigint as open_ended, coalesce(sum(r.open_requests), 0)::bigint as open_requests
      from reckoned r
      group by 1, 2
    )
    select s.* from sums s
    where (s.mentors, s.expired, s.expiring, s.paused, s.overdue, s.due_back, s.open_ended, s.open_requests)
      <> (0, 0, 0, 0, 0, 0, 0, 0);
end
$$;
revoke all on function private.recounted(integer[]) from public, anon, authenticated, service_role;

comment on function private.recounted(integer[]) is
  'By how much the counts of these sets of chapters, and of those responsible there, are too small, by day; no row when they are right.';

create function private.recount(chapter_set_ids integer[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- Not while deltas are folded, which moves and removes rows; it never takes long.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  insert into private.roster_counts as c
    (chapter_set_id, day, mentors, expired, expiring, paused, overdue, due_back, open_ended, open_requests)
  select r.* from private.recounted(recount.chapter_set_ids) r
  order by r.chapter_set_id, r.day -- the order in which they are read
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    expired = c.expired + excluded.expired,
    expiring = c.expiring + excluded.expiring,
    paused = c.paused + excluded.paused,
    overdue = c.overdue + excluded.overdue,
    due_back = c.due_back + excluded.due_back,
    open_ended = c.open_ended + excluded.open_ended,
    open_requests = c.open_requests + excluded.open_requests;
  delete from private.roster_counts c where c.chapter_set_id = 0;
  insert into private.roster_counts
    (chapter_set_id, day, mentors, expired, expiring, paused, overdue, due_back, open_ended, open_requests)
  select 0, c.day, sum(c.mentors), sum(c.expired), sum(c.expiring), sum(c.paused), sum(c.overdue), sum(c.due_back), sum(c.open_ended),
    sum(c.open_requests)
  from private.roster_counts c
  where c.chapter_set_id > 0
  group by c.day;
end
$$;
revoke all on function private.recount(integer[]) from public, anon, authenticated, service_role;

comment on function private.recount(integer[]) is
  'Corrects the counts of these sets of chapters, and with them those of all together. What others change meanwhile is added.';

-- In chunks that fit into memory, with statistics of what is there: planned without
-- them, a project's first load took half an hour.
create function private.rebuild_roster() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  ids uuid[];
  sets integer[];
  last_id uuid := uuid '00000000-0000-0000-0000-000000000000';
begin
  -- Locks out every writer of what the entries are built from, in the order in which
  -- those lock: the fold first, for which all others only try; then what a statement
  -- changes itself; then the people, whom everybody locks who begins or ends a pause.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  lock table public.profiles, public.chapter_memberships, public.certifications,
    public.coordinator_assignments, public.leave_requests in share row exclusive mode;
  lock table private.person_locks in exclusive mode;
  -- People who came in with triggers switched off.
  insert into private.person_locks (person_id) select p.id from public.profiles p on conflict do nothing;
  delete from private.roster_counts;
  delete from private.roster_deltas;
  delete from private.roster_entries;
  delete from private.roster_places;
  delete from private.roster_names;
  delete from private.chapter_sets;
  delete from private.request_places;
  analyze public.profiles, public.chapter_memberships, public.certifications, public.coordinator_assignments, public.pause_records;
  -- Added to the index one by one, the parts of all names take four times as long.
  alter index private.roster_names_by_part set (fastupdate = on);
  loop
    ids := array(
      select distinct m.user_id from public.chapter_memberships m
      where m.user_id > last_id and m.role = 'mentor' and (m.ended_at is null or m.ended_at > now())
      order by m.user_id
      limit 20000);
    exit when ids = '{}';
    perform private.refresh_roster(ids);
    perform private.place_requests(ids);
    last_id := ids[cardinality(ids)];
  end loop;
  perform gin_clean_pending_list('private.roster_names_by_part');
  alter index private.roster_names_by_part set (fastupdate = off);
  delete from private.unacknowledged;
  perform private.refresh_unacknowledged(array(
    select n.mentor_id from public.notifications n where n.state = 'undeliverable' and n.acknowledged_at is null
    union
    select d.mentor_id from public.status_discrepancies d where d.acknowledged_at is null));
  -- What was counted on the way is scattered over the table.
  delete from private.roster_counts;
  delete from private.roster_deltas;
  for sets in
    select array_agg(n.id order by n.id)
    from (select s.id, row_number() over (order by s.id) as place from private.chapter_sets s) n
    group by (n.place - 1) / 1000
    order by 1
  loop
    perform private.recount(sets);
  end loop;
end
$$;
revoke all on function private.rebuild_roster() from public, anon, authenticated, service_role;

comment on function private.rebuild_roster() is
  'Rebuilds the whole read model from the tables. Meanwhile writers wait, readers do not. For the role postgres.';

-- For a project that has people in these tables already. Not for one without: it
-- would leave statistics that say the tables are empty.
do $$
begin
  if exists (select from public.chapter_memberships) then
    perform private.rebuild_roster();
  end if;
end
$$;
