CREATE OR REPLACE FUNCTION private.administers_organisation (
  caller_id uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from public.organisation_administrators o
    where o.user_id = administers_organisation.caller_id and o.started_at <= clock_timestamp()
      and (o.ended_at is null or o.ended_at > clock_timestamp()));
end
$function$;

COMMENT ON FUNCTION "private"."administers_organisation"(uuid) IS 'Whether somebody is an organisation administrator by the clock.';

REVOKE ALL ON FUNCTION "private"."administers_organisation"(uuid) FROM PUBLIC;
