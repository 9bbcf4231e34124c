CREATE OR REPLACE FUNCTION public.people_page (
  search      text    DEFAULT NULL::text,
  role        text    DEFAULT NULL::text,
  chapter_id  uuid    DEFAULT NULL::uuid,
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text,
  login       text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.people_page(people_page.search, people_page.role, people_page.chapter_id, people_page.page_limit, people_page.page_cursor,
    people_page.login);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."people_page"(text, text, uuid, integer, text, text) TO "authenticated";

COMMENT ON FUNCTION "public"."people_page"(text, text, uuid, integer, text, text) IS 'A page of the people of the caller''s chapters, by name. Refuses with invalid_request, not_a_coordinator, chapter_not_found.';

REVOKE ALL ON FUNCTION "public"."people_page"(text, text, uuid, integer, text, text) FROM PUBLIC, "anon", "service_role";
