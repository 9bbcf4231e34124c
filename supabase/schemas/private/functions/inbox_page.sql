CREATE OR REPLACE FUNCTION private.inbox_page (
  page_limit  integer,
  page_cursor text
)
  RETURNS text
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET enable_bitmapscan TO 'off'
  AS $function$
declare
  caller uuid := private.my_id();
  page integer := coalesce(inbox_page.page_limit, 50);
  filters text;
  place jsonb;
  key bytea;
  before_at timestamptz := timestamptz 'infinity';
  before_id bigint := 0;
  listed record;
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('inbox', caller)::text;
  if inbox_page.page_cursor <> '' then
    place := private.read_cursor(inbox_page.page_cursor, filters, key);
    before_at := (place ->> 0)::timestamptz;
    before_id := (place ->> 1)::bigint;
  end if;

  -- One more than the page, to know whether there is another. The rows come in order.
  select count(*) > page as has_next,
    array_to_string((array_agg(i.shown))[:page], ',') as messages,
    (array_agg(i.created_at))[page] as last_at, (array_agg(i.id))[page] as last_id
  into listed
  from (
    select m.id, m.created_at, concat('{"id":', m.id, ',"notification_id":"', m.notification_id, '","mentor_id":', coalesce(to_json(m.mentor_id)::text, 'null'),
      ',"kind":', to_json(m.kind), ',"title":', to_json(m.title), ',"body":', to_json(m.body),
      ',"created_at":', to_json(m.created_at), ',"read_at":', coalesce(to_json(m.read_at)::text, 'null'), '}') as shown
    from public.notification_inbox m
    where m.recipient_id = caller and m.created_at <= before_at and (m.created_at, m.id) < (before_at, before_id)
    order by m.created_at desc, m.id desc
    limit page + 1
  ) i;
  if listed.has_next then
    next_cursor := private.write_cursor(jsonb_build_array(listed.last_at, listed.last_id), filters, key);
  end if;
  return concat('{"unread":', (select count(*) from public.notification_inbox m where m.recipient_id = caller and m.read_at is null),
    ',"messages":[', listed.messages, '],"next_cursor":', coalesce('"' || next_cursor || '"', 'null'), '}');
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."inbox_page"(integer, text) TO "authenticated";

COMMENT ON FUNCTION "private"."inbox_page"(integer, text) IS 'The caller''s inbox as JSON text, for the Go functions; behind public.inbox_page. Definer, to share the key of the cursors; shows the caller''s own rows only.';

REVOKE ALL ON FUNCTION "private"."inbox_page"(integer, text) FROM PUBLIC;
