CREATE OR REPLACE FUNCTION public.save_chapter (
  chapter_id           uuid    DEFAULT NULL::uuid,
  name                 text    DEFAULT NULL::text,
  requests_take_effect boolean DEFAULT NULL::boolean,
  request_id           uuid    DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.save_chapter(save_chapter.chapter_id, save_chapter.name, save_chapter.requests_take_effect, save_chapter.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."save_chapter"(uuid, text, boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."save_chapter"(uuid, text, boolean, uuid) IS 'Changes what is not null of a chapter; without chapter_id makes one. For organisation administrators. Refuses with invalid_request, not_an_administrator, chapter_not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."save_chapter"(uuid, text, boolean, uuid) FROM PUBLIC, "anon", "service_role";
