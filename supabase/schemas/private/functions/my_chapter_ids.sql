CREATE OR REPLACE FUNCTION private.my_chapter_ids()
  RETURNS uuid[]
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if private.is_organisation_administrator() then
    return array(select c.id from public.chapters c);
  end if;
  return array(
    select distinct m.chapter_id
    from public.chapter_memberships m
    where m.user_id = auth.uid()
      and m.role in ('coordinator', 'administrator')
      and m.started_at <= statement_timestamp()
      and (m.ended_at is null or m.ended_at > statement_timestamp())
  );
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."my_chapter_ids"() TO "authenticated";

COMMENT ON FUNCTION "private"."my_chapter_ids"() IS 'Chapters in which the caller is an active coordinator or administrator; all of them for an organisation administrator. Policies call it once per statement.';

REVOKE ALL ON FUNCTION "private"."my_chapter_ids"() FROM PUBLIC;
