CREATE OR REPLACE FUNCTION private.fact_moment()
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.fact_moment((select s.cursor_key from private.settings s));
end
$function$;

CREATE OR REPLACE FUNCTION private.fact_moment (
  secret bytea
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  known text := current_setting('mentorpause.recorded_at', true);
  key bigint;
  moment timestamptz;
begin
  if known ~ '^000[0-9a-f]{77}$' then
    moment := timestamptz '2000-01-01 00:00+00' + ('x' || left(known, 16))::bit(64)::bigint * interval '1 microsecond';
    if known = private.sealed_moment(moment, secret) then
      return moment;
    end if;
  end if;
  -- Twelve bits that say what it is, and 51 of the microseconds of its start: enough until 2071.
  key := (2911::bigint << 51) | (extract(epoch from now() - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint;
  -- The lock first: whoever has asked before it was held has asked about an earlier moment.
  moment := case when pg_advisory_xact_lock_shared((key >> 32)::integer, (key << 32 >> 32)::integer)::text is not null
    then greatest(clock_timestamp(), now() + interval '1 microsecond') end;
  -- private.sealed_moment(), without the call.
  known := set_config('mentorpause.recorded_at',
    encode(timestamptz_send(moment) || sha256(secret || xid8send(pg_current_xact_id()) || timestamptz_send(moment)), 'hex'), true);
  return moment;
end
$function$;

COMMENT ON FUNCTION "private"."fact_moment"() IS 'The same, for whoever has not read the settings.';

COMMENT ON FUNCTION "private"."fact_moment"(bytea) IS 'The moment at which this transaction records its facts: one for all of them, taken under the lock that says that it is under way. secret: private.settings.cursor_key.';

REVOKE ALL ON FUNCTION "private"."fact_moment"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."fact_moment"(bytea) FROM PUBLIC;
