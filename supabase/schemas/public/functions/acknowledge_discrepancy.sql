CREATE OR REPLACE FUNCTION public.acknowledge_discrepancy (
  discrepancy_id bigint DEFAULT NULL::bigint,
  request_id     uuid   DEFAULT NULL::uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.acknowledge_discrepancy(acknowledge_discrepancy.discrepancy_id, acknowledge_discrepancy.request_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."acknowledge_discrepancy"(bigint, uuid) TO "authenticated";

COMMENT ON FUNCTION "public"."acknowledge_discrepancy"(bigint, uuid) IS 'Takes a discrepancy off the dashboard''s count. For administrators of a chapter where the mentor is active, or of the last one that the mentor left, and organisation administrators; else not_found, or not_an_administrator. A second time changes nothing.';

REVOKE ALL ON FUNCTION "public"."acknowledge_discrepancy"(bigint, uuid) FROM PUBLIC, "anon", "service_role";
