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
--  1. A request's key (tried), the nightly run's row, its marks (passed by when held); a
--     command's addresses and member numbers (private.lock_contacts), names of chapters.
--  2. The rows that the statement itself changes: in chapters, profiles, chapter_memberships,
--     coordinator_assignments and certifications, in this order where there are several, and
--     what their foreign keys point to.
--  3. private.lock_coordinators(): shared by whoever assigns one, exclusive for whoever
--     changes one, because the entries of other people name a coordinator.
--  4. private.mentor_lock(): whoever changes a mentor's status (the nightly run tries).
--  5. private.person_locks, by id: whoever changes a status or what the roster shows.
--  6. pause_records; a manual change, which already holds its rows, only tries 5.
--  7. chapter_sets, nightly_pending, the roster's tables, log, outbox and answers.
--  8. The fold of the deltas (tried; private.rebuild_roster() waits for it before all).
--
-- What a writer decides or derives is read once it holds all of these. An erasure tries
-- all of them together (private.erase_people). A command of several statements takes all
-- that it needs before its first change (private.lock_people): the triggers of a statement
-- take 3 to 7, and the next statement would begin at 2 again. Kinds are apart: their rows,
-- then one lock for all saves (private.keep_kind_versions), after which nobody waits.

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
  closed_at timestamptz,
  requests_take_effect boolean not null default false,
  constraint chapters_pkey primary key (id),
  constraint chapters_name_length check (char_length(name) between 1 and 200),
  constraint chapters_name_visible check (private.is_visible(name)),
  constraint chapters_closed_at_possible check (closed_at >= timestamptz '1899-12-31 23:00+00' and closed_at < timestamptz '10000-01-01 00:00+00')
);

comment on table public.chapters is 'Local chapters of the organisation.';
comment on column public.chapters.closed_at is 'When it closes or closed: nobody is entered from then on. Null: open.';
comment on column public.chapters.requests_take_effect is
  'Whether what its mentors ask for takes effect at once. Of a mentor of several chapters, all have to say so.';

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

-- The nightly run looks only at who joins or leaves on the days it covers.
create index chapter_memberships_by_start on public.chapter_memberships (started_at, user_id) where role = 'mentor';
create index chapter_memberships_by_end on public.chapter_memberships (ended_at, user_id) where ended_at is not null;

comment on table public.chapter_memberships is
  'Who has which role in which chapter. Active from started_at until ended_at. The source of every permission, read at the time of the call.';
comment on column public.chapter_memberships.started_at is 'The first moment of the membership, which may lie ahead.';
comment on column public.chapter_memberships.ended_at is
  'The first moment after the membership, which may lie ahead; null: no end is known.';
comment on index public.chapter_memberships_one_active is
  'A person holds a role in a chapter at most once at a time; what has an end is compared by a trigger.';

create table public.organisation_administrators (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint organisation_administrators_pkey primary key (id),
  constraint organisation_administrators_user_exists foreign key (user_id) references public.profiles (id) on delete restrict,
  constraint organisation_administrators_started_at_possible check (started_at >= timestamptz '1899-12-31 23:00+00' and started_at < timestamptz '10000-01-01 00:00+00'),
  constraint organisation_administrators_ended_at_possible check (ended_at >= timestamptz '1899-12-31 23:00+00' and ended_at < timestamptz '10000-01-01 00:00+00'),
  constraint organisation_administrators_ends_after_start check (ended_at >= started_at)
);
create unique index organisation_administrators_one_active
  on public.organisation_administrators (user_id) where ended_at is null;
create index organisation_administrators_by_user on public.organisation_administrators (user_id);

comment on table public.organisation_administrators is
  'The national office: who is administrator of every chapter, also of those to come. Active from started_at until ended_at. Written by the RPCs, and by the operator for the first one.';
comment on column public.organisation_administrators.ended_at is 'The first moment after it; null: no end is known.';
comment on index public.organisation_administrators_one_active is 'A person is appointed at most once at a time.';

create table public.certifications (
  id uuid not null default gen_random_uuid(),
  mentor_id uuid not null,
  kind text not null,
  issued_on date not null,
  expires_on date,
  constraint certifications_pkey primary key (id),
  constraint certifications_mentor_exists foreign key (mentor_id) references public.profiles (id) on delete restrict,
  constraint certifications_kind_exists foreign key (kind) references public.certification_kinds (code) on delete restrict,
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
create index certifications_by_kind on public.certifications (kind);

comment on table public.certifications is
  'Certifications that mentors hold. A renewal is a new row. Of each kind, the one that lasts longest counts.';
comment on column public.certifications.kind is
  'The code of its kind. A trigger finds the kind whatever the case; an unknown one makes a kind of that name.';
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
create index coordinator_assignments_open_by_coordinator
  on public.coordinator_assignments (coordinator_id, mentor_id) where ended_at is null;

comment on table public.coordinator_assignments is 'Which coordinator is responsible for which mentor. Grants nothing by itself.';
comment on column public.coordinator_assignments.ended_at is 'Null: open.';
comment on index public.coordinator_assignments_open_by_coordinator is 'Those whom a coordinator is responsible for now, among all in years.';
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

-- Two profiles that were one person. What belonged to the dropped one is the kept one's
-- since; its id is final, like that of somebody who was erased.
create table private.merged_people (
  dropped_id uuid not null,
  kept_id uuid not null,
  actor_id uuid,
  merged_at timestamptz not null default clock_timestamp(),
  constraint merged_people_pkey primary key (dropped_id),
  constraint merged_people_dropped_exists foreign key (dropped_id) references public.profiles (id) on delete restrict,
  constraint merged_people_kept_exists foreign key (kept_id) references public.profiles (id) on delete restrict,
  constraint merged_people_are_two check (dropped_id <> kept_id)
);
create index merged_people_by_kept on private.merged_people (kept_id);
alter table private.merged_people enable row level security;
revoke all on table private.merged_people from public, anon, authenticated, service_role;

comment on table private.merged_people is
  'Append-only: which profile was joined into which. A kept one that is dropped later leads on to the next.';

create function private.kept_id(person_id uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  kept uuid := kept_id.person_id;
  next uuid;
begin
  loop
    select m.kept_id into next from private.merged_people m where m.dropped_id = kept;
    exit when not found;
    kept := next;
  end loop;
  return kept;
end
$$;
revoke all on function private.kept_id(uuid) from public, anon, authenticated, service_role;

comment on function private.kept_id(uuid) is
  'Whom an id names today: the profile that was kept when this one was joined into it, else the id itself.';

create view private.final_people with (security_invoker = true) as
  select e.person_id, 'was erased' as because from public.erasures e
  union all
  select m.dropped_id, 'was joined into ' || m.kept_id from private.merged_people m;
revoke all on table private.final_people from public, anon, authenticated, service_role;

comment on view private.final_people is 'Ids to which nothing can be written any more: of people who were erased, and of profiles that were joined into another.';

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

-- The call's own time, not the transaction's: a right that another call has taken away
-- since the transaction began is gone.
create function private.is_organisation_administrator() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.organisation_administrators o
    where o.user_id = auth.uid()
      and o.started_at <= statement_timestamp()
      and (o.ended_at is null or o.ended_at > statement_timestamp())
  );
end
$$;
revoke all on function private.is_organisation_administrator() from public, anon, authenticated, service_role;
grant execute on function private.is_organisation_administrator() to authenticated;

comment on function private.is_organisation_administrator() is
  'Whether the caller is an active organisation administrator. Definer for the same reason as private.my_chapter_ids(); policies call it once per statement.';

-- What the caller manages. Definer, because a policy on chapter_memberships that
-- queried chapter_memberships again would never end; plpgsql, because its plan is
-- kept for the session.
create function private.my_chapter_ids() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if private.is_organisation_administrator() then
    return array(select c.id from public.chapters c);
  end if;
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = auth.uid()
      and m.role in ('coordinator', 'administrator')
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
  );
end
$$;
revoke all on function private.my_chapter_ids() from public, anon, authenticated, service_role;
grant execute on function private.my_chapter_ids() to authenticated;

comment on function private.my_chapter_ids() is
  'Chapters in which the caller is an active coordinator or administrator; all of them for an organisation administrator. Policies call it once per statement.';

create function private.my_administered_chapter_ids() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if private.is_organisation_administrator() then
    return array(select c.id from public.chapters c);
  end if;
  return array(
    select m.chapter_id
    from public.chapter_memberships m
    where m.user_id = auth.uid() and m.role = 'administrator'
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
  );
end
$$;
revoke all on function private.my_administered_chapter_ids() from public, anon, authenticated, service_role;
grant execute on function private.my_administered_chapter_ids() to authenticated;

comment on function private.my_administered_chapter_ids() is
  'Chapters in which the caller is an active administrator; all of them for an organisation administrator. Definer for the same reason as private.my_chapter_ids().';

-- One rule for everything that waits to be acknowledged, what nobody could be given and
-- discrepancies: the policies, the dashboard's count, and acknowledging.
create function private.answerable_chapter_ids(mentor_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  active uuid[] := array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = answerable_chapter_ids.mentor_id and m.role = 'mentor'
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
    order by m.chapter_id);
begin
  if active <> '{}' then
    return active;
  end if;
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = answerable_chapter_ids.mentor_id and m.role = 'mentor'
      and m.ended_at = (
        select max(l.ended_at)
        from public.chapter_memberships l
        where l.user_id = answerable_chapter_ids.mentor_id and l.role = 'mentor' and l.ended_at <= statement_timestamp())
    order by m.chapter_id
  );
end
$$;
revoke all on function private.answerable_chapter_ids(uuid) from public, anon, authenticated, service_role;

comment on function private.answerable_chapter_ids(uuid) is
  'The chapters that answer for this mentor: those in which the mentor is active; of one who is active nowhere, the last one left; sorted. Definer, because callers may not see the memberships of other chapters.';

-- The dashboard over all chapters counts also what no chapter answers for. Whoever waited for
-- a lock is judged by the time at which it was given, not by that of the statement.
create function private.answers_for(mentor_id uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return private.administers_organisation(auth.uid())
    or private.answerable_chapter_ids(answers_for.mentor_id) && private.chapters_now(auth.uid());
end
$$;
revoke all on function private.answers_for(uuid) from public, anon, authenticated, service_role;

comment on function private.answers_for(uuid) is
  'Whether the caller is counted, and may acknowledge, what waits about this mentor: an administrator of a chapter that answers for the mentor, or an organisation administrator.';

create function private.my_former_mentor_ids() returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select distinct m.user_id
    from public.chapter_memberships m
    where m.chapter_id = any (private.my_administered_chapter_ids()) and m.role = 'mentor' and m.ended_at <= statement_timestamp()
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
alter table public.organisation_administrators enable row level security;
alter table public.certifications enable row level security;
alter table public.coordinator_assignments enable row level security;

revoke all on table
  public.profiles, public.chapters, public.chapter_memberships, public.organisation_administrators,
  public.certifications, public.coordinator_assignments
from public, anon, authenticated, service_role;
grant select on table
  public.profiles, public.chapters, public.chapter_memberships, public.organisation_administrators,
  public.certifications, public.coordinator_assignments
to authenticated;
grant select on table public.organisation_administrators to service_role;
grant select, insert, update on table
  public.profiles, public.chapters, public.chapter_memberships, public.certifications, public.coordinator_assignments
to service_role;
-- Rows entered by mistake. People are erased, not deleted.
grant delete on table
  public.chapters, public.chapter_memberships, public.certifications, public.coordinator_assignments
to service_role;

create policy select_signed_in on public.certification_kinds
  for select to authenticated
  using ((select private.my_id()) is not null);

create policy select_own_and_organisation on public.organisation_administrators
  for select to authenticated
  using (
    user_id = (select private.my_id())
    or (select private.is_organisation_administrator())
  );

create policy select_own_and_managed on public.chapter_memberships
  for select to authenticated
  using (
    user_id = (select private.my_id())
    or chapter_id = any ((select private.my_chapter_ids())::uuid[])
  );

create policy select_administered on public.erasures
  for select to authenticated
  using (
    (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = erasures.person_id
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create policy select_own_and_managed on public.profiles
  for select to authenticated
  using (
    id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = profiles.id
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
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
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.user_id = (select private.my_id())
    )
  );

create policy select_own_and_managed on public.certifications
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = certifications.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

create policy select_own_and_managed on public.coordinator_assignments
  for select to authenticated
  using (
    mentor_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = coordinator_assignments.mentor_id
        and m.role = 'mentor'
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
    )
  );

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
-- erasure does where it finds something left; handing a row over to the profile that
-- was kept is what joining two does.
create function private.refuse_erased() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  final uuid;
  because text;
begin
  -- The arguments are the columns that name people. Dynamic, so that one function
  -- serves tables of different shapes.
  for i in 0 .. tg_nargs - 1 loop
    final := null;
    if tg_op <> 'DELETE' then
      execute format('select f.person_id, f.because from private.final_people f where f.person_id in (select n.%I from new_rows n) limit 1', tg_argv[i])
      into final, because;
    end if;
    if tg_op <> 'INSERT' and final is null then
      execute format('select f.person_id, f.because from private.final_people f where f.person_id in (select o.%I from old_rows o) limit 1', tg_argv[i])
      into final, because;
    end if;
    if final is not null and tg_op = 'UPDATE' and exists (
      select from pg_catalog.pg_attribute a where a.attrelid = tg_relid and a.attname = 'id' and not a.attisdropped)
    then
      execute format($query$
        select f.person_id, f.because
        from new_rows n
        full join old_rows o on o.id = n.id
        join private.final_people f on f.person_id in (n.%1$I, o.%1$I)
        cross join lateral (select to_jsonb(n) as changed, to_jsonb(o) as was) r
        where not (r.changed @> '{"display_name": "Slettet person", "locale": "nb"}')
          and (r.changed - 'ended_at' = r.was - 'ended_at'
            and (r.changed ->> 'ended_at')::timestamptz < coalesce((r.was ->> 'ended_at')::timestamptz, 'infinity')) is not true
          and not exists (
            select from private.merged_people m
            where m.dropped_id = o.%1$I and m.kept_id = n.%1$I and r.changed - %1$L = r.was - %1$L)
        limit 1 $query$, tg_argv[i])
      into final, because;
    end if;
    if final is not null then
      raise exception 'person % %, which is final', final, because
        using errcode = 'restrict_violation', constraint = tg_table_name || '_erased_is_final',
          table = tg_table_name, schema = tg_table_schema,
          hint = case when because = 'was erased' then 'A person who returns is registered under a new id.'
            else 'Use ' || private.kept_id(final) || ' instead.' end;
    end if;
  end loop;
  return null;
end
$$;
revoke all on function private.refuse_erased() from public, anon, authenticated, service_role;

comment on function private.refuse_erased() is
  'Trigger: refuses to enter, change or delete what names somebody who was erased or joined into another profile, for every role (SQLSTATE 23001); its arguments are the columns that name people. Definer, because not everybody who writes may read who that is.';

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

create trigger organisation_administrators_refuse_erased_insert
  after insert on public.organisation_administrators referencing new table as new_rows
  for each statement execute function private.refuse_erased('user_id');
create trigger organisation_administrators_refuse_erased_update
  after update on public.organisation_administrators referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('user_id');
create trigger organisation_administrators_refuse_erased_delete
  after delete on public.organisation_administrators referencing old table as old_rows
  for each statement execute function private.refuse_erased('user_id');

-- What is stored names the kind by its code. Nearly always it does already, and the
-- first question is the only one.
create function private.name_kind() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  code text;
begin
  if exists (select from public.certification_kinds k where k.code = new.kind) or new.kind is null then
    return new;
  end if;
  code := private.kind_code(new.kind);
  if code is null then
    -- From other systems and from hands; the commands have asked before.
    insert into public.certification_kinds (code) values (new.kind) on conflict do nothing;
    code := private.kind_code(new.kind);
  end if;
  new.kind := code;
  return new;
end
$$;
revoke all on function private.name_kind() from public, anon, authenticated, service_role;

comment on function private.name_kind() is
  'Trigger: a certification names its kind by the code, whatever the case in which it was entered; an unknown kind is made. Definer, for writers who reach only the table itself.';

create trigger certifications_name_kind_insert
  before insert on public.certifications
  for each row execute function private.name_kind();
create trigger certifications_name_kind_update
  before update of kind on public.certifications
  for each row when (new.kind <> old.kind)
  execute function private.name_kind();

create function private.guard_certification() returns trigger
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if new.mentor_id <> old.mentor_id and not exists (
    select from private.merged_people m where m.dropped_id = old.mentor_id and m.kept_id = new.mentor_id
  ) then
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

comment on function private.guard_certification() is 'Trigger: a renewal is a new row, never an edit of the old one, and a certification stays with its holder (SQLSTATE 23001). Definer, because nobody else reads which profiles were joined.';

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
create trigger organisation_administrators_end_with_the_beginning
  before update on public.organisation_administrators
  for each row when (new.ended_at < new.started_at and new.ended_at >= now() and new.started_at <= clock_timestamp())
  execute function private.end_with_the_beginning();
create trigger coordinator_assignments_end_with_the_beginning
  before update on public.coordinator_assignments
  for each row when (new.ended_at < new.started_at and new.ended_at >= now() and new.started_at <= clock_timestamp())
  execute function private.end_with_the_beginning();

-- Memberships without an end are compared by a unique index. For those with one, by name
-- after the trigger that locks the people: of two who enter at once what overlaps, the
-- second one sees the first one's here. An exclusion constraint would need an extension,
-- and cost each row as much as all other indexes together.
create function private.refuse_overlap() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_custom_plan' set jit = off
as $$
declare
  overlapping uuid;
begin
  select n.id into overlapping
  from new_rows n
  join public.chapter_memberships m
    on m.user_id = n.user_id and m.role = n.role and m.chapter_id = n.chapter_id and m.id <> n.id
  where tstzrange(m.started_at, m.ended_at) && tstzrange(n.started_at, n.ended_at)
  limit 1;
  if overlapping is not null then
    raise exception 'membership % overlaps another one in the same role and chapter', overlapping
      using errcode = 'exclusion_violation', constraint = 'chapter_memberships_one_at_a_time',
        table = tg_table_name, schema = tg_table_schema;
  end if;
  return null;
end
$$;
revoke all on function private.refuse_overlap() from public, anon, authenticated, service_role;

comment on function private.refuse_overlap() is
  'Trigger: a person holds a role in a chapter at most once at a time (SQLSTATE 23P01). Definer, because not everybody who writes may read all memberships.';

create trigger chapter_memberships_refuse_overlap_insert
  after insert on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.refuse_overlap();
create trigger chapter_memberships_refuse_overlap_update
  after update on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.refuse_overlap();

-- The roster's read model follows rows that are deleted, not tables that are emptied.
create trigger chapter_memberships_refuse_truncate
  before truncate on public.chapter_memberships
  for each statement execute function private.refuse_removal('Delete the rows instead.');
create trigger organisation_administrators_refuse_truncate
  before truncate on public.organisation_administrators
  for each statement execute function private.refuse_removal('End the appointment instead.');
create trigger merged_people_refuse_change
  before update or delete or truncate on private.merged_people
  for each statement execute function private.refuse_removal('The log of joined profiles is append-only.');
create trigger certifications_refuse_truncate
  before truncate on public.certifications
  for each statement execute function private.refuse_removal('Delete the rows instead.');
create trigger coordinator_assignments_refuse_truncate
  before truncate on public.coordinator_assignments
  for each statement execute function private.refuse_removal('Delete the rows instead.');

-- Memberships that follow each other without a day in between are one time.
create view private.mentor_times with (security_invoker = true) as
  select b.mentor_id, b.from_on,
    lead(b.reach, 1, b.reach_in_all) over by_mentor as until_on,
    lag(true, 1, false) over by_mentor as is_return
  from (
    select r.mentor_id, r.from_on, r.reach, r.reach_in_all
    from (
      select d.mentor_id, d.from_on,
        max(d.until_on) over (partition by d.mentor_id order by d.from_on, d.until_on
          rows between unbounded preceding and 1 preceding) as reach,
        max(d.until_on) over (partition by d.mentor_id) as reach_in_all
      from (
        select m.user_id as mentor_id, (m.started_at at time zone z.time_zone)::date as from_on,
          coalesce((m.ended_at at time zone z.time_zone)::date, 'infinity') as until_on
        from public.chapter_memberships m
        cross join (select s.time_zone from private.settings s limit 1) z
        where m.role = 'mentor'
      ) d
      where d.from_on < d.until_on
    ) r
    where (r.reach >= r.from_on) is not true
  ) b
  window by_mentor as (partition by b.mentor_id order by b.from_on);
revoke all on table private.mentor_times from public, anon, authenticated, service_role;

comment on view private.mentor_times is
  'The days on which each person is a mentor somewhere, as stretches without a gap: from from_on until the day before until_on (infinity: nothing is known to end it).';
comment on column private.mentor_times.is_return is 'True: there was an earlier one, and a day in between.';

-- What was open when somebody left every chapter is closed by the next night. Until then the
-- chapter to which they came must not read it.
create function private.is_of_this_time(mentor_id uuid, created_at timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = is_of_this_time.mentor_id and m.role = 'mentor'
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
      and m.chapter_id = any (private.my_chapter_ids())
  ) and not exists (
    select from private.mentor_times t
    where t.mentor_id = is_of_this_time.mentor_id and t.is_return
      and t.from_on <= private.today() and t.from_on > private.date_of(is_of_this_time.created_at)
  );
end
$$;
revoke all on function private.is_of_this_time(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function private.is_of_this_time(uuid, timestamptz) to authenticated;

comment on function private.is_of_this_time(uuid, timestamptz) is
  'Whether what began then is of the time in which this mentor, one of the caller''s chapters now, is a mentor, and not of one that ended before. Definer, because callers may not see the memberships of other chapters. The policies ask it last: it costs more than a membership of the caller''s chapters that has begun before.';

-- The days on which certifications are valid, and those on which one that is required
-- is missing. Everything that asks for the certification fact asks here, and gets of each
-- kind its turning points: from each row's begins_on until the day before the next one's,
-- the kind is valid through ends_on, and after that it has expired.
--
-- Where no kind has ever been required or replaced, the kinds don't have to be asked.
-- Otherwise what was saved of them counts on the days from then on, so that each
-- certification counts for each kind on certain days.
create function private.certification_stretches(mentor_ids uuid[])
returns table (
  mentor_id uuid, kind text, begins_on date, ends_on date, next_begins_on date,
  is_renewal boolean, is_missing boolean, is_succeeded boolean)
language plpgsql stable security invoker
set search_path = pg_catalog, pg_temp set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_nestloop = on set max_parallel_workers_per_gather = 0
as $$
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
$$;
revoke all on function private.certification_stretches(uuid[]) from public, anon, authenticated, service_role;

comment on function private.certification_stretches(uuid[]) is
  'How each kind of these mentors'' certifications stands from day to day, one row from begins_on until the day before next_begins_on. Valid through ends_on, by certifications of the kind or of its successors without a gap (infinity: never ends), and expired from then on. is_missing: required and lacking, which counts as expired from begins_on on. ends_on null: neither held nor missing any more. is_renewal: the kind had expired or was missing the day before. is_succeeded: a successor ends last, which has a row of its own.';

-- What a mentor's certifications amount to on a date: the one rule behind the
-- roster, the transitions and the nightly run.
create function private.certification_facts(mentor_ids uuid[], as_of date)
returns table (mentor_id uuid, certified_until date, certified_since date)
language plpgsql stable rows 1 security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select s.mentor_id,
      min(s.ends_on), max(s.begins_on) filter (where s.is_renewal)
    from private.certification_stretches(certification_facts.mentor_ids) s
    -- Of each kind, the stretch that has begun last.
    where s.begins_on <= certification_facts.as_of and coalesce(s.next_begins_on, 'infinity') > certification_facts.as_of
    group by s.mentor_id;
end
$$;
revoke all on function private.certification_facts(uuid[], date) from public, anon, authenticated, service_role;

comment on function private.certification_facts(uuid[], date) is
  'The certification fact of mentors on a date: the last valid day, through all renewals that follow without a gap (infinity: never expires; null: none held), and the last day on which a kind that had expired was renewed (null: none had). A mentor of whose certifications none has begun has no row, unless one is missing.';

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
  if (select s.kinds_have_rules from private.settings s) then
    return coalesce(private.certified_until(has_lapsed.mentor_id, has_lapsed.as_of) < has_lapsed.as_of, false);
  end if;
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
  'Whether the mentor''s certification has expired, or one that is required is missing: the same as certified_until < as_of of private.certification_facts(), for one mentor. Where the last certification of a kind that has begun is over, one registered in advance leaves a gap.';
