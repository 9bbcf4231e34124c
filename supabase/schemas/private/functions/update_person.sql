CREATE OR REPLACE FUNCTION private.update_person (
  person_id    uuid,
  display_name text,
  locale       text,
  email        text,
  phone        text,
  request_id   uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
declare
  caller uuid := private.begin_command('update_person', update_person.request_id);
  mine uuid[] := private.require_administrator(caller);
  fingerprint bytea := private.fingerprint('update_person', jsonb_build_array(update_person.person_id,
    update_person.display_name, update_person.locale, update_person.email, update_person.phone));
  name text;
  their_locale text;
  address text;
  number text;
  replayed jsonb;
  before jsonb;
  after jsonb;
begin
  replayed := private.replay_command(caller, mine, update_person.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  perform private.require_id('person_id', update_person.person_id);
  if update_person.display_name is not null then
    name := private.judged_text('display_name', update_person.display_name, 200);
  end if;
  their_locale := private.judged_locale(update_person.locale);
  address := private.judged_email(update_person.email);
  number := private.judged_phone(update_person.phone);

  perform private.lock_contacts(address, null, null);
  perform private.lock_people(array[update_person.person_id]);
  mine := private.require_administrator(caller);
  perform private.refuse_unless_mine(update_person.person_id, mine, true, everybody => private.administers_organisation(caller));
  if private.known_by_email(address) <> update_person.person_id then
    perform private.refuse_address_in_use();
  end if;

  before := private.person_as_json(update_person.person_id, '{}');
  update public.profiles p
  set display_name = coalesce(name, p.display_name), locale = coalesce(their_locale, p.locale)
  where p.id = update_person.person_id
    and (p.display_name, p.locale) is distinct from (coalesce(name, p.display_name), coalesce(their_locale, p.locale));
  if num_nonnulls(update_person.email, update_person.phone) > 0 then
    begin
      -- An empty text takes the address or the number away.
      insert into public.contacts as c (person_id, email, phone) values (update_person.person_id, address, number)
      on conflict on constraint contacts_pkey do update
      set email = case when update_person.email is null then c.email else excluded.email end,
        phone = case when update_person.phone is null then c.phone else excluded.phone end;
    exception when unique_violation then
      perform private.refuse_address_in_use();
    end;
  end if;
  after := private.person_as_json(update_person.person_id, '{}');
  if after <> before then
    perform private.log_command(caller, update_person.person_id, null, before - '{memberships,external_ids,has_login}'::text[],
      after - '{memberships,external_ids,has_login}'::text[]);
  end if;
  return private.finish_command(caller, update_person.request_id, fingerprint, update_person.person_id,
    jsonb_build_object('person', private.person_as_json(update_person.person_id, mine)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."update_person"(uuid, text, text, text, text, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."update_person"(uuid, text, text, text, text, uuid) IS 'Behind public.update_person. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."update_person"(uuid, text, text, text, text, uuid) FROM PUBLIC;
