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
  known text := nullif(current_setting('mentorpause.recorded_at', true), '');
  -- Twelve bits that say what it is, and 51 of the microseconds of its start: enough until 2071.
  key constant bigint := (2911::bigint << 51) | (extract(epoch from now() - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint;
  moment timestamptz;
begin
  if known = private.sealed_moment(split_part(known, ' ', 1), fact_moment.secret) then
    return timestamptz 'epoch' + split_part(known, ' ', 1)::bigint * interval '1 microsecond';
  end if;
  -- The lock first: whoever has asked before it was held has asked about an earlier moment.
  known := pg_advisory_xact_lock_shared((key >> 32)::integer, (key << 32 >> 32)::integer)::text;
  moment := greatest(clock_timestamp(), now() + interval '1 microsecond');
  known := set_config('mentorpause.recorded_at',
    private.sealed_moment((extract(epoch from moment) * 1000000)::bigint::text, fact_moment.secret), true);
  return moment;
end
$function$;

COMMENT ON FUNCTION "private"."fact_moment"() IS 'The same, for whoever has not read the settings.';

COMMENT ON FUNCTION "private"."fact_moment"(bytea) IS 'The moment at which this transaction records its facts: one for all of them, taken under the lock that says that it is under way. secret: private.settings.cursor_key.';

REVOKE ALL ON FUNCTION "private"."fact_moment"() FROM PUBLIC;

REVOKE ALL ON FUNCTION "private"."fact_moment"(bytea) FROM PUBLIC;
