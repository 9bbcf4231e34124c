CREATE OR REPLACE FUNCTION private.acknowledge_undelivered (
  notification_id uuid,
  request_id      uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.my_id();
  fingerprint bytea := sha256(convert_to(jsonb_build_array('acknowledge_undelivered', acknowledge_undelivered.notification_id)::text, 'UTF8'));
  response jsonb := jsonb_build_object('acknowledge', jsonb_build_object('notification_id', acknowledge_undelivered.notification_id));
  replayed jsonb;
  about uuid;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_undelivered.notification_id is null then
    perform private.refuse('invalid_request', 'notification_id', 'notification_id is required.');
  end if;
  if acknowledge_undelivered.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || acknowledge_undelivered.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- Rights are read while the row is held.
  select n.mentor_id into about
  from public.notifications n
  where n.id = acknowledge_undelivered.notification_id and n.state = 'undeliverable'
  for update;
  if not private.administers_organisation(caller) and private.chapters_now(caller) = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  if about is null or not private.answers_for(about) then
    perform private.refuse('not_found', null, 'No such undeliverable notification about a mentor of a chapter that you administer.');
  end if;
  replayed := private.replay(caller, acknowledge_undelivered.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  update public.notifications n
  set acknowledged_at = clock_timestamp()
  where n.id = acknowledge_undelivered.notification_id and n.acknowledged_at is null;
  if acknowledge_undelivered.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (caller, acknowledge_undelivered.request_id, fingerprint, about, response);
  end if;
  return response;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."acknowledge_undelivered"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."acknowledge_undelivered"(uuid, uuid) IS 'Behind public.acknowledge_undelivered, with an answer for the Go functions. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."acknowledge_undelivered"(uuid, uuid) FROM PUBLIC;
