CREATE OR REPLACE FUNCTION private.guard_people_log()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if new.person_id::text is distinct from nullif(current_setting('mentorpause.erasing', true), '')
     or new.before is not null or new.after is not null
     or to_jsonb(new) - '{before,after}'::text[] <> to_jsonb(old) - '{before,after}'::text[] then
    raise exception 'UPDATE on %.% is refused: history is kept', tg_table_schema, tg_table_name
      using errcode = 'restrict_violation', hint = 'The log is append-only.';
  end if;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."guard_people_log"() IS 'Trigger: an erasure may empty the rows of the person, and nobody may do anything else (SQLSTATE 23001).';

REVOKE ALL ON FUNCTION "private"."guard_people_log"() FROM PUBLIC;
