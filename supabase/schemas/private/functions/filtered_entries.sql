CREATE OR REPLACE FUNCTION private.filtered_entries (
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
$function$;

COMMENT ON FUNCTION "private"."filtered_entries"(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) IS 'The first at_most of these chapters behind a place who meet a filter, in order. summary: what roster_summary says of these chapters on this date, and of the filter''s coordinator.';

REVOKE ALL ON FUNCTION "private"."filtered_entries"(uuid[], private.roster_filter, date, text, uuid, integer, jsonb) FROM PUBLIC;
