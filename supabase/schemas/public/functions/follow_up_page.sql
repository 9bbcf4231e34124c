CREATE OR REPLACE FUNCTION public.follow_up_page (
  chapter_id  uuid    DEFAULT NULL::uuid,
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.follow_up_page(follow_up_page.chapter_id, follow_up_page.page_limit, follow_up_page.page_cursor);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."follow_up_page"(uuid, integer, text) TO "authenticated";

COMMENT ON FUNCTION "public"."follow_up_page"(uuid, integer, text) IS 'What administrators have to see to in their chapters, or in one of them: undelivered and stuck notifications, people whose e-mail fails or is refused, discrepancies, each with what to do about it, and the last nights. Refuses with invalid_request, not_an_administrator, chapter_not_found.';

REVOKE ALL ON FUNCTION "public"."follow_up_page"(uuid, integer, text) FROM PUBLIC, "anon", "service_role";
