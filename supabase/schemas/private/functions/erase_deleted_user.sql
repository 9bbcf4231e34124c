CREATE OR REPLACE FUNCTION private.erase_deleted_user()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if tg_level = 'STATEMENT' then
    -- All together: an erasure that waits for the next person must not hold the last one.
    perform private.erase_people(array(select o.id from old_rows o order by o.id), null, false);
  else
    perform private.erase_people(array[old.id], null, false);
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."erase_deleted_user"() IS 'Trigger: erases the people whose users were deleted. Definer, because Supabase Auth''s own role reaches none of these tables.';

REVOKE ALL ON FUNCTION "private"."erase_deleted_user"() FROM PUBLIC;
