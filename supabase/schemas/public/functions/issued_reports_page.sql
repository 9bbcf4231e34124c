CREATE OR REPLACE FUNCTION public.issued_reports_page (
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.issued_reports_page(issued_reports_page.page_limit, issued_reports_page.page_cursor);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."issued_reports_page"(integer, text) TO "authenticated";

COMMENT ON FUNCTION "public"."issued_reports_page"(integer, text) IS 'The issued reports of which the caller administers every chapter, newest first, in pages; and those chapters, about which the caller may issue one. Refuses with unauthenticated, not_an_administrator, invalid_request.';

REVOKE ALL ON FUNCTION "public"."issued_reports_page"(integer, text) FROM PUBLIC, "anon", "service_role";
