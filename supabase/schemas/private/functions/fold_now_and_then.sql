CREATE OR REPLACE FUNCTION private.fold_now_and_then()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- The first call folds all deltas of a large statement; the others would only walk
  -- over what it left behind.
  if exists (select from private.roster_deltas d where d.chapter_set_id = new.chapter_set_id and d.id = new.id) then
    perform private.fold_roster_deltas();
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."fold_now_and_then"() IS 'Trigger: about every 128th delta pays for folding, so that their number stays small whatever else runs.';

REVOKE ALL ON FUNCTION "private"."fold_now_and_then"() FROM PUBLIC;
