CREATE OR REPLACE FUNCTION private.keep_removed_certifications()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  insert into private.removed_certifications (id, mentor_id, kind, issued_on, expires_on, actor_id)
  select o.id, o.mentor_id, o.kind, o.issued_on, o.expires_on,
    case when coalesce(current_setting('mentorpause.command', true), '') <> '' then auth.uid() end
  from old_rows o
  -- Entered again under its old id, and removed again.
  on conflict on constraint removed_certifications_pkey do nothing;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."keep_removed_certifications"() IS 'Trigger: keeps certifications that are deleted. Definer, because what was removed has no other writer.';

REVOKE ALL ON FUNCTION "private"."keep_removed_certifications"() FROM PUBLIC;
