CREATE OR REPLACE FUNCTION private.mark_read (
  message_ids bigint[],
  everything  boolean,
  request_id  uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  caller uuid := private.begin_command('mark_read', mark_read.request_id);
  fingerprint bytea := private.fingerprint('mark_read', jsonb_build_array(mark_read.message_ids, mark_read.everything));
  replayed jsonb := private.replay(caller, mark_read.request_id, fingerprint);
  marked integer;
begin
  if replayed is not null then
    perform set_config('mentorpause.command', '', true);
    return replayed;
  end if;
  if (mark_read.everything is true) = (mark_read.message_ids is not null)
     or cardinality(mark_read.message_ids) not between 1 and 500 or array_position(mark_read.message_ids, null) is not null then
    perform private.refuse('invalid_request', 'read', 'read must be all, or 1 to 500 ids of messages.');
  end if;
  if mark_read.message_ids is not null and exists (
    select from unnest(mark_read.message_ids) w (id)
    where not exists (select from public.notification_inbox m where m.id = w.id and m.recipient_id = caller)
  ) then
    perform private.refuse('not_found');
  end if;

  -- In the order of an erasure, so that two never wait for each other.
  update public.notification_inbox m
  set read_at = clock_timestamp()
  where m.id in (
    select u.id from public.notification_inbox u
    where u.recipient_id = caller and u.read_at is null
      and (mark_read.message_ids is null or u.id = any (mark_read.message_ids))
    order by u.id
    for update)
    and m.read_at is null;
  get diagnostics marked = row_count;
  return private.finish_command(caller, mark_read.request_id, fingerprint, null, jsonb_build_object('read', marked,
    'unread', (select count(*) from public.notification_inbox m where m.recipient_id = caller and m.read_at is null)));
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."mark_read"(bigint[], boolean, uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."mark_read"(bigint[], boolean, uuid) IS 'Behind public.mark_read. Definer, because it keeps its answer, in case the request is repeated; marks the caller''s own rows only.';

REVOKE ALL ON FUNCTION "private"."mark_read"(bigint[], boolean, uuid) FROM PUBLIC;
