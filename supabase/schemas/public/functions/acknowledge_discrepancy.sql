CREATE OR REPLACE FUNCTION public.acknowledge_discrepancy (
  discrepancy_id bigint
)
  RETURNS void
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.acknowledge_discrepancy(acknowledge_discrepancy.discrepancy_id);
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."acknowledge_discrepancy"(bigint) TO "authenticated";

COMMENT ON FUNCTION "public"."acknowledge_discrepancy"(bigint) IS 'An administrator has seen it: it no longer counts in the roster. A second time changes nothing. Refuses with not_a_coordinator, mentor_not_found.';

REVOKE ALL ON FUNCTION "public"."acknowledge_discrepancy"(bigint) FROM PUBLIC, "anon", "service_role";
