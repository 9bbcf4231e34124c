CREATE OR REPLACE FUNCTION private.status_known_at (
  mentor_id   uuid,
  as_of       date,
  as_known_at timestamp with time zone
)
  RETURNS text
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  zone text := (select private.agreed_zone(s.time_zone) from private.settings s);
  present datemultirange;
  lapsed datemultirange;
  away datemultirange;
begin
  execute 'select k.present, k.lapsed, k.away from ('
    || private.known_days_query(true, private.kinds_had_rules(status_known_at.as_known_at)) || ') k'
  into present, lapsed, away
  using status_known_at.as_known_at, zone,
    array[private.id_known_at(status_known_at.mentor_id, status_known_at.as_known_at)], '{}'::uuid[];
  return case
    when (status_known_at.as_of <@ present) is not true then 'not_a_mentor'
    when status_known_at.as_of <@ lapsed then 'expired_cert'
    when status_known_at.as_of <@ away then 'paused'
    else 'active' end;
end
$function$;

COMMENT ON FUNCTION "private"."status_known_at"(uuid, date, timestamp with time zone) IS 'What private.status_of() would have said at the moment, which private.known_moment() has given. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."status_known_at"(uuid, date, timestamp WITH time zone) FROM PUBLIC;
