CREATE OR REPLACE FUNCTION private.end_membership (
  membership_id uuid,
  last_day      date,
  request_id    uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('end_membership', end_membership.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('end_membership', jsonb_build_array(end_membership.membership_id, end_membership.last_day));
  ends_at timestamptz;
  replayed jsonb;
  person uuid;
  stored public.chapter_memberships;
  changed jsonb;
begin
  replayed := private.replay_command(caller, mine, end_membership.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('membership_id', end_membership.membership_id);
  ends_at := private.midnight(private.judged_day('last_day', end_membership.last_day, false) + 1);

  -- Whose it is does not change but by joining two profiles, and is looked at again.
  select m.user_id into person from public.chapter_memberships m where m.id = end_membership.membership_id;
  perform private.lock_people(array[person]);
  mine := private.require_administrator(caller);
  select * into stored from public.chapter_memberships m
  where m.id = end_membership.membership_id and m.user_id = person and m.chapter_id = any (mine);
  if not found or exists (select from public.erasures e where e.person_id = person) then
    perform private.refuse('not_found');
  end if;
  if stored.ended_at <= clock_timestamp() then
    perform private.refuse('not_found', null, 'The membership has ended; begin a new one.');
  end if;
  if ends_at < stored.started_at then
    perform private.refuse('invalid_request', 'last_day', 'last_day must not be before the first day.');
  end if;
  if private.has_overlap(person, stored.chapter_id, stored.role, stored.started_at, ends_at, stored.id) then
    perform private.refuse('already_exists', null, 'This person has another membership in this role and chapter on some of these days.');
  end if;
  if ends_at is null and exists (select from public.chapters c where c.id = stored.chapter_id and c.closed_at is not null) then
    perform private.refuse('invalid_request', 'last_day', 'The chapter closes.');
  end if;

  update public.chapter_memberships m set ended_at = ends_at
  where m.id = stored.id and m.ended_at is distinct from ends_at
  returning to_jsonb(m) into changed;
  if changed is not null then
    if stored.role = 'mentor' then
      perform private.bring_people_up_to_date(array[person]);
    end if;
    perform private.log_command(caller, person, stored.chapter_id, to_jsonb(stored), changed);
  end if;
  return private.finish_command(caller, end_membership.request_id, fingerprint, person,
    jsonb_build_object('membership', coalesce(changed, to_jsonb(stored))));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."end_membership"(uuid, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."end_membership"(uuid, date, uuid) IS 'Behind public.end_membership. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."end_membership"(uuid, date, uuid) FROM PUBLIC;
