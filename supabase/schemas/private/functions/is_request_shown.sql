CREATE OR REPLACE FUNCTION private.is_request_shown (
  mentor_id   uuid,
  created_at  timestamp with time zone,
  answered_at timestamp with time zone,
  caller_id   uuid,
  chapter_ids uuid[],
  everybody   boolean
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return is_request_shown.everybody or is_request_shown.mentor_id = is_request_shown.caller_id or coalesce((
    select bool_or(m.started_at <= statement_timestamp() and (m.ended_at is null or m.ended_at > statement_timestamp()))
      and (case when is_request_shown.answered_at is null
        then bool_or(m.started_at <= is_request_shown.created_at and (m.ended_at is null or m.ended_at > statement_timestamp()))
          or private.is_of_this_time(is_request_shown.mentor_id, is_request_shown.created_at)
        else bool_or(m.started_at <= is_request_shown.answered_at and (m.ended_at is null or m.ended_at >= is_request_shown.answered_at)) end)
    from public.chapter_memberships m
    where m.user_id = is_request_shown.mentor_id and m.role = 'mentor' and m.chapter_id = any (is_request_shown.chapter_ids)), false);
end
$function$;

COMMENT ON FUNCTION "private"."is_request_shown"(uuid, timestamp with time zone, timestamp with time zone, uuid, uuid[], boolean) IS 'Whether the caller, who manages these chapters, or everybody''s, sees a request of this mentor that was made and answered then (null: it is open).';

REVOKE ALL ON FUNCTION "private"."is_request_shown"(uuid, timestamp WITH time zone, timestamp WITH time zone, uuid, uuid[], boolean) FROM PUBLIC;
