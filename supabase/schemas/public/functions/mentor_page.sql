CREATE OR REPLACE FUNCTION public.mentor_page (
  mentor_id   uuid    DEFAULT NULL::uuid,
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.mentor_page(mentor_page.mentor_id, mentor_page.page_limit, mentor_page.page_cursor)::jsonb;
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."mentor_page"(uuid, integer, text) TO "authenticated";

COMMENT ON FUNCTION "public"."mentor_page"(uuid, integer, text) IS 'One mentor''s page: profile, contacts, who would be told of a pause now, memberships, certifications, assignments, the live pause, and in pages the log, closed pauses and messages. One''s own is answered to anybody. Refuses with invalid_request, not_a_coordinator, mentor_not_found.';

REVOKE ALL ON FUNCTION "public"."mentor_page"(uuid, integer, text) FROM PUBLIC, "anon", "service_role";
