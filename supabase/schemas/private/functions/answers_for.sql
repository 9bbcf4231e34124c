CREATE OR REPLACE FUNCTION private.answers_for (
  mentor_id uuid
)
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return private.administers_organisation(auth.uid())
    or private.answerable_chapter_ids(answers_for.mentor_id) && private.chapters_now(auth.uid());
end
$function$;

COMMENT ON FUNCTION "private"."answers_for"(uuid) IS 'Whether the caller is counted, and may acknowledge, what waits about this mentor: an administrator of a chapter that answers for the mentor, or an organisation administrator.';

REVOKE ALL ON FUNCTION "private"."answers_for"(uuid) FROM PUBLIC;
