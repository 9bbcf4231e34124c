-- The commands with which certifications are kept: register (or renew, which is the same),
-- revoke from a day on, and remove a mistake. What was removed stays in the history.

create table private.removed_certifications (
  id uuid not null,
  mentor_id uuid not null,
  kind text not null,
  issued_on date not null,
  expires_on date,
  actor_id uuid,
  removed_at timestamptz not null default clock_timestamp(),
  constraint removed_certifications_pkey primary key (id),
  constraint removed_certifications_mentor_exists foreign key (mentor_id) references public.profiles (id) on delete restrict,
  constraint removed_certifications_kind_exists foreign key (kind) references public.certification_kinds (code) on delete restrict
);
create index removed_certifications_by_mentor on private.removed_certifications (mentor_id);
create index removed_certifications_by_kind on private.removed_certifications (kind);
alter table private.removed_certifications enable row level security;
revoke all on table private.removed_certifications from public, anon, authenticated, service_role;

comment on table private.removed_certifications is
  'Append-only: certifications that were removed as mistakes, whoever removed them. They count on no day, and show what was believed until then.';
comment on column private.removed_certifications.actor_id is 'Who removed it by a command; null for a direct write.';

create function private.keep_removed_certifications() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
  insert into private.removed_certifications (id, mentor_id, kind, issued_on, expires_on, actor_id)
  select o.id, o.mentor_id, o.kind, o.issued_on, o.expires_on,
    case when coalesce(current_setting('mentorpause.command', true), '') <> '' then auth.uid() end
  from old_rows o
  -- Entered again under its old id, and removed again.
  on conflict on constraint removed_certifications_pkey do nothing;
  return null;
end
$$;
revoke all on function private.keep_removed_certifications() from public, anon, authenticated, service_role;

comment on function private.keep_removed_certifications() is
  'Trigger: keeps certifications that are deleted. Definer, because what was removed has no other writer.';

create trigger certifications_keep_removed
  after delete on public.certifications referencing old table as old_rows
  for each statement execute function private.keep_removed_certifications();
create trigger removed_certifications_refuse_change
  before update or delete or truncate on private.removed_certifications
  for each statement execute function private.refuse_removal('What was removed stays in the history.');

create function private.register_certification(
  mentor_id uuid, kind text, issued_on date, expires_on text, request_id uuid
) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('register_certification', register_certification.request_id);
  mine uuid[] := private.require_coordinator(caller);
  fingerprint bytea := private.fingerprint('register_certification', jsonb_build_array(register_certification.mentor_id,
    register_certification.kind, register_certification.issued_on, register_certification.expires_on));
  replayed jsonb;
  wanted private.wanted_certification;
  made jsonb;
begin
  replayed := private.replay_command(caller, mine, register_certification.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('mentor_id', register_certification.mentor_id);
  wanted := private.judged_certification(register_certification.kind, register_certification.issued_on, register_certification.expires_on);

  perform private.lock_people(array[register_certification.mentor_id]);
  perform private.managed_chapters(register_certification.mentor_id, caller);
  if exists (
    select from public.certifications c
    where c.mentor_id = register_certification.mentor_id and c.kind = wanted.kind
      and c.issued_on = wanted.issued_on and c.expires_on is not distinct from wanted.expires_on
  ) then
    perform private.refuse('already_exists', null, 'The mentor has this certification with these days already.');
  end if;
  insert into public.certifications (mentor_id, kind, issued_on, expires_on)
  values (register_certification.mentor_id, wanted.kind, wanted.issued_on, wanted.expires_on)
  returning to_jsonb(certifications) into made;
  perform private.bring_people_up_to_date(array[register_certification.mentor_id]);
  perform private.log_command(caller, register_certification.mentor_id, null, null, made);
  return private.finish_command(caller, register_certification.request_id, fingerprint, register_certification.mentor_id,
    jsonb_build_object('certification', made));
end
$$;

revoke all on function private.register_certification(uuid, text, date, text, uuid) from public, anon, authenticated, service_role;
grant execute on function private.register_certification(uuid, text, date, text, uuid) to authenticated;

comment on function private.register_certification(uuid, text, date, text, uuid) is
  'Behind public.register_certification. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.lock_certification(certification_id uuid, caller_id uuid) returns public.certifications
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
  holder uuid;
  stored public.certifications;
begin
  select c.mentor_id into holder from public.certifications c where c.id = lock_certification.certification_id;
  perform private.lock_people(array[holder]);
  -- It may have been removed, or handed over to another profile of the person, meanwhile.
  select * into stored from public.certifications c
  where c.id = lock_certification.certification_id and c.mentor_id = holder;
  if not found then
    perform private.refuse('not_found');
  end if;
  perform private.refuse_unless_mine(holder, private.require_administrator(lock_certification.caller_id),
    everybody => private.administers_organisation(lock_certification.caller_id));
  return stored;
end
$$;
revoke all on function private.lock_certification(uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.lock_certification(uuid, uuid) is
  'Locks a certification''s holder, and returns the certification; refuses with not_found what is not in the chapters that the caller administers.';

create function private.revoke_certification(certification_id uuid, last_valid_on date, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('revoke_certification', revoke_certification.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('revoke_certification', jsonb_build_array(revoke_certification.certification_id, revoke_certification.last_valid_on));
  replayed jsonb;
  stored public.certifications;
  changed jsonb;
begin
  replayed := private.replay_command(caller, mine, revoke_certification.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('certification_id', revoke_certification.certification_id);
  perform private.judged_day('last_valid_on', revoke_certification.last_valid_on);

  stored := private.lock_certification(revoke_certification.certification_id, caller);
  if revoke_certification.last_valid_on < stored.issued_on then
    perform private.refuse('invalid_request', 'last_valid_on', 'last_valid_on must not be before issued_on; a certification that never counted is removed.');
  end if;
  if revoke_certification.last_valid_on > stored.expires_on then
    perform private.refuse('invalid_request', 'last_valid_on', 'last_valid_on must not be after expires_on; a renewal is registered as a certification of its own.');
  end if;
  update public.certifications c set expires_on = revoke_certification.last_valid_on
  where c.id = stored.id and c.expires_on is distinct from revoke_certification.last_valid_on
  returning to_jsonb(c) into changed;
  if changed is not null then
    perform private.bring_people_up_to_date(array[stored.mentor_id]);
    perform private.log_command(caller, stored.mentor_id, null, to_jsonb(stored), changed);
  end if;
  return private.finish_command(caller, revoke_certification.request_id, fingerprint, stored.mentor_id,
    jsonb_build_object('certification', coalesce(changed, to_jsonb(stored))));
end
$$;

revoke all on function private.revoke_certification(uuid, date, uuid) from public, anon, authenticated, service_role;
grant execute on function private.revoke_certification(uuid, date, uuid) to authenticated;

comment on function private.revoke_certification(uuid, date, uuid) is
  'Behind public.revoke_certification. Definer, because nobody may write the tables directly; checks the caller itself.';

create function private.remove_certification(certification_id uuid, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC'
as $$
declare
  caller uuid := private.begin_command('remove_certification', remove_certification.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('remove_certification', jsonb_build_array(remove_certification.certification_id));
  replayed jsonb;
  stored public.certifications;
begin
  replayed := private.replay_command(caller, mine, remove_certification.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('certification_id', remove_certification.certification_id);

  stored := private.lock_certification(remove_certification.certification_id, caller);
  delete from public.certifications c where c.id = stored.id;
  perform private.bring_people_up_to_date(array[stored.mentor_id]);
  perform private.log_command(caller, stored.mentor_id, null, to_jsonb(stored), null);
  return private.finish_command(caller, remove_certification.request_id, fingerprint, stored.mentor_id,
    jsonb_build_object('certification', to_jsonb(stored) || jsonb_build_object('removed_at', clock_timestamp())));
end
$$;

revoke all on function private.remove_certification(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function private.remove_certification(uuid, uuid) to authenticated;

comment on function private.remove_certification(uuid, uuid) is
  'Behind public.remove_certification. Definer, because nobody may write the tables directly; checks the caller itself.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.register_certification(
  mentor_id uuid default null,
  kind text default null,
  issued_on date default null,
  expires_on text default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.register_certification(register_certification.mentor_id, register_certification.kind, register_certification.issued_on, register_certification.expires_on, register_certification.request_id);
end
$$;
revoke all on function public.register_certification(uuid, text, date, text, uuid) from public, anon, authenticated, service_role;
grant execute on function public.register_certification(uuid, text, date, text, uuid) to authenticated;

comment on function public.register_certification(uuid, text, date, text, uuid) is
  'Registers a certification or a renewal. Without expires_on it is valid for as many calendar months as its kind says; never: for ever. Refuses with invalid_request, not_a_coordinator, mentor_not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

create function public.revoke_certification(
  certification_id uuid default null,
  last_valid_on date default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.revoke_certification(revoke_certification.certification_id, revoke_certification.last_valid_on, revoke_certification.request_id);
end
$$;
revoke all on function public.revoke_certification(uuid, date, uuid) from public, anon, authenticated, service_role;
grant execute on function public.revoke_certification(uuid, date, uuid) to authenticated;

comment on function public.revoke_certification(uuid, date, uuid) is
  'Ends a certification earlier than it says. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';

create function public.remove_certification(
  certification_id uuid default null,
  request_id uuid default null
) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.remove_certification(remove_certification.certification_id, remove_certification.request_id);
end
$$;
revoke all on function public.remove_certification(uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.remove_certification(uuid, uuid) to authenticated;

comment on function public.remove_certification(uuid, uuid) is
  'Removes a certification that was a mistake; the history keeps it as removed. Refuses with invalid_request, not_an_administrator, not_found, request_in_progress, request_expired, idempotency_key_reused.';
