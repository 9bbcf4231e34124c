CREATE OR REPLACE FUNCTION public.acknowledge_undelivered (
  notification_id uuid DEFAULT NULL::uuid,
  request_id      uuid DEFAULT NULL::uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.acknowledge_undelivered(acknowledge_undelivered.notification_id, acknowledge_undelivered.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."acknowledge_undelivered"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."acknowledge_undelivered"(uuid, uuid) IS 'Takes an undeliverable notification off the dashboard''s count; the nightly run then leaves it alone. For administrators of a chapter where the mentor is active, or of the last one that the mentor left, and organisation administrators; else not_found, or not_an_administrator. A second time changes nothing.';

REVOKE ALL ON FUNCTION "public"."acknowledge_undelivered"(uuid, uuid) FROM PUBLIC, "anon", "service_role";
