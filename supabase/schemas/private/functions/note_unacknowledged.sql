CREATE OR REPLACE FUNCTION private.note_unacknowledged()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if new.mentor_id is null then
    return null;
  end if;
  -- A row too many is removed when the mentor is looked up.
  if new.acknowledged_at is null then
    insert into private.unacknowledged (mentor_id) values (new.mentor_id);
  end if;
  perform private.refresh_unacknowledged(array[new.mentor_id]);
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."note_unacknowledged"() IS 'Trigger: keeps private.unacknowledged when something about a mentor begins or ceases to wait for an acknowledgement.';

REVOKE ALL ON FUNCTION "private"."note_unacknowledged"() FROM PUBLIC;
