-- Erasure: a person's name, locale, reasons and inbox are removed, their memberships
-- and assignments end, an open record closes. Ids, dates and statuses stay, so that
-- the counts of old reports stay the same.

-- An erasure touches more rows than anything else, in tables whose other writers take
-- them in other orders. So it takes all of them before it changes any, never waits for
-- one while it holds another, and begins again when one is held: nobody can form a
-- circle with it. Only whoever has tried for long waits in line, where the deadlock
-- detector sees it; in the order of private.refresh_touched_mentors().
create function private.lock_for_erasure(person_ids uuid[], waits boolean) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  rows_to_lock constant text[] := array[
    -- Supabase Auth, which deletes a user, holds it before it erases.
    'select from auth.users u where u.id = any ($1) order by u.id for update',
    -- Locks out the dispatcher too, which holds its recipients' keys while it writes,
    -- and whoever inserts a row that names the person.
    'select from public.profiles p where p.id = any ($1) order by p.id for update',
    'select from public.chapter_memberships m where m.user_id = any ($1) order by m.id for update',
    'select from public.coordinator_assignments a where a.mentor_id = any ($1) or a.coordinator_id = any ($1) order by a.id for update',
    'select from public.certifications c where c.mentor_id = any ($1) order by c.id for update'];
  rows_below constant text[] := array[
    -- The people, and whose entries in the roster name them.
    'select from private.person_locks l where l.person_id = any ($1) or l.person_id in ('
      || 'select a.mentor_id from public.coordinator_assignments a where a.coordinator_id = any ($1) and a.ended_at is null)'
      || ' order by l.person_id for no key update',
    'select from public.pause_records r where r.mentor_id = any ($1) order by r.id for update',
    'select from public.notification_inbox i where i.recipient_id = any ($1) or i.mentor_id = any ($1) order by i.id for update'];
  nowait constant text := case when lock_for_erasure.waits then '' else ' nowait' end;
  lockable text;
begin
  -- Two erasures may touch rows of each other, so there is one at a time.
  if not private.try_or_wait(hashtextextended('mentorpause.erase_person', 0), lock_for_erasure.waits) then
    raise lock_not_available;
  end if;
  foreach lockable in array rows_to_lock loop
    execute lockable || nowait using lock_for_erasure.person_ids;
  end loop;
  perform private.lock_coordinators(lock_for_erasure.person_ids, false, lock_for_erasure.waits);
  if exists (
    select from (select distinct private.mentor_lock(i) as key from unnest(lock_for_erasure.person_ids) i order by 1) k
    where not private.try_or_wait(k.key, lock_for_erasure.waits)
  ) then
    raise lock_not_available;
  end if;
  foreach lockable in array rows_below loop
    execute lockable || nowait using lock_for_erasure.person_ids;
  end loop;
end
$$;
revoke all on function private.lock_for_erasure(uuid[], boolean) from public, anon, authenticated, service_role;

comment on function private.lock_for_erasure(uuid[], boolean) is
  'Takes every lock that erasing these people needs, until the transaction ends. Without waits, raises lock_not_available (SQLSTATE 55P03) when somebody holds one.';

create function private.erase_locked_person(person_id uuid, actor_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz := clock_timestamp();
  today date := private.date_of(moment);
  erased boolean := not exists (select from public.erasures e where e.person_id = erase_locked_person.person_id);
begin
  if not exists (select from public.profiles p where p.id = erase_locked_person.person_id) then
    return; -- a user whom the organisation never registered
  end if;

  -- Lets the guard accept the emptied reasons of closed records, and nothing else.
  perform set_config('mentorpause.erasing', erase_locked_person.person_id::text, true);

  perform private.act_as('system', erase_locked_person.actor_id);
  update public.pause_records r
  -- Whatever the clock or a hand has done to the beginning, the end can follow it.
  set status = 'active', reactivated_at = greatest(moment, r.paused_at), pause_reason = null, effective_on = today
  where r.mentor_id = erase_locked_person.person_id and r.status in ('paused', 'expired_cert');
  erased := erased or found;
  update public.pause_records r
  set pause_reason = null
  where r.mentor_id = erase_locked_person.person_id and r.pause_reason is not null;
  erased := erased or found;
  perform private.act_as(null);
  delete from private.idempotent_requests i where erase_locked_person.person_id in (i.mentor_id, i.caller_id);

  delete from public.notification_inbox i where i.recipient_id = erase_locked_person.person_id;
  erased := erased or found;
  -- In the inboxes of others the rows stay, without the name.
  update public.notification_inbox i
  set title = 'Slettet person', body = ''
  where i.mentor_id = erase_locked_person.person_id and (i.title, i.body) <> ('Slettet person', '');
  erased := erased or found;
  delete from private.refused_addresses f where f.person_id = erase_locked_person.person_id;

  update public.coordinator_assignments a
  set ended_at = greatest(moment, a.started_at)
  where erase_locked_person.person_id in (a.mentor_id, a.coordinator_id)
    and (a.ended_at is null or a.ended_at > greatest(moment, a.started_at));
  erased := erased or found;
  update public.chapter_memberships m
  set ended_at = greatest(moment, m.started_at)
  where m.user_id = erase_locked_person.person_id
    and (m.ended_at is null or m.ended_at > greatest(moment, m.started_at));
  erased := erased or found;
  update public.profiles p
  set display_name = 'Slettet person', locale = 'nb'
  where p.id = erase_locked_person.person_id and (p.display_name, p.locale) <> ('Slettet person', 'nb');
  erased := erased or found;

  -- The second time there is nothing to log: when the user is deleted after the person
  -- was erased, say.
  if erased then
    insert into public.erasures (person_id, actor_id) values (erase_locked_person.person_id, erase_locked_person.actor_id);
  end if;
  perform set_config('mentorpause.erasing', '', true);
end
$$;
revoke all on function private.erase_locked_person(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.erase_locked_person(uuid, uuid) is
  'Pseudonymises a person, whom the caller has locked for it, and logs it.';

create function private.refuse_unless_erasable(person_id uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  administered uuid[] := private.my_administered_chapter_ids();
begin
  if not exists (
    select from public.chapter_memberships m
    where m.user_id = refuse_unless_erasable.person_id and m.chapter_id = any (administered)
  ) or exists (
    select from public.chapter_memberships m
    where m.user_id = refuse_unless_erasable.person_id and m.ended_at is null and m.chapter_id <> all (administered)
  ) then
    perform private.refuse('mentor_not_found', null, 'No such person whose chapters are all yours.');
  end if;
end
$$;
revoke all on function private.refuse_unless_erasable(uuid) from public, anon, authenticated, service_role;

comment on function private.refuse_unless_erasable(uuid) is
  'Refuses with mentor_not_found unless the caller administers a chapter of the person, and every one in which the person is active.';

-- What Supabase Auth keeps of a login goes by cascade, through rows that are not locked
-- here; so a wait is short, and the loser of a deadlock begins again too.
create function private.erase_people(person_ids uuid[], actor_id uuid, with_login boolean) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms'
as $$
declare
  began timestamptz := clock_timestamp();
  person uuid;
  waits boolean;
begin
  loop
    waits := clock_timestamp() > began + interval '5 seconds';
    begin
      if waits then
        perform set_config('lock_timeout', '0', true);
      end if;
      perform private.lock_for_erasure(erase_people.person_ids, waits);
      foreach person in array erase_people.person_ids loop
        if erase_people.with_login then
          perform private.refuse_unless_erasable(person);
        end if;
        perform private.erase_locked_person(person, erase_people.actor_id);
      end loop;
      if erase_people.with_login then
        -- With the address, the phone number and the sessions; its trigger finds nothing left.
        delete from auth.users u where u.id = any (erase_people.person_ids);
      end if;
      return;
    exception when lock_not_available or deadlock_detected then
      -- What was locked and changed in this block is as it was.
      if clock_timestamp() > began + interval '1 minute' then
        raise;
      end if;
      perform pg_sleep(0.002 + random() * 0.02);
    end;
  end loop;
end
$$;
revoke all on function private.erase_people(uuid[], uuid, boolean) from public, anon, authenticated, service_role;

comment on function private.erase_people(uuid[], uuid, boolean) is
  'Pseudonymises people in one transaction and logs it. with_login: for the signed-in administrator, whose rights are judged under the locks, and the logins go too. Definer, for the trigger on auth.users.';

create function private.erase_person(person_id uuid, actor_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.erase_people(array[erase_person.person_id], erase_person.actor_id, false);
end
$$;
revoke all on function private.erase_person(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.erase_person(uuid, uuid) is
  'Pseudonymises a person and keeps the login. For the role postgres; does not check the caller.';

create function private.erase_deleted_user() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_level = 'STATEMENT' then
    -- All together: an erasure that waits for the next person must not hold the last one.
    perform private.erase_people(array(select o.id from old_rows o order by o.id), null, false);
  else
    perform private.erase_people(array[old.id], null, false);
  end if;
  return null;
end
$$;
revoke all on function private.erase_deleted_user() from public, anon, authenticated, service_role;

comment on function private.erase_deleted_user() is
  'Trigger: erases the people whose users were deleted. Definer, because Supabase Auth''s own role reaches none of these tables.';

create trigger mentorpause_erase_deleted_user
  after delete on auth.users referencing old table as old_rows
  for each statement execute function private.erase_deleted_user();
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
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  -- Before the locks for whoever has no business with them, and under them for all.
  perform private.refuse_unless_erasable(erase_person_as_administrator.person_id);
  perform private.erase_people(array[erase_person_as_administrator.person_id], auth.uid(), true);
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
  'Pseudonymises a person and removes the login. For administrators of a chapter of this person who is active in no other chapter; else mentor_not_found.';
