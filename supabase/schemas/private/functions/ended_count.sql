CREATE OR REPLACE FUNCTION private.ended_count (
  since date,
  as_of date
)
  RETURNS integer
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return (
    select count(*) from public.chapter_memberships m
    where m.ended_at >= private.day_start(coalesce(ended_count.since, ended_count.as_of - 1) + 1)
      and m.ended_at < private.day_start(ended_count.as_of + 1));
end
$function$;

COMMENT ON FUNCTION "private"."ended_count"(date, date) IS 'How many memberships have their end on the dates after since (null: the day before) through as_of.';

REVOKE ALL ON FUNCTION "private"."ended_count"(date, date) FROM PUBLIC;
