-- Erasure: a person's name, locale, reasons and inbox are removed, their memberships
-- and assignments end, an open record closes. Ids, dates and statuses stay, so that
-- the counts of old reports stay the same.

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

create policy select_administered on public.erasures
  for select to authenticated
  using (
    exists (
      select from public.chapter_memberships m
      where m.user_id = erasures.person_id
        and m.chapter_id = any ((select private.my_administered_chapter_ids())::uuid[])
    )
  );

create trigger erasures_refuse_change
  before update or delete or truncate on public.erasures
  for each statement execute function private.refuse_removal('The log of erasures is append-only.');

create function private.erase_person(person_id uuid, actor_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz := clock_timestamp();
  erased boolean := false;
begin
  -- One erasure at a time: the erasures of two people may touch rows of each other (inboxes,
  -- assignments), and no order of the rows would suit both. It is an erasure's first lock.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.erase_person', 0));
  perform pg_advisory_xact_lock(private.mentor_lock(erase_person.person_id));
  -- Locks out the dispatcher too, which holds its recipients' keys while it writes.
  perform from public.profiles p where p.id = erase_person.person_id for update;
  if not found then
    return; -- a user whom the organisation never registered
  end if;

  -- Lets the guard accept the emptied reasons of closed records, and nothing else.
  perform set_config('mentorpause.erasing', erase_person.person_id::text, true);

  perform private.act_as('system', erase_person.actor_id);
  update public.pause_records r
  set status = 'active', reactivated_at = moment, pause_reason = null, effective_on = private.today()
  where r.mentor_id = erase_person.person_id and r.status in ('paused', 'expired_cert');
  erased := erased or found;
  update public.pause_records r
  set pause_reason = null
  where r.mentor_id = erase_person.person_id and r.pause_reason is not null;
  erased := erased or found;
  perform private.act_as(null);
  delete from private.idempotent_requests i where i.mentor_id = erase_person.person_id;

  delete from public.notification_inbox i where i.recipient_id = erase_person.person_id;
  erased := erased or found;
  -- In the inboxes of others the rows stay, without the name.
  update public.notification_inbox i
  set title = 'Slettet person', body = ''
  where i.mentor_id = erase_person.person_id and (i.title, i.body) <> ('Slettet person', '');
  erased := erased or found;
  delete from private.refused_addresses f where f.person_id = erase_person.person_id;

  update public.coordinator_assignments a
  set ended_at = moment
  where erase_person.person_id in (a.mentor_id, a.coordinator_id) and a.ended_at is null;
  erased := erased or found;
  update public.chapter_memberships m
  set ended_at = moment
  where m.user_id = erase_person.person_id and m.ended_at is null;
  erased := erased or found;
  update public.profiles p
  set display_name = 'Slettet person', locale = 'nb'
  where p.id = erase_person.person_id and (p.display_name, p.locale) <> ('Slettet person', 'nb');
  erased := erased or found;

  -- The second time there is nothing to log: when the user is deleted after the person
  -- was erased, say.
  if erased then
    insert into public.erasures (person_id, actor_id) values (erase_person.person_id, erase_person.actor_id);
  end if;
  perform set_config('mentorpause.erasing', '', true);
end
$$;
revoke all on function private.erase_person(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.erase_person(uuid, uuid) is
  'Pseudonymises a person in one transaction and logs it. Definer, for the trigger on auth.users; does not check the caller.';

create function private.erase_deleted_user() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.erase_person(old.id, null);
  return null;
end
$$;
revoke all on function private.erase_deleted_user() from public, anon, authenticated, service_role;

comment on function private.erase_deleted_user() is
  'Trigger: erases the person whose user was deleted. Definer, because Supabase Auth''s own role reaches none of these tables.';

create trigger mentorpause_erase_deleted_user
  after delete on auth.users
  for each row execute function private.erase_deleted_user();
-- Supabase Auth's soft deletion keeps the row and dates it; old versions of Auth have
-- no soft deletion.
do $$
begin
  if exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = 'auth.users'::regclass and a.attname = 'deleted_at' and not a.attisdropped
  ) then
    create trigger mentorpause_erase_soft_deleted_user
      after update of deleted_at on auth.users
      for each row when (old.deleted_at is null and new.deleted_at is not null)
      execute function private.erase_deleted_user();
  end if;
end
$$;

create function private.erase_person_as_administrator(person_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  administered uuid[] := private.my_administered_chapter_ids();
begin
  if auth.uid() is null then
    perform private.refuse('unauthenticated');
  end if;
  if not exists (
    select from public.chapter_memberships m
    where m.user_id = erase_person_as_administrator.person_id and m.chapter_id = any (administered)
  ) or exists (
    select from public.chapter_memberships m
    where m.user_id = erase_person_as_administrator.person_id and m.ended_at is null and m.chapter_id <> all (administered)
  ) then
    perform private.refuse('mentor_not_found', null, 'No such person whose chapters are all yours.');
  end if;
  perform private.erase_person(erase_person_as_administrator.person_id, auth.uid());
end
$$;
revoke all on function private.erase_person_as_administrator(uuid) from public, anon, authenticated, service_role;
grant execute on function private.erase_person_as_administrator(uuid) to authenticated;

comment on function private.erase_person_as_administrator(uuid) is
  'Behind public.erase_person. Definer, because nobody may write the tables directly; checks the caller itself.';

create function public.erase_person(person_id uuid) returns void
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.erase_person_as_administrator(erase_person.person_id);
end
$$;
revoke all on function public.erase_person(uuid) from public, anon, authenticated, service_role;
grant execute on function public.erase_person(uuid) to authenticated;

comment on function public.erase_person(uuid) is
  'Pseudonymises a person. For administrators of a chapter of this person who is active in no other chapter; else mentor_not_found.';
