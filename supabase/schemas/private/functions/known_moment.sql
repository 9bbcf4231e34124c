CREATE OR REPLACE FUNCTION private.known_moment (
  asked_at timestamp with time zone,
  waits    boolean                  DEFAULT false
)
  RETURNS timestamp WITH time zone
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  moment timestamptz := clock_timestamp();
  writers bigint[];
  oldest timestamptz;
  key bigint;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'what is known is asked in a transaction that sees what others commit'
      using errcode = 'feature_not_supported', hint = 'Use the isolation level read committed.';
  end if;
  if known_moment.asked_at > moment then
    perform private.refuse('invalid_request', 'as_known_at', 'as_known_at must not lie in the future.');
  end if;
  -- What this transaction records later is known later.
  perform set_config('mentorpause.recorded_at', '', true);
  writers := array(
    select (l.classid::bigint << 32) | l.objid::bigint
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 2 and l.classid::bigint >> 19 = 2911
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and l.pid is distinct from pg_backend_pid());
  select min(timestamptz '2000-01-01 00:00+00' + (w & ((1::bigint << 51) - 1)) * interval '1 microsecond') into oldest
  from unnest(writers) w;
  -- Nothing of ours takes so long: it was forgotten, or it is a lock that is no writer's. An
  -- answer as of then would say that nobody was a mentor, where nothing is known.
  if oldest < moment - interval '1 hour' and oldest < coalesce(known_moment.asked_at, moment) then
    perform private.refuse('database_unavailable', 'as_known_at',
      'What is known can''t be told while a transaction has been recording facts for more than an hour.',
      'Ask about a moment before it began, or again when it has ended.');
  end if;
  if known_moment.waits then
    foreach key in array writers loop
      perform pg_advisory_xact_lock((key >> 32)::integer, (key << 32 >> 32)::integer);
    end loop;
    return moment;
  end if;
  return least(coalesce(known_moment.asked_at, moment), oldest);
end
$function$;

COMMENT ON FUNCTION "private"."known_moment"(timestamp with time zone, boolean) IS 'Of which moment it can be said for ever what was known: the one asked about (null: now), or the start of the oldest transaction of others that has recorded a fact and is under way, if that is earlier. waits: until those have ended, and answers with the time of the call. The statements after it see all that was known. Refuses a moment in the future, with invalid_request; and with database_unavailable one after the start of a transaction that has been recording for more than an hour.';

REVOKE ALL ON FUNCTION "private"."known_moment"(timestamp WITH time zone, boolean) FROM PUBLIC;
