CREATE OR REPLACE FUNCTION private.administrator_as_json (
  appointment public.organisation_administrators
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
begin
  return to_jsonb(appointment) || jsonb_build_object('person_id', (appointment).user_id,
    'display_name', (select p.display_name from public.profiles p where p.id = (appointment).user_id));
end
$function$;

COMMENT ON FUNCTION "private"."administrator_as_json"(public.organisation_administrators) IS 'An appointment as the commands answer.';

REVOKE ALL ON FUNCTION "private"."administrator_as_json"(public.organisation_administrators) FROM PUBLIC;
