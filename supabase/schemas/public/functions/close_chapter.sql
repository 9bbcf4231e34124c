CREATE OR REPLACE FUNCTION public.close_chapter (
  chapter_id uuid DEFAULT NULL::uuid,
  last_day   date DEFAULT NULL::date,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.close_chapter(close_chapter.chapter_id, close_chapter.last_day, close_chapter.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."close_chapter"(uuid, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."close_chapter"(uuid, date, uuid) IS 'Closes a chapter and ends all its memberships with that day. For organisation administrators. Refuses with invalid_request, not_an_administrator, chapter_not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."close_chapter"(uuid, date, uuid) FROM PUBLIC, "anon", "service_role";
