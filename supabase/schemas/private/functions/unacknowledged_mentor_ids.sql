CREATE OR REPLACE FUNCTION private.unacknowledged_mentor_ids (
  chapter_ids uuid[]
)
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  sets integer[] := array(
    select distinct m.chapter_set_id from private.chapter_set_members m
    where m.chapter_id = any (unacknowledged_mentor_ids.chapter_ids));
begin
  if unacknowledged_mentor_ids.chapter_ids is null then
    return array(select distinct u.mentor_id from private.unacknowledged u);
  end if;
  return array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id = any (sets)
    union
    select u.mentor_id from private.unacknowledged u
    where u.chapter_set_id is null
      and private.answerable_chapter_ids(u.mentor_id) && unacknowledged_mentor_ids.chapter_ids);
end
$function$;

COMMENT ON FUNCTION "private"."unacknowledged_mentor_ids"(uuid[]) IS 'The mentors about whom something may wait to be acknowledged in these chapters (null: in all). All of it may have been acknowledged since.';

REVOKE ALL ON FUNCTION "private"."unacknowledged_mentor_ids"(uuid[]) FROM PUBLIC;
