CREATE OR REPLACE FUNCTION private.leave_request_as_json (
  asked public.leave_requests
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
begin
  return to_jsonb(leave_request_as_json.asked) || jsonb_build_object(
    'mentor_name', (select p.display_name from public.profiles p where p.id = (leave_request_as_json.asked).mentor_id),
    'answered_by_name', (select p.display_name from public.profiles p where p.id = (leave_request_as_json.asked).answered_by));
end
$function$;

COMMENT ON FUNCTION "private"."leave_request_as_json"(public.leave_requests) IS 'A leave request as it is answered: its columns, with the names of the mentor and of who answered.';

REVOKE ALL ON FUNCTION "private"."leave_request_as_json"(public.leave_requests) FROM PUBLIC;
