-- The roster's read model, so that one screen costs the same in a chapter of 100
-- mentors as in one of 100,000.
--
-- Entries hold what seldom changes (name, certification, coordinators), one for
-- each mentor and chapter, in the order of the screen. The status is not among
-- them: it is joined from the live pause record, so that neither pausing nor the
-- nightly run touches an entry.
--
-- Counts are sums of facts by date, not of statuses: so many certifications end on
-- this day, so many returns are due on that one. They are right on every as-of
-- date, with or without a nightly run. They are kept per set of chapters, not per
-- chapter, so that a mentor in two chapters is counted once for somebody who
-- manages both. A change appends a delta, which waits for nobody; deltas are
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

-- A search finds a name however its accents are written: å is one character (NFC), or
-- an a and a combining ring (NFD), as macOS and some keyboards write it.
create function private.searchable(name text) returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  -- In this order: only the small letter of a pair may exist as one character.
  select normalize(lower(searchable.name collate "nb-x-icu"), nfc)
$$;
revoke all on function private.searchable(text) from public, anon, authenticated, service_role;

comment on function private.searchable(text) is
  'A name, or a part of one, as searches compare it: in any case, and in any form of Unicode.';

create function private.entry_as_json(mentor_id uuid, display_name text, coordinators jsonb) returns text
language sql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
  select '{"mentor_id":"' || entry_as_json.mentor_id || '","display_name":' || to_json(entry_as_json.display_name)
    || ',"coordinators":' || entry_as_json.coordinators
$$;
revoke all on function private.entry_as_json(uuid, text, jsonb) from public, anon, authenticated, service_role;

comment on function private.entry_as_json(uuid, text, jsonb) is
  'The beginning of a row of the page: what does not depend on the day, on a pause, or on the caller.';

-- What is searched is kept with the name, and the beginning of each row of the page
-- is kept as text: building fifty rows as jsonb and writing them out took most of
-- a call's time.
create table private.roster_entries (
  mentor_id uuid not null,
  chapter_id uuid not null,
  display_name text collate "nb-x-icu" not null,
  chapter_set_id integer not null,
  certified_until date,
  recheck_on date,
  coordinators jsonb not null,
  searched_as text collate "C" not null generated always as (private.searchable(display_name)) stored,
  shown text collate "C" not null
    generated always as (private.entry_as_json(mentor_id, display_name, coordinators)) stored,
  constraint roster_entries_pkey primary key (mentor_id, chapter_id)
);
create index roster_entries_in_order on private.roster_entries (chapter_id, display_name, mentor_id);
create index roster_entries_to_recheck on private.roster_entries (chapter_id, recheck_on) where recheck_on is not null;
-- Whose turn it is when the counts of a set are compared: the first of its mentors.
create index roster_entries_by_set on private.roster_entries (chapter_set_id, mentor_id);

comment on table private.roster_entries is 'One row for each chapter in which a mentor is active, maintained by triggers on the tables it is built from.';
comment on column private.roster_entries.certified_until is
  'The certification of each kind that lasts longest; of those, the earliest last day. infinity: never expires; null: holds none.';
comment on column private.roster_entries.recheck_on is
  'When a certification registered in advance begins to count: from that day certified_until has to be looked up.';
comment on column private.roster_entries.coordinators is
  'Who is responsible: coordinators with an open assignment who are active in a chapter of the mentor. [{"id", "display_name"}], sorted by name.';
comment on column private.roster_entries.searched_as is 'What a search looks in.';
comment on column private.roster_entries.shown is
  'The beginning of a row of the page, as JSON: built when it changes, not each time it is read.';

create table private.roster_counts (
  chapter_set_id integer not null,
  day date not null,
  mentors integer not null default 0,
  paused integer not null default 0,
  expiring integer not null default 0,
  paused_expiring integer not null default 0,
  due_back integer not null default 0,
  due_back_expired integer not null default 0,
  constraint roster_counts_pkey primary key (chapter_set_id, day)
);
comment on table private.roster_counts is
  'Sums of mentors by the day on which something ends. Only private.fold_roster_deltas() and private.recount() write here.';
comment on column private.roster_counts.day is '-infinity: what has no day, and what is safely in the past.';
comment on column private.roster_counts.mentors is 'All mentors; only on -infinity.';
comment on column private.roster_counts.paused is 'Mentors whom a coordinator paused, expired or not; only on -infinity.';
comment on column private.roster_counts.expiring is 'Mentors whose certification is valid through this day.';
comment on column private.roster_counts.paused_expiring is 'How many of those are paused.';
comment on column private.roster_counts.due_back is 'Paused mentors expected back on this day.';
comment on column private.roster_counts.due_back_expired is
  'Paused mentors for whom both the expected return and the certification are past after this day, and not before.';

create table private.roster_deltas (
  id bigint generated always as identity,
  chapter_set_id integer not null,
  change integer not null,
  is_pause boolean not null,
  certified_until date,
  expected_return_date date,
  constraint roster_deltas_pkey primary key (id)
);
create index roster_deltas_by_set on private.roster_deltas (chapter_set_id);
comment on table private.roster_deltas is 'Changes to the counts that are not folded in yet.';
comment on column private.roster_deltas.change is 'How many more (or fewer) mentors have these facts.';
comment on column private.roster_deltas.is_pause is 'True: counts a pause. False: counts a mentor.';

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
alter table private.roster_entries enable row level security;
alter table private.roster_counts enable row level security;
alter table private.roster_deltas enable row level security;
alter table private.unacknowledged enable row level security;
revoke all on table
  private.chapter_sets, private.chapter_set_members, private.roster_entries, private.roster_counts, private.roster_deltas,
  private.unacknowledged
from public, anon, authenticated, service_role;
revoke all on sequence private.chapter_sets_id_seq, private.roster_deltas_id_seq, private.unacknowledged_id_seq
from public, anon, authenticated, service_role;

create function private.fold_roster_deltas(batch integer default 4096) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- A day of margin: no as-of date is before this.
  past date := private.today() - 1;
  folded integer;
begin
  -- One call at a time, and nobody waits for it.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    return 0;
  end if;

  with taken as (
    delete from private.roster_deltas d
    where d.id in (
      select o.id from private.roster_deltas o order by o.id limit fold_roster_deltas.batch
    )
    returning d.*
  ), outdated as (
    delete from private.roster_counts c
    where c.chapter_set_id in (select t.chapter_set_id from taken t)
      and c.day > '-infinity' and c.day < past
    returning c.*
  ), facts as (
    select o.chapter_set_id, date '-infinity' as day,
      o.mentors, o.paused, o.expiring, o.paused_expiring, o.due_back, o.due_back_expired
    from outdated o
    union all
    select t.chapter_set_id, f.day, f.mentors, f.paused, f.expiring, f.paused_expiring, f.due_back, f.due_back_expired
    from taken t
    cross join lateral (
      values
        (date '-infinity',
          case when not t.is_pause then t.change end, case when t.is_pause then t.change end,
          null::integer, null::integer, null::integer, null::integer),
        (t.certified_until, null, null,
          case when not t.is_pause then t.change end, case when t.is_pause then t.change end, null, null),
        (case when t.is_pause then t.expected_return_date end, null, null, null, null, t.change, null),
        (case when t.is_pause and t.expected_return_date is not null
              then greatest(t.certified_until, t.expected_return_date) end,
          null, null, null, null, null, case when t.certified_until is not null then t.change end)
    ) f (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
    where f.day < 'infinity'
  ), sums as (
    select f.chapter_set_id, case when f.day < past then '-infinity' else f.day end as day,
      coalesce(sum(f.mentors), 0) as mentors, coalesce(sum(f.paused), 0) as paused,
      coalesce(sum(f.expiring), 0) as expiring, coalesce(sum(f.paused_expiring), 0) as paused_expiring,
      coalesce(sum(f.due_back), 0) as due_back, coalesce(sum(f.due_back_expired), 0) as due_back_expired
    from facts f
    group by 1, 2
  ), added as (
    insert into private.roster_counts as c
      (chapter_set_id, day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
    select s.chapter_set_id, s.day, s.mentors, s.paused, s.expiring, s.paused_expiring, s.due_back, s.due_back_expired
    from sums s
    where (s.mentors, s.paused, s.expiring, s.paused_expiring, s.due_back, s.due_back_expired) <> (0, 0, 0, 0, 0, 0)
    on conflict on constraint roster_counts_pkey do update set
      mentors = c.mentors + excluded.mentors,
      paused = c.paused + excluded.paused,
      expiring = c.expiring + excluded.expiring,
      paused_expiring = c.paused_expiring + excluded.paused_expiring,
      due_back = c.due_back + excluded.due_back,
      due_back_expired = c.due_back_expired + excluded.due_back_expired
  )
  select count(*) into folded from taken;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id is null limit fold_roster_deltas.batch));
  return folded;
end
$$;
revoke all on function private.fold_roster_deltas(integer) from public, anon, authenticated, service_role;

comment on function private.fold_roster_deltas(integer) is
  'Folds the oldest deltas into the counts and returns how many. The sums stay the same, so readers never notice. Also looks up unacknowledged matters that could not be looked up when they began.';

create function private.fold_now_and_then() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- The first call folds all deltas of a large statement; the others would only walk
  -- over what it left behind.
  if exists (select from private.roster_deltas d where d.id = new.id) then
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

create function private.wanted_entries(mentor_ids uuid[], as_of date)
returns table (
  mentor_id uuid, chapter_id uuid, display_name text, chapter_ids uuid[],
  certified_until date, recheck_on date, coordinators jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select a.mentor_id, c.chapter_id, p.display_name, a.chapter_ids,
      f.certified_until, f.recheck_on, coalesce(r.coordinators, '[]')
    from (
      select m.user_id as mentor_id, array_agg(m.chapter_id order by m.chapter_id) as chapter_ids
      from public.chapter_memberships m
      where m.user_id = any (wanted_entries.mentor_ids) and m.role = 'mentor' and m.ended_at is null
      group by m.user_id
    ) a
    join public.profiles p on p.id = a.mentor_id
    left join private.certification_facts(wanted_entries.mentor_ids, wanted_entries.as_of) f on f.mentor_id = a.mentor_id
    cross join lateral unnest(a.chapter_ids) c (chapter_id)
    left join (
      select o.mentor_id,
        jsonb_agg(jsonb_build_object('id', q.id, 'display_name', q.display_name) order by q.display_name, q.id) as coordinators
      from public.coordinator_assignments o
      join public.profiles q on q.id = o.coordinator_id
      where o.mentor_id = any (wanted_entries.mentor_ids)
        and o.ended_at is null
        and exists (
          select from public.chapter_memberships m
          join public.chapter_memberships t on t.chapter_id = m.chapter_id
          where m.user_id = o.coordinator_id and m.role = 'coordinator' and m.ended_at is null
            and t.user_id = o.mentor_id and t.role = 'mentor' and t.ended_at is null)
      group by o.mentor_id
    ) r on r.mentor_id = a.mentor_id;
end
$$;
revoke all on function private.wanted_entries(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.wanted_entries(uuid[], date) is
  'What the roster''s entries of these mentors should be according to the tables.';

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
  waiting := array(
    select f from unnest(free) f
    where exists (
        select from public.notifications n
        where n.mentor_id = f and n.state = 'undeliverable' and n.acknowledged_at is null)
      or exists (
        select from public.status_discrepancies d where d.mentor_id = f and d.acknowledged_at is null));
  delete from private.unacknowledged u where u.mentor_id = any (free);
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
  -- A row too many is removed when the mentor is looked up.
  if new.acknowledged_at is null then
    insert into private.unacknowledged (mentor_id) values (new.mentor_id);
  end if;
  perform private.refresh_unacknowledged(array[new.mentor_id]);
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
create function private.refresh_roster(mentor_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  today date := private.today();
begin
  -- The mentor's lock. A writer that waited for it sees what the other committed.
  perform from private.person_locks l
  where l.person_id = any (refresh_roster.mentor_ids) order by l.person_id for no key update;

  with made as (
    insert into private.chapter_sets (chapter_ids)
    select distinct array_agg(m.chapter_id order by m.chapter_id)
    from public.chapter_memberships m
    where m.user_id = any (refresh_roster.mentor_ids) and m.role = 'mentor' and m.ended_at is null
    group by m.user_id
    order by 1 -- two who make the same sets wait for each other in one order
    on conflict on constraint chapter_sets_distinct do nothing
    returning id, chapter_ids
  )
  insert into private.chapter_set_members (chapter_id, chapter_set_id)
  select c.chapter_id, made.id from made cross join lateral unnest(made.chapter_ids) c (chapter_id);

  with wanted as (
    select w.*, s.id as chapter_set_id
    from private.wanted_entries(refresh_roster.mentor_ids, today) w
    join private.chapter_sets s on s.chapter_ids = w.chapter_ids
  ), facts_before as (
    select distinct e.mentor_id, e.chapter_set_id, e.certified_until
    from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
  ), facts_after as (
    select distinct w.mentor_id, w.chapter_set_id, w.certified_until from wanted w
  ), removed as (
    delete from private.roster_entries e
    where e.mentor_id = any (refresh_roster.mentor_ids)
      and not exists (select from wanted w where w.mentor_id = e.mentor_id and w.chapter_id = e.chapter_id)
  ), written as (
    insert into private.roster_entries as e
      (mentor_id, chapter_id, display_name, chapter_set_id, certified_until, recheck_on, coordinators)
    select w.mentor_id, w.chapter_id, w.display_name, w.chapter_set_id, w.certified_until, w.recheck_on, w.coordinators
    from wanted w
    on conflict on constraint roster_entries_pkey do update set
      display_name = excluded.display_name,
      chapter_set_id = excluded.chapter_set_id,
      certified_until = excluded.certified_until,
      recheck_on = excluded.recheck_on,
      coordinators = excluded.coordinators
    where (e.display_name, e.chapter_set_id, e.certified_until, e.recheck_on, e.coordinators)
      is distinct from
      (excluded.display_name, excluded.chapter_set_id, excluded.certified_until, excluded.recheck_on, excluded.coordinators)
  ), changed as (
    select b.mentor_id, b.chapter_set_id, b.certified_until, -1 as change
    from facts_before b
    where not exists (
      select from facts_after a
      where a.mentor_id = b.mentor_id and a.chapter_set_id = b.chapter_set_id
        and a.certified_until is not distinct from b.certified_until)
    union all
    select a.mentor_id, a.chapter_set_id, a.certified_until, 1
    from facts_after a
    where not exists (
      select from facts_before b
      where b.mentor_id = a.mentor_id and b.chapter_set_id = a.chapter_set_id
        and b.certified_until is not distinct from a.certified_until)
  )
  insert into private.roster_deltas (chapter_set_id, change, is_pause, certified_until, expected_return_date)
  select g.chapter_set_id, sum(g.change), g.is_pause, g.certified_until, g.expected_return_date
  from (
    select c.chapter_set_id, c.change, false as is_pause, c.certified_until, null::date as expected_return_date
    from changed c
    union all
    select c.chapter_set_id, c.change, true, c.certified_until, p.expected_return_date
    from changed c
    join public.pause_records p on p.mentor_id = c.mentor_id
    where p.status in ('paused', 'expired_cert') and p.paused_at is not null
  ) g
  group by g.chapter_set_id, g.is_pause, g.certified_until, g.expected_return_date
  having sum(g.change) <> 0;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.mentor_id = any (refresh_roster.mentor_ids)));
end
$$;
revoke all on function private.refresh_roster(uuid[]) from public, anon, authenticated, service_role;

comment on function private.refresh_roster(uuid[]) is
  'Rebuilds the entries of these mentors from the tables, and counts what changed. Locks the mentors first. Definer, for the triggers that call it as service_role.';

create function private.refresh_touched_mentors() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  touched uuid[] := '{}';
  more uuid[];
begin
  -- The argument names the column with the person. Dynamic, so that one function
  -- serves tables of different shapes.
  if tg_op <> 'DELETE' then
    execute format('select array_agg(distinct n.%I) from new_rows n', tg_argv[0]) into more;
    touched := touched || coalesce(more, '{}');
  end if;
  if tg_op <> 'INSERT' then
    execute format('select array_agg(distinct o.%I) from old_rows o', tg_argv[0]) into more;
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
  perform private.refresh_roster(touched);
  return null;
end
$$;
revoke all on function private.refresh_touched_mentors() from public, anon, authenticated, service_role;

comment on function private.refresh_touched_mentors() is
  'Trigger: refreshes the roster''s entries of the mentors that a statement touched; its argument names the column with the person.';

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

-- The counts as rows, a day and a sum of each kind: what fold_roster_deltas makes of
-- single facts, for whole sets at once. Past days are added together, as there.
-- Equal mentors are counted before each of their days becomes a row: in an
-- organisation of a million, one night reconciles nearly all the sets.
create function private.recounted(chapter_set_ids integer[])
returns table (
  chapter_set_id integer, day date, mentors bigint, paused bigint,
  expiring bigint, paused_expiring bigint, due_back bigint, due_back_expired bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  past date := private.today() - 1;
begin
  return query
    with facts as (
      -- What the tables say: once per mentor, not per chapter.
      select m.chapter_set_id, m.certified_until, m.is_paused, m.expected_return_date, count(*)::integer as mentors,
        (count(*) filter (where m.is_paused))::integer as paused
      from (
        select distinct e.chapter_set_id, e.mentor_id, e.certified_until,
          p.id is not null as is_paused, p.expected_return_date
        from private.roster_entries e
        left join public.pause_records p
          on p.mentor_id = e.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
        where e.chapter_set_id = any (recounted.chapter_set_ids)
      ) m
      group by m.chapter_set_id, m.certified_until, m.is_paused, m.expected_return_date
    ), due as (
      select f.chapter_set_id, v.day, v.mentors, v.paused, v.expiring, v.paused_expiring, v.due_back, v.due_back_expired
      from facts f
      cross join lateral (
        values
          (date '-infinity', f.mentors, f.paused, 0, 0, 0, 0),
          (f.certified_until, 0, 0, f.mentors, f.paused, 0, 0),
          (f.expected_return_date, 0, 0, 0, 0, f.paused, 0),
          (case when f.expected_return_date is not null then greatest(f.certified_until, f.expected_return_date) end,
            0, 0, 0, 0, 0, case when f.certified_until is not null then f.paused else 0 end)
      ) v (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
      where v.day < 'infinity'
      union all
      -- Minus what is counted, folded or not.
      select c.chapter_set_id, c.day, -c.mentors, -c.paused, -c.expiring, -c.paused_expiring, -c.due_back, -c.due_back_expired
      from private.roster_counts c
      where c.chapter_set_id = any (recounted.chapter_set_ids)
      union all
      select d.chapter_set_id, v.day, -v.mentors, -v.paused, -v.expiring, -v.paused_expiring, -v.due_back, -v.due_back_expired
      from private.roster_deltas d
      cross join lateral (
        values
          (date '-infinity', case when d.is_pause then 0 else d.change end, case when d.is_pause then d.change else 0 end, 0, 0, 0, 0),
          (d.certified_until, 0, 0, case when d.is_pause then 0 else d.change end, case when d.is_pause then d.change else 0 end, 0, 0),
          (case when d.is_pause then d.expected_return_date end, 0, 0, 0, 0, d.change, 0),
          (case when d.is_pause and d.expected_return_date is not null then greatest(d.certified_until, d.expected_return_date) end,
            0, 0, 0, 0, 0, case when d.certified_until is not null then d.change else 0 end)
      ) v (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
      where d.chapter_set_id = any (recounted.chapter_set_ids) and v.day < 'infinity'
    )
    select d.chapter_set_id, case when d.day < past then '-infinity' else d.day end,
      sum(d.mentors), sum(d.paused), sum(d.expiring), sum(d.paused_expiring), sum(d.due_back), sum(d.due_back_expired)
    from due d
    group by 1, 2
    having (sum(d.mentors), sum(d.paused), sum(d.expiring), sum(d.paused_expiring), sum(d.due_back), sum(d.due_back_expired))
      <> (0, 0, 0, 0, 0, 0);
end
$$;
revoke all on function private.recounted(integer[]) from public, anon, authenticated, service_role;

comment on function private.recounted(integer[]) is
  'By how much the counts of these sets of chapters are too small, by day; no row when they are right. One statement, so that it sees one snapshot.';

-- Written in order, since a page of the roster reads some thirty counts of a set:
-- together they are on one page of the table.
create function private.recount(chapter_set_ids integer[]) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  -- Not while deltas are folded, which moves and removes rows; it never takes long.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  insert into private.roster_counts as c
    (chapter_set_id, day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
  select r.* from private.recounted(recount.chapter_set_ids) r
  order by r.chapter_set_id, r.day -- the order in which they are read
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    paused = c.paused + excluded.paused,
    expiring = c.expiring + excluded.expiring,
    paused_expiring = c.paused_expiring + excluded.paused_expiring,
    due_back = c.due_back + excluded.due_back,
    due_back_expired = c.due_back_expired + excluded.due_back_expired;
end
$$;
revoke all on function private.recount(integer[]) from public, anon, authenticated, service_role;

comment on function private.recount(integer[]) is
  'Corrects the counts of these sets of chapters. What others change meanwhile is added.';

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
    public.coordinator_assignments in share row exclusive mode;
  lock table private.person_locks in exclusive mode;
  -- People who came in with triggers switched off.
  insert into private.person_locks (person_id) select p.id from public.profiles p on conflict do nothing;
  delete from private.roster_counts;
  delete from private.roster_deltas;
  delete from private.roster_entries;
  delete from private.chapter_sets;
  analyze public.profiles, public.chapter_memberships, public.certifications, public.coordinator_assignments, public.pause_records;
  loop
    ids := array(
      select distinct m.user_id from public.chapter_memberships m
      where m.user_id > last_id and m.role = 'mentor' and m.ended_at is null
      order by m.user_id
      limit 20000);
    exit when ids = '{}';
    perform private.refresh_roster(ids);
    last_id := ids[cardinality(ids)];
  end loop;
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
