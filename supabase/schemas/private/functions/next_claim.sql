CREATE OR REPLACE FUNCTION private.next_claim (
  claims integer,
  lease  interval,
  as_of  timestamp with time zone
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  STABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Ten times as soon as the lease has run out, for a dispatcher that was killed; then after
  -- four minutes, eight … up to four hours: 22 claims in about 28 hours.
  if next_claim.claims >= 22 then
    return null;
  end if;
  return next_claim.as_of + case when next_claim.claims < 10 then next_claim.lease
    else greatest(next_claim.lease, least(interval '1 minute' * 2 ^ (next_claim.claims - 8), interval '4 hours')) end;
end
$function$;

COMMENT ON FUNCTION "private"."next_claim"(integer, interval, timestamp with time zone) IS 'When a notification that was claimed that often, without an outcome being recorded, is due again after this claim; null: it is not claimed again.';

REVOKE ALL ON FUNCTION "private"."next_claim"(integer, interval, timestamp WITH time zone) FROM PUBLIC;
