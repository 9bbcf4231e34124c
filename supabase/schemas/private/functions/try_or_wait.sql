CREATE OR REPLACE FUNCTION private.try_or_wait (
  key   bigint,
  waits boolean
)
  RETURNS boolean
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if try_or_wait.waits then
    perform pg_advisory_xact_lock(try_or_wait.key);
    return true;
  end if;
  return pg_try_advisory_xact_lock(try_or_wait.key);
end
$function$;

COMMENT ON FUNCTION "private"."try_or_wait"(bigint, boolean) IS 'Takes an advisory lock until the transaction ends; without waits only if it is free, and says whether it was.';

REVOKE ALL ON FUNCTION "private"."try_or_wait"(bigint, boolean) FROM PUBLIC;
