CREATE OR REPLACE FUNCTION private.start_membership (
  person_id  uuid,
  chapter_id uuid,
  role       text,
  started_on date,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('start_membership', start_membership.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('start_membership', jsonb_build_array(start_membership.person_id,
    start_membership.chapter_id, start_membership.role, start_membership.started_on));
  begins_at timestamptz;
  replayed jsonb;
  made jsonb;
begin
  perform private.require_id('chapter_id', start_membership.chapter_id);
  perform private.require_administrator(caller, start_membership.chapter_id);
  replayed := private.replay_command(caller, mine, start_membership.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  perform private.require_id('person_id', start_membership.person_id);
  perform private.judged_role(start_membership.role);
  begins_at := private.midnight(coalesce(private.judged_day('started_on', start_membership.started_on, false),
    private.date_of(clock_timestamp())));

  perform private.lock_chapter(start_membership.chapter_id, begins_at);
  perform private.lock_people(array[start_membership.person_id]);
  mine := private.require_administrator(caller, start_membership.chapter_id);
  perform private.refuse_unless_mine(start_membership.person_id, mine, everybody => private.administers_organisation(caller));
  if private.has_overlap(start_membership.person_id, start_membership.chapter_id, start_membership.role, begins_at, null) then
    perform private.refuse('already_exists', null, 'This person has a membership in this role and chapter on some of these days.');
  end if;

  insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
  values (start_membership.chapter_id, start_membership.person_id, start_membership.role, begins_at)
  returning to_jsonb(chapter_memberships) into made;
  if start_membership.role = 'mentor' then
    perform private.bring_people_up_to_date(array[start_membership.person_id]);
  end if;
  perform private.log_command(caller, start_membership.person_id, start_membership.chapter_id, null, made);
  return private.finish_command(caller, start_membership.request_id, fingerprint, start_membership.person_id,
    jsonb_build_object('membership', made));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."start_membership"(uuid, uuid, text, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."start_membership"(uuid, uuid, text, date, uuid) IS 'Behind public.start_membership. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."start_membership"(uuid, uuid, text, date, uuid) FROM PUBLIC;
