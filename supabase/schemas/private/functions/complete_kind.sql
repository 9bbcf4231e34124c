CREATE OR REPLACE FUNCTION private.complete_kind()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if tg_op = 'UPDATE' and new.code <> old.code then
    raise exception 'a certification kind keeps its code'
      using errcode = 'restrict_violation', constraint = 'certification_kinds_code_is_fixed',
        table = tg_table_name, schema = tg_table_schema, hint = 'Change its names, or replace it by another kind.';
  end if;
  new.code := private.trimmed(new.code);
  new.match_key := private.kind_key(new.code);
  new.name_nb := coalesce(private.trimmed(new.name_nb), new.code);
  new.name_nn := coalesce(private.trimmed(new.name_nn), new.name_nb);
  new.name_en := coalesce(private.trimmed(new.name_en), new.name_nb);
  new.replaced_by := coalesce(private.kind_code(new.replaced_by), new.replaced_by);
  return new;
end
$function$;

COMMENT ON FUNCTION "private"."complete_kind"() IS 'Trigger: a kind keeps its code, has the key that it is matched by, and a name in each language. Definer, for writers who reach only the table itself.';

REVOKE ALL ON FUNCTION "private"."complete_kind"() FROM PUBLIC;
