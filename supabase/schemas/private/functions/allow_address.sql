CREATE OR REPLACE FUNCTION private.allow_address (
  person_id  uuid,
  request_id uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := auth.uid();
  administered uuid[];
  fingerprint bytea := sha256(convert_to(jsonb_build_array('allow_address', allow_address.person_id)::text, 'UTF8'));
  response jsonb := jsonb_build_object('allow_address', jsonb_build_object('person_id', allow_address.person_id));
  replayed jsonb;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if allow_address.person_id is null then
    perform private.refuse('invalid_request', 'person_id', 'person_id is required.');
  end if;
  if allow_address.request_id is not null
     and not pg_try_advisory_xact_lock(hashtextextended(caller::text || allow_address.request_id::text, 0)) then
    perform private.refuse('request_in_progress');
  end if;
  -- Rights, and whether the person still exists, are read under the lock.
  perform from private.person_locks l where l.person_id = allow_address.person_id for no key update;
  administered := private.chapters_now(caller);
  if administered = '{}' then
    perform private.refuse('not_an_administrator');
  end if;
  -- Whoever is active nowhere belongs to the last chapter.
  if exists (select from public.erasures e where e.person_id = allow_address.person_id) or not exists (
    select from public.chapter_memberships m
    where m.user_id = allow_address.person_id and m.chapter_id = any (administered)
      and coalesce(m.ended_at, 'infinity') = (
        select max(coalesce(l.ended_at, 'infinity')) from public.chapter_memberships l where l.user_id = allow_address.person_id)
  ) then
    perform private.refuse('not_found', null, 'No such person in a chapter that you administer.');
  end if;
  replayed := private.replay(caller, allow_address.request_id, fingerprint);
  if replayed is not null then
    return replayed;
  end if;

  delete from private.refused_addresses f where f.person_id = allow_address.person_id;
  if allow_address.request_id is not null then
    insert into private.idempotent_requests (caller_id, request_id, fingerprint, mentor_id, response)
    values (caller, allow_address.request_id, fingerprint, allow_address.person_id, response);
  end if;
  return response;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."allow_address"(uuid, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."allow_address"(uuid, uuid) IS 'Behind public.allow_address. Definer, because nobody reaches the table directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."allow_address"(uuid, uuid) FROM PUBLIC;
