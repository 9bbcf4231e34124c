CREATE OR REPLACE FUNCTION public.coordinator_roster (
  chapter_id  uuid    DEFAULT NULL::uuid,
  status      text[]  DEFAULT NULL::text[],
  search      text    DEFAULT NULL::text,
  page_limit  integer DEFAULT NULL::integer,
  page_cursor text    DEFAULT NULL::text,
  mine        boolean DEFAULT NULL::boolean,
  attention   text[]  DEFAULT NULL::text[]
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.coordinator_roster(coordinator_roster.chapter_id, coordinator_roster.status,
    coordinator_roster.search, coordinator_roster.page_limit, coordinator_roster.page_cursor,
    coordinator_roster.mine, coordinator_roster.attention)::jsonb;
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."coordinator_roster"(uuid, text[], text, integer, text, boolean, text[]) TO "authenticated";

COMMENT ON FUNCTION "public"."coordinator_roster"(uuid, text[], text, integer, text, boolean, text[]) IS 'A page of mentors of the caller''s chapters with status, pause, certification and coordinators as of today, and the dashboard''s counts. Refuses with invalid_request, not_a_coordinator, chapter_not_found.';

REVOKE ALL ON FUNCTION "public"."coordinator_roster"(uuid, text[], text, integer, text, boolean, text[]) FROM PUBLIC, "anon", "service_role";
