CREATE OR REPLACE FUNCTION private.appoint_first_administrator (
  email        text,
  display_name text DEFAULT NULL::text
)
  RETURNS uuid
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  address text := private.email_address(appoint_first_administrator.email);
  login uuid;
  person uuid;
  name text := nullif(left(private.trimmed(private.without_bidi_controls(appoint_first_administrator.display_name)), 200), '');
begin
  if address is null then
    raise exception 'not an e-mail address' using errcode = 'invalid_parameter_value';
  end if;
  if private.contains_identity_number(concat_ws(' | ', address, name)) then
    raise exception 'neither address nor name may contain a national identity number' using errcode = 'invalid_parameter_value';
  end if;
  perform private.lock_contacts(address, null, null);
  login := (select u.id from auth.users u where u.email = address and not u.is_sso_user);
  person := coalesce(login, private.known_by_email(address));
  if exists (select from public.contacts c where c.email = address and c.person_id <> person) then
    raise exception 'the login with this address has the id %, but the address is that of another person', person
      using errcode = 'unique_violation', hint = 'Correct the address in public.contacts.';
  end if;
  if person is null or not exists (select from public.profiles p where p.id = person) then
    -- A slip of the pen in the address must not give the right to somebody nobody knows.
    if name is null then
      raise exception 'nobody has this address' using errcode = 'no_data_found', hint = 'Give the name of somebody new.';
    end if;
    person := coalesce(person, gen_random_uuid());
    insert into public.profiles (id, display_name) values (person, name);
    insert into public.contacts (person_id, email) values (person, address);
  end if;
  perform private.lock_people(array[person], with_status => false);
  if not exists (
    select from public.organisation_administrators o
    where o.user_id = person and (o.ended_at is null or o.ended_at > clock_timestamp())
  ) then
    insert into public.organisation_administrators (user_id, started_at) values (person, clock_timestamp());
  end if;
  return person;
end
$function$;

COMMENT ON FUNCTION "private"."appoint_first_administrator"(text, text) IS 'Appoints the person with this address as organisation administrator, and registers them by the name given if they are new; returns their id. For the operator, as role postgres (make appoint): the log shows it as a direct write. Repeated, it changes nothing.';

REVOKE ALL ON FUNCTION "private"."appoint_first_administrator"(text, text) FROM PUBLIC;
