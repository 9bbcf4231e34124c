CREATE OR REPLACE FUNCTION public.person_page (
  person_id   uuid    DEFAULT NULL::uuid,
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.person_page(person_page.person_id, person_page.page_limit, person_page.page_cursor);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."person_page"(uuid, integer, text) TO "authenticated";

COMMENT ON FUNCTION "public"."person_page"(uuid, integer, text) IS 'One person as an administrator keeps them: login, memberships, certifications, coordinators, the mentors they are responsible for, and the log of what was changed, newest first. Refuses with invalid_request, not_an_administrator, not_found.';

REVOKE ALL ON FUNCTION "public"."person_page"(uuid, integer, text) FROM PUBLIC, "anon", "service_role";
