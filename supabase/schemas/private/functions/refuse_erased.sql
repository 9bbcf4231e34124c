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
    erased := null;
    if tg_op <> 'DELETE' then
      execute format('select e.person_id from public.erasures e where e.person_id in (select n.%I from new_rows n) limit 1', tg_argv[i])
      into erased;
    end if;
    if tg_op <> 'INSERT' and erased is null then
      execute format('select e.person_id from public.erasures e where e.person_id in (select o.%I from old_rows o) limit 1', tg_argv[i])
      into erased;
    end if;
    if erased is not null and tg_op = 'UPDATE' then
      execute format($query$
        select e.person_id
        from new_rows n
        full join old_rows o on o.id = n.id
        join public.erasures e on e.person_id in (n.%1$I, o.%1$I)
        cross join lateral (select to_jsonb(n) as changed, to_jsonb(o) as was) r
        where not (r.changed @> '{"display_name": "Slettet person", "locale": "nb"}')
          and (r.changed - 'ended_at' = r.was - 'ended_at'
            and (r.changed ->> 'ended_at')::timestamptz < coalesce((r.was ->> 'ended_at')::timestamptz, 'infinity')) is not true
        limit 1 $query$, tg_argv[i])
      into erased;
    end if;
    if erased is not null then
      raise exception 'person % was erased, which is final', erased
        using errcode = 'restrict_violation', constraint = tg_table_name || '_erased_is_final',
          table = tg_table_name, schema = tg_table_schema, hint = 'A person who returns is registered under a new id.';
    end if;
  end loop;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_erased"() IS 'Trigger: refuses to enter, change or delete what names somebody who was erased, for every role (SQLSTATE 23001); its arguments are the columns that name people. Definer, because not everybody who writes may read the erasures.';

REVOKE ALL ON FUNCTION "private"."refuse_erased"() FROM PUBLIC;
