-- One's own inbox: a page of messages with the number of unread ones, and marking as read.
-- The rows are written by the dispatcher.

create index notification_inbox_unread on public.notification_inbox (recipient_id) where read_at is null;
comment on index public.notification_inbox_unread is 'Counts what somebody has not read, however much they have.';

-- JSON as text, for the reason given at private.coordinator_roster.
create function private.inbox_page(page_limit integer, page_cursor text) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC'
set plan_cache_mode = 'force_generic_plan' set jit = off set enable_seqscan = off set enable_bitmapscan = off
as $$
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
$$;
revoke all on function private.inbox_page(integer, text) from public, anon, authenticated, service_role;
grant execute on function private.inbox_page(integer, text) to authenticated;

comment on function private.inbox_page(integer, text) is
  'The caller''s inbox as JSON text, for the Go functions; behind public.inbox_page. Definer, to share the key of the cursors; shows the caller''s own rows only.';

create function private.mark_read(message_ids bigint[], everything boolean, request_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
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
$$;
revoke all on function private.mark_read(bigint[], boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function private.mark_read(bigint[], boolean, uuid) to authenticated;

comment on function private.mark_read(bigint[], boolean, uuid) is
  'Behind public.mark_read. Definer, because it keeps its answer, in case the request is repeated; marks the caller''s own rows only.';

-- What clients call. Invoker in the exposed schema; definer only behind it.
create function public.inbox_page(page_limit integer default null, page_cursor text default null) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.inbox_page(inbox_page.page_limit, inbox_page.page_cursor)::jsonb;
end
$$;
revoke all on function public.inbox_page(integer, text) from public, anon, authenticated, service_role;
grant execute on function public.inbox_page(integer, text) to authenticated;

comment on function public.inbox_page(integer, text) is
  'A page of the caller''s own messages, newest first, and how many are unread. Refuses with invalid_request.';

create function public.mark_read(message_ids bigint[] default null, everything boolean default null, request_id uuid default null) returns jsonb
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.mark_read(mark_read.message_ids, mark_read.everything, mark_read.request_id);
end
$$;
revoke all on function public.mark_read(bigint[], boolean, uuid) from public, anon, authenticated, service_role;
grant execute on function public.mark_read(bigint[], boolean, uuid) to authenticated;

comment on function public.mark_read(bigint[], boolean, uuid) is
  'Marks messages of the caller''s inbox as read: these, or everything. Refuses with invalid_request, not_found, request_in_progress, request_expired, idempotency_key_reused.';
