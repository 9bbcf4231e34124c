CREATE OR REPLACE FUNCTION private.lock_chapter (
  chapter_id uuid,
  begins_at  timestamp with time zone
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  closed_at timestamptz;
begin
  select c.closed_at into closed_at from public.chapters c where c.id = lock_chapter.chapter_id for share;
  if not found or closed_at <= greatest(lock_chapter.begins_at, clock_timestamp()) then
    perform private.refuse('invalid_request', 'chapter_id', 'The chapter has closed, or closes before that day.');
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."lock_chapter"(uuid, timestamp with time zone) IS 'Keeps a chapter open until the transaction ends; refuses one that has closed, or will have when the membership begins.';

REVOKE ALL ON FUNCTION "private"."lock_chapter"(uuid, timestamp WITH time zone) FROM PUBLIC;
