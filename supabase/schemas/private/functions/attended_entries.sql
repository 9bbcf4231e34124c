CREATE OR REPLACE FUNCTION private.attended_entries (
  chapter_ids uuid[],
  filter      private.roster_filter,
  as_of       date,
  after_name  text,
  after_id    uuid,
  at_most     integer,
  summary     jsonb
)
  RETURNS TABLE (
    chapter_id   uuid,
    display_name text,
    mentor_id    uuid
  )
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
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
$function$;

COMMENT ON FUNCTION "private"."attended_entries"(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) IS 'The first at_most of these chapters behind a place who meet a filter by kind or coordinator, in order. summary: what roster_summary says of these chapters and that coordinator on this date.';

REVOKE ALL ON FUNCTION "private"."attended_entries"(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) FROM PUBLIC;
