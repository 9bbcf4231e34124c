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
  select count(*), count(*) filter (where case
    when n.certified_until < sample_of_names.as_of then f.wants_expired when n.is_paused then f.wants_paused when not n.is_paused then f.wants_active end)
  into sample_of_names.named, sample_of_names.meeting
  from (
    select r.chapter_id, r.mentor_id
    from unnest(sample_of_names.chapter_ids) o (chapter_id)
    join private.roster_names r
      on private.search_keys(r.chapter_id, r.searched_as, 1)
        @> private.search_keys(o.chapter_id, f.needle, least(3, char_length(f.needle)))
      and (r.chapter_id = o.chapter_id) is true
    where strpos(r.searched_as, f.needle) > 0
    limit sample_of_names.at_most
  ) k
  left join lateral (
    select p.certified_until, p.is_paused
    from private.roster_places p
    where p.mentor_id = k.mentor_id and p.chapter_id = k.chapter_id
      and p.from_on <= sample_of_names.as_of and p.until_on > sample_of_names.as_of
    offset 0
  ) n on true;
end
$function$;

COMMENT ON FUNCTION "private"."sample_of_names"(uuid[], private.roster_filter, date, integer) IS 'Of any at_most in these chapters who have a filter''s part of a name, how many there are, and how many have one of its statuses.';

REVOKE ALL ON FUNCTION "private"."sample_of_names"(uuid[], private.roster_filter, date, integer) FROM PUBLIC;
