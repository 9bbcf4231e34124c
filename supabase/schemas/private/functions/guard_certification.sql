CREATE OR REPLACE FUNCTION private.guard_certification()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if new.mentor_id <> old.mentor_id and not exists (
    select from private.merged_people m where m.dropped_id = old.mentor_id and m.kept_id = new.mentor_id
  ) then
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

COMMENT ON FUNCTION "private"."guard_certification"() IS 'Trigger: a renewal is a new row, never an edit of the old one, and a certification stays with its holder (SQLSTATE 23001). Definer, because nobody else reads which profiles were joined.';

REVOKE ALL ON FUNCTION "private"."guard_certification"() FROM PUBLIC;
