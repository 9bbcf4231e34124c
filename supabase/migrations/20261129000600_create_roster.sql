-- The roster: one call, one screen. It reads the read model and the live records; its
-- cost follows the page, not the chapter.
--
-- coordinator_roster pins the shape of its plans: walk an index in order, look the
-- rest up row by row, stop at the limit. A generic plan knows neither the limit nor
-- the chapter, and would now and then hash and sort a whole chapter.
--
-- private.coordinator_roster answers JSON as text, which the functions call and pass
-- on as it is; public.coordinator_roster, for supabase.rpc, makes jsonb of it.

create function private.seal_cursor(payload text, filters text, key bytea) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  -- Hashed twice with the key, as HMAC does, so that nothing can be appended.
  return left(encode(sha256(seal_cursor.key || sha256(seal_cursor.key || convert_to(
    seal_cursor.filters || seal_cursor.payload, 'UTF8'))), 'hex'), 32);
end
$$;
revoke all on function private.seal_cursor(text, text, bytea) from public, anon, authenticated, service_role;

comment on function private.seal_cursor(text, text, bytea) is
  'The seal of a page cursor under these filters, with the key of private.settings.';

create function private.write_cursor(place jsonb, filters text, key bytea) returns text
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  payload text := translate(encode(convert_to(write_cursor.place::text, 'UTF8'), 'base64'), E'+/=\n', '-_');
begin
  return payload || '.' || private.seal_cursor(payload, write_cursor.filters, write_cursor.key);
end
$$;
revoke all on function private.write_cursor(jsonb, text, bytea) from public, anon, authenticated, service_role;

comment on function private.write_cursor(jsonb, text, bytea) is
  'The page cursor that leads behind a place of a list under these filters, in characters that a URL may have, sealed.';

create function private.read_cursor(page_cursor text, filters text, key bytea) returns jsonb
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  payload text := split_part(read_cursor.page_cursor, '.', 1);
begin
  -- The seal comes first: what it covers is known to decode.
  if read_cursor.page_cursor is distinct from payload || '.' || private.seal_cursor(payload, read_cursor.filters, read_cursor.key) then
    perform private.refuse('invalid_request', 'cursor', 'cursor was altered or belongs to other filters.');
  end if;
  payload := translate(payload, '-_', '+/');
  return convert_from(decode(rpad(payload, (length(payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
end
$$;
revoke all on function private.read_cursor(text, text, bytea) from public, anon, authenticated, service_role;

comment on function private.read_cursor(text, text, bytea) is
  'The place that a page cursor leads behind. Refuses one that was altered or written under other filters.';

-- Arrays instead of joins: joined, tables that are empty as a rule are read whole by
-- plans that were made then.
create function private.unacknowledged_mentor_ids(chapter_ids uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  sets integer[] := array(
    select distinct m.chapter_set_id from private.chapter_set_members m
    where m.chapter_id = any (unacknowledged_mentor_ids.chapter_ids));
begin
  if unacknowledged_mentor_ids.chapter_ids is null then
    return array(select distinct u.mentor_id from private.unacknowledged u);
  end if;
  return array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id = any (sets)
    union
    select u.mentor_id from private.unacknowledged u
    where u.chapter_set_id is null
      and private.answerable_chapter_ids(u.mentor_id) && unacknowledged_mentor_ids.chapter_ids);
end
$$;
revoke all on function private.unacknowledged_mentor_ids(uuid[]) from public, anon, authenticated, service_role;

comment on function private.unacknowledged_mentor_ids(uuid[]) is
  'The mentors about whom something may wait to be acknowledged in these chapters (null: in all). All of it may have been acknowledged since.';

create function private.undelivered_count(chapter_ids uuid[]) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mentors uuid[] := private.unacknowledged_mentor_ids(undelivered_count.chapter_ids);
begin
  return (
    select count(*) from public.notifications n
    where n.mentor_id = any (mentors) and n.state = 'undeliverable' and n.acknowledged_at is null);
end
$$;
revoke all on function private.undelivered_count(uuid[]) from public, anon, authenticated, service_role;

comment on function private.undelivered_count(uuid[]) is
  'How many notifications could be given to nobody and wait to be acknowledged in these chapters. Costs what these chapters have, not what others have.';

create function private.discrepancy_count(chapter_ids uuid[]) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  mentors uuid[] := private.unacknowledged_mentor_ids(discrepancy_count.chapter_ids);
begin
  return (
    select count(*) from public.status_discrepancies d
    where d.mentor_id = any (mentors) and d.acknowledged_at is null);
end
$$;
revoke all on function private.discrepancy_count(uuid[]) from public, anon, authenticated, service_role;

comment on function private.discrepancy_count(uuid[]) is
  'How many discrepancies wait to be acknowledged in these chapters.';

-- A number is the sum of how it changed on the days so far, most of which are added up
-- already. What is not folded in yet costs something only where there is any. The sets
-- of chapters come first and are constants to what follows: joined in, they would have
-- it read everybody's deltas.
--
-- No settings of its own: it takes those of its caller, whose plans are pinned.
create function private.roster_summary(chapter_ids uuid[], as_of date, coordinator_id uuid default null) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  sets integer[];
  assigned integer[];
  counted integer[];
  number record;
  undelivered bigint := 0;
  discrepancies bigint := 0;
begin
  if roster_summary.chapter_ids is null then
    assigned := array(
      select a.id from private.assigned_sets a where a.coordinator_id = roster_summary.coordinator_id);
    counted := 0 || assigned;
    sets := array(
      select distinct d.chapter_set_id from private.roster_deltas d
      where d.chapter_set_id > 0 or d.chapter_set_id = any (assigned));
  else
    sets := array(
      select distinct m.chapter_set_id
      from private.chapter_set_members m
      where m.chapter_id = any (roster_summary.chapter_ids));
    -- Those of whom the coordinator is responsible for some; counts of others aren't read.
    sets := sets || array(
      select a.id from private.assigned_sets a
      where a.coordinator_id = roster_summary.coordinator_id and a.chapter_set_id = any (sets));
    counted := sets;
  end if;

  select
    coalesce(sum(c.mentors) filter (where c.chapter_set_id >= 0), 0) as mentors,
    coalesce(sum(c.mentors) filter (where c.chapter_set_id < 0), 0) as mine,
    coalesce(sum(c.expired), 0) as expired, coalesce(sum(c.expiring), 0) as expiring,
    coalesce(sum(c.paused), 0) as paused, coalesce(sum(c.overdue), 0) as overdue, coalesce(sum(c.due_back), 0) as due_back,
    coalesce(sum(c.open_ended), 0) as open_ended, coalesce(sum(c.open_requests), 0) as open_requests,
    exists (select from private.unacknowledged u where u.chapter_set_id = any (sets))
      or exists (select from private.unacknowledged u where u.chapter_set_id is null)
      or roster_summary.chapter_ids is null and exists (select from private.unacknowledged) as waits,
    exists (select from private.roster_deltas d where d.chapter_set_id = any (sets)) as is_unfolded
  into number
  from private.roster_counts c
  where c.chapter_set_id = any (counted) and c.day <= roster_summary.as_of;

  if number.waits then
    undelivered := private.undelivered_count(roster_summary.chapter_ids);
    discrepancies := private.discrepancy_count(roster_summary.chapter_ids);
  end if;

  if number.is_unfolded then
    select
      number.mentors + coalesce(sum(d.change) filter (where d.subject = 'mentor' and d.chapter_set_id > 0), 0) as mentors,
      number.mine + coalesce(sum(d.change) filter (where d.subject = 'mentor' and d.chapter_set_id < 0), 0) as mine,
      number.expired + coalesce(sum(d.change) filter (where d.subject = 'mentor' and d.certified_until < roster_summary.as_of), 0) as expired,
      number.expiring + coalesce(sum(d.change) filter (where d.subject = 'mentor'
        and d.certified_until between roster_summary.as_of and roster_summary.as_of + 30), 0) as expiring,
      number.paused + coalesce(sum(d.change) filter (where d.subject = 'pause'), 0) as paused,
      number.overdue + coalesce(sum(d.change) filter (where d.subject = 'pause' and d.expected_return_date < roster_summary.as_of), 0) as overdue,
      number.due_back + coalesce(sum(d.change) filter (where d.subject = 'pause'
        and d.expected_return_date between roster_summary.as_of and roster_summary.as_of + 7), 0) as due_back,
      number.open_ended + coalesce(sum(d.change) filter (where d.subject = 'pause' and d.expected_return_date is null), 0) as open_ended,
      number.open_requests + coalesce(sum(d.change) filter (where d.subject = 'request'), 0) as open_requests
    into number
    from private.roster_deltas d
    where d.chapter_set_id = any (sets)
      and d.from_on <= roster_summary.as_of and d.until_on > roster_summary.as_of
      and not (d.subject = 'pause' and coalesce(d.certified_until < roster_summary.as_of, false));
  end if;

  return jsonb_build_object(
    'total', number.mentors,
    'active', number.mentors - number.paused - number.expired,
    'paused', number.paused,
    'expired_cert', number.expired,
    'expiring_soon', number.expiring,
    'return_overdue', number.overdue,
    'returning', number.due_back,
    'open_ended', number.open_ended,
    'open_requests', number.open_requests,
    'mine', number.mine,
    'undelivered_notifications', undelivered,
    'open_discrepancies', discrepancies);
end
$$;
revoke all on function private.roster_summary(uuid[], date, uuid) from public, anon, authenticated, service_role;

comment on function private.roster_summary(uuid[], date, uuid) is
  'The dashboard''s counts over these chapters (null: over all) on a date, each mentor once; mine: those whom this coordinator is responsible for. Does not check the caller.';

-- The functions below do not check the caller. They have no settings of their own: they
-- take those of private.coordinator_roster, whose plans are pinned.

-- The unfiltered page of several chapters, whose rows are merged: of many chapters each
-- has few of the page, most none. Without a place to begin at, the index compares no
-- names.
create function private.merged_entries(
  chapter_ids uuid[], as_of date, after_name text, after_id uuid, at_most integer, out shown_in uuid[], out shown uuid[]
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  share integer := 1 + merged_entries.at_most / cardinality(merged_entries.chapter_ids);
begin
  if share = 1 then
    -- More chapters than places on the page: only those whose first ones come first
    -- have any.
    with firsts as materialized (
      select o.chapter_id, w.display_name, w.mentor_id
      from unnest(merged_entries.chapter_ids) o (chapter_id)
      cross join lateral (
        (select n.display_name, n.mentor_id
         from private.roster_entries n
         where merged_entries.after_name is null and n.chapter_id = o.chapter_id
           and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
         order by n.display_name, n.mentor_id
         limit 1)
        union all
        (select n.display_name, n.mentor_id
         from private.roster_entries n
         where merged_entries.after_name is not null and n.chapter_id = o.chapter_id
           and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
           and (n.display_name, n.mentor_id) > (merged_entries.after_name, merged_entries.after_id)
         order by n.display_name, n.mentor_id
         limit 1)
      ) w
      order by w.display_name, w.mentor_id
      limit merged_entries.at_most
    ), edge as materialized (
      select f.display_name, f.mentor_id from firsts f offset merged_entries.at_most - 1 limit 1
    )
    select array_agg(d.chapter_id), array_agg(d.mentor_id)
    into merged_entries.shown_in, merged_entries.shown
    from (
      select distinct on (a.display_name, a.mentor_id) a.chapter_id, a.display_name, a.mentor_id
      from (
        select f.chapter_id, f.display_name, f.mentor_id from firsts f
        union all
        select f.chapter_id, w.display_name, w.mentor_id
        from firsts f
        cross join edge e
        cross join lateral (
          select n.display_name, n.mentor_id
          from private.roster_entries n
          where n.chapter_id = f.chapter_id
            and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
            and (n.display_name, n.mentor_id) > (f.display_name, f.mentor_id)
            and (n.display_name, n.mentor_id) < (e.display_name, e.mentor_id)
          order by n.display_name, n.mentor_id
          limit merged_entries.at_most
        ) w
      ) a
      order by a.display_name, a.mentor_id
      limit merged_entries.at_most
    ) d;
    if cardinality(merged_entries.shown) = merged_entries.at_most then
      return;
    end if;
    -- Some were first in several chapters, or most chapters have nobody left.
  end if;

  with firsts as materialized (
    select o.chapter_id, w.display_name, w.mentor_id
    from unnest(merged_entries.chapter_ids) o (chapter_id)
    cross join lateral (
      (select n.display_name, n.mentor_id
       from private.roster_entries n
       where merged_entries.after_name is null and n.chapter_id = o.chapter_id
         and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
       order by n.display_name, n.mentor_id
       limit share)
      union all
      (select n.display_name, n.mentor_id
       from private.roster_entries n
       where merged_entries.after_name is not null and n.chapter_id = o.chapter_id
         and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
         and (n.display_name, n.mentor_id) > (merged_entries.after_name, merged_entries.after_id)
       order by n.display_name, n.mentor_id
       limit share)
    ) w
  ), edge as materialized (
    -- Nobody behind this one is on the page. Whoever is first in several chapters counts
    -- once; where most are, there is no edge, and everything is read.
    select distinct d.display_name, d.mentor_id
    from (
      select f.display_name, f.mentor_id from firsts f
      order by f.display_name, f.mentor_id
      limit 2 * merged_entries.at_most
    ) d
    order by d.display_name, d.mentor_id
    offset merged_entries.at_most - 1 limit 1
  ), leaders as materialized (
    select f.chapter_id, f.display_name, f.mentor_id
    from firsts f
    left join edge e on true
    where e.mentor_id is null or (f.display_name, f.mentor_id) <= (e.display_name, e.mentor_id)
  ), lasts as materialized (
    select distinct on (l.chapter_id) l.chapter_id, l.display_name, l.mentor_id
    from leaders l
    order by l.chapter_id, l.display_name desc, l.mentor_id desc
  ), more as (
    select l.chapter_id, w.display_name, w.mentor_id
    from lasts l
    cross join edge e
    cross join lateral (
      select n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = l.chapter_id
        and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
        and (n.display_name, n.mentor_id) > (l.display_name, l.mentor_id)
        and (n.display_name, n.mentor_id) < (e.display_name, e.mentor_id)
      order by n.display_name, n.mentor_id
      limit merged_entries.at_most
    ) w
    union all
    select l.chapter_id, w.display_name, w.mentor_id
    from lasts l
    cross join lateral (
      select n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = l.chapter_id
        and n.from_on <= merged_entries.as_of and n.until_on > merged_entries.as_of
        and (n.display_name, n.mentor_id) > (l.display_name, l.mentor_id)
      order by n.display_name, n.mentor_id
      limit merged_entries.at_most
    ) w
    where not exists (select from edge)
  )
  select array_agg(d.chapter_id), array_agg(d.mentor_id)
  into merged_entries.shown_in, merged_entries.shown
  from (
    select distinct on (a.display_name, a.mentor_id) a.chapter_id, a.display_name, a.mentor_id
    from (
      select l.chapter_id, l.display_name, l.mentor_id from leaders l
      union all
      select m.chapter_id, m.display_name, m.mentor_id from more m
    ) a
    order by a.display_name, a.mentor_id
    limit merged_entries.at_most
  ) d;
end
$$;
revoke all on function private.merged_entries(uuid[], date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.merged_entries(uuid[], date, text, uuid, integer) is
  'The first at_most of these chapters on a date, behind a place (null: the beginning), in order, each mentor once.';

-- What the filters of a page come to. Those of attention are ranges of days: who is overdue
-- or returning has a return date up to a day, who is expired or expiring a certification.
create type private.roster_filter as (
  wants_active boolean,
  wants_paused boolean,
  wants_expired boolean,
  needle text,
  coordinator_id uuid,
  by_kind boolean,
  returns_from date,
  returns_until date,
  is_open_ended boolean,
  certified_from date,
  certified_until date,
  has_request boolean
);
revoke all on type private.roster_filter from public;
comment on type private.roster_filter is
  'Mentors with one of these statuses, a part of the name (null: any), this coordinator (null: any) and, if by_kind, one of these: paused with a return date in the range, paused without one (is_open_ended), a certification until a day in the range, an open request (has_request).';

create function private.roster_filters(statuses text[], needle text, coordinator_id uuid, kinds text[], as_of date)
returns private.roster_filter[]
language plpgsql immutable security invoker set search_path = pg_catalog, pg_temp
as $$
declare
  one private.roster_filter;
  found private.roster_filter[] := '{}'::private.roster_filter[];
  status text;
begin
  one.needle := roster_filters.needle;
  one.coordinator_id := roster_filters.coordinator_id;
  one.by_kind := false;
  one.is_open_ended := false;
  one.has_request := false;
  if roster_filters.kinds is null and roster_filters.coordinator_id is null then
    -- One for each status, since they are found in different ways.
    foreach status in array coalesce(roster_filters.statuses, array[null]::text[]) loop
      one.wants_active := coalesce(status = 'active', true);
      one.wants_paused := coalesce(status = 'paused', true);
      one.wants_expired := coalesce(status = 'expired_cert', true);
      found := found || one;
    end loop;
    return found;
  end if;

  one.wants_active := coalesce('active' = any (roster_filters.statuses), true);
  one.wants_paused := coalesce('paused' = any (roster_filters.statuses), true);
  one.wants_expired := coalesce('expired_cert' = any (roster_filters.statuses), true);
  if roster_filters.kinds is null and not (one.wants_active or one.wants_paused) then
    roster_filters.kinds := array['expired'];
  end if;
  if roster_filters.kinds is null then
    return array[one];
  end if;
  one.by_kind := true;
  if one.wants_paused then
    if 'overdue' = any (roster_filters.kinds) then
      one.returns_from := '-infinity';
      one.returns_until := roster_filters.as_of - 1;
    end if;
    if 'returning' = any (roster_filters.kinds) then
      one.returns_from := coalesce(one.returns_from, roster_filters.as_of);
      one.returns_until := roster_filters.as_of + 7;
    end if;
    one.is_open_ended := 'open_ended' = any (roster_filters.kinds);
  end if;
  if one.wants_expired and 'expired' = any (roster_filters.kinds) then
    one.certified_from := '-infinity';
    one.certified_until := roster_filters.as_of - 1;
  end if;
  if (one.wants_active or one.wants_paused) and 'expiring' = any (roster_filters.kinds) then
    one.certified_from := coalesce(one.certified_from, roster_filters.as_of);
    one.certified_until := roster_filters.as_of + 30;
  end if;
  one.has_request := 'requests' = any (roster_filters.kinds);
  -- Nobody has the one without the other.
  if num_nonnulls(one.returns_from, one.certified_from) = 0 and not one.is_open_ended and not one.has_request then
    return found;
  end if;
  return array[one];
end
$$;
revoke all on function private.roster_filters(text[], text, uuid, text[], date) from public, anon, authenticated, service_role;

comment on function private.roster_filters(text[], text, uuid, text[], date) is
  'The filters whose pages together are that of these statuses, part of a name, coordinator and kinds of attention (null: any) on a date. Nobody meets two of them.';

create function private.is_responsible(coordinator_id uuid, mentor_id uuid, chapter_id uuid, as_of date) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from private.roster_entries e
    where e.mentor_id = is_responsible.mentor_id and e.chapter_id = is_responsible.chapter_id
      and e.from_on <= is_responsible.as_of and e.until_on > is_responsible.as_of
      and e.coordinators @> jsonb_build_array(jsonb_build_object('id', is_responsible.coordinator_id)));
end
$$;
revoke all on function private.is_responsible(uuid, uuid, uuid, date) from public, anon, authenticated, service_role;

comment on function private.is_responsible(uuid, uuid, uuid, date) is
  'Whether a mentor''s entry in a chapter names this coordinator: looked up where the lists have no room for so many.';

create function private.has_name_with(needle text, mentor_id uuid, chapter_id uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (
    select from private.roster_names k
    where k.mentor_id = has_name_with.mentor_id and k.chapter_id = has_name_with.chapter_id
      and strpos(k.searched_as, has_name_with.needle) > 0);
end
$$;
revoke all on function private.has_name_with(text, uuid, uuid) from public, anon, authenticated, service_role;

comment on function private.has_name_with(text, uuid, uuid) is
  'Whether a mentor''s name has this part: looked up where it is too long for the lists.';

-- A filter is answered in one of three ways. What is frequent is met soon by walking a
-- list in the order of the screen. What is rare is picked by an index, by certification,
-- by return, by coordinator or by name, and sorted. The counts of the summary tell how long
-- the lists are; whether a part of a name is frequent, a walk over the first few tells, and
-- how many have it, the index of the names is asked, up to as many as a walk would cost.
--
-- The lists hold all that is filtered by, so that passing somebody over costs a tenth
-- of looking somebody up. Names too long for an index are looked up one by one, and so are
-- coordinators who are too many.
--
-- Without sorting, since the index by certification has all of the columns too, and the
-- whole chapter would be read from it and sorted. Nor compiled, which is what a sort that
-- can't be avoided is now thought to be worth.
create function private.walk_entries(
  chapter_id uuid, status text, needle text, as_of date, after_name text, after_id uuid, most integer, at_most integer
) returns table (display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off set enable_sort = off
as $$
begin
  if walk_entries.status in ('active', 'paused') then
    return query
      select p.display_name, p.mentor_id
      from (
        select p.display_name, p.mentor_id, p.chapter_id, p.from_on, p.until_on, p.certified_until, p.searched_as
        from private.roster_places p
        where p.chapter_id = walk_entries.chapter_id
          and p.is_paused = (walk_entries.status = 'paused')
          and (p.display_name, p.mentor_id) > (walk_entries.after_name, walk_entries.after_id)
        order by p.display_name, p.mentor_id
        limit walk_entries.most
      ) p
      where p.from_on <= walk_entries.as_of and p.until_on > walk_entries.as_of
        and (p.certified_until < walk_entries.as_of) is not true
        and (walk_entries.needle is null or (strpos(p.searched_as, walk_entries.needle) > 0
            or p.searched_as is null and private.has_name_with(walk_entries.needle, p.mentor_id, p.chapter_id)))
      limit walk_entries.at_most;
  else
    return query
      select n.display_name, n.mentor_id
      from (
        select n.display_name, n.mentor_id, n.chapter_id, n.searched_as, n.certified_until
        from private.roster_entries n
        where n.chapter_id = walk_entries.chapter_id
          and n.from_on <= walk_entries.as_of and n.until_on > walk_entries.as_of
          and (n.display_name, n.mentor_id) > (walk_entries.after_name, walk_entries.after_id)
        order by n.display_name, n.mentor_id
        limit walk_entries.most
      ) n
      where (walk_entries.needle is null or (strpos(n.searched_as, walk_entries.needle) > 0
            or n.searched_as is null and private.has_name_with(walk_entries.needle, n.mentor_id, n.chapter_id)))
        and (walk_entries.status is null or n.certified_until < walk_entries.as_of)
      limit walk_entries.at_most;
  end if;
end
$$;
revoke all on function private.walk_entries(uuid, text, text, date, text, uuid, integer, integer) from public, anon, authenticated, service_role;

comment on function private.walk_entries(uuid, text, text, date, text, uuid, integer, integer) is
  'The first at_most of a chapter behind a place with a status and a part of the name (null: any), in order, among the next most (null: all) who may have it.';

-- Without a place to begin at, the index compares no names.
create function private.walk_list(
  chapter_id uuid, is_paused boolean, filter private.roster_filter, as_of date, after_name text, after_id uuid, at_most integer
) returns table (display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off set enable_sort = off
as $$
declare
  f private.roster_filter := walk_list.filter;
begin
  return query
    (select p.display_name, p.mentor_id
     from private.roster_places p
     where walk_list.after_name = ''
       and p.chapter_id = walk_list.chapter_id and p.is_paused = walk_list.is_paused
       and p.from_on <= walk_list.as_of and p.until_on > walk_list.as_of
       and case when p.certified_until < walk_list.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
       and (not f.by_kind
         or p.is_paused and (p.certified_until < walk_list.as_of) is not true and (
           p.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and p.expected_return_date is null)
         or p.certified_until between f.certified_from and f.certified_until
         or f.has_request and p.has_request)
       and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
         or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_list.as_of))
       and (f.needle is null or strpos(p.searched_as, f.needle) > 0
         or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
     order by p.display_name, p.mentor_id
     limit walk_list.at_most)
    union all
    (select p.display_name, p.mentor_id
     from private.roster_places p
     where walk_list.after_name <> '' and (p.display_name, p.mentor_id) > (walk_list.after_name, walk_list.after_id)
       and p.chapter_id = walk_list.chapter_id and p.is_paused = walk_list.is_paused
       and p.from_on <= walk_list.as_of and p.until_on > walk_list.as_of
       and case when p.certified_until < walk_list.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
       and (not f.by_kind
         or p.is_paused and (p.certified_until < walk_list.as_of) is not true and (
           p.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and p.expected_return_date is null)
         or p.certified_until between f.certified_from and f.certified_until
         or f.has_request and p.has_request)
       and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
         or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_list.as_of))
       and (f.needle is null or strpos(p.searched_as, f.needle) > 0
         or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
     order by p.display_name, p.mentor_id
     limit walk_list.at_most);
end
$$;
revoke all on function private.walk_list(uuid, boolean, private.roster_filter, date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.walk_list(uuid, boolean, private.roster_filter, date, text, uuid, integer) is
  'The first at_most of a chapter behind a place who meet a filter, in order, by walking the list of those who are on a pause, or of those who are not.';

create function private.walk_places(
  chapter_id uuid, filter private.roster_filter, as_of date, after_name text, after_id uuid, at_most integer
) returns table (display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set jit = off set enable_sort = off
as $$
declare
  f private.roster_filter := walk_places.filter;
  is_of_pauses boolean := f.by_kind and f.certified_from is null and not f.has_request;
  lists boolean[] := case
    when is_of_pauses or not f.wants_expired and not f.wants_active then '{true}'
    when not f.wants_expired and not f.wants_paused then '{false}'
    else '{false,true}' end::boolean[];
begin
  if f.by_kind and f.has_request and f.returns_from is null and f.certified_from is null and not f.is_open_ended then
    return query
      (select p.display_name, p.mentor_id
       from private.roster_places p
       where walk_places.after_name = ''
         and p.chapter_id = walk_places.chapter_id and p.has_request
         and p.from_on <= walk_places.as_of and p.until_on > walk_places.as_of
         and case when p.certified_until < walk_places.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
         and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
           or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_places.as_of))
         and (f.needle is null or strpos(p.searched_as, f.needle) > 0
           or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
       order by p.display_name, p.mentor_id
       limit walk_places.at_most)
      union all
      (select p.display_name, p.mentor_id
       from private.roster_places p
       where walk_places.after_name <> '' and (p.display_name, p.mentor_id) > (walk_places.after_name, walk_places.after_id)
         and p.chapter_id = walk_places.chapter_id and p.has_request
         and p.from_on <= walk_places.as_of and p.until_on > walk_places.as_of
         and case when p.certified_until < walk_places.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
         and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
           or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, walk_places.as_of))
         and (f.needle is null or strpos(p.searched_as, f.needle) > 0
           or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
       order by p.display_name, p.mentor_id
       limit walk_places.at_most);
  elsif cardinality(lists) = 1 then
    return query select * from private.walk_list(walk_places.chapter_id, lists[1], f, walk_places.as_of,
      walk_places.after_name, walk_places.after_id, walk_places.at_most);
  elsif not f.by_kind and f.wants_active and f.wants_paused and f.coordinator_id is null then
    -- All of a chapter are one list. Only a name is asked for.
    return query select * from private.walk_entries(walk_places.chapter_id, null, f.needle, walk_places.as_of,
      walk_places.after_name, walk_places.after_id, null, walk_places.at_most);
  else
    return query
      select e.display_name, e.mentor_id
      from unnest(lists) o (is_paused)
      cross join lateral private.walk_list(walk_places.chapter_id, o.is_paused, f, walk_places.as_of,
        walk_places.after_name, walk_places.after_id, walk_places.at_most) e
      -- A function doesn't return a collation.
      order by e.display_name collate "nb-x-icu", e.mentor_id
      limit walk_places.at_most;
  end if;
end
$$;
revoke all on function private.walk_places(uuid, private.roster_filter, date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.walk_places(uuid, private.roster_filter, date, text, uuid, integer) is
  'The first at_most of a chapter behind a place who meet a filter, in order, by walking the list of those who may.';

create function private.walk_chapters(
  chapter_ids uuid[], filter private.roster_filter, as_of date, after_name text, after_id uuid, at_most integer
) returns table (chapter_id uuid, display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  -- Of many chapters each has few of the page.
  share integer := 1 + walk_chapters.at_most / cardinality(walk_chapters.chapter_ids);
begin
  if cardinality(walk_chapters.chapter_ids) = 1 then
    return query
      select walk_chapters.chapter_ids[1], w.display_name, w.mentor_id
      from private.walk_places(walk_chapters.chapter_ids[1], walk_chapters.filter, walk_chapters.as_of,
        walk_chapters.after_name, walk_chapters.after_id, walk_chapters.at_most) w;
    return;
  end if;
  return query
    with firsts as materialized (
      -- A function neither takes nor returns a collation.
      select o.chapter_id, w.display_name collate "nb-x-icu" as display_name, w.mentor_id, w.nth
      from unnest(walk_chapters.chapter_ids) o (chapter_id)
      cross join lateral private.walk_places(o.chapter_id, walk_chapters.filter, walk_chapters.as_of,
        walk_chapters.after_name, walk_chapters.after_id, share) with ordinality w (display_name, mentor_id, nth)
    ), edge as materialized (
      -- Nobody behind this one is on the page.
      select d.display_name, d.mentor_id
      from (select distinct f.display_name, f.mentor_id from firsts f) d
      order by d.display_name, d.mentor_id
      offset walk_chapters.at_most - 1 limit 1
    ), more as (
      select f.chapter_id, w.display_name collate "nb-x-icu" as display_name, w.mentor_id
      from firsts f
      cross join lateral private.walk_places(f.chapter_id, walk_chapters.filter, walk_chapters.as_of,
        f.display_name collate "default", f.mentor_id, walk_chapters.at_most) w
      where f.nth = share
        and not exists (select from edge e where (e.display_name, e.mentor_id) <= (f.display_name, f.mentor_id))
    )
    select distinct on (a.display_name, a.mentor_id) a.chapter_id, a.display_name, a.mentor_id
    from (
      select f.chapter_id, f.display_name, f.mentor_id from firsts f
      union all
      select m.chapter_id, m.display_name, m.mentor_id from more m
    ) a
    order by a.display_name, a.mentor_id
    limit walk_chapters.at_most;
end
$$;
revoke all on function private.walk_chapters(uuid[], private.roster_filter, date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.walk_chapters(uuid[], private.roster_filter, date, text, uuid, integer) is
  'What walk_places finds in several chapters, each mentor once.';

-- The kinds of attention one after the other: a range that is not asked for is null, and
-- nothing is read. Whoever is picked by certification or by coordinator has to be looked up.
create function private.pick_places(
  chapter_ids uuid[], filter private.roster_filter, by_coordinator boolean, as_of date, after_name text, after_id uuid, at_most integer
) returns table (chapter_id uuid, display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  f private.roster_filter := pick_places.filter;
begin
  return query
    select min(p.chapter_id::text)::uuid, p.display_name, p.mentor_id
    from (
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_places p
      where not pick_places.by_coordinator and p.chapter_id = any (pick_places.chapter_ids) and p.is_paused
        and p.expected_return_date between f.returns_from and f.returns_until
        and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of and (p.certified_until < pick_places.as_of) is not true
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_places p
      where not pick_places.by_coordinator and f.is_open_ended and p.chapter_id = any (pick_places.chapter_ids) and p.is_paused
        and p.expected_return_date is null
        and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of and (p.certified_until < pick_places.as_of) is not true
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_places p
      where not pick_places.by_coordinator and f.has_request and p.chapter_id = any (pick_places.chapter_ids) and p.has_request
        and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from private.roster_entries n
      cross join lateral (
        select p.*
        from private.roster_places p
        where p.mentor_id = n.mentor_id and p.chapter_id = n.chapter_id and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of
        offset 0
      ) p
      where not pick_places.by_coordinator and n.chapter_id = any (pick_places.chapter_ids)
        and n.certified_until between f.certified_from and f.certified_until
        and n.from_on <= pick_places.as_of and n.until_on > pick_places.as_of
      union all
      select p.chapter_id, p.display_name, p.mentor_id, p.is_paused, p.certified_until, p.assigned_to, p.searched_as
      from public.coordinator_assignments a
      cross join lateral (
        select p.*
        from private.roster_places p
        where p.mentor_id = a.mentor_id and p.chapter_id = any (pick_places.chapter_ids) and p.from_on <= pick_places.as_of and p.until_on > pick_places.as_of
          and (not f.by_kind
            or p.is_paused and (p.certified_until < pick_places.as_of) is not true and (
              p.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and p.expected_return_date is null)
            or p.certified_until between f.certified_from and f.certified_until
            or f.has_request and p.has_request)
        offset 0
      ) p
      where pick_places.by_coordinator and a.coordinator_id = f.coordinator_id and a.ended_at is null
    ) p
    where case when p.certified_until < pick_places.as_of then f.wants_expired when p.is_paused then f.wants_paused else f.wants_active end
      and (f.coordinator_id is null or f.coordinator_id = any (p.assigned_to)
        or (p.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, p.mentor_id, p.chapter_id, pick_places.as_of))
      and (f.needle is null or strpos(p.searched_as, f.needle) > 0
        or p.searched_as is null and private.has_name_with(f.needle, p.mentor_id, p.chapter_id))
      and (pick_places.after_name = '' or ((p.display_name, p.mentor_id) > (pick_places.after_name, pick_places.after_id)) is true)
    group by p.mentor_id, p.display_name
    order by p.display_name, p.mentor_id
    limit pick_places.at_most;
end
$$;
revoke all on function private.pick_places(uuid[], private.roster_filter, boolean, date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.pick_places(uuid[], private.roster_filter, boolean, date, text, uuid, integer) is
  'The first at_most of these chapters behind a place who meet a filter, among all who have what it asks for by kind, or all whom its coordinator is responsible for.';

-- Places are compared so that only the index by certification serves. Who is paused is
-- looked up last, for as many as it takes.
create function private.pick_by_certification(
  chapter_ids uuid[], status text, needle text, as_of date, after_name text, after_id uuid, at_most integer
) returns table (chapter_id uuid, display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
    select distinct on (f.display_name, f.mentor_id) f.chapter_id, f.display_name, f.mentor_id
    from (
      select n.chapter_id, n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = any (pick_by_certification.chapter_ids)
        and pick_by_certification.status = 'expired_cert'
        and n.certified_until < pick_by_certification.as_of
        and n.from_on <= pick_by_certification.as_of and n.until_on > pick_by_certification.as_of
        and (pick_by_certification.needle is null or (strpos(n.searched_as, pick_by_certification.needle) > 0
          or n.searched_as is null and private.has_name_with(pick_by_certification.needle, n.mentor_id, n.chapter_id)))
      union all
      select n.chapter_id, n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = any (pick_by_certification.chapter_ids)
        and pick_by_certification.status <> 'expired_cert'
        and n.certified_until >= pick_by_certification.as_of
        and n.from_on <= pick_by_certification.as_of and n.until_on > pick_by_certification.as_of
        and (pick_by_certification.needle is null or (strpos(n.searched_as, pick_by_certification.needle) > 0
          or n.searched_as is null and private.has_name_with(pick_by_certification.needle, n.mentor_id, n.chapter_id)))
      union all
      select n.chapter_id, n.display_name, n.mentor_id
      from private.roster_entries n
      where n.chapter_id = any (pick_by_certification.chapter_ids)
        and pick_by_certification.status <> 'expired_cert'
        and n.certified_until is null
        and n.from_on <= pick_by_certification.as_of and n.until_on > pick_by_certification.as_of
        and (pick_by_certification.needle is null or (strpos(n.searched_as, pick_by_certification.needle) > 0
          or n.searched_as is null and private.has_name_with(pick_by_certification.needle, n.mentor_id, n.chapter_id)))
      order by display_name, mentor_id, chapter_id
    ) f
    cross join lateral (
      -- Looked up in this order, until there are enough.
      select from (select) o where pick_by_certification.status = 'expired_cert'
      union all
      select from private.roster_places p
      where pick_by_certification.status <> 'expired_cert'
        and p.mentor_id = f.mentor_id and p.chapter_id = f.chapter_id
        and p.from_on <= pick_by_certification.as_of and p.until_on > pick_by_certification.as_of
        and p.is_paused = (pick_by_certification.status = 'paused')
    ) p
    where (pick_by_certification.after_name = ''
        or ((f.display_name, f.mentor_id) > (pick_by_certification.after_name, pick_by_certification.after_id)) is true)
    order by f.display_name, f.mentor_id
    limit pick_by_certification.at_most;
end
$$;
revoke all on function private.pick_by_certification(uuid[], text, text, date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.pick_by_certification(uuid[], text, text, date, text, uuid, integer) is
  'The first at_most of these chapters behind a place, with a status and a part of the name (null: any), among all who are expired, or among all who are not.';

-- Chapters and places are compared so that only the index by name serves. Of many names the
-- first are told from the rest without putting all of them in order, which would take most of
-- the time; the rest is read if these are not enough.
create function private.pick_by_name(
  chapter_ids uuid[], filter private.roster_filter, as_of date, after_name text, after_id uuid, at_most integer
) returns table (chapter_id uuid, display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_bitmapscan = on
as $$
declare
  f private.roster_filter := pick_by_name.filter;
  most integer := 2 * pick_by_name.at_most;
  found_in uuid[];
  found_names text[];
  found_ids uuid[];
  so_many integer;
  shown integer;
begin
  loop
    select array_agg(k.chapter_id), array_agg(k.display_name), array_agg(k.mentor_id)
    into found_in, found_names, found_ids
    from (
      select r.chapter_id, r.display_name, r.mentor_id
      from unnest(pick_by_name.chapter_ids) o (chapter_id)
      join private.roster_names r
        on private.search_keys(r.chapter_id, r.searched_as, 1)
          @> private.search_keys(o.chapter_id, f.needle, least(3, char_length(f.needle)))
        and (r.chapter_id = o.chapter_id) is true
      where strpos(r.searched_as, f.needle) > 0
        and (pick_by_name.after_name = '' or ((r.display_name, r.mentor_id) > (pick_by_name.after_name, pick_by_name.after_id)) is true)
      order by r.display_name, r.mentor_id
      limit most
    ) k;
    so_many := cardinality(found_ids);
    if so_many = most then
      -- Whoever comes last may have more chapters than were read.
      so_many := array_position(found_ids, found_ids[most]) - 1;
    end if;
    return query
      select w.chapter_id, w.display_name, w.mentor_id
      from (
        select k.chapter_id, k.display_name, k.mentor_id, lag(k.mentor_id) over () as last_id
        from unnest(found_in[:so_many], found_names[:so_many], found_ids[:so_many]) k (chapter_id, display_name, mentor_id)
        cross join lateral (
          -- Looked up in this order, until there are enough.
          select p.*
          from private.roster_places p
          where p.mentor_id = k.mentor_id and p.chapter_id = k.chapter_id
            and p.from_on <= pick_by_name.as_of and p.until_on > pick_by_name.as_of
          offset 0
        ) n
        where case when n.certified_until < pick_by_name.as_of then f.wants_expired when n.is_paused then f.wants_paused else f.wants_active end
          and (not f.by_kind
            or n.is_paused and (n.certified_until < pick_by_name.as_of) is not true and (
              n.expected_return_date between f.returns_from and f.returns_until or f.is_open_ended and n.expected_return_date is null)
            or n.certified_until between f.certified_from and f.certified_until
            or f.has_request and n.has_request)
          and (f.coordinator_id is null or f.coordinator_id = any (n.assigned_to)
            or (n.assigned_to = '{}') is true and private.is_responsible(f.coordinator_id, n.mentor_id, n.chapter_id, pick_by_name.as_of))
      ) w
      where w.last_id is distinct from w.mentor_id
      limit pick_by_name.at_most;
    exit when most is null or cardinality(found_ids) is distinct from most;
    get diagnostics shown = row_count;
    pick_by_name.at_most := pick_by_name.at_most - shown;
    exit when pick_by_name.at_most = 0;
    if so_many > 0 then
      pick_by_name.after_name := found_names[so_many];
      pick_by_name.after_id := found_ids[so_many];
    end if;
    most := null;
  end loop;
end
$$;
revoke all on function private.pick_by_name(uuid[], private.roster_filter, date, text, uuid, integer) from public, anon, authenticated, service_role;

comment on function private.pick_by_name(uuid[], private.roster_filter, date, text, uuid, integer) is
  'The first at_most of these chapters behind a place who meet a filter, among all who have its part of a name.';

create function private.names_with(chapter_ids uuid[], needle text, at_most integer) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_bitmapscan = on
as $$
begin
  return (
    select count(*)
    from (
      select from unnest(names_with.chapter_ids) o (chapter_id)
      join private.roster_names k
        on private.search_keys(k.chapter_id, k.searched_as, 1)
          @> private.search_keys(o.chapter_id, names_with.needle, least(3, char_length(names_with.needle)))
        and (k.chapter_id = o.chapter_id) is true
      where strpos(k.searched_as, names_with.needle) > 0
      limit names_with.at_most
    ) n);
end
$$;
revoke all on function private.names_with(uuid[], text, integer) from public, anon, authenticated, service_role;

comment on function private.names_with(uuid[], text, integer) is
  'How many in these chapters have this part of a name, counted up to at_most.';

create function private.sample_of_names(
  chapter_ids uuid[], filter private.roster_filter, as_of date, at_most integer, out named integer, out meeting integer
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_bitmapscan = on
as $$
declare
  f private.roster_filter := sample_of_names.filter;
begin
  with found as materialized (
    select r.chapter_id, r.mentor_id
    from unnest(sample_of_names.chapter_ids) o (chapter_id)
    join private.roster_names r
      on private.search_keys(r.chapter_id, r.searched_as, 1)
        @> private.search_keys(o.chapter_id, f.needle, least(3, char_length(f.needle)))
      and (r.chapter_id = o.chapter_id) is true
    where strpos(r.searched_as, f.needle) > 0
    limit sample_of_names.at_most
  )
  select (select count(*) from found), (
    select count(*)
    from (select w.chapter_id, w.mentor_id from found w limit 20) k
    cross join lateral (
      select p.certified_until, p.is_paused
      from private.roster_places p
      where p.mentor_id = k.mentor_id and p.chapter_id = k.chapter_id
        and p.from_on <= sample_of_names.as_of and p.until_on > sample_of_names.as_of
      offset 0
    ) n
    where case when n.certified_until < sample_of_names.as_of then f.wants_expired when n.is_paused then f.wants_paused else f.wants_active end)
  into sample_of_names.named, sample_of_names.meeting;
end
$$;
revoke all on function private.sample_of_names(uuid[], private.roster_filter, date, integer) from public, anon, authenticated, service_role;

comment on function private.sample_of_names(uuid[], private.roster_filter, date, integer) is
  'How many in these chapters have a filter''s part of a name, counted up to at_most, and of any twenty of them how many have one of its statuses.';

-- By what needs attention, and by who is responsible. Somebody who is looked up costs as much
-- as five who are read in a list.
create function private.attended_entries(
  chapter_ids uuid[], filter private.roster_filter, as_of date, after_name text, after_id uuid, at_most integer, summary jsonb
) returns table (chapter_id uuid, display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  f private.roster_filter := attended_entries.filter;
  total integer := (attended_entries.summary ->> 'total')::integer;
  paused integer := (attended_entries.summary ->> 'paused')::integer;
  expired integer := (attended_entries.summary ->> 'expired_cert')::integer;
  assigned integer := case when f.coordinator_id is not null then (attended_entries.summary ->> 'mine')::integer else total end;
  in_lists integer := case when f.is_open_ended then (attended_entries.summary ->> 'open_ended')::integer else 0 end
    + case when f.returns_from < attended_entries.as_of then (attended_entries.summary ->> 'return_overdue')::integer else 0 end
    + case when f.returns_until >= attended_entries.as_of then (attended_entries.summary ->> 'returning')::integer else 0 end
    + case when f.has_request then (attended_entries.summary ->> 'open_requests')::integer else 0 end;
  certified integer := case when f.certified_from < attended_entries.as_of then expired else 0 end
    + case when f.certified_until >= attended_entries.as_of then (attended_entries.summary ->> 'expiring_soon')::integer else 0 end;
  matching integer := least(total, case
    when f.by_kind then in_lists + certified
    else case when f.wants_active then total - paused - expired else 0 end
      + case when f.wants_paused then paused else 0 end
      + case when f.wants_expired then expired else 0 end end);
  -- Those whom walking meets. A paused one may be expired as well.
  listed integer := case
    when f.by_kind and certified = 0 and not f.has_request then least(total, paused + expired)
    when f.by_kind and f.has_request and in_lists + certified = (attended_entries.summary ->> 'open_requests')::integer then in_lists
    when f.wants_expired or f.wants_active and f.wants_paused then total
    when f.wants_paused then least(total, paused + expired)
    else total - paused end;
  walk bigint;
begin
  if matching = 0 or assigned = 0 then
    return;
  end if;
  -- As if the one had nothing to do with the other.
  walk := least(listed, attended_entries.at_most::numeric * listed * total / (matching::numeric * assigned));
  if f.coordinator_id is not null and assigned <= 500 and (not f.by_kind or 5 * assigned <= in_lists + 5 * certified) then
    return query select * from private.pick_places(attended_entries.chapter_ids, f, true,
      attended_entries.as_of, attended_entries.after_name, attended_entries.after_id, attended_entries.at_most);
  elsif f.by_kind and in_lists + 5 * certified <= greatest(walk, 2000) then
    return query select * from private.pick_places(attended_entries.chapter_ids, f, false,
      attended_entries.as_of, attended_entries.after_name, attended_entries.after_id, attended_entries.at_most);
  elsif f.needle is not null and private.names_with(attended_entries.chapter_ids, f.needle, 201) <= 200 then
    return query select * from private.pick_by_name(attended_entries.chapter_ids, f,
      attended_entries.as_of, attended_entries.after_name, attended_entries.after_id, attended_entries.at_most);
  else
    return query select * from private.walk_chapters(attended_entries.chapter_ids, f,
      attended_entries.as_of, attended_entries.after_name, attended_entries.after_id, attended_entries.at_most);
  end if;
end
$$;
revoke all on function private.attended_entries(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) from public, anon, authenticated, service_role;

comment on function private.attended_entries(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) is
  'The first at_most of these chapters behind a place who meet a filter by kind or coordinator, in order. summary: what roster_summary says of these chapters and that coordinator on this date.';

create function private.filtered_entries(
  chapter_ids uuid[], filter private.roster_filter, as_of date, after_name text, after_id uuid, at_most integer, summary jsonb
) returns table (chapter_id uuid, display_name text, mentor_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  f private.roster_filter := filtered_entries.filter;
  status text := case
    when f.wants_active and f.wants_paused then null
    when f.wants_active then 'active'
    when f.wants_paused then 'paused'
    else 'expired_cert' end;
  total integer := (filtered_entries.summary ->> 'total')::integer;
  matching integer := case
    when status is null then total
    else (filtered_entries.summary ->> status)::integer end;
  -- Those whom walking meets. A paused one may be expired as well.
  listed integer := case status
    when 'paused' then least(total, (filtered_entries.summary ->> 'paused')::integer + (filtered_entries.summary ->> 'expired_cert')::integer)
    when 'active' then total - (filtered_entries.summary ->> 'paused')::integer
    else total end;
  walk integer;
  -- Those whom the index by certification gives, which costs more for each who has to be looked up.
  range integer := case status
    when 'expired_cert' then matching
    when 'paused' then 2 * (total - (filtered_entries.summary ->> 'expired_cert')::integer)
    when 'active' then 2 * (total - (filtered_entries.summary ->> 'expired_cert')::integer)
    else total end;
  sample integer := 160;
  found_rows integer;
  found_names integer;
  named integer;
  meeting integer;
begin
  if f.by_kind or f.coordinator_id is not null then
    return query select * from private.attended_entries(filtered_entries.chapter_ids, f, filtered_entries.as_of,
      filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most, filtered_entries.summary);
    return;
  end if;
  if matching = 0 then
    return;
  end if;
  walk := least(listed, filtered_entries.at_most::bigint * listed / matching);
  if f.needle is null then
    -- What is frequent may still stand at the end of the alphabet.
    if range < listed and range <= greatest(walk, 2000) then
      return query select * from private.pick_by_certification(filtered_entries.chapter_ids, status, null,
        filtered_entries.as_of, filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most);
    else
      return query select * from private.walk_chapters(filtered_entries.chapter_ids, f,
        filtered_entries.as_of, filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most);
    end if;
    return;
  end if;

  if status is not null and range < listed and range <= 500 then
    return query select * from private.pick_by_certification(filtered_entries.chapter_ids, status, f.needle,
      filtered_entries.as_of, filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most);
    return;
  end if;
  if listed > sample then
    select count(*) into found_rows
    from unnest(filtered_entries.chapter_ids[:sample]) o (chapter_id)
    cross join lateral private.walk_entries(o.chapter_id, status, f.needle, filtered_entries.as_of,
      filtered_entries.after_name, filtered_entries.after_id, greatest(sample / cardinality(filtered_entries.chapter_ids), 1), filtered_entries.at_most) w;
    if found_rows < sample / 40 then
      -- Few of those with the status have the name, or they come late. The order of the
      -- certifications has nothing to do with the names, and tells which.
      if status = 'active' then
        select count(*) into found_names
        from unnest(filtered_entries.chapter_ids[:sample]) o (chapter_id)
        cross join lateral (
          select n.searched_as from private.roster_entries n
          where n.chapter_id = o.chapter_id and n.certified_until >= filtered_entries.as_of
          order by n.certified_until
          limit greatest(sample / cardinality(filtered_entries.chapter_ids), 1)
        ) n
        where strpos(n.searched_as, f.needle) > 0;
      end if;
      if status is not null and (found_names >= sample / 4) is not true then
        select n.named, n.meeting into named, meeting
        from private.sample_of_names(filtered_entries.chapter_ids, f, filtered_entries.as_of, listed / 40 + 1) n;
      end if;
      if found_names >= sample / 4 then
        null;
      -- Where most of the name have the status, the first are enough. Else somebody found by
      -- name, who has to be looked up as well, costs as much as forty who are passed over in a list.
      elsif status is null or named <= listed / 40 or 2 * meeting >= least(named, 20) then
        return query select * from private.pick_by_name(filtered_entries.chapter_ids, f,
          filtered_entries.as_of, filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most);
        return;
      elsif status = 'expired_cert' and 2 * matching < listed
         -- Of whom only the paused are looked up in vain.
         or status = 'active' and total - (filtered_entries.summary ->> 'expired_cert')::integer
           + 10 * (filtered_entries.summary ->> 'paused')::integer < listed then
        return query select * from private.pick_by_certification(filtered_entries.chapter_ids, status, f.needle,
          filtered_entries.as_of, filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most);
        return;
      end if;
    end if;
  end if;
  return query select * from private.walk_chapters(filtered_entries.chapter_ids, f,
    filtered_entries.as_of, filtered_entries.after_name, filtered_entries.after_id, filtered_entries.at_most);
end
$$;
revoke all on function private.filtered_entries(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) from public, anon, authenticated, service_role;

comment on function private.filtered_entries(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) is
  'The first at_most of these chapters behind a place who meet a filter, in order. summary: what roster_summary says of these chapters on this date, and of the filter''s coordinator.';

-- Most rows of a page are those of active mentors with a certification: what they say
-- between name and certification is the same for all, and is made once for a page.
-- What only a few rows need is a call instead of a part of the plan.
create function private.coordinator_roster(
  chapter_id uuid, status text[], search text, page_limit integer, page_cursor text,
  mine boolean default null, attention text[] default null
) returns text
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO'
set plan_cache_mode = 'force_generic_plan' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  today date;
  caller uuid;
  coordinated uuid[];
  scope uuid[];
  cursor_key bytea;
  page integer := coalesce(coordinator_roster.page_limit, 50);
  statuses text[];
  kinds text[];
  needle text;
  is_filtered boolean;
  filters text;
  place jsonb;
  after_name text := '';
  after_id uuid := uuid '00000000-0000-0000-0000-000000000000';
  only_chapter text;
  -- Most rows differ only in the person, the chapters and the end of the certification.
  quiet constant text := ',"status":"active","pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false,"planned_pause":null,"open_request":null,"certification_state":';
  summary jsonb;
  shown uuid[];
  shown_in uuid[];
  mentors text;
  last_name text;
  last_id uuid;
  has_next boolean;
  next_cursor text;
begin
  -- private.today(), private.my_chapter_ids() and the cursor's key in one statement,
  -- since each call has its cost. Of an organisation administrator, whose chapters are
  -- all, coordinated and scope are null: nothing has to be looked up for each.
  select
    (now() at time zone private.agreed_zone(s.time_zone))::date,
    auth.uid(),
    case when not exists (
      select from public.organisation_administrators o
      where o.user_id = (select auth.uid()) and o.started_at <= now() and (o.ended_at is null or o.ended_at > now()))
    then array(
      select distinct m.chapter_id
      from public.chapter_memberships m
      where m.user_id = (select auth.uid()) and m.role in ('coordinator', 'administrator')
        and m.started_at <= now() and (m.ended_at is null or m.ended_at > now()))
    end,
    s.cursor_key
  into today, caller, coordinated, cursor_key
  from private.settings s;
  scope := coordinated;
  -- Most calls are for the first page of everything the caller manages, and one check is enough.
  if caller is null or coordinated = '{}'
     or num_nonnulls(coordinator_roster.chapter_id, coordinator_roster.status, coordinator_roster.search, coordinator_roster.page_limit,
       coordinator_roster.attention) > 0 then
    if caller is null then
      perform private.refuse('unauthenticated');
    end if;
    if coordinator_roster.search <> '' then
      needle := nullif(private.searched_form(coordinator_roster.search, false), '');
    end if;
    if page not between 1 and 200 then
      perform private.refuse('invalid_request', 'limit', 'limit must be between 1 and 200.');
    end if;
    if char_length(private.trimmed(coordinator_roster.search)) > 200 then
      perform private.refuse('invalid_request', 'search', 'search must have at most 200 characters.');
    end if;
    if array_position(coordinator_roster.status, null) is not null
       or not coordinator_roster.status <@ array['active', 'paused', 'expired_cert'] then
      perform private.refuse('invalid_request', 'status', 'status must be one or several of active, paused, expired_cert.');
    end if;
    if array_position(coordinator_roster.attention, null) is not null
       or not coordinator_roster.attention <@ array['overdue', 'open_ended', 'returning', 'expiring', 'expired', 'requests'] then
      perform private.refuse('invalid_request', 'attention',
        'attention must be one or several of overdue, open_ended, returning, expiring, expired, requests.');
    end if;
    if coordinated = '{}' then
      perform private.refuse('not_a_coordinator');
    end if;
    if coordinator_roster.chapter_id is not null then
      if coordinator_roster.chapter_id <> all (coordinated)
         or coordinated is null and not exists (select from public.chapters c where c.id = coordinator_roster.chapter_id) then
        perform private.refuse('chapter_not_found');
      end if;
      scope := array[coordinator_roster.chapter_id];
    end if;
    if cardinality(coordinator_roster.status) > 0 then
      statuses := array(select distinct s from unnest(coordinator_roster.status) s order by s);
    end if;
    if cardinality(coordinator_roster.attention) > 0 then
      kinds := array(select distinct a from unnest(coordinator_roster.attention) a order by a);
    end if;
  end if;
  is_filtered := coordinator_roster.mine or num_nonnulls(statuses, kinds, needle) > 0;

  filters := jsonb_build_array(caller, coordinator_roster.chapter_id, statuses, needle)::text;
  if coordinator_roster.mine or kinds is not null then
    filters := filters || jsonb_build_array(coordinator_roster.mine is true, kinds)::text;
  end if;
  if coordinator_roster.page_cursor <> '' then
    place := private.read_cursor(coordinator_roster.page_cursor, filters, cursor_key);
    after_name := place ->> 0;
    after_id := (place ->> 1)::uuid;
  end if;

  if cardinality(coordinated) = 1 then -- as for most coordinators: every row says the same
    select concat(',"chapters":[{"id":"', c.id, '","name":', to_json(c.name), '}]') into only_chapter
    from public.chapters c where c.id = coordinated[1];
  end if;

  if octet_length(needle) > char_length(needle) then
    -- Written with accents, it means these accents, unless nobody has them.
    if private.names_with(coalesce(scope, array(select c.id from public.chapters c)), needle, 1) = 0 then
      needle := nullif(private.searched_form(needle, true), '');
    end if;
  end if;
  summary := private.roster_summary(scope, today, caller);
  if scope is null and is_filtered then
    scope := array(select c.id from public.chapters c);
  end if;

  -- One more than the page, to know whether there is another. Two statements of the
  -- same meaning: one for a single chapter without filters, whose index has the order
  -- of the screen, and one for mentors whose ids were found before. A single statement
  -- for both would cost the many who manage one chapter a sixth of their time.
  if cardinality(scope) = 1 and is_filtered is not true then
    select array_to_string((array_agg(case
      when l.pause_record_id is null and l.planned_from is null and l.certified_until >= today and l.open_requests = 0
        and only_chapter is not null
      then concat(l.shown, only_chapter, quiet, case when l.certified_until <= today + 30 then '"expiring"}' else '"valid"}' end)
      else concat(
        l.shown, coalesce(only_chapter, (
          select concat(',"chapters":[', string_agg(concat('{"id":"', c.id, '","name":', to_json(c.name), '}'), ',' order by c.name, c.id), ']')
          from private.chapter_sets s
          join public.chapters c on c.id = any (s.chapter_ids)
          where s.id = l.chapter_set_id and (coordinated is null or c.id = any (coordinated)) is true)),
        case
          when l.certified_until < today then ',"status":"expired_cert"'
          when l.paused_at is not null then ',"status":"paused"'
          else ',"status":"active"' end,
        case when l.pause_record_id is null and l.paused_at is null
          then ',"pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false'
          else concat(',"pause_record_id":', coalesce(to_json(l.pause_record_id)::text, 'null'), ',"version":', coalesce(l.version::text, 'null'),
            ',"pause_reason":', coalesce(to_json(l.pause_reason)::text, 'null'),
            ',"paused_at":', coalesce(to_json(l.paused_at)::text, 'null'),
            ',"expected_return_date":', coalesce(to_json(l.expected_return_date)::text, 'null'),
            ',"return_overdue":', to_json(coalesce(
              l.expected_return_date < today and l.paused_at is not null and (l.certified_until < today) is not true, false)))
          end,
        ',"planned_pause":', coalesce(l.planned_pause, 'null'),
        ',"open_request":', case when l.open_requests > 0 then coalesce((
          select concat('{"id":"', o.id, '","kind":"', o.kind, '"}')
          from public.leave_requests o
          where o.mentor_id = l.mentor_id and o.state = 'open'
          order by o.created_at, o.id
          limit 1), 'null') else 'null' end,
        case
          when l.certified_until is null then ',"certification_state":"none"}'
          when l.certified_until < today then ',"certification_state":"expired"}'
          when l.certified_until <= today + 30 then ',"certification_state":"expiring"}'
          else ',"certification_state":"valid"}' end) end))[:page], ','),
      (array_agg(l.display_name))[page], (array_agg(l.mentor_id))[page], count(*) > page
    into mentors, last_name, last_id, has_next
    from (
      select n.mentor_id, n.display_name, n.chapter_set_id, n.shown, n.certified_until, n.open_requests,
        r.id as pause_record_id, r.version, n.planned_from,
        -- A plan whose day has come is a pause, whether or not anybody has begun it.
        case when r.paused_at is null and q.starts_on <= today then q.pause_reason else r.pause_reason end as pause_reason,
        case when r.paused_at is null and q.starts_on <= today then private.day_start(q.starts_on) else r.paused_at end as paused_at,
        case when r.paused_at is null and q.starts_on <= today then q.expected_return_date else r.expected_return_date end
          as expected_return_date,
        case when q.starts_on > today
          then concat('{"id":"', q.id, '","starts_on":"', q.starts_on, '","expected_return_date":', coalesce(to_json(q.expected_return_date)::text, 'null'), '}')
        end as planned_pause
      from private.roster_entries n
      left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
        and (n.present_from = '-infinity' or private.date_of(coalesce(r.paused_at, r.created_at)) >= n.present_from)
      -- Looked for where there was one when the entry was built.
      left join public.planned_pauses q on q.mentor_id = case when n.planned_from is not null then n.mentor_id end
      where n.chapter_id = scope[1]
        and n.from_on <= today and n.until_on > today
        and (n.display_name, n.mentor_id) > (after_name, after_id)
      order by n.display_name, n.mentor_id
      limit page + 1
    ) l;
  else
    if scope is null then
      -- Over all chapters, too, an index has the order of the screen.
      select array_agg(d.chapter_id), array_agg(d.mentor_id)
      into shown_in, shown
      from (
        select distinct on (n.display_name, n.mentor_id) n.chapter_id, n.mentor_id
        from private.roster_entries n
        where n.from_on <= today and n.until_on > today
          and (n.display_name, n.mentor_id) > (after_name, after_id)
        order by n.display_name, n.mentor_id
        limit page + 1
      ) d;
    elsif is_filtered is not true then
      select m.shown_in, m.shown into shown_in, shown
      from private.merged_entries(scope, today, nullif(after_name, ''), after_id, page + 1) m;
    else
      select array_agg(f.chapter_id), array_agg(f.mentor_id)
      into shown_in, shown
      from (
        select e.chapter_id, e.mentor_id
        from unnest(private.roster_filters(statuses, needle, case when coordinator_roster.mine then caller end, kinds, today)) q
        cross join lateral private.filtered_entries(scope, q, today, after_name, after_id, page + 1, summary) e
        order by e.display_name collate "nb-x-icu", e.mentor_id -- which a function's result does not bring along
        limit page + 1
      ) f;
    end if;
    select array_to_string((array_agg(case
      when l.pause_record_id is null and l.planned_from is null and l.certified_until >= today and l.open_requests = 0
      then concat(l.shown, l.chapters, quiet, case when l.certified_until <= today + 30 then '"expiring"}' else '"valid"}' end)
      else concat(
        l.shown, l.chapters,
        case
          when l.certified_until < today then ',"status":"expired_cert"'
          when l.paused_at is not null then ',"status":"paused"'
          else ',"status":"active"' end,
        case when l.pause_record_id is null and l.paused_at is null
          then ',"pause_record_id":null,"version":null,"pause_reason":null,"paused_at":null,"expected_return_date":null,"return_overdue":false'
          else concat(',"pause_record_id":', coalesce(to_json(l.pause_record_id)::text, 'null'), ',"version":', coalesce(l.version::text, 'null'),
            ',"pause_reason":', coalesce(to_json(l.pause_reason)::text, 'null'),
            ',"paused_at":', coalesce(to_json(l.paused_at)::text, 'null'),
            ',"expected_return_date":', coalesce(to_json(l.expected_return_date)::text, 'null'),
            ',"return_overdue":', to_json(coalesce(
              l.expected_return_date < today and l.paused_at is not null and (l.certified_until < today) is not true, false)))
          end,
        ',"planned_pause":', coalesce(l.planned_pause, 'null'),
        ',"open_request":', case when l.open_requests > 0 then coalesce((
          select concat('{"id":"', o.id, '","kind":"', o.kind, '"}')
          from public.leave_requests o
          where o.mentor_id = l.mentor_id and o.state = 'open'
          order by o.created_at, o.id
          limit 1), 'null') else 'null' end,
        case
          when l.certified_until is null then ',"certification_state":"none"}'
          when l.certified_until < today then ',"certification_state":"expired"}'
          when l.certified_until <= today + 30 then ',"certification_state":"expiring"}'
          else ',"certification_state":"valid"}' end) end))[:page], ','),
      (array_agg(l.display_name))[page], (array_agg(l.mentor_id))[page], count(*) > page
    into mentors, last_name, last_id, has_next
    from (
      select n.mentor_id, n.display_name, n.shown, n.certified_until, n.open_requests,
        case
          when only_chapter is not null then only_chapter
          when cardinality(s.chapter_ids) = 1 then concat(',"chapters":[{"id":"', h.id, '","name":', to_json(h.name), '}]')
          else (
            select concat(',"chapters":[', string_agg(concat('{"id":"', m.id, '","name":', to_json(m.name), '}'), ',' order by m.name, m.id), ']')
            from public.chapters m
            where m.id = any (s.chapter_ids) and (coordinated is null or m.id = any (coordinated)) is true)
        end as chapters,
        r.id as pause_record_id, r.version, n.planned_from,
        -- A plan whose day has come is a pause, whether or not anybody has begun it.
        case when r.paused_at is null and q.starts_on <= today then q.pause_reason else r.pause_reason end as pause_reason,
        case when r.paused_at is null and q.starts_on <= today then private.day_start(q.starts_on) else r.paused_at end as paused_at,
        case when r.paused_at is null and q.starts_on <= today then q.expected_return_date else r.expected_return_date end
          as expected_return_date,
        case when q.starts_on > today
          then concat('{"id":"', q.id, '","starts_on":"', q.starts_on, '","expected_return_date":', coalesce(to_json(q.expected_return_date)::text, 'null'), '}')
        end as planned_pause
      from unnest(shown, shown_in) with ordinality k (mentor_id, chapter_id, nth)
      join private.roster_entries n on n.mentor_id = k.mentor_id and n.chapter_id = k.chapter_id
        and n.from_on <= today and n.until_on > today
      join private.chapter_sets s on s.id = n.chapter_set_id
      join public.chapters h on h.id = n.chapter_id
      left join public.pause_records r on r.mentor_id = n.mentor_id and r.status in ('paused', 'expired_cert')
        and (n.present_from = '-infinity' or private.date_of(coalesce(r.paused_at, r.created_at)) >= n.present_from)
      -- Looked for where there was one when the entry was built.
      left join public.planned_pauses q on q.mentor_id = case when n.planned_from is not null then n.mentor_id end
      order by k.nth
    ) l;
  end if;

  if has_next then
    next_cursor := private.write_cursor(jsonb_build_array(last_name, last_id), filters, cursor_key);
  end if;

  return concat('{"as_of":"', today, '","summary":', summary,
    ',"mentors":[', mentors,
    '],"next_cursor":', coalesce('"' || next_cursor || '"', 'null'), '}');
end
$$;
revoke all on function private.coordinator_roster(uuid, text[], text, integer, text, boolean, text[]) from public, anon, authenticated, service_role;
grant execute on function private.coordinator_roster(uuid, text[], text, integer, text, boolean, text[]) to authenticated;

comment on function private.coordinator_roster(uuid, text[], text, integer, text, boolean, text[]) is
  'The roster as JSON text, for the Go functions; behind public.coordinator_roster. Definer, because no role may read the read model, and RLS row by row would triple the time; narrows everything to the caller''s chapters itself.';

create function public.coordinator_roster(
  chapter_id uuid default null,
  status text[] default null,
  search text default null,
  page_limit integer default null,
  page_cursor text default null,
  mine boolean default null,
  attention text[] default null
) returns jsonb
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp
as $$
begin
  return private.coordinator_roster(coordinator_roster.chapter_id, coordinator_roster.status,
    coordinator_roster.search, coordinator_roster.page_limit, coordinator_roster.page_cursor,
    coordinator_roster.mine, coordinator_roster.attention)::jsonb;
end
$$;
revoke all on function public.coordinator_roster(uuid, text[], text, integer, text, boolean, text[]) from public, anon, authenticated, service_role;
grant execute on function public.coordinator_roster(uuid, text[], text, integer, text, boolean, text[]) to authenticated;

comment on function public.coordinator_roster(uuid, text[], text, integer, text, boolean, text[]) is
  'A page of mentors of the caller''s chapters with status, pause, certification and coordinators as of today, and the dashboard''s counts. Refuses with invalid_request, not_a_coordinator, chapter_not_found.';
