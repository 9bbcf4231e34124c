CREATE OR REPLACE FUNCTION private.leave_requests_page (
  state       text[],
  page_limit  integer,
  page_cursor text
)
  RETURNS jsonb
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
  mine uuid[];
  everybody boolean;
  states text[];
  page integer := coalesce(leave_requests_page.page_limit, 50);
  filters text;
  place jsonb;
  key bytea;
  before_at timestamptz := timestamptz 'infinity';
  before_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  candidates record;
  found public.leave_requests[] := '{}'::public.leave_requests[];
  next_cursor text;
begin
  if caller is null then
    perform private.refuse('unauthenticated');
  end if;
  if page not between 1 and 200 then
    perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
  end if;
  states := array(select distinct s from unnest(coalesce(leave_requests_page.state,
    array['open', 'accepted', 'declined', 'withdrawn', 'settled'])) s order by 1);
  if states = '{}' or array_position(states, null) is not null
     or not states <@ array['open', 'accepted', 'declined', 'withdrawn', 'settled'] then
    perform private.refuse('invalid_request', 'state', 'state must be one or several of open, accepted, declined, withdrawn, settled.');
  end if;
  select s.cursor_key into key from private.settings s;
  filters := jsonb_build_array('leave requests', caller, states)::text;
  if leave_requests_page.page_cursor <> '' then
    place := private.read_cursor(leave_requests_page.page_cursor, filters, key);
    before_at := (place ->> 0)::timestamptz;
    before_id := (place ->> 1)::uuid;
  end if;

  mine := private.my_chapter_ids();
  everybody := private.is_organisation_administrator();
  if everybody then
    found := array(
      select l
      from unnest(states) w (state)
      cross join lateral (
        select o.* from public.leave_requests o
        where o.state = w.state and o.created_at <= before_at and (o.created_at, o.id) < (before_at, before_id)
        order by o.created_at desc, o.id desc
        limit page + 1
      ) l
      order by l.created_at desc, l.id desc
      limit page + 1);
  else
    -- What is not shown is passed over: of somebody who has left today, or what was answered
    -- elsewhere before the mentor came.
    loop
      select array_agg(w.id) as ids, (array_agg(w.id))[page + 1] as last_id, (array_agg(w.created_at))[page + 1] as last_at
      into candidates
      from (
        select distinct y.created_at, y.id
        from (
          select o.created_at, o.id
          from unnest(mine) c (chapter_id)
          cross join unnest(states) s (state)
          cross join lateral (
            select p.created_at, p.id from private.request_places p
            where p.chapter_id = c.chapter_id and p.state = s.state
              and p.created_at <= before_at and (p.created_at, p.id) < (before_at, before_id)
            order by p.created_at desc, p.id desc
            limit page + 1
          ) o
          union all
          (select o.created_at, o.id from public.leave_requests o
          where o.mentor_id = caller and o.state = any (states)
            and o.created_at <= before_at and (o.created_at, o.id) < (before_at, before_id)
          order by o.created_at desc, o.id desc
          limit page + 1)
        ) y
        order by y.created_at desc, y.id desc
        limit page + 1
      ) w;
      found := found || array(
        select l
        from unnest(candidates.ids) i (id)
        join public.leave_requests l on l.id = i.id
        where private.is_request_shown(l.mentor_id, l.created_at, l.answered_at, caller, mine, everybody)
        order by l.created_at desc, l.id desc);
      exit when cardinality(found) > page or candidates.last_id is null;
      before_at := candidates.last_at;
      before_id := candidates.last_id;
    end loop;
  end if;
  if cardinality(found) > page then
    next_cursor := private.write_cursor(jsonb_build_array(found[page].created_at, found[page].id), filters, key);
  end if;
  return jsonb_build_object(
    'leave_requests', coalesce((
      select jsonb_agg(private.leave_request_as_json(f) order by f.created_at desc, f.id desc) from unnest(found[:page]) f), '[]'),
    'next_cursor', next_cursor);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."leave_requests_page"(text[], integer, text) TO "authenticated";

COMMENT ON FUNCTION "private"."leave_requests_page"(text[], integer, text) IS 'Behind public.leave_requests_page. Definer, to share the key of the cursors; shows what the policy of the table shows.';

REVOKE ALL ON FUNCTION "private"."leave_requests_page"(text[], integer, text) FROM PUBLIC;
