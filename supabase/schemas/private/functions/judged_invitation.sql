CREATE OR REPLACE FUNCTION private.judged_invitation (
  caller_id uuid,
  person_id uuid,
  email     text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  mine uuid[] := private.require_administrator(judged_invitation.caller_id);
  is_office boolean := private.administers_organisation(judged_invitation.caller_id);
  stored text;
  address text;
begin
  perform private.refuse_unless_mine(judged_invitation.person_id, mine, everybody => is_office);
  stored := (select c.email from public.contacts c where c.person_id = judged_invitation.person_id);
  address := coalesce(private.judged_email(judged_invitation.email), stored,
    (select u.email from auth.users u where u.id = judged_invitation.person_id));
  if address is null then
    perform private.refuse('invalid_request', 'email', 'email is required: no address of this person is known.');
  end if;
  if address is distinct from stored then
    -- Whoever gets the code is this person from then on, in all their chapters.
    perform private.refuse_unless_mine(judged_invitation.person_id, mine, true, everybody => is_office);
  end if;
  if exists (select from public.contacts c where c.email = address and c.person_id <> judged_invitation.person_id)
     or exists (select from auth.users u where u.email = address and u.id <> judged_invitation.person_id and not u.is_sso_user) then
    perform private.refuse_address_in_use();
  end if;
  return address;
end
$function$;

COMMENT ON FUNCTION "private"."judged_invitation"(uuid, uuid, text) IS 'The address to which an administrator may invite a person: the one given, else that of the contacts, else that of a login which was never confirmed. A new one needs what update_person needs. Refuses with invalid_request, not_an_administrator, not_found, in_use.';

REVOKE ALL ON FUNCTION "private"."judged_invitation"(uuid, uuid, text) FROM PUBLIC;
