CREATE OR REPLACE FUNCTION private.refuse_erased()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  final uuid;
  because text;
begin
  -- The arguments are the columns that name people. Dynamic, so that one function
  -- serves tables of different shapes.
  for i in 0 .. tg_nargs - 1 loop
    final := null;
    if tg_op <> 'DELETE' then
      execute format('select f.person_id, f.because from private.final_people f where f.person_id in (select n.%I from new_rows n) limit 1', tg_argv[i])
      into final, because;
    end if;
    if tg_op <> 'INSERT' and final is null then
      execute format('select f.person_id, f.because from private.final_people f where f.person_id in (select o.%I from old_rows o) limit 1', tg_argv[i])
      into final, because;
    end if;
    if final is not null and tg_op = 'UPDATE' and exists (
      select from pg_catalog.pg_attribute a where a.attrelid = tg_relid and a.attname = 'id' and not a.attisdropped)
    then
      execute format($query$
        select f.person_id, f.because
        from new_rows n
        full join old_rows o on o.id = n.id
        join private.final_people f on f.person_id in (n.%1$I, o.%1$I)
        cross join lateral (select to_jsonb(n) as changed, to_jsonb(o) as was) r
        where not (r.changed @> '{"display_name": "Slettet person", "locale": "nb"}')
          and (r.changed - 'ended_at' = r.was - 'ended_at'
            and (r.changed ->> 'ended_at')::timestamptz < coalesce((r.was ->> 'ended_at')::timestamptz, 'infinity')) is not true
          and not exists (
            select from private.merged_people m
            where m.dropped_id = o.%1$I and m.kept_id = n.%1$I and r.changed - %1$L = r.was - %1$L)
        limit 1 $query$, tg_argv[i])
      into final, because;
    end if;
    if final is not null then
      raise exception 'person % %, which is final', final, because
        using errcode = 'restrict_violation', constraint = tg_table_name || '_erased_is_final',
          table = tg_table_name, schema = tg_table_schema,
          hint = case when because = 'was erased' then 'A person who returns is registered under a new id.'
            else 'Use ' || private.kept_id(final) || ' instead.' end;
    end if;
  end loop;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refuse_erased"() IS 'Trigger: refuses to enter, change or delete what names somebody who was erased or joined into another profile, for every role (SQLSTATE 23001); its arguments are the columns that name people. Definer, because not everybody who writes may read who that is.';

REVOKE ALL ON FUNCTION "private"."refuse_erased"() FROM PUBLIC;
