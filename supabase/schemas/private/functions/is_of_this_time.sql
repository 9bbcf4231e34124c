CREATE OR REPLACE FUNCTION private.is_of_this_time (
  mentor_id  uuid,
  created_at timestamp with time zone
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from public.chapter_memberships m
    where m.user_id = is_of_this_time.mentor_id and m.role = 'mentor'
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
      and m.chapter_id = any (private.my_chapter_ids())
  ) and not exists (
    select from private.mentor_times t
    where t.mentor_id = is_of_this_time.mentor_id and t.is_return
      and t.from_on <= private.today() and t.from_on > private.date_of(is_of_this_time.created_at)
  );
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."is_of_this_time"(uuid, timestamp WITH time zone) TO "authenticated";

COMMENT ON FUNCTION "private"."is_of_this_time"(uuid, timestamp with time zone) IS 'Whether what began then is of the time in which this mentor, one of the caller''s chapters now, is a mentor, and not of one that ended before. Definer, because callers may not see the memberships of other chapters. The policies ask it last: it costs more than a membership of the caller''s chapters that has begun before.';

REVOKE ALL ON FUNCTION "private"."is_of_this_time"(uuid, timestamp WITH time zone) FROM PUBLIC;
