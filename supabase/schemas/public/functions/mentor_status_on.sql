CREATE OR REPLACE FUNCTION public.mentor_status_on (
  mentor_id   uuid,
  as_of       date,
  as_known_at timestamp with time zone DEFAULT NULL::timestamp WITH time zone
)
  RETURNS text
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.mentor_status_on(mentor_status_on.mentor_id, mentor_status_on.as_of, mentor_status_on.as_known_at);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."mentor_status_on"(uuid, date, timestamp WITH time zone) TO "authenticated";

COMMENT ON FUNCTION "public"."mentor_status_on"(uuid, date, timestamp with time zone) IS 'The status that follows from the facts at the end of that day, as they are or as they were known at a moment: active, paused, expired_cert or not_a_mentor; null for a mentor whom the caller may not see, and, but for oneself and organisation administrators, before the first day in the caller''s chapters. Refuses a moment in the future with invalid_request, one that can''t be told yet with database_unavailable.';

REVOKE ALL ON FUNCTION "public"."mentor_status_on"(uuid, date, timestamp WITH time zone) FROM PUBLIC, "anon", "service_role";
