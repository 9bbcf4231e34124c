CREATE OR REPLACE FUNCTION private.erase_deleted_user()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  perform private.erase_person(old.id, null);
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."erase_deleted_user"() IS 'Trigger: erases the person whose user was deleted. Definer, because Supabase Auth''s own role reaches none of these tables.';

REVOKE ALL ON FUNCTION "private"."erase_deleted_user"() FROM PUBLIC;
