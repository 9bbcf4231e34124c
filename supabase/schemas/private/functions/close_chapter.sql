CREATE OR REPLACE FUNCTION private.close_chapter (
  chapter_id uuid,
  last_day   date,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_office_command('close_chapter', close_chapter.request_id);
  fingerprint bytea := private.fingerprint('close_chapter', jsonb_build_array(close_chapter.chapter_id, close_chapter.last_day));
  replayed jsonb := private.replay_command(caller, '{}', close_chapter.request_id, fingerprint);
  closes_at timestamptz;
  stored public.chapters;
  saved public.chapters;
  members uuid[];
begin
  if replayed is not null then
    return replayed;
  end if;
  perform private.require_id('chapter_id', close_chapter.chapter_id);
  closes_at := private.midnight(private.judged_day('last_day', close_chapter.last_day) + 1);

  select * into stored from public.chapters c where c.id = close_chapter.chapter_id for no key update;
  if not found then
    perform private.refuse('chapter_not_found');
  end if;
  if stored.closed_at <= clock_timestamp() and stored.closed_at <> closes_at then
    perform private.refuse('invalid_request', 'chapter_id', 'The chapter has closed.');
  end if;
  -- Nobody can be entered any more, now that the chapter is held.
  members := array(
    select distinct m.user_id from public.chapter_memberships m
    where m.chapter_id = close_chapter.chapter_id and (m.ended_at is null or m.ended_at >= least(closes_at, stored.closed_at))
    order by m.user_id);
  perform private.lock_people(members, with_status => false);
  perform private.require_office(caller);

  -- Memberships that were to end with the chapter follow it to its new last day.
  with ended as (
    update public.chapter_memberships m set ended_at = greatest(closes_at, m.started_at)
    from public.chapter_memberships o
    where o.id = m.id and m.chapter_id = close_chapter.chapter_id
      and (m.ended_at is null or m.ended_at > closes_at or m.ended_at = stored.closed_at)
      and m.ended_at is distinct from greatest(closes_at, m.started_at)
      and not exists (select from public.erasures e where e.person_id = m.user_id)
    returning to_jsonb(o) as before, to_jsonb(m) as after, m.user_id
  )
  insert into public.people_log (actor_id, command, person_id, chapter_id, before, after)
  select caller, 'close_chapter', e.user_id, close_chapter.chapter_id, e.before, e.after from ended e;
  update public.chapters c set closed_at = closes_at where c.id = stored.id returning * into saved;
  if saved is distinct from stored then
    perform private.log_command(caller, null, saved.id, to_jsonb(stored), to_jsonb(saved));
  end if;
  return private.finish_command(caller, close_chapter.request_id, fingerprint, null, jsonb_build_object('chapter', to_jsonb(saved)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."close_chapter"(uuid, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."close_chapter"(uuid, date, uuid) IS 'Behind public.close_chapter. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."close_chapter"(uuid, date, uuid) FROM PUBLIC;
