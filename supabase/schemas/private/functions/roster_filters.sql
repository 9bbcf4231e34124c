CREATE OR REPLACE FUNCTION private.roster_filters (
  statuses       text[],
  needle         text,
  coordinator_id uuid,
  kinds          text[],
  as_of          date
)
  RETURNS private.roster_filter[]
  LANGUAGE plpgsql
  IMMUTABLE
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
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
$function$;

COMMENT ON FUNCTION "private"."roster_filters"(text[], text, uuid, text[], date) IS 'The filters whose pages together are that of these statuses, part of a name, coordinator and kinds of attention (null: any) on a date. Nobody meets two of them.';

REVOKE ALL ON FUNCTION "private"."roster_filters"(text[], text, uuid, text[], date) FROM PUBLIC;
