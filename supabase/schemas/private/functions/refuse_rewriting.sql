CREATE OR REPLACE FUNCTION private.refuse_rewriting()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if tg_op = 'UPDATE' and old.recorded_at = private.fact_moment() and new.recorded_at = old.recorded_at
      and coalesce(to_jsonb(new) ->> 'superseded_at', 'infinity') = 'infinity' then
    return new;
  elsif tg_op = 'DELETE' and old.recorded_at = private.fact_moment() then
    return old;
  end if;
  raise exception '% on %.% is refused: history is kept', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation', hint = 'What was known stays; change the table that it was recorded of.';
end
$function$;

COMMENT ON FUNCTION "private"."refuse_rewriting"() IS 'Trigger: a version is superseded once, at the moment of the transaction that does so, and nothing else (SQLSTATE 23001).';

REVOKE ALL ON FUNCTION "private"."refuse_rewriting"() FROM PUBLIC;
