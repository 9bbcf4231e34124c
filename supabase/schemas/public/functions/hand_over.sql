CREATE OR REPLACE FUNCTION public.hand_over (
  from_id    uuid DEFAULT NULL::uuid,
  to_id      uuid DEFAULT NULL::uuid,
  chapter_id uuid DEFAULT NULL::uuid,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.hand_over(hand_over.from_id, hand_over.to_id, hand_over.chapter_id, hand_over.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."hand_over"(uuid, uuid, uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."hand_over"(uuid, uuid, uuid, uuid) IS 'Hands all mentors of a coordinator over to another one, in one chapter or in all that the caller administers and the other coordinates. Refuses with invalid_request, not_an_administrator, chapter_not_found, not_found, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."hand_over"(uuid, uuid, uuid, uuid) FROM PUBLIC, "anon", "service_role";
