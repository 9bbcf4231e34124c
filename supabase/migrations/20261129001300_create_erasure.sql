-- Erasure: a person's name, locale, reasons and inbox are removed, their memberships
-- and assignments end, an open record closes. Ids, dates and statuses stay, so that
-- the counts of old reports stay the same.

-- An erasure touches more rows than anything else, in tables whose other writers take
-- them in other orders. So it takes all of them before it changes any, never waits for
-- one while it holds another, and begins again when one is held: nobody can form a
-- circle with it. Only after a minute does it wait in line, where the deadlock
-- detector sees it.
create function private.lock_for_erasure(person_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  patient_until timestamptz := clock_timestamp() + interval '1 minute';
  is_patient boolean;
  rows_to_lock constant text[] := array[
    -- Locks out the dispatcher too, which holds its recipients' keys while it writes,
    -- and whoever inserts a row that names the person.
    'select from public.profiles p where p.id = $1 for update',
    'select from public.chapter_memberships m where m.user_id = $1 order by m.id for update',
    'select from public.coordinator_assignments a where $1 in (a.mentor_id, a.coordinator_id) order by a.id for update',
    'select from public.certifications c where c.mentor_id = $1 order by c.id for update',
    -- The person, and whose entries in the roster name the person.
    'select from private.person_locks l where l.person_id in (select a.mentor_id from public.coordinator_assignments a where a.coordinator_id = $1 and a.ended_at is null'
      || ' union all select $1) order by l.person_id for no key update',
    'select from public.pause_records r where r.mentor_id = $1 order by r.id for update',
    'select from public.notification_inbox i where $1 in (i.recipient_id, i.mentor_id) order by i.id for update'];
  lockable text;
begin
  loop
    is_patient := clock_timestamp() < patient_until;
    begin
      if is_patient then
        -- Two erasures may touch rows of each other, so there is one at a time.
        if not (pg_try_advisory_xact_lock(hashtextextended('mentorpause.erase_person', 0))
            and pg_try_advisory_xact_lock(private.mentor_lock(lock_for_erasure.person_id))) then
          raise lock_not_available;
        end if;
      else
        perform pg_advisory_xact_lock(hashtextextended('mentorpause.erase_person', 0));
        perform pg_advisory_xact_lock(private.mentor_lock(lock_for_erasure.person_id));
      end if;
      foreach lockable in array rows_to_lock loop
        execute lockable || case when is_patient then ' nowait' else '' end using lock_for_erasure.person_id;
      end loop;
      return;
    exception when lock_not_available then
      -- What was locked in this block is free again.
      perform pg_sleep(0.002 + random() * 0.02);
    end;
  end loop;
end
$$;
revoke all on function private.lock_for_erasure(uuid) from public, anon, authenticated, service_role;

comment on function private.lock_for_erasure(uuid) is
  'Takes every lock that erasing this person needs, until the transaction ends, without ever waiting for one while it holds another.';

create function private.erase_person(person_id uuid, actor_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz;
  today date;
  erased boolean := false;
begin
  perform private.lock_for_erasure(erase_person.person_id);
  moment := clock_timestamp();
  today := private.date_of(moment);
  if not exists (select from public.profiles p where p.id = erase_person.person_id) then
    return; -- a user whom the organisation never registered
  end if;

  -- Lets the guard accept the emptied reasons of closed records, and nothing else.
  perform set_config('mentorpause.erasing', erase_person.person_id::text, true);

  perform private.act_as('system', erase_person.actor_id);
  update public.pause_records r
  set status = 'active', reactivated_at = moment, pause_reason = null, effective_on = today
  where r.mentor_id = erase_person.person_id and r.status in ('paused', 'expired_cert');
  erased := erased or found;
  update public.pause_records r
  set pause_reason = null
  where r.mentor_id = erase_person.person_id and r.pause_reason is not null;
  erased := erased or found;
  perform private.act_as(null);
  delete from private.idempotent_requests i where erase_person.person_id in (i.mentor_id, i.caller_id);

  delete from public.notification_inbox i where i.recipient_id = erase_person.person_id;
  erased := erased or found;
  -- In the inboxes of others the rows stay, without the name.
  update public.notification_inbox i
  set title = 'Slettet person', body = ''
  where i.mentor_id = erase_person.person_id and (i.title, i.body) <> ('Slettet person', '');
  erased := erased or found;
  delete from private.refused_addresses f where f.person_id = erase_person.person_id;

  update public.coordinator_assignments a
  set ended_at = greatest(moment, a.started_at)
  where erase_person.person_id in (a.mentor_id, a.coordinator_id) and a.ended_at is null;
  erased := erased or found;
  update public.chapter_memberships m
  set ended_at = greatest(moment, m.started_at)
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
  administered uuid[];
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  -- The login first: Supabase Auth, which deletes a user, holds it before it erases.
  perform from auth.users u where u.id = erase_person_as_administrator.person_id for update;
  perform private.lock_for_erasure(erase_person_as_administrator.person_id);
  administered := private.my_administered_chapter_ids();
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
  -- With the address, the phone number and the sessions; its trigger finds nothing left.
  delete from auth.users u where u.id = erase_person_as_administrator.person_id;
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
