CREATE OR REPLACE FUNCTION private.replay (
  caller_id   uuid,
  request_id  uuid,
  fingerprint bytea
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  stored record;
begin
  if replay.request_id is null then
    return null;
  end if;
  select r.fingerprint, r.response into stored
  from private.idempotent_requests r
  where r.caller_id = replay.caller_id and r.request_id = replay.request_id;
  if not found then
    -- Its answer may have been given, kept for as long as promised, and forgotten.
    if private.requested_at(replay.request_id) < clock_timestamp() - interval '72 hours' then
      perform private.refuse('request_expired');
    end if;
    return null;
  end if;
  if stored.fingerprint <> replay.fingerprint then
    perform private.refuse('idempotency_key_reused');
  end if;
  -- PostgREST sends these headers; the functions read them from here too.
  perform set_config('response.headers', '[{"idempotent-replayed": "true"}]', true);
  return stored.response;
end
$function$;

COMMENT ON FUNCTION "private"."replay"(uuid, uuid, bytea) IS 'The answer that this caller got for this request before; null for a new one. Refuses with idempotency_key_reused, and with request_expired a key that says it was made more than 72 hours ago and has no answer any more.';

REVOKE ALL ON FUNCTION "private"."replay"(uuid, uuid, bytea) FROM PUBLIC;
