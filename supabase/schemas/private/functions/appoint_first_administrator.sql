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
  name text;
begin
  if address is null then
    raise exception 'not an e-mail address' using errcode = 'invalid_parameter_value';
  end if;
  perform private.lock_contacts(address, null, null);
  login := (select u.id from auth.users u where u.email = address and not u.is_sso_user);
  person := coalesce(login, private.known_by_email(address));
  if exists (select from public.contacts c where c.email = address and c.person_id <> person) then
    raise exception 'the login with this address has the id %, but the address is that of another person', person
      using errcode = 'unique_violation', hint = 'Correct the address in public.contacts.';
  end if;
  if person is null or not exists (select from public.profiles p where p.id = person) then
    person := coalesce(person, gen_random_uuid());
    name := coalesce(private.trimmed(appoint_first_administrator.display_name), split_part(address, '@', 1));
    insert into public.profiles (id, display_name) values (person, left(name, 200));
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

COMMENT ON FUNCTION "private"."appoint_first_administrator"(text, text) IS 'Appoints the person with this address as organisation administrator, and registers them if need be; returns their id. For the operator, as role postgres (make appoint): the log shows it as a direct write. Repeated, it changes nothing.';

REVOKE ALL ON FUNCTION "private"."appoint_first_administrator"(text, text) FROM PUBLIC;
