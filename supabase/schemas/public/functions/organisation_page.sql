CREATE OR REPLACE FUNCTION public.organisation_page()
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.organisation_page();
end
$function$;

GRANT EXECUTE ON FUNCTION "public"."organisation_page"() TO "authenticated";

COMMENT ON FUNCTION "public"."organisation_page"() IS 'The chapters that the caller coordinates or administers, the kinds of certification and, for organisation administrators, who they are. Refuses with not_a_coordinator.';

REVOKE ALL ON FUNCTION "public"."organisation_page"() FROM PUBLIC, "anon", "service_role";
