CREATE OR REPLACE FUNCTION private.fact_moment (
  secret bytea DEFAULT NULL::bytea
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  sealed_by bytea := fact_moment.secret;
  known text := current_setting('mentorpause.recorded_at', true);
  micros text := split_part(known, ' ', 1);
  -- Twelve bits that say what it is, and 51 of the microseconds of its start: enough until 2071.
  key constant bigint := (2911::bigint << 51) | (extract(epoch from now() - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint;
  moment timestamptz;
begin
  if sealed_by is null then
    sealed_by := (select s.cursor_key from private.settings s);
  end if;
  if micros <> '' and split_part(known, ' ', 2) = private.sealed_moment(micros, sealed_by) then
    return timestamptz 'epoch' + micros::bigint * interval '1 microsecond';
  end if;
  -- The lock first: whoever has asked before it was held has asked about an earlier moment.
  known := pg_advisory_xact_lock_shared((key >> 32)::integer, (key << 32 >> 32)::integer)::text;
  moment := greatest(clock_timestamp(), now() + interval '1 microsecond');
  micros := (extract(epoch from moment) * 1000000)::bigint::text;
  known := set_config('mentorpause.recorded_at', micros || ' ' || private.sealed_moment(micros, sealed_by), true);
  return moment;
end
$function$;

COMMENT ON FUNCTION "private"."fact_moment"(bytea) IS 'The moment at which this transaction records its facts: one for all of them, taken under the lock that says that it is under way. secret: private.settings.cursor_key, for whoever has read it; null: it is read.';

REVOKE ALL ON FUNCTION "private"."fact_moment"(bytea) FROM PUBLIC;
