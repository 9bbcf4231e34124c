CREATE OR REPLACE FUNCTION private.refuse_direct_write()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  calls text;
begin
  get diagnostics calls = pg_context;
  -- The first line is this function's own; in another language than English nothing is told.
  if position('PL/pgSQL function ' in calls) = 1 and position(E'\nPL/pgSQL function ' || tg_argv[0] in calls) = 0 then
    raise exception '% on %.% is refused: it is written by its functions alone', tg_op, tg_table_schema, tg_table_name
      using errcode = 'restrict_violation', hint = tg_argv[1];
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_direct_write"() IS 'Trigger: refuses, for every role, what is not written by a function of ours whose name begins with the first argument (SQLSTATE 23001); the second is the hint. What a trigger writes is not asked about: the condition is pg_trigger_depth() = 0.';

REVOKE ALL ON FUNCTION "private"."refuse_direct_write"() FROM PUBLIC;
