CREATE OR REPLACE FUNCTION private.erase_locked_person (
  person_id uuid,
  actor_id  uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
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
$function$;

COMMENT ON FUNCTION "private"."erase_locked_person"(uuid, uuid) IS 'Pseudonymises a person, whom the caller has locked for it, and logs it.';

REVOKE ALL ON FUNCTION "private"."erase_locked_person"(uuid, uuid) FROM PUBLIC;
