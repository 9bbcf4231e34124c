CREATE OR REPLACE FUNCTION private.refuse_erased()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  erased uuid;
begin
  -- The arguments are the columns that name people. Dynamic, so that one function
  -- serves tables of different shapes.
  for i in 0 .. tg_nargs - 1 loop
    execute format('select e.person_id from public.erasures e where e.person_id in (select n.%I from new_rows n) limit 1', tg_argv[i])
    into erased;
    if erased is not null then
      raise exception 'person % was erased, which is final', erased
        using errcode = 'restrict_violation', constraint = tg_table_name || '_erased_is_final',
          table = tg_table_name, schema = tg_table_schema, hint = 'A person who returns is registered under a new id.';
    end if;
  end loop;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_erased"() IS 'Trigger: refuses rows that name somebody who was erased, for every role (SQLSTATE 23001); its arguments are the columns that name people. Definer, because not everybody who writes may read the erasures.';

REVOKE ALL ON FUNCTION "private"."refuse_erased"() FROM PUBLIC;
