CREATE OR REPLACE FUNCTION private.register_person (
  display_name   text,
  chapter_id     uuid,
  role           text,
  locale         text,
  email          text,
  phone          text,
  started_on     date,
  certifications jsonb,
  coordinator_id uuid,
  source         text,
  external_id    text,
  request_id     uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('register_person', register_person.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('register_person', jsonb_build_array(register_person.display_name,
    register_person.chapter_id, register_person.role, register_person.locale, register_person.email, register_person.phone,
    register_person.started_on, register_person.certifications, register_person.coordinator_id, register_person.source,
    register_person.external_id));
  name text;
  their_role text;
  their_locale text;
  address text;
  number text;
  system text;
  member_number text;
  first_day date;
  begins_at timestamptz;
  wanted private.wanted_certification[];
  replayed jsonb;
  person uuid;
  by_email uuid;
  is_here boolean;
  made jsonb;
begin
  perform private.require_id('chapter_id', register_person.chapter_id);
  perform private.require_administrator(caller, register_person.chapter_id);
  replayed := private.replay_command(caller, mine, register_person.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  name := private.judged_text('display_name', register_person.display_name, 200);
  their_role := private.judged_role(coalesce(register_person.role, 'mentor'));
  their_locale := coalesce(private.judged_locale(register_person.locale), 'nb');
  address := private.judged_email(register_person.email);
  number := private.judged_phone(register_person.phone);
  system := private.judged_text('source', register_person.source, 100, false);
  member_number := private.judged_text('external_id', register_person.external_id, 100, false);
  if (system is null) <> (member_number is null) then
    perform private.refuse('invalid_request', case when system is null then 'source' else 'external_id' end,
      'source and external_id belong together.');
  end if;
  first_day := coalesce(private.judged_day('started_on', register_person.started_on, false), private.date_of(clock_timestamp()));
  begins_at := private.midnight(first_day);
  wanted := private.judged_certifications(register_person.certifications);
  if register_person.coordinator_id is not null and their_role <> 'mentor' then
    perform private.refuse('invalid_request', 'coordinator_id', 'Only a mentor has a coordinator.');
  end if;

  perform private.lock_contacts(address, system, member_number);
  perform private.lock_chapter(register_person.chapter_id, begins_at);
  by_email := private.known_by_email(address);
  person := (select x.person_id from public.external_ids x where x.source = system and x.external_id = member_number);
  if person <> by_email then
    perform private.refuse('already_exists', 'email', 'The member number is one person''s, and the address another''s.');
  end if;
  person := coalesce(person, by_email);

  if person is not null then
    perform private.lock_people(array[person]);
    if exists (select from private.final_people f where f.person_id = person) then
      perform private.refuse_known(null); -- erased or joined into another just now: ask again
    end if;
    mine := private.require_administrator(caller, register_person.chapter_id);
    if private.has_overlap(person, register_person.chapter_id, their_role, begins_at, null) then
      perform private.refuse_known(person::text);
    end if;
    is_here := exists (
      select from public.chapter_memberships m
      where m.user_id = person and m.chapter_id = register_person.chapter_id
        and (m.ended_at is null or m.ended_at > greatest(m.started_at, clock_timestamp())));
    insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
    values (register_person.chapter_id, person, their_role, begins_at)
    returning to_jsonb(chapter_memberships) into made;
    perform private.bring_people_up_to_date(array[person]);
    perform private.log_command(caller, person, register_person.chapter_id, null, made);
    return private.finish_command(caller, register_person.request_id, fingerprint, person,
      case when is_here
        then jsonb_build_object('person', private.person_as_json(person, mine))
        else jsonb_build_object('person', (
          select jsonb_build_object('id', p.id, 'display_name', p.display_name) from public.profiles p where p.id = person),
          'code', 'belongs_elsewhere') end);
  end if;

  person := gen_random_uuid();
  perform private.lock_people(array[person], array[register_person.coordinator_id]);
  mine := private.require_administrator(caller, register_person.chapter_id);
  if register_person.coordinator_id is not null
     and not private.coordinates(register_person.coordinator_id, array[register_person.chapter_id]) then
    perform private.refuse('not_found', 'coordinator_id', 'No such coordinator of this chapter.');
  end if;
  begin
    insert into public.profiles (id, display_name, locale) values (person, name, their_locale);
    if num_nonnulls(address, number) > 0 then
      insert into public.contacts (person_id, email, phone) values (person, address, number);
    end if;
    if member_number is not null then
      insert into public.external_ids (source, external_id, person_id) values (system, member_number, person);
    end if;
  exception when unique_violation then
    -- Another system has just written it; that needs no lock of ours.
    perform private.refuse_known(null);
  end;
  insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
  values (register_person.chapter_id, person, their_role, begins_at);
  insert into public.certifications (mentor_id, kind, issued_on, expires_on)
  select person, w.kind, w.issued_on, w.expires_on from unnest(wanted) w;
  if register_person.coordinator_id is not null then
    insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
    values (person, register_person.coordinator_id, clock_timestamp());
  end if;
  perform private.bring_people_up_to_date(array[person]);

  made := private.person_as_json(person, mine)
    || jsonb_build_object(
      'certifications', (select coalesce(jsonb_agg(to_jsonb(c) order by c.kind, c.issued_on), '[]') from public.certifications c where c.mentor_id = person),
      'assignments', (select coalesce(jsonb_agg(to_jsonb(a)), '[]') from public.coordinator_assignments a where a.mentor_id = person));
  perform private.log_command(caller, person, register_person.chapter_id, null, made);
  return private.finish_command(caller, register_person.request_id, fingerprint, person, jsonb_build_object('person', made));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."register_person"(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."register_person"(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) IS 'Behind public.register_person. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."register_person"(text, uuid, text, text, text, text, date, jsonb, uuid, text, text, uuid) FROM PUBLIC;
