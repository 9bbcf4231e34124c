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
  perform from private.person_locks l where l.person_id = new.mentor_id for no key update skip locked;
  if found then
    perform private.refresh_unacknowledged(array[new.mentor_id]);
  elsif new.acknowledged_at is null then
    -- Each page looks at it, until the mentor is looked up; so there is none in passing,
    -- whose index entry each page would step over until the next vacuum.
    insert into private.unacknowledged (mentor_id) values (new.mentor_id);
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."note_unacknowledged"() IS 'Trigger: keeps private.unacknowledged when something about a mentor begins or ceases to wait for an acknowledgement.';

REVOKE ALL ON FUNCTION "private"."note_unacknowledged"() FROM PUBLIC;
