CREATE OR REPLACE FUNCTION private.acknowledge_discrepancy (
  discrepancy_id bigint,
  request_id     uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.my_id();
  fingerprint bytea := sha256(convert_to(jsonb_build_array('acknowledge_discrepancy', acknowledge_discrepancy.discrepancy_id)::text, 'UTF8'));
  response jsonb := jsonb_build_object('acknowledge', jsonb_build_object('discrepancy_id', acknowledge_discrepancy.discrepancy_id));
  replayed jsonb;
  about uuid;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_discrepancy.discrepancy_id is null then
    perform private.refuse('invalid_request', 'discrepancy_id', 'discrepancy_id is required.');
  end if;
  if acknowledge_discrepancy.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || acknowledge_discrepancy.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- Rights are read while the row is held.
  select d.mentor_id into about
  from public.status_discrepancies d
  where d.id = acknowledge_discrepancy.discrepancy_id
  for update;
  if not private.administers_organisation(caller) and private.chapters_now(caller) = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  if about is null or not private.answers_for(about) then
    perform private.refuse('not_found', null, 'No such discrepancy of a mentor of a chapter that you administer.');
  end if;
  replayed := private.replay(caller, acknowledge_discrepancy.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;
  update public.status_discrepancies d
  set acknowledged_at = clock_timestamp()
  where d.id = acknowledge_discrepancy.discrepancy_id and d.acknowledged_at is null;
  if acknowledge_discrepancy.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (caller, acknowledge_discrepancy.request_id, fingerprint, about, response);
  end if;
  return response;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."acknowledge_discrepancy"(bigint, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."acknowledge_discrepancy"(bigint, uuid) IS 'Behind public.acknowledge_discrepancy, with an answer for the Go functions. Definer, because nobody may write the table directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."acknowledge_discrepancy"(bigint, uuid) FROM PUBLIC;
