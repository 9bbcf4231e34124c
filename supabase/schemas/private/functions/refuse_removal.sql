CREATE OR REPLACE FUNCTION private.refuse_removal()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  raise exception '% on %.% is refused: history is kept', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = tg_argv[0];
end
$function$;

COMMENT ON FUNCTION "private"."refuse_removal"() IS 'Trigger: refuses what would remove something from the history, for every role, with its argument as the hint (SQLSTATE 23001).';

REVOKE ALL ON FUNCTION "private"."refuse_removal"() FROM PUBLIC;
