CREATE OR REPLACE FUNCTION public.import_people (
  list       jsonb DEFAULT NULL::jsonb,
  chapter_id uuid  DEFAULT NULL::uuid,
  source     text  DEFAULT NULL::text,
  preview    text  DEFAULT NULL::text,
  request_id uuid  DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE sql
  SET search_path TO 'pg_catalog', 'pg_temp'
BEGIN ATOMIC
 SELECT private.import_people(list, chapter_id, source, preview, request_id)
  AS import_people;
END;

GRANT EXECUTE ON FUNCTION "public"."import_people"(jsonb, uuid, text, text, uuid) TO "authenticated";

GRANT EXECUTE ON FUNCTION "public"."import_people"(jsonb, uuid, text, text, uuid) TO "service_role";

COMMENT ON FUNCTION "public"."import_people"(jsonb, uuid, text, text, uuid) IS 'Judges a list of people as shared/memberlist reads it, {"rows", "header_set", "mapping"}; with the preview of such a dry run it is entered, in one transaction. Without a mapping, one that is remembered for the headers is the answer, {"remembered"}, to read the file again with. For administrators of the chapters, and service_role. Refuses with invalid_request, not_an_administrator, chapter_not_found, preview_outdated, request_in_progress, request_expired, idempotency_key_reused.';

REVOKE ALL ON FUNCTION "public"."import_people"(jsonb, uuid, text, text, uuid) FROM PUBLIC, "anon";
