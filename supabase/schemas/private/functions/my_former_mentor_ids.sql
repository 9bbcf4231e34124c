CREATE OR REPLACE FUNCTION private.my_former_mentor_ids()
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return array(
    select distinct m.user_id
    from public.chapter_memberships m
    where m.chapter_id = any (private.my_administered_chapter_ids()) and m.role = 'mentor' and m.ended_at <= statement_timestamp()
      and m.chapter_id = any (private.answerable_chapter_ids(m.user_id))
  );
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."my_former_mentor_ids"() TO "authenticated";

COMMENT ON FUNCTION "private"."my_former_mentor_ids"() IS 'Former mentors of the chapters that the caller administers, who are active nowhere since, so that these chapters still answer for them (private.answerable_chapter_ids). Definer for the same reason as private.my_chapter_ids().';

REVOKE ALL ON FUNCTION "private"."my_former_mentor_ids"() FROM PUBLIC;
