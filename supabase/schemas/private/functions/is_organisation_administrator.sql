CREATE OR REPLACE FUNCTION private.is_organisation_administrator()
  RETURNS boolean
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  return exists (
    select from public.organisation_administrators o
    where o.user_id = auth.uid()
      and o.started_at <= statement_timestamp()
      and (o.ended_at is null or o.ended_at > statement_timestamp())
  );
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."is_organisation_administrator"() TO "authenticated";

COMMENT ON FUNCTION "private"."is_organisation_administrator"() IS 'Whether the caller is an active organisation administrator. Definer for the same reason as private.my_chapter_ids(); policies call it once per statement.';

REVOKE ALL ON FUNCTION "private"."is_organisation_administrator"() FROM PUBLIC;
