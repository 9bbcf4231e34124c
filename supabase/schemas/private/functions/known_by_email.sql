CREATE OR REPLACE FUNCTION private.known_by_email (
  email text
)
  RETURNS uuid
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Of somebody with a login, the address in Supabase Auth counts.
  return coalesce(
    (select p.id from auth.users u join public.profiles p on p.id = u.id
     where u.email = known_by_email.email and not u.is_sso_user),
    (select c.person_id from public.contacts c where c.email = known_by_email.email));
end
$function$;

COMMENT ON FUNCTION "private"."known_by_email"(text) IS 'The person with this address; null for an unknown one.';

REVOKE ALL ON FUNCTION "private"."known_by_email"(text) FROM PUBLIC;
