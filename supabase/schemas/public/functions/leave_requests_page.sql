CREATE OR REPLACE FUNCTION public.leave_requests_page (
  state       text[]  DEFAULT NULL::text[],
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.leave_requests_page(leave_requests_page.state, leave_requests_page.page_limit, leave_requests_page.page_cursor);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."leave_requests_page"(text[], integer, text) TO "authenticated";

COMMENT ON FUNCTION "public"."leave_requests_page"(text[], integer, text) IS 'A page of leave requests, newest first: the caller''s own and those of their mentors, in these states. Refuses with invalid_request.';

REVOKE ALL ON FUNCTION "public"."leave_requests_page"(text[], integer, text) FROM PUBLIC, "anon", "service_role";
