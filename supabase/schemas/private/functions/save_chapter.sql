CREATE OR REPLACE FUNCTION private.save_chapter (
  chapter_id           uuid,
  name                 text,
  requests_take_effect boolean,
  request_id           uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_office_command('save_chapter', save_chapter.request_id);
  fingerprint bytea := private.fingerprint('save_chapter', jsonb_build_array(save_chapter.chapter_id, save_chapter.name, save_chapter.requests_take_effect));
  replayed jsonb := private.replay_command(caller, '{}', save_chapter.request_id, fingerprint);
  wanted text;
  stored public.chapters;
  saved public.chapters;
begin
  if replayed is not null then
    return replayed;
  end if;
  if save_chapter.name is not null or save_chapter.chapter_id is null then
    wanted := private.judged_text('name', save_chapter.name, 200);
  end if;

  -- Two chapters of one name could not be told apart; of two saved at once, the second
  -- one sees the first one's.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.chapters', 0));
  if save_chapter.chapter_id is not null then
    select * into stored from public.chapters c where c.id = save_chapter.chapter_id for no key update;
    if not found then
      perform private.refuse('chapter_not_found');
    end if;
  end if;
  if exists (
    select from public.chapters c
    where lower(c.name) = lower(wanted) and c.id is distinct from save_chapter.chapter_id
      and (c.closed_at is null or c.closed_at > clock_timestamp())
  ) then
    perform private.refuse('already_exists', 'name', 'There is a chapter of this name.');
  end if;
  perform private.require_office(caller);

  if stored.id is null then
    insert into public.chapters (name, requests_take_effect)
    values (wanted, coalesce(save_chapter.requests_take_effect, false))
    returning * into saved;
    perform private.log_command(caller, null, saved.id, null, to_jsonb(saved));
  else
    update public.chapters c
    set name = coalesce(wanted, c.name), requests_take_effect = coalesce(save_chapter.requests_take_effect, c.requests_take_effect)
    where c.id = stored.id
    returning * into saved;
    if saved is distinct from stored then
      perform private.log_command(caller, null, saved.id, to_jsonb(stored), to_jsonb(saved));
    end if;
  end if;
  return private.finish_command(caller, save_chapter.request_id, fingerprint, null, jsonb_build_object('chapter', to_jsonb(saved)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."save_chapter"(uuid, text, boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."save_chapter"(uuid, text, boolean, uuid) IS 'Behind public.save_chapter. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."save_chapter"(uuid, text, boolean, uuid) FROM PUBLIC;
