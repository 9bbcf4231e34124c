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
$function$;

COMMENT ON FUNCTION "private"."erase_locked_person"(uuid, uuid) IS 'Pseudonymises a person, whom the caller has locked for it, and logs it.';

REVOKE ALL ON FUNCTION "private"."erase_locked_person"(uuid, uuid) FROM PUBLIC;
