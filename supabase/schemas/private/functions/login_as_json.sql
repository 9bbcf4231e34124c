CREATE OR REPLACE FUNCTION private.login_as_json (
  person_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
begin
  return (
    select jsonb_build_object('email', nullif(u.email, ''), 'is_confirmed', u.confirmed_at is not null or u.is_sso_user,
      'invited_at', u.invited_at, 'last_sign_in_at', u.last_sign_in_at,
      'is_blocked', coalesce(u.banned_until > statement_timestamp(), false))
    from auth.users u
    where u.id = login_as_json.person_id);
end
$function$;

COMMENT ON FUNCTION "private"."login_as_json"(uuid) IS 'A person''s login: its address, whether it was confirmed, when it was invited and last signed in, and whether it is blocked. Null if there is none. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."login_as_json"(uuid) FROM PUBLIC;
