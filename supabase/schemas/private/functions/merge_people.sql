CREATE OR REPLACE FUNCTION private.merge_people (
  kept_id    uuid,
  dropped_id uuid,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_custom_plan'
  AS $function$
declare
  caller uuid := private.begin_command('merge_people', merge_people.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('merge_people', jsonb_build_array(merge_people.kept_id, merge_people.dropped_id));
  replayed jsonb;
  is_office boolean;
  before jsonb;
  moment timestamptz;
  run record;
  address text;
  number text;
begin
  replayed := private.replay_command(caller, mine, merge_people.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('kept_id', merge_people.kept_id);
  perform private.require_id('dropped_id', merge_people.dropped_id);
  if merge_people.kept_id = merge_people.dropped_id then
    perform private.refuse('invalid_request', 'dropped_id', 'dropped_id must be another profile.');
  end if;

  perform private.lock_people(array[merge_people.kept_id, merge_people.dropped_id]);
  mine := private.require_administrator(caller);
  is_office := private.administers_organisation(caller);
  perform private.refuse_unless_mine(merge_people.kept_id, mine, true, everybody => is_office);
  perform private.refuse_unless_mine(merge_people.dropped_id, mine, true, everybody => is_office);
  if exists (select from auth.users u where u.id = merge_people.dropped_id) then
    perform private.refuse('in_use', 'login', 'The profile that would be dropped signs in; keep that one instead.');
  end if;
  -- That a certification has expired or is missing follows from the facts, which are handed
  -- over: where a kind is required, each profile that was made without one says so.
  if exists (select from public.pause_records r where r.mentor_id = merge_people.dropped_id and r.paused_at is not null) then
    perform private.refuse('in_use', 'pause_history', 'The profile that would be dropped has a pause history, which is never rewritten; keep that one instead.');
  end if;
  moment := clock_timestamp();
  before := jsonb_build_object('kept', private.person_as_json(merge_people.kept_id, mine),
    'dropped', private.person_as_json(merge_people.dropped_id, mine));

  -- Memberships that overlap become one: of each run of them, one of the kept profile's
  -- rows is stretched, and the others go first, so that nothing overlaps on the way.
  for run in
    select min(o.started_at) as started_at, nullif(max(coalesce(o.ended_at, 'infinity')), 'infinity') as ended_at,
      array_agg(o.id order by o.user_id = merge_people.kept_id desc, o.started_at, o.id) as ids
    from (
      select n.*, sum(n.begins) over (partition by n.chapter_id, n.role order by n.started_at, n.id) as run
      from (
        select m.*, case when m.started_at < max(coalesce(m.ended_at, 'infinity')) over (
            partition by m.chapter_id, m.role order by m.started_at, m.id rows between unbounded preceding and 1 preceding)
          then 0 else 1 end as begins
        from public.chapter_memberships m
        where m.user_id in (merge_people.kept_id, merge_people.dropped_id)
      ) n
    ) o
    group by o.chapter_id, o.role, o.run
    having count(distinct o.user_id) = 2
  loop
    delete from public.chapter_memberships m where m.id = any (run.ids[2:]);
    update public.chapter_memberships m set started_at = run.started_at, ended_at = run.ended_at where m.id = run.ids[1];
  end loop;
  update public.chapter_memberships m set user_id = merge_people.kept_id where m.user_id = merge_people.dropped_id;

  -- Nobody is assigned twice, and nobody to themself.
  delete from public.coordinator_assignments d
  where d.ended_at is null and merge_people.dropped_id in (d.mentor_id, d.coordinator_id)
    and exists (
      select from public.coordinator_assignments k
      where k.ended_at is null and k.id <> d.id
        and k.mentor_id = case when d.mentor_id = merge_people.dropped_id then merge_people.kept_id else d.mentor_id end
        and k.coordinator_id = case when d.coordinator_id = merge_people.dropped_id then merge_people.kept_id else d.coordinator_id end);
  update public.coordinator_assignments a set ended_at = greatest(moment, a.started_at)
  where a.ended_at is null
    and a.mentor_id in (merge_people.kept_id, merge_people.dropped_id)
    and a.coordinator_id in (merge_people.kept_id, merge_people.dropped_id);
  update public.coordinator_assignments a
  set mentor_id = case when a.mentor_id = merge_people.dropped_id then merge_people.kept_id else a.mentor_id end,
    coordinator_id = case when a.coordinator_id = merge_people.dropped_id then merge_people.kept_id else a.coordinator_id end
  where merge_people.dropped_id in (a.mentor_id, a.coordinator_id);

  with gone as (
    delete from public.contacts c where c.person_id = merge_people.dropped_id returning c.email, c.phone
  )
  select g.email, g.phone into address, number from gone g;
  if num_nonnulls(address, number) > 0 then
    insert into public.contacts as c (person_id, email, phone) values (merge_people.kept_id, address, number)
    on conflict on constraint contacts_pkey do update
    set email = coalesce(c.email, excluded.email), phone = coalesce(c.phone, excluded.phone);
  end if;
  update public.external_ids x set person_id = merge_people.kept_id where x.person_id = merge_people.dropped_id;
  update public.organisation_administrators o set ended_at = greatest(moment, o.started_at)
  where o.user_id = merge_people.dropped_id and o.ended_at is null
    and exists (select from public.organisation_administrators k where k.user_id = merge_people.kept_id and k.ended_at is null);
  update public.organisation_administrators o set user_id = merge_people.kept_id where o.user_id = merge_people.dropped_id;

  -- Of two plans the kept profile's stays.
  delete from public.planned_pauses d
  where d.mentor_id = merge_people.dropped_id
    and exists (
      select from public.planned_pauses k where k.mentor_id = merge_people.kept_id
      union all
      select from public.pause_records r
      where r.mentor_id = merge_people.kept_id and r.status in ('paused', 'expired_cert') and r.paused_at is not null);
  update public.planned_pauses q set mentor_id = merge_people.kept_id where q.mentor_id = merge_people.dropped_id;

  -- Of two open requests of a kind too.
  update public.leave_requests d
  set state = 'settled', answered_at = greatest(moment, d.created_at)
  where d.mentor_id = merge_people.dropped_id and d.state = 'open'
    and exists (
      select from public.leave_requests k
      where k.mentor_id = merge_people.kept_id and k.state = 'open' and k.kind = d.kind);
  update public.leave_requests l
  set mentor_id = case when l.mentor_id = merge_people.dropped_id then merge_people.kept_id else l.mentor_id end,
    answered_by = case when l.answered_by = merge_people.dropped_id then merge_people.kept_id else l.answered_by end
  where merge_people.dropped_id in (l.mentor_id, l.answered_by);

  -- What was sent, and what waits to be.
  delete from public.notification_inbox i
  where i.recipient_id = merge_people.dropped_id
    and exists (
      select from public.notification_inbox k where k.notification_id = i.notification_id and k.recipient_id = merge_people.kept_id);
  update public.notification_inbox i
  set recipient_id = case when i.recipient_id = merge_people.dropped_id then merge_people.kept_id else i.recipient_id end,
    mentor_id = case when i.mentor_id = merge_people.dropped_id then merge_people.kept_id else i.mentor_id end
  where i.recipient_id = merge_people.dropped_id or i.mentor_id = merge_people.dropped_id;
  update public.notifications n set state = 'settled'
  where n.mentor_id = merge_people.dropped_id and n.state = 'pending'
    and exists (
      select from public.notifications k
      where k.mentor_id = merge_people.kept_id and k.reminder = n.reminder and k.reference_on = n.reference_on and k.audience = n.audience);
  update public.notifications n set mentor_id = merge_people.kept_id
  where n.mentor_id = merge_people.dropped_id
    and not exists (
      select from public.notifications k
      where k.mentor_id = merge_people.kept_id and k.reminder = n.reminder and k.reference_on = n.reference_on and k.audience = n.audience);
  delete from private.notification_mentors d
  where d.mentor_id = merge_people.dropped_id
    and exists (
      select from private.notification_mentors k
      where k.notification_id = d.notification_id and k.mentor_id = merge_people.kept_id);
  update private.notification_mentors g set mentor_id = merge_people.kept_id where g.mentor_id = merge_people.dropped_id;
  delete from private.refused_addresses f where f.person_id = merge_people.dropped_id;
  delete from private.digest_refusals f where f.person_id = merge_people.dropped_id;

  -- What is left of the dropped profile is nobody's status any more, and nobody is told.
  perform private.act_as('system');
  perform set_config('mentorpause.leaving', 'on', true);
  update public.pause_records r
  set status = 'active', reactivated_at = greatest(moment, r.created_at), effective_on = private.date_of(moment), certification_kind = null
  where r.mentor_id = merge_people.dropped_id and r.status = 'expired_cert';
  perform set_config('mentorpause.leaving', '', true);
  perform private.act_as(null);

  insert into private.merged_people (dropped_id, kept_id, actor_id) values (merge_people.dropped_id, merge_people.kept_id, caller);
  -- From here on a certification may be handed over.
  update public.certifications c set mentor_id = merge_people.kept_id where c.mentor_id = merge_people.dropped_id;

  perform private.refresh_unacknowledged(array[merge_people.kept_id, merge_people.dropped_id]);
  perform private.bring_people_up_to_date(array[merge_people.kept_id]);
  perform private.log_command(caller, merge_people.kept_id, null, before, private.person_as_json(merge_people.kept_id, mine));
  perform private.log_command(caller, merge_people.dropped_id, null, before -> 'dropped', jsonb_build_object('kept_id', merge_people.kept_id));
  return private.finish_command(caller, merge_people.request_id, fingerprint, merge_people.kept_id,
    jsonb_build_object('person', private.person_as_json(merge_people.kept_id, mine)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."merge_people"(uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."merge_people"(uuid, uuid, uuid) IS 'Behind public.merge_people. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."merge_people"(uuid, uuid, uuid) FROM PUBLIC;
