CREATE OR REPLACE FUNCTION private.guard_planned_pause()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if tg_op = 'INSERT' or new.starts_on <> old.starts_on then
    if new.starts_on <= private.today() then
      raise exception 'a planned pause begins after today'
        using errcode = 'check_violation', constraint = 'planned_pauses_lies_ahead',
          table = tg_table_name, schema = tg_table_schema;
    end if;
  end if;
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."guard_planned_pause"() IS 'Trigger: a plan is entered, and moved, to a day that lies ahead (SQLSTATE 23514).';

REVOKE ALL ON FUNCTION "private"."guard_planned_pause"() FROM PUBLIC;
