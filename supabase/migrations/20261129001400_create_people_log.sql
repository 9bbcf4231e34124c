-- Who changed what about people, chapters, kinds and administrators: one row for each
-- change, with what was before and after. The commands write their own rows; what other
-- systems and hands write is logged by triggers.
--
-- Like the outbox, the log has no foreign keys: people are never deleted, and chapters
-- and kinds that are leave their rows here.

create table public.people_log (
  id bigint generated always as identity,
  actor_id uuid,
  command text not null,
  person_id uuid,
  chapter_id uuid,
  before jsonb,
  after jsonb,
  occurred_at timestamptz not null default clock_timestamp(),
  constraint people_log_pkey primary key (id),
  constraint people_log_command_length check (char_length(command) between 1 and 100)
);
create index people_log_by_person on public.people_log (person_id, id);
create index people_log_by_chapter on public.people_log (chapter_id, id);
alter table public.people_log enable row level security;
revoke all on table public.people_log from public, anon, authenticated, service_role;
revoke all on sequence public.people_log_id_seq from public, anon, authenticated, service_role;
grant select on table public.people_log to authenticated, service_role;

comment on table public.people_log is
  'Append-only: every change of people, memberships, assignments, certifications, contacts, chapters, kinds and administrators. Erasure alone empties before and after.';
comment on column public.people_log.actor_id is 'Who did it by a command; null for a direct write, by another system or a hand.';
comment on column public.people_log.command is 'The RPC''s name, import or invite; for a direct write insert, update or delete and the table.';
comment on column public.people_log.person_id is 'Whom it is about; null for chapters and kinds.';
comment on column public.people_log.chapter_id is 'The chapter that it is about; null where it is about the person as a whole.';
comment on column public.people_log.before is 'What was; null for what is new, and of somebody who was erased.';
comment on column public.people_log.after is 'What is since; null for what was removed, and of somebody who was erased.';

-- A chapter sees what is about itself, and of its people what happened while they were there.
create policy select_own_and_administered on public.people_log
  for select to authenticated
  using (
    person_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    or chapter_id is null and exists (
      select from public.chapter_memberships m
      where m.user_id = people_log.person_id
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
        and m.started_at <= people_log.occurred_at
        and (m.ended_at is null or m.ended_at > people_log.occurred_at)
    )
  );

create function private.guard_people_log() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  if new.person_id::text is distinct from nullif(current_setting('mentorpause.erasing', true), '')
     or new.before is not null or new.after is not null
     or to_jsonb(new) - '{before,after}'::text[] <> to_jsonb(old) - '{before,after}'::text[] then
    raise exception 'UPDATE on %.% is refused: history is kept', tg_table_schema, tg_table_name
      using errcode = 'restrict_violation', hint = 'The log is append-only.';
  end if;
  return new;
end
$$;
revoke all on function private.guard_people_log() from public, anon, authenticated, service_role;

comment on function private.guard_people_log() is
  'Trigger: an erasure may empty the rows of the person, and nobody may do anything else (SQLSTATE 23001).';

create trigger people_log_guard
  before update on public.people_log
  for each row execute function private.guard_people_log();
create trigger people_log_refuse_removal
  before delete or truncate on public.people_log
  for each statement execute function private.refuse_removal('The log is append-only.');

-- A command says that it is under way in the setting mentorpause.command, for this
-- transaction only, and ends it with an empty one: what it changes it logs itself.
create function private.log_direct_write() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
begin
  if coalesce(current_setting('mentorpause.command', true), '') <> '' then
    return null;
  end if;
  -- The arguments are the columns with the person and the chapter, empty where the table
  -- has none, and those of the key.
  if tg_op = 'INSERT' then
    insert into public.people_log (command, person_id, chapter_id, after)
    select 'insert ' || tg_table_name, (r.after ->> tg_argv[0])::uuid, (r.after ->> tg_argv[1])::uuid, r.after
    from (select to_jsonb(n) as after from new_rows n) r;
  elsif tg_op = 'DELETE' then
    insert into public.people_log (command, person_id, chapter_id, before)
    select 'delete ' || tg_table_name, (r.before ->> tg_argv[0])::uuid, (r.before ->> tg_argv[1])::uuid, r.before
    from (select to_jsonb(o) as before from old_rows o) r;
  else
    -- Dynamic, because tables have different keys.
    execute format($query$
      insert into public.people_log (command, person_id, chapter_id, before, after)
      select $1, (coalesce(r.after, r.before) ->> $2)::uuid, (coalesce(r.after, r.before) ->> $3)::uuid, r.before, r.after
      from (
        select to_jsonb(o) as before, to_jsonb(n) as after
        from new_rows n full join old_rows o using (%s)
      ) r
      where r.before is distinct from r.after $query$, tg_argv[2])
    using 'update ' || tg_table_name, tg_argv[0], tg_argv[1];
  end if;
  return null;
end
$$;
revoke all on function private.log_direct_write() from public, anon, authenticated, service_role;

comment on function private.log_direct_write() is
  'Trigger: logs what another system or a hand has written. Definer, because the log has no other writer.';

create trigger profiles_log_insert
  after insert on public.profiles referencing new table as new_rows
  for each statement execute function private.log_direct_write('id', '', 'id');
create trigger profiles_log_update
  after update on public.profiles referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('id', '', 'id');
create trigger chapters_log_insert
  after insert on public.chapters referencing new table as new_rows
  for each statement execute function private.log_direct_write('', 'id', 'id');
create trigger chapters_log_update
  after update on public.chapters referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('', 'id', 'id');
create trigger chapters_log_delete
  after delete on public.chapters referencing old table as old_rows
  for each statement execute function private.log_direct_write('', 'id', 'id');
create trigger chapter_memberships_log_insert
  after insert on public.chapter_memberships referencing new table as new_rows
  for each statement execute function private.log_direct_write('user_id', 'chapter_id', 'id');
create trigger chapter_memberships_log_update
  after update on public.chapter_memberships referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('user_id', 'chapter_id', 'id');
create trigger chapter_memberships_log_delete
  after delete on public.chapter_memberships referencing old table as old_rows
  for each statement execute function private.log_direct_write('user_id', 'chapter_id', 'id');
create trigger organisation_administrators_log_insert
  after insert on public.organisation_administrators referencing new table as new_rows
  for each statement execute function private.log_direct_write('user_id', '', 'id');
create trigger organisation_administrators_log_update
  after update on public.organisation_administrators referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('user_id', '', 'id');
create trigger organisation_administrators_log_delete
  after delete on public.organisation_administrators referencing old table as old_rows
  for each statement execute function private.log_direct_write('user_id', '', 'id');
create trigger certification_kinds_log_insert
  after insert on public.certification_kinds referencing new table as new_rows
  for each statement execute function private.log_direct_write('', '', 'code');
create trigger certification_kinds_log_update
  after update on public.certification_kinds referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('', '', 'code');
create trigger certification_kinds_log_delete
  after delete on public.certification_kinds referencing old table as old_rows
  for each statement execute function private.log_direct_write('', '', 'code');
create trigger certifications_log_insert
  after insert on public.certifications referencing new table as new_rows
  for each statement execute function private.log_direct_write('mentor_id', '', 'id');
create trigger certifications_log_update
  after update on public.certifications referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('mentor_id', '', 'id');
create trigger certifications_log_delete
  after delete on public.certifications referencing old table as old_rows
  for each statement execute function private.log_direct_write('mentor_id', '', 'id');
create trigger coordinator_assignments_log_insert
  after insert on public.coordinator_assignments referencing new table as new_rows
  for each statement execute function private.log_direct_write('mentor_id', '', 'id');
create trigger coordinator_assignments_log_update
  after update on public.coordinator_assignments referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('mentor_id', '', 'id');
create trigger coordinator_assignments_log_delete
  after delete on public.coordinator_assignments referencing old table as old_rows
  for each statement execute function private.log_direct_write('mentor_id', '', 'id');
create trigger contacts_log_insert
  after insert on public.contacts referencing new table as new_rows
  for each statement execute function private.log_direct_write('person_id', '', 'person_id');
create trigger contacts_log_update
  after update on public.contacts referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('person_id', '', 'person_id');
create trigger contacts_log_delete
  after delete on public.contacts referencing old table as old_rows
  for each statement execute function private.log_direct_write('person_id', '', 'person_id');
create trigger external_ids_log_insert
  after insert on public.external_ids referencing new table as new_rows
  for each statement execute function private.log_direct_write('person_id', '', 'source, external_id');
create trigger external_ids_log_update
  after update on public.external_ids referencing old table as old_rows new table as new_rows
  for each statement execute function private.log_direct_write('person_id', '', 'source, external_id');
create trigger external_ids_log_delete
  after delete on public.external_ids referencing old table as old_rows
  for each statement execute function private.log_direct_write('person_id', '', 'source, external_id');
