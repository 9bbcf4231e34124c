CREATE OR REPLACE FUNCTION private.refuse_rewriting()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  raise exception '% on %.% is refused: history is kept', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = 'What was known stays; change the table that it was recorded of.';
end
$function$;

COMMENT ON FUNCTION "private"."refuse_rewriting"() IS 'Trigger: what was known before this transaction can be superseded once, and nothing else (SQLSTATE 23001).';

REVOKE ALL ON FUNCTION "private"."refuse_rewriting"() FROM PUBLIC;
