CREATE OR REPLACE FUNCTION private.lock_administrators()
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform from public.organisation_administrators o
  where o.ended_at is null or o.ended_at > clock_timestamp() order by o.id for no key update;
end
$function$;

COMMENT ON FUNCTION "private"."lock_administrators"() IS 'Locks who administers the organisation until the transaction ends, so that two who dismiss each other do so one after the other.';

REVOKE ALL ON FUNCTION "private"."lock_administrators"() FROM PUBLIC;
