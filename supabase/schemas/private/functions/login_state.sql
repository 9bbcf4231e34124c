CREATE OR REPLACE FUNCTION private.login_state (
  person_id uuid
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return coalesce((
    select case when u.last_sign_in_at is null then 'unused' else 'used' end
    from auth.users u where u.id = login_state.person_id), 'none');
end
$function$;

COMMENT ON FUNCTION "private"."login_state"(uuid) IS 'Whether a person has a login: none, unused (invited, and never signed in), used. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."login_state"(uuid) FROM PUBLIC;
