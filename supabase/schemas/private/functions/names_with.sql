CREATE OR REPLACE FUNCTION private.names_with (
  chapter_ids uuid[],
  needle      text,
  at_most     integer
)
  RETURNS bigint
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET enable_bitmapscan TO 'on'
  AS $function$
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
$function$;

COMMENT ON FUNCTION "private"."names_with"(uuid[], text, integer) IS 'How many in these chapters have this part of a name, counted up to at_most.';

REVOKE ALL ON FUNCTION "private"."names_with"(uuid[], text, integer) FROM PUBLIC;
