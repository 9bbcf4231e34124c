CREATE OR REPLACE FUNCTION private.set_weekly_digest (
  weekly_digest boolean,
  request_id    uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.begin_command('set_weekly_digest', set_weekly_digest.request_id);
  fingerprint bytea := private.fingerprint('set_weekly_digest', jsonb_build_array(set_weekly_digest.weekly_digest));
  replayed jsonb := private.replay(caller, set_weekly_digest.request_id, fingerprint);
begin
  if replayed is not null then
    perform set_config('mentorpause.command', '', true);
    return replayed;
  end if;
  if set_weekly_digest.weekly_digest is null then
    perform private.refuse('invalid_request', 'weekly_digest', 'weekly_digest must be true or false.');
  end if;
  if set_weekly_digest.weekly_digest then
    delete from private.digest_refusals f where f.person_id = caller;
  else
    insert into private.digest_refusals (person_id) values (caller) on conflict on constraint digest_refusals_pkey do nothing;
  end if;
  return private.finish_command(caller, set_weekly_digest.request_id, fingerprint, null,
    jsonb_build_object('weekly_digest', set_weekly_digest.weekly_digest));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."set_weekly_digest"(boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."set_weekly_digest"(boolean, uuid) IS 'Behind public.set_weekly_digest. Definer, because nobody reaches the table directly; changes the caller''s own choice only.';

REVOKE ALL ON FUNCTION "private"."set_weekly_digest"(boolean, uuid) FROM PUBLIC;
