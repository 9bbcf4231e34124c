CREATE OR REPLACE FUNCTION public.mentor_status_on (
  mentor_id uuid,
  as_of     date
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.mentor_status_on(mentor_status_on.mentor_id, mentor_status_on.as_of);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."mentor_status_on"(uuid, date) TO "authenticated";

COMMENT ON FUNCTION "public"."mentor_status_on"(uuid, date) IS 'The status that follows from the facts at the end of that day: active, paused or expired_cert; null for a mentor whom the caller may not see.';

REVOKE ALL ON FUNCTION "public"."mentor_status_on"(uuid, date) FROM PUBLIC, "anon", "service_role";
