CREATE OR REPLACE FUNCTION public.inbox_page (
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.inbox_page(inbox_page.page_limit, inbox_page.page_cursor)::jsonb;
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."inbox_page"(integer, text) TO "authenticated";

COMMENT ON FUNCTION "public"."inbox_page"(integer, text) IS 'A page of the caller''s own messages, newest first, and how many are unread. Refuses with invalid_request.';

REVOKE ALL ON FUNCTION "public"."inbox_page"(integer, text) FROM PUBLIC, "anon", "service_role";
