CREATE OR REPLACE FUNCTION private.guard_certification()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if new.mentor_id <> old.mentor_id then
    raise exception 'a certification can''t change its holder'
      using errcode = 'restrict_violation', hint = 'Delete the mistaken row and insert the right one.';
  end if;
  -- Revoking early and correcting a kind are fine; extending is a renewal.
  if coalesce(new.expires_on, 'infinity') > coalesce(old.expires_on, 'infinity') then
    raise exception 'a certification can''t be prolonged'
      using errcode = 'restrict_violation', hint = 'A renewal is a new row.';
  end if;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."guard_certification"() IS 'Trigger: a renewal is a new row, never an edit of the old one (SQLSTATE 23001).';

REVOKE ALL ON FUNCTION "private"."guard_certification"() FROM PUBLIC;
