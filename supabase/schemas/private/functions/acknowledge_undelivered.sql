CREATE OR REPLACE FUNCTION private.acknowledge_undelivered (
  notification_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  about uuid;
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  if acknowledge_undelivered.notification_id is null then
    perform private.refuse('invalid_request', 'notification_id', 'notification_id is required.');
  end if;
  -- Rights are read while the row is held.
  select n.mentor_id into about
  from public.notifications n
  where n.id = acknowledge_undelivered.notification_id and n.state = 'undeliverable'
  for update;
  if about is null or not private.answerable_chapter_ids(about) && private.my_administered_chapter_ids() then
    perform private.refuse('not_found', null, 'No such undeliverable notification about a mentor of a chapter that you administer.');
  end if;
  update public.notifications n
  set acknowledged_at = clock_timestamp()
  where n.id = acknowledge_undelivered.notification_id and n.acknowledged_at is null;
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."acknowledge_undelivered"(uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."acknowledge_undelivered"(uuid) IS 'Behind public.acknowledge_undelivered. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."acknowledge_undelivered"(uuid) FROM PUBLIC;
