-- How people are reached and known again: their address and telephone number, and what
-- other systems call them. Mentors without either, and without a login, are normal.

create table public.contacts (
  person_id uuid not null,
  email text,
  phone text,
  constraint contacts_pkey primary key (person_id),
  constraint contacts_person_exists foreign key (person_id) references public.profiles (id) on delete restrict,
  constraint contacts_email_unique unique (email),
  constraint contacts_email_format check (
    email = lower(email) and char_length(email) between 3 and 254 and email ~ '^[^[:space:][:cntrl:]@<>,;"]+@[^[:space:][:cntrl:]@<>,;"]+$'),
  constraint contacts_phone_format check (phone ~ '^\+[1-9][0-9]{6,14}$')
);
alter table public.contacts enable row level security;
revoke all on table public.contacts from public, anon, authenticated, service_role;
grant select on table public.contacts to authenticated;
grant select, insert, update, delete on table public.contacts to service_role;

comment on table public.contacts is
  'For recognising, inviting and calling people. Of somebody with a login, the address in Supabase Auth counts.';
comment on column public.contacts.email is 'In lower case.';
comment on column public.contacts.phone is 'E.164: a plus sign, the country''s code, and the number, without spaces.';

create policy select_own_and_managed on public.contacts
  for select to authenticated
  using (
    person_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = contacts.person_id
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and (
          m.role = 'mentor' and m.chapter_id = any ((select private.my_chapter_ids())::uuid[])
          or m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
        )
    )
  );

create table public.external_ids (
  source text not null,
  external_id text not null,
  person_id uuid not null,
  constraint external_ids_pkey primary key (source, external_id),
  constraint external_ids_person_exists foreign key (person_id) references public.profiles (id) on delete restrict,
  constraint external_ids_source_length check (char_length(source) between 1 and 100),
  constraint external_ids_source_visible check (private.is_visible(source)),
  constraint external_ids_external_id_length check (char_length(external_id) between 1 and 100),
  constraint external_ids_external_id_visible check (private.is_visible(external_id))
);
create index external_ids_by_person on public.external_ids (person_id);
alter table public.external_ids enable row level security;
revoke all on table public.external_ids from public, anon, authenticated, service_role;
grant select on table public.external_ids to authenticated;
grant select, insert, update, delete on table public.external_ids to service_role;

comment on table public.external_ids is
  'What other systems call a person, so that an import knows them again: a member number, say.';
comment on column public.external_ids.source is 'The other system.';

create policy select_own_and_administered on public.external_ids
  for select to authenticated
  using (
    person_id = (select private.my_id())
    or (select private.is_organisation_administrator())
    or exists (
      select from public.chapter_memberships m
      where m.user_id = external_ids.person_id
        and m.started_at <= statement_timestamp()
        and (m.ended_at is null or m.ended_at > statement_timestamp())
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create trigger contacts_refuse_erased_insert
  after insert on public.contacts referencing new table as new_rows
  for each statement execute function private.refuse_erased('person_id');
create trigger contacts_refuse_erased_update
  after update on public.contacts referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('person_id');
create trigger external_ids_refuse_erased_insert
  after insert on public.external_ids referencing new table as new_rows
  for each statement execute function private.refuse_erased('person_id');
create trigger external_ids_refuse_erased_update
  after update on public.external_ids referencing old table as old_rows new table as new_rows
  for each statement execute function private.refuse_erased('person_id');

create trigger contacts_refuse_truncate
  before truncate on public.contacts
  for each statement execute function private.refuse_removal('Delete the rows instead.');
create trigger external_ids_refuse_truncate
  before truncate on public.external_ids
  for each statement execute function private.refuse_removal('Delete the rows instead.');
