CREATE OR REPLACE FUNCTION private.hand_over (
  from_id    uuid,
  to_id      uuid,
  chapter_id uuid,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('hand_over', hand_over.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('hand_over', jsonb_build_array(hand_over.from_id, hand_over.to_id, hand_over.chapter_id));
  moment timestamptz;
  replayed jsonb;
  scope uuid[];
  mentors uuid[];
begin
  perform private.require_administrator(caller, hand_over.chapter_id);
  replayed := private.replay_command(caller, mine, hand_over.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('from_id', hand_over.from_id);
  perform private.require_id('to_id', hand_over.to_id);
  if hand_over.from_id = hand_over.to_id then
    perform private.refuse('invalid_request', 'to_id', 'to_id must be somebody else.');
  end if;

  -- The rows that change, then everybody whose entry names either of the two.
  perform from public.coordinator_assignments a where a.coordinator_id = hand_over.from_id and a.ended_at is null order by a.id for no key update;
  perform private.lock_people('{}', array[hand_over.from_id, hand_over.to_id], false);
  perform from private.person_locks l
  where l.person_id in (
    select a.mentor_id from public.coordinator_assignments a where a.coordinator_id = hand_over.from_id and a.ended_at is null)
  order by l.person_id for no key update;

  mine := private.require_administrator(caller, hand_over.chapter_id);
  scope := case when hand_over.chapter_id is null then mine else array[hand_over.chapter_id] end;
  -- Whoever has left has mentors to hand over too.
  if not exists (
    select from public.chapter_memberships m
    where m.user_id = hand_over.from_id and m.role = 'coordinator' and m.chapter_id = any (scope)
  ) or exists (select from private.final_people f where f.person_id = hand_over.from_id) then
    perform private.refuse_unless_mine(hand_over.from_id, mine);
    perform private.refuse('not_found', null, 'No such coordinator of your chapters.');
  end if;
  -- Only where the other one coordinates.
  scope := array(
    select c from unnest(scope) c where private.coordinates(hand_over.to_id, array[c]));
  if scope = '{}' then
    perform private.refuse_unless_mine(hand_over.to_id, mine);
    perform private.refuse('invalid_request', 'to_id', 'to_id must be a coordinator of the chapter.');
  end if;

  moment := clock_timestamp();
  mentors := array(
    select a.mentor_id from public.coordinator_assignments a
    where a.coordinator_id = hand_over.from_id and a.ended_at is null
      and exists (
        select from public.chapter_memberships m
        where m.user_id = a.mentor_id and m.role = 'mentor' and m.chapter_id = any (scope)
          and (m.ended_at is null or m.ended_at > greatest(m.started_at, moment)))
    order by a.mentor_id);
  -- In one statement, and what begins comes first: its refresh of the roster finds both
  -- changes, and that of what has ended has nothing left to do.
  with ended as (
    update public.coordinator_assignments a set ended_at = greatest(moment, a.started_at)
    where a.coordinator_id = hand_over.from_id and a.ended_at is null and a.mentor_id = any (mentors)
    returning a.*
  ), begun as (
    insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
    select m, hand_over.to_id, moment
    from unnest(mentors) m
    where m <> hand_over.to_id and not exists (
      select from public.coordinator_assignments a
      where a.mentor_id = m and a.coordinator_id = hand_over.to_id and a.ended_at is null)
    returning coordinator_assignments.*
  )
  insert into public.people_log (actor_id, command, person_id, before, after, occurred_at)
  select caller, 'hand_over', b.mentor_id, null, to_jsonb(b), moment from begun b
  union all
  select caller, 'hand_over', e.mentor_id, to_jsonb(e) || '{"ended_at": null}', to_jsonb(e), moment from ended e;

  return private.finish_command(caller, hand_over.request_id, fingerprint, null,
    jsonb_build_object('hand_over', jsonb_build_object('from_id', hand_over.from_id, 'to_id', hand_over.to_id,
      'chapter_id', hand_over.chapter_id, 'count', cardinality(mentors), 'mentor_ids', to_jsonb(mentors))));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."hand_over"(uuid, uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."hand_over"(uuid, uuid, uuid, uuid) IS 'Behind public.hand_over. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."hand_over"(uuid, uuid, uuid, uuid) FROM PUBLIC;
