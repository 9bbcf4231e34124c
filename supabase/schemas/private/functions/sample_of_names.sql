CREATE OR REPLACE FUNCTION private.sample_of_names (
  chapter_ids uuid[],
  filter      private.roster_filter,
  as_of       date,
  at_most     integer,
  OUT         named integer,
  OUT         meeting integer
)
  RETURNS record
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET enable_bitmapscan TO 'on'
  AS $function$
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
$function$;

COMMENT ON FUNCTION "private"."sample_of_names"(uuid[], private.roster_filter, date, integer) IS 'How many in these chapters have a filter''s part of a name, counted up to at_most, and of any twenty of them how many have one of its statuses.';

REVOKE ALL ON FUNCTION "private"."sample_of_names"(uuid[], private.roster_filter, date, integer) FROM PUBLIC;
