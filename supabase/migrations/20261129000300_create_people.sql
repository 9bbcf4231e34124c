-- Who belongs where: people, chapters, memberships, certifications and
-- assignments. Other parts of the organisation's system maintain these tables, as
-- service_role. Active memberships alone decide who may read them.

create table public.profiles (
  id uuid not null,
  display_name text collate "nb-x-icu" not null,
  locale text not null default 'nb',
  constraint profiles_pkey primary key (id),
  constraint profiles_display_name_length check (char_length(display_name) between 1 and 200),
  constraint profiles_display_name_visible check (private.is_visible(display_name)),
  constraint profiles_locale_format check (locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$')
);
-- The names of mentors, by id, from the index alone: the nightly run compares
-- thousands of them with the roster, and in a large organisation each would be
-- another page of the table.
create index profiles_with_names on public.profiles (id) include (display_name);

comment on table public.profiles is
  'People. The row outlives the user in Supabase Auth: erasure removes the name and keeps the id, so that history still adds up.';
comment on column public.profiles.id is
  'Equal to the id in auth.users, without a foreign key: deleting the user must always succeed and must not delete history.';
comment on column public.profiles.display_name is 'Sorted as Norwegians sort: … z æ ø å.';
comment on index public.profiles_with_names is 'The name of each person whose id is near, from few pages.';
comment on column public.profiles.locale is 'Language of messages to this person: nb, nn or en; anything else counts as nb.';

-- The order of locks, for every writer and every trigger. Never wait for an earlier lock
-- while holding a later one; if you must have one, try, and back off.
--
--  1. A request's key (tried), the nightly run's row, its marks (passed by when held).
--  2. The rows that the statement itself changes: in profiles, chapter_memberships,
--     certifications and coordinator_assignments, and what their foreign keys point to.
--  3. private.lock_coordinators(): shared by whoever assigns one, exclusive for whoever
--     changes one, because the entries of other people name a coordinator.
--  4. private.mentor_lock(): whoever changes a mentor's status (the nightly run tries).
--  5. private.person_locks, by id: whoever changes a status or what the roster shows.
--  6. pause_records; a manual change, which already holds its rows, only tries 5.
--  7. chapter_sets, nightly_pending, the roster's tables, log, outbox and answers.
--  8. The fold of the deltas (tried; private.rebuild_roster() waits for it before all).
--
-- What a writer decides or derives is read once it holds all of these. An erasure tries
-- all of them together (private.erase_people).

-- A row to lock for each person, apart from the profile: a statement that changes many
-- profiles takes them in any order, and would meet those who lock people in theirs.
create table private.person_locks (
  person_id uuid not null,
  constraint person_locks_pkey primary key (person_id)
);
alter table private.person_locks enable row level security;
revoke all on table private.person_locks from public, anon, authenticated, service_role;

comment on table private.person_locks is
  'A row for each profile, never changed, only locked: by whoever changes a mentor''s status or what the roster shows of somebody, in the order of the ids.';

create function private.add_person_locks() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.person_locks (person_id) select n.id from new_rows n on conflict do nothing;
  return null;
end
$$;
revoke all on function private.add_person_locks() from public, anon, authenticated, service_role;

comment on function private.add_person_locks() is
  'Trigger: adds the row of private.person_locks for each new profile. Definer, for writers who reach only the profiles.';

create trigger profiles_add_person_locks
  after insert on public.profiles referencing new table as new_rows
  for each statement execute function private.add_person_locks();

create function private.try_or_wait(key bigint, waits boolean) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if try_or_wait.waits then
    perform pg_advisory_xact_lock(try_or_wait.key);
    return true;
  end if;
  return pg_try_advisory_xact_lock(try_or_wait.key);
end
$$;
revoke all on function private.try_or_wait(bigint, boolean) from public, anon, authenticated, service_role;

comment on function private.try_or_wait(bigint, boolean) is
  'Takes an advisory lock until the transaction ends; without waits only if it is free, and says whether it was.';

-- Not rows of person_locks: a coordinator may be a mentor too, whose coordinator is a
-- mentor of this one. A thousand keys for all, so that a statement about a million
-- people does not run out of room for locks.
create function private.lock_coordinators(person_ids uuid[], is_shared boolean, waits boolean default true) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  space constant integer := 20261129;
  key integer;
begin
  for key in
    select distinct uuid_hash(i) & 1023 from unnest(lock_coordinators.person_ids) i order by 1
  loop
    if not lock_coordinators.waits then
      if not pg_try_advisory_xact_lock(space, key) then
        raise lock_not_available;
      end if;
    elsif lock_coordinators.is_shared then
      perform pg_advisory_xact_lock_shared(space, key);
    else
      perform pg_advisory_xact_lock(space, key);
    end if;
  end loop;
end
$$;
revoke all on function private.lock_coordinators(uuid[], boolean, boolean) from public, anon, authenticated, service_role;

comment on function private.lock_coordinators(uuid[], boolean, boolean) is
  'Locks people as coordinators, whom entries of other people name, until the transaction ends: shared for whoever makes an entry name them, else alone for whoever changes them. Without waits, raises lock_not_available (SQLSTATE 55P03) when somebody holds one.';

create table public.chapters (
  id uuid not null default gen_random_uuid(),
  name text collate "nb-x-icu" not null,
  constraint chapters_pkey primary key (id),
  constraint chapters_name_length check (char_length(name) between 1 and 200),
  constraint chapters_name_visible check (private.is_visible(name))
);

comment on table public.chapters is 'Local chapters of the organisation.';

create table public.chapter_memberships (
  id uuid not null default gen_random_uuid(),
  chapter_id uuid not null,
  user_id uuid not null,
  role text not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint chapter_memberships_pkey primary key (id),
  constraint chapter_memberships_chapter_exists foreign key (chapter_id) references public.chapters (id) on delete restrict,
  constraint chapter_memberships_user_exists foreign key (user_id) references public.profiles (id) on delete restrict,
  constraint chapter_memberships_role_known check (role in ('mentor', 'coordinator', 'administrator')),
  constraint chapter_memberships_started_at_possible check (started_at >= timestamptz '1899-12-31 23:00+00' and started_at < timestamptz '10000-01-01 00:00+00'),
  constraint chapter_memberships_ended_at_possible check (ended_at >= timestamptz '1899-12-31 23:00+00' and ended_at < timestamptz '10000-01-01 00:00+00'),
  constraint chapter_memberships_ends_after_start check (ended_at >= started_at)
);
create unique index chapter_memberships_one_active
  on public.chapter_memberships (chapter_id, user_id, role) where ended_at is null;
create index chapter_memberships_by_user on public.chapter_memberships (user_id, role, chapter_id);
create index chapter_memberships_by_chapter on public.chapter_memberships (chapter_id, role);
-- Who is a mentor at the moment, by id, from the index alone: the nightly run asks
-- it of every mentor it looks at.
create index chapter_memberships_of_mentors
  on public.chapter_memberships (user_id, chapter_id) where role = 'mentor' and ended_at is null;

comment on table public.chapter_memberships is
  'Who has which role in which chapter. The source of every permission, read at the time of the call.';
comment on column public.chapter_memberships.ended_at is 'Null: active.';
comment on index public.chapter_memberships_one_active is 'A person holds a role in a chapter at most once at a time.';
comment on index public.chapter_memberships_of_mentors is 'Mentors by id, with their chapters.';

create table public.certifications (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  kind text not null,
  issued_on date not null,
  expires_on date,
  constraint certifications_pkey primary key (id),
  constraint certifications_mentor_exists foreign key (mentor_id) references public.profiles (id) on delete restrict,
  constraint certifications_kind_length check (char_length(kind) between 1 and 100),
  constraint certifications_kind_visible check (private.is_visible(kind)),
  constraint certifications_issued_on_possible check (issued_on between '1900-01-01' and '9999-12-31'),
  constraint certifications_expires_on_possible check (expires_on between '1900-01-01' and '9999-12-31'),
  constraint certifications_expires_after_issue check (expires_on >= issued_on)
);
create index certifications_by_mentor on public.certifications (mentor_id, kind, issued_on, expires_on);
-- The nightly run looks only at what expires or begins on the days it covers.
create index certifications_by_expiry on public.certifications (expires_on, mentor_id);
create index certifications_by_issue on public.certifications (issued_on, mentor_id);

comment on table public.certifications is
  'Certifications that mentors hold. A renewal is a new row. Of each kind, the one that lasts longest counts.';
comment on column public.certifications.issued_on is 'The first day on which it counts.';
comment on column public.certifications.expires_on is 'The last day on which it is valid; null: never expires.';

create table public.coordinator_assignments (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  coordinator_id uuid not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint coordinator_assignments_pkey primary key (id),
  constraint coordinator_assignments_mentor_exists foreign key (mentor_id) references public.profiles (id) on delete restrict,
  constraint coordinator_assignments_coordinator_exists foreign key (coordinator_id) references public.profiles (id) on delete restrict,
  constraint coordinator_assignments_started_at_possible check (started_at >= timestamptz '1899-12-31 23:00+00' and started_at < timestamptz '10000-01-01 00:00+00'),
  constraint coordinator_assignments_ended_at_possible check (ended_at >= timestamptz '1899-12-31 23:00+00' and ended_at < timestamptz '10000-01-01 00:00+00'),
  constraint coordinator_assignments_ends_after_start check (ended_at >= started_at)
);
create unique index coordinator_assignments_one_open
  on public.coordinator_assignments (mentor_id, coordinator_id) where ended_at is null;
create index coordinator_assignments_by_mentor on public.coordinator_assignments (mentor_id);
create index coordinator_assignments_by_coordinator on public.coordinator_assignments (coordinator_id);

comment on table public.coordinator_assignments is 'Which coordinator is responsible for which mentor. Grants nothing by itself.';
comment on column public.coordinator_assignments.ended_at is 'Null: open.';
comment on index public.coordinator_assignments_one_open is 'The same coordinator is assigned to the same mentor at most once at a time.';

-- Erased is final: who was erased, and when. What belongs to a person follows from
-- this table, so it comes with the people.
create table public.erasures (
  id bigint generated always as identity,
  person_id uuid not null,
  actor_id uuid,
  erased_at timestamptz not null default clock_timestamp(),
  constraint erasures_pkey primary key (id),
  constraint erasures_person_exists foreign key (person_id) references public.profiles (id) on delete restrict
);
create index erasures_by_person on public.erasures (person_id);
alter table public.erasures enable row level security;
revoke all on table public.erasures from public, anon, authenticated, service_role;
revoke all on sequence public.erasures_id_seq from public, anon, authenticated, service_role;
grant select on table public.erasures to authenticated, service_role;

comment on table public.erasures is 'Append-only: which ids were pseudonymised, when and by whom.';
comment on column public.erasures.actor_id is 'The administrator who asked; null when the user was deleted in Supabase Auth.';

create function private.my_id() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := auth.uid();
begin
  if exists (select from public.erasures e where e.person_id = caller) then
    return null;
  end if;
  return caller;
end
$$;
revoke all on function private.my_id() from public, anon, authenticated, service_role;
grant execute on function private.my_id() to authenticated;

comment on function private.my_id() is
  'The signed-in person; null without one, and for a login that was made under the id of somebody who was erased. Policies call it once per statement.';

-- What the caller manages. Definer, because a policy on chapter_memberships that
-- queried chapter_memberships again would never end; plpgsql, because its plan is
-- kept for the session.
create function private.my_chapter_ids() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = auth.uid()
      and m.role in ('coordinator', 'administrator')
      and m.ended_at is null
  );
end
$$;
revoke all on function private.my_chapter_ids() from public, anon, authenticated, service_role;
grant execute on function private.my_chapter_ids() to authenticated;

comment on function private.my_chapter_ids() is
  'Chapters in which the caller is an active coordinator or administrator. Policies call it once per statement.';

create function private.my_administered_chapter_ids() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select m.chapter_id
    from public.chapter_memberships m
    where m.user_id = auth.uid() and m.role = 'administrator' and m.ended_at is null
  );
end
$$;
revoke all on function private.my_administered_chapter_ids() from public, anon, authenticated, service_role;
grant execute on function private.my_administered_chapter_ids() to authenticated;

comment on function private.my_administered_chapter_ids() is
  'Chapters in which the caller is an active administrator. Definer for the same reason as private.my_chapter_ids().';

-- One rule for everything that says or settles what nobody could be given: the policies on
-- notifications and attempts, the dashboard's count, and acknowledging.
create function private.answerable_chapter_ids(mentor_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = answerable_chapter_ids.mentor_id and m.role = 'mentor'
      and coalesce(m.ended_at, 'infinity') = (
        select max(coalesce(l.ended_at, 'infinity'))
        from public.chapter_memberships l
        where l.user_id = answerable_chapter_ids.mentor_id and l.role = 'mentor')
    order by m.chapter_id
  );
end
$$;
revoke all on function private.answerable_chapter_ids(uuid) from public, anon, authenticated, service_role;

comment on function private.answerable_chapter_ids(uuid) is
  'The chapters that answer for this mentor: those in which the mentor is active; of one who is active nowhere, the last one left; sorted. Definer, because callers may not see the memberships of other chapters.';

create function private.my_former_mentor_ids() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct m.user_id
    from public.chapter_memberships m
    where m.chapter_id = any (private.my_administered_chapter_ids()) and m.role = 'mentor' and m.ended_at is not null
      and m.chapter_id = any (private.answerable_chapter_ids(m.user_id))
  );
end
$$;
revoke all on function private.my_former_mentor_ids() from public, anon, authenticated, service_role;
grant execute on function private.my_former_mentor_ids() to authenticated;

comment on function private.my_former_mentor_ids() is
  'Former mentors of the chapters that the caller administers, who are active nowhere since, so that these chapters still answer for them (private.answerable_chapter_ids). Definer for the same reason as private.my_chapter_ids().';

alter table public.profiles enable row level security;
alter table public.chapters enable row level security;
alter table public.chapter_memberships enable row level security;
alter table public.certifications enable row level security;
alter table public.coordinator_assignments enable row level security;

revoke all on table
  public.profiles, public.chapters, public.chapter_memberships, public.certifications, public.coordinator_assignments
from public, anon, authenticated, service_role;
grant select on table
  public.profiles, public.chapters, public.chapter_memberships, public.certifications, public.coordinator_assignments
to authenticated;
grant select, insert, update on table
  public.profiles, public.chapters, public.chapter_memberships, public.certifications, public.coordinator_assignments
to service_role;
-- Rows entered by mistake. People are erased, not deleted.
grant delete on table
  public.chapters, public.chapter_memberships, public.certifications, public.coordinator_assignments
to service_role;

create policy select_own_and_managed on public.chapter_memberships
  for select to authenticated
  using (
    user_id = (select private.my_id())
    or chapter_id = any ((select private.my_chapter_ids())::uuid[])
  );

create policy select_administered on public.erasures
  for select to authenticated
  using (
    exists (
      select from public.chapter_memberships m
      where m.user_id = erasures.person_id
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create policy select_own_and_managed on public.profiles
  for select to authenticated
  using (
    id = (select private.my_id())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = profiles.id
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

create policy select_own_and_managed on public.chapters
  for select to authenticated
  using (
    id = any ((select private.my_chapter_ids())::uuid[])
    or exists (
      select from public.chapter_memberships m
      where m.chapter_id = chapters.id
        and m.ended_at is null
        and m.user_id = (select private.my_id())
    )
  );

create policy select_own_and_managed on public.certifications
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = certifications.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

create policy select_own_and_managed on public.coordinator_assignments
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = coordinator_assignments.mentor_id
        and m.role = 'mentor'
        and m.ended_at is null
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

create function private.refuse_removal() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception '% on %.% is refused: history is kept', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = tg_argv[0];
end
$$;
revoke all on function private.refuse_removal() from public, anon, authenticated, service_role;

comment on function private.refuse_removal() is 'Trigger: refuses what would remove something from the history, for every role, with its argument as the hint (SQLSTATE 23001).';

create trigger profiles_refuse_removal
  before delete or truncate on public.profiles
  for each statement execute function private.refuse_removal('Erase the person instead.');

-- The history refers to the id without a foreign key.
create trigger profiles_refuse_another_id
  before update on public.profiles
  for each row when (new.id <> old.id)
  execute function private.refuse_removal('A person keeps the id.');

create trigger erasures_refuse_change
  before update or delete or truncate on public.erasures
  for each statement execute function private.refuse_removal('The log of erasures is append-only.');

-- After the statement, and by name after the triggers that lock the people: whoever
-- waited for an erasure sees it here. Ending what is open is no return, and what an
-- erasure does where it finds something left.
create function private.refuse_erased() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  erased uuid;
begin
  -- The arguments are the columns that name people. Dynamic, so that one function
  -- serves tables of different shapes.
  for i in 0 .. tg_nargs - 1 loop
    erased := null;
    if tg_op <> 'DELETE' then
      execute format('select e.person_id from public.erasures e where e.person_id in (select n.%I from new_rows n) limit 1', tg_argv[i])
      into erased;
    end if;
    if tg_op <> 'INSERT' and erased is null then
      execute format('select e.person_id from public.erasures e where e.person_id in (select o.%I from old_rows o) limit 1', tg_argv[i])
      into erased;
    end if;
    if erased is not null and tg_op = 'UPDATE' then
      execute format($query$
        select e.person_id
        from new_rows n
        full join old_rows o on o.id = n.id
        join public.erasures e on e.person_id in (n.%1$I, o.%1$I)
        cross join lateral (select to_jsonb(n) as changed, to_jsonb(o) as was) r
        where not (r.changed @> '{"display_name": "Slettet person", "locale": "nb"}')
          and (r.changed - 'ended_at' = r.was - 'ended_at'
            and (r.changed ->> 'ended_at')::timestamptz < coalesce((r.was ->> 'ended_at')::timestamptz, 'infinity')) is not true
        limit 1 $query$, tg_argv[i])
      into erased;
    end if;
    if erased is not null then
      raise exception 'person % was erased, which is final', erased
        using errcode = 'restrict_violation', constraint = tg_table_name || '_erased_is_final',
          table = tg_table_name, schema = tg_table_schema, hint = 'A person who returns is registered under a new id.';
    end if;
  end loop;
  return null;
end
$$;
revoke all on function private.refuse_erased() from public, anon, authenticated, service_role;

comment on function private.refuse_erased() is
  'Trigger: refuses to enter, change or delete what names somebody who was erased, for every role (SQLSTATE 23001); its arguments are the columns that name people. Definer, because not everybody who writes may read the erasures.';

create trigger profiles_refuse_erased
  after update on public.profiles referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('id');
create trigger chapter_memberships_refuse_erased_insert
  after insert on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.refuse_erased('user_id');
create trigger chapter_memberships_refuse_erased_update
  after update on public.chapter_memberships referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('user_id');
create trigger chapter_memberships_refuse_erased_delete
  after delete on public.chapter_memberships referencing old table as old_rows
  for each statement execute function private.refuse_erased('user_id');
create trigger certifications_refuse_erased_insert
  after insert on public.certifications referencing new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id');
create trigger certifications_refuse_erased_update
  after update on public.certifications referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id');
create trigger certifications_refuse_erased_delete
  after delete on public.certifications referencing old table as old_rows
  for each statement execute function private.refuse_erased('mentor_id');
create trigger coordinator_assignments_refuse_erased_insert
  after insert on public.coordinator_assignments referencing new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id', 'coordinator_id');
create trigger coordinator_assignments_refuse_erased_update
  after update on public.coordinator_assignments referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('mentor_id', 'coordinator_id');
create trigger coordinator_assignments_refuse_erased_delete
  after delete on public.coordinator_assignments referencing old table as old_rows
  for each statement execute function private.refuse_erased('mentor_id', 'coordinator_id');

create function private.guard_certification() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if new.mentor_id <> old.mentor_id then
    raise exception 'a certification can''t change its holder'
      using errcode = 'restrict_violation', hint = 'Delete the mistaken row and insert the right one.';
  end if;
  -- Revoking early and correcting a kind are fine; extending is a renewal.
  if coalesce(new.expires_on, 'infinity') > coalesce(old.expires_on, 'infinity') then
    raise exception 'a certification can''t be prolonged'
      using errcode = 'restrict_violation', hint = 'A renewal is a new row.';
  end if;
  return new;
end
$$;
revoke all on function private.guard_certification() from public, anon, authenticated, service_role;

comment on function private.guard_certification() is 'Trigger: a renewal is a new row, never an edit of the old one (SQLSTATE 23001).';

create trigger certifications_guard
  before update on public.certifications
  for each row execute function private.guard_certification();

-- A writer's now() is when its transaction began. A row that another one has committed
-- since may have begun later: it ends with its beginning, and the writer doesn't fail.
create function private.end_with_the_beginning() returns trigger
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  new.ended_at := new.started_at;
  return new;
end
$$;
revoke all on function private.end_with_the_beginning() from public, anon, authenticated, service_role;

comment on function private.end_with_the_beginning() is
  'Trigger: what began since the transaction did, and is ended as of the transaction''s time, ends when it began.';

create trigger chapter_memberships_end_with_the_beginning
  before update on public.chapter_memberships
  for each row when (new.ended_at < new.started_at and new.ended_at >= now() and new.started_at <= clock_timestamp())
  execute function private.end_with_the_beginning();
create trigger coordinator_assignments_end_with_the_beginning
  before update on public.coordinator_assignments
  for each row when (new.ended_at < new.started_at and new.ended_at >= now() and new.started_at <= clock_timestamp())
  execute function private.end_with_the_beginning();

-- The roster's read model follows rows that are deleted, not tables that are emptied.
create trigger chapter_memberships_refuse_truncate
  before truncate on public.chapter_memberships
  for each statement execute function private.refuse_removal('Delete the rows instead.');
create trigger certifications_refuse_truncate
  before truncate on public.certifications
  for each statement execute function private.refuse_removal('Delete the rows instead.');
create trigger coordinator_assignments_refuse_truncate
  before truncate on public.coordinator_assignments
  for each statement execute function private.refuse_removal('Delete the rows instead.');

-- Certifications of one kind that follow each other without a gap count as one,
-- however many there are. Everything that asks for the certification fact asks here.
create view private.certification_stretches with (security_invoker = true) as
  select e.mentor_id, e.kind,
    lag(e.next_issued_on, 1, e.first_issued_on) over by_kind as begins_on,
    e.reach as ends_on,
    e.next_issued_on as next_begins_on,
    lag(true, 1, false) over by_kind as is_renewal
  from (
    select c.mentor_id, c.kind, c.issued_on,
      max(coalesce(c.expires_on, 'infinity')) over by_kind as reach,
      lead(c.issued_on) over by_kind as next_issued_on,
      first_value(c.issued_on) over by_kind as first_issued_on
    from public.certifications c
    window by_kind as (partition by c.mentor_id, c.kind order by c.issued_on rows unbounded preceding)
  ) e
  where e.next_issued_on is null or e.next_issued_on > e.reach + 1
  window by_kind as (partition by e.mentor_id, e.kind order by e.issued_on);
revoke all on table private.certification_stretches from public, anon, authenticated, service_role;

comment on view private.certification_stretches is
  'The days on which each mentor''s certifications of each kind are valid, as stretches without a gap. Between the end of one and the beginning of the next the kind has expired.';
comment on column private.certification_stretches.ends_on is 'The last valid day; infinity: never ends.';
comment on column private.certification_stretches.next_begins_on is 'When the next stretch of that kind begins; null: none is registered.';
comment on column private.certification_stretches.is_renewal is 'True: the kind had expired the day before it begins. False: it is the first.';

-- What a mentor's certifications amount to on a date: the one rule behind the
-- roster, the transitions and the nightly run.
create function private.certification_facts(mentor_ids uuid[], as_of date)
returns table (mentor_id uuid, certified_until date, certified_since date, recheck_on date)
language plpgsql stable rows 1 security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select s.mentor_id,
      min(s.ends_on) filter (where s.begins_on <= certification_facts.as_of),
      max(s.begins_on) filter (where s.begins_on <= certification_facts.as_of and s.is_renewal),
      min(s.begins_on) filter (where s.begins_on > certification_facts.as_of)
    from private.certification_stretches s
    where s.mentor_id = any (certification_facts.mentor_ids)
      -- Of each kind, the stretch that has begun last, and what is to come.
      and coalesce(s.next_begins_on, 'infinity') > certification_facts.as_of
    group by s.mentor_id;
end
$$;
revoke all on function private.certification_facts(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.certification_facts(uuid[], date) is
  'The certification fact of mentors on a date: the last valid day, through all renewals that follow without a gap (infinity: never expires; null: none held), the last day on which a kind that had expired was renewed (null: none had), and when the next one registered in advance begins after a gap. A mentor without any certification has no row.';

create function private.certified_until(mentor_id uuid, as_of date) returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select f.certified_until
    from private.certification_facts(array[certified_until.mentor_id], certified_until.as_of) f);
end
$$;
revoke all on function private.certified_until(uuid, date) from public, anon, authenticated, service_role;

comment on function private.certified_until(uuid, date) is
  'One mentor''s part of private.certification_facts().';

create function private.has_lapsed(mentor_id uuid, as_of date) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.certifications c
    where c.mentor_id = has_lapsed.mentor_id and c.issued_on <= has_lapsed.as_of
    group by c.kind
    having max(coalesce(c.expires_on, 'infinity')) < has_lapsed.as_of
  );
end
$$;
revoke all on function private.has_lapsed(uuid, date) from public, anon, authenticated, service_role;

comment on function private.has_lapsed(uuid, date) is
  'Whether the mentor''s certification has expired: the same as certified_until < as_of of private.certification_facts(), for one mentor, without the dates. Where the last certification of a kind that has begun is over, one registered in advance leaves a gap.';
