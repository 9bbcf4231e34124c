CREATE OR REPLACE FUNCTION public.start_membership (
  person_id  uuid DEFAULT NULL::uuid,
  chapter_id uuid DEFAULT NULL::uuid,
  role       text DEFAULT NULL::text,
  started_on date DEFAULT NULL::date,
  request_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.start_membership(start_membership.person_id, start_membership.chapter_id, start_membership.role, start_membership.started_on, start_membership.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."start_membership"(uuid, uuid, text, date, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."start_membership"(uuid, uuid, text, date, uuid) IS 'Begins a membership in a chapter that the caller administers, from today unless started_on says otherwise, for one of the caller''s people. Refuses with invalid_request, not_an_administrator, chapter_not_found, not_found, already_exists, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."start_membership"(uuid, uuid, text, date, uuid) FROM PUBLIC, "anon", "service_role";
