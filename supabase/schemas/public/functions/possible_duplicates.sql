CREATE OR REPLACE FUNCTION public.possible_duplicates (
  chapter_id uuid DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.possible_duplicates(possible_duplicates.chapter_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."possible_duplicates"(uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."possible_duplicates"(uuid) IS 'Pairs of profiles in the caller''s chapters, or with one in this chapter, that have the same name or telephone number. Refuses with not_an_administrator, chapter_not_found.';

REVOKE ALL ON FUNCTION "public"."possible_duplicates"(uuid) FROM PUBLIC, "anon", "service_role";
