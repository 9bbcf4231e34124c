CREATE OR REPLACE FUNCTION private.erase_person_as_administrator (
  person_id uuid
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if private.my_id() is null then
    perform private.refuse('unauthenticated');
  end if;
  -- Before the locks for whoever has no business with them, and under them for all.
  perform private.refuse_unless_erasable(erase_person_as_administrator.person_id);
  perform private.erase_people(array[erase_person_as_administrator.person_id], auth.uid(), true);
end
$function$;

GRANT EXECUTE ON FUNCTION "private"."erase_person_as_administrator"(uuid) TO "authenticated";

COMMENT ON FUNCTION "private"."erase_person_as_administrator"(uuid) IS 'Behind public.erase_person. Definer, because nobody may write the tables directly; checks the caller itself.';

REVOKE ALL ON FUNCTION "private"."erase_person_as_administrator"(uuid) FROM PUBLIC;
