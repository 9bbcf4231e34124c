-- Erasure: a person's name, locale, reasons and inbox are removed, their memberships
-- and assignments end, an open record closes. Ids, dates and statuses stay, so that
-- the counts of old reports stay the same.

create function private.messages_naming(person_ids uuid[]) returns bigint[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select i.id
    from private.attempt_mentors t
    join public.notification_attempts a on a.id = t.attempt_id
    join public.notification_inbox i on i.notification_id = a.notification_id and i.recipient_id = a.recipient_id
    where t.mentor_id = any (messages_naming.person_ids) and t.line is not null and a.channel = 'inbox');
end
$$;
revoke all on function private.messages_naming(uuid[]) from public, anon, authenticated, service_role;

comment on function private.messages_naming(uuid[]) is
  'The rows of inboxes that are about several mentors and name one of these people.';

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
    'select from public.planned_pauses q where q.mentor_id = any ($1) order by q.id for update',
    'select from public.leave_requests l where l.mentor_id = any ($1) order by l.id for update',
    'select from public.notification_inbox i where i.recipient_id = any ($1) or i.mentor_id = any ($1) or i.id = any ('
      || 'private.messages_naming($1)) order by i.id for update'];
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

  -- Lets the guards accept the emptied reasons of closed records and the emptied rows of
  -- the log, and nothing else.
  perform set_config('mentorpause.erasing', erase_locked_person.person_id::text, true);
  -- One row of the log says it all.
  perform set_config('mentorpause.command', 'erase_person', true);

  -- Days that have passed stay what they were: the plan has been a pause on them.
  if exists (select from public.planned_pauses q where q.mentor_id = erase_locked_person.person_id and q.starts_on <= today) then
    perform private.bring_people_up_to_date(array[erase_locked_person.person_id]);
  end if;
  perform private.act_as('system', erase_locked_person.actor_id);
  update public.pause_records r
  -- The end can follow the beginning, even if the clock was set back or the beginning changed.
  set status = 'active', reactivated_at = greatest(moment, r.paused_at), pause_reason = null, effective_on = today
  where r.mentor_id = erase_locked_person.person_id and r.status in ('paused', 'expired_cert');
  erased := erased or found;
  update public.pause_records r
  set pause_reason = null
  where r.mentor_id = erase_locked_person.person_id and r.pause_reason is not null;
  erased := erased or found;
  perform private.act_as(null);
  delete from public.planned_pauses q where q.mentor_id = erase_locked_person.person_id;
  erased := erased or found;
  update public.leave_requests l
  set reason = null, message = null, state = case when l.state = 'open' then 'settled' else l.state end,
    answered_at = case when l.state = 'open' then greatest(moment, l.created_at) else l.answered_at end
  where l.mentor_id = erase_locked_person.person_id and (l.state = 'open' or num_nonnulls(l.reason, l.message) > 0);
  erased := erased or found;
  -- What was answered about the person says no more than that; their own requests are gone.
  delete from private.idempotent_requests i where i.caller_id = erase_locked_person.person_id;
  update private.idempotent_requests i set response = private.ids_only(i.response)
  where i.mentor_id = erase_locked_person.person_id;
  -- An import's answer is about many, and may name anybody.
  update private.idempotent_requests i set response = private.ids_only(i.response)
  where i.mentor_id is null and i.response ? 'preview';

  delete from public.notification_inbox i where i.recipient_id = erase_locked_person.person_id;
  erased := erased or found;
  -- In the inboxes of others the rows stay, without the name.
  update public.notification_inbox i
  set title = 'Slettet person', body = ''
  where i.mentor_id = erase_locked_person.person_id and (i.title, i.body) <> ('Slettet person', '');
  erased := erased or found;
  -- Of a message about several only the line that names the person.
  update public.notification_inbox i
  set title = case when n.line = 0 then 'Slettet person' else i.title end,
    body = case when n.line = 0 then '' else (
      select string_agg(case when l.place = n.line then '– Slettet person' else l.line end, E'\n' order by l.place)
      from unnest(string_to_array(i.body, E'\n')) with ordinality l (line, place)) end
  from (
    select a.notification_id, a.recipient_id, t.line
    from private.attempt_mentors t
    join public.notification_attempts a on a.id = t.attempt_id
    where t.mentor_id = erase_locked_person.person_id and t.line is not null and a.channel = 'inbox'
  ) n
  where i.notification_id = n.notification_id and i.recipient_id = n.recipient_id
    and case when n.line = 0 then i.title <> 'Slettet person'
      else split_part(i.body, E'\n', n.line) <> '– Slettet person' end;
  erased := erased or found;
  delete from private.refused_addresses f where f.person_id = erase_locked_person.person_id;
  delete from private.digest_refusals f where f.person_id = erase_locked_person.person_id;
  delete from public.contacts c where c.person_id = erase_locked_person.person_id;
  erased := erased or found;
  delete from public.external_ids x where x.person_id = erase_locked_person.person_id;
  erased := erased or found;
  update public.organisation_administrators o
  set ended_at = greatest(moment, o.started_at)
  where o.user_id = erase_locked_person.person_id
    and (o.ended_at is null or o.ended_at > greatest(moment, o.started_at));
  erased := erased or found;

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

  update public.people_log l
  set before = null, after = null
  where l.person_id = erase_locked_person.person_id and num_nonnulls(l.before, l.after) > 0;

  -- The second time there is nothing to log: when the user is deleted after the person
  -- was erased, say.
  if erased then
    insert into public.erasures (person_id, actor_id) values (erase_locked_person.person_id, erase_locked_person.actor_id);
    insert into public.people_log (actor_id, command, person_id)
    values (erase_locked_person.actor_id, 'erase_person', erase_locked_person.person_id);
  end if;
  perform set_config('mentorpause.command', '', true);
  perform set_config('mentorpause.erasing', '', true);
end
$$;
revoke all on function private.erase_locked_person(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.erase_locked_person(uuid, uuid) is
  'Pseudonymises a person, whom the caller has locked for it, and logs it.';

create function private.with_dropped(person_ids uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    with recursive people (id) as (
      select unnest(with_dropped.person_ids)
      union
      select m.dropped_id from people p join private.merged_people m on m.kept_id = p.id
    )
    select p.id from people p order by p.id);
end
$$;
revoke all on function private.with_dropped(uuid[]) from public, anon, authenticated, service_role;

comment on function private.with_dropped(uuid[]) is
  'These people, with the profiles that were joined into theirs; sorted.';

create function private.lock_administrators() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform from public.organisation_administrators o
  where o.ended_at is null or o.ended_at > clock_timestamp() order by o.id for no key update;
end
$$;
revoke all on function private.lock_administrators() from public, anon, authenticated, service_role;

comment on function private.lock_administrators() is
  'Locks who administers the organisation until the transaction ends, so that two who dismiss each other do so one after the other.';

-- Somebody must be left who can appoint another one. The operator is free: who writes the
-- tables as service_role, or deletes a user, can appoint as well.
create function private.refuse_last_administrator(leaving uuid[]) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from unnest(refuse_last_administrator.leaving) l (id) where private.administers_organisation(l.id)
  ) and not exists (
    select from public.organisation_administrators o
    where o.user_id <> all (refuse_last_administrator.leaving) and o.started_at <= clock_timestamp() and o.ended_at is null
  ) then
    perform private.refuse('in_use', 'last_administrator', 'This is the only organisation administrator. Appoint another one first.');
  end if;
end
$$;
revoke all on function private.refuse_last_administrator(uuid[]) from public, anon, authenticated, service_role;

comment on function private.refuse_last_administrator(uuid[]) is
  'Refuses with in_use (last_administrator) if without these people nobody would administer the organisation.';

-- What Supabase Auth keeps of a login goes by cascade, through rows that are not locked
-- here; so a wait is short, and the loser of a deadlock begins again too.
create function private.erase_people(person_ids uuid[], actor_id uuid, with_login boolean) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms'
as $$
declare
  began timestamptz := clock_timestamp();
  everybody uuid[];
  person uuid;
  waits boolean;
begin
  loop
    waits := clock_timestamp() > began + interval '5 seconds';
    begin
      if waits then
        perform set_config('lock_timeout', '0', true);
      end if;
      everybody := private.with_dropped(erase_people.person_ids);
      perform private.lock_for_erasure(everybody, waits);
      if everybody <> private.with_dropped(erase_people.person_ids) then
        raise lock_not_available; -- two profiles have just been joined
      end if;
      if erase_people.with_login then
        perform private.lock_administrators();
        foreach person in array erase_people.person_ids loop
          perform private.refuse_unless_mine(person, private.require_administrator(erase_people.actor_id), true,
            everybody => private.administers_organisation(erase_people.actor_id));
        end loop;
        perform private.refuse_last_administrator(everybody);
      end if;
      foreach person in array everybody loop
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

create function private.pseudonymise(person_id uuid, actor_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform private.erase_people(array[pseudonymise.person_id], pseudonymise.actor_id, false);
end
$$;
revoke all on function private.pseudonymise(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.pseudonymise(uuid, uuid) is
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

create function private.erase_person(person_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  caller uuid := private.begin_command('erase_person', erase_person.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('erase_person', jsonb_build_array(erase_person.person_id));
  replayed jsonb;
begin
  replayed := private.replay_command(caller, mine, erase_person.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('person_id', erase_person.person_id);
  -- Before the locks for whoever has no business with them, and under them for all.
  perform private.refuse_unless_mine(erase_person.person_id, mine, true,
    everybody => private.administers_organisation(caller));
  perform private.erase_people(array[erase_person.person_id], caller, true);
  return private.finish_command(caller, erase_person.request_id, fingerprint, erase_person.person_id,
    jsonb_build_object('person', jsonb_build_object('id', erase_person.person_id)));
end
$$;
revoke all on function private.erase_person(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.erase_person(uuid, uuid) to authenticated;

comment on function private.erase_person(uuid, uuid) is
  'Behind public.erase_person. Definer, because nobody may write the tables directly; checks the caller itself.';

create function public.erase_person(person_id uuid default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.erase_person(erase_person.person_id, erase_person.request_id);
end
$$;
revoke all on function public.erase_person(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.erase_person(uuid, uuid) to authenticated;

comment on function public.erase_person(uuid, uuid) is
  'Pseudonymises a person, with the profiles that were joined into this one, and removes the login. For administrators of every chapter in which the person is active, or of the last one left. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';
