CREATE OR REPLACE FUNCTION private.fact_moment()
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  known text := current_setting('mentorpause.recorded_at', true);
  micros text := split_part(known, ' ', 1);
  key bigint;
  moment timestamptz;
begin
  if micros <> '' and split_part(known, ' ', 2) = private.sealed_moment(micros) then
    return timestamptz 'epoch' + micros::bigint * interval '1 microsecond';
  end if;
  key := private.writer_key(now());
  -- The lock first: whoever has asked before it was held has asked about an earlier moment.
  perform pg_advisory_xact_lock_shared((key >> 32)::integer, (key << 32 >> 32)::integer);
  moment := greatest(clock_timestamp(), now() + interval '1 microsecond');
  micros := (extract(epoch from moment) * 1000000)::bigint::text;
  perform set_config('mentorpause.recorded_at', micros || ' ' || private.sealed_moment(micros), true);
  return moment;
end
$function$;

COMMENT ON FUNCTION "private"."fact_moment"() IS 'The moment at which this transaction records its facts: one for all of them, taken under the lock that says that it is under way.';

REVOKE ALL ON FUNCTION "private"."fact_moment"() FROM PUBLIC;
