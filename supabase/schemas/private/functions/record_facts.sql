CREATE OR REPLACE FUNCTION private.record_facts()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  -- The arguments are the versions, their key, their columns, as the table has them, and
  -- which rows count.
  versions constant text := tg_argv[0];
  key constant text := tg_argv[1];
  was constant text := format('select %s from old_rows where %s', tg_argv[3], tg_argv[4]);
  since constant text := format('select %s from new_rows where %s', tg_argv[3], tg_argv[4]);
  gone constant text := case tg_op when 'DELETE' then was when 'UPDATE' then was || ' except ' || since end;
  came constant text := case tg_op when 'INSERT' then since when 'UPDATE' then since || ' except ' || was end;
  matching constant text := format('(%s) = (%s)', 'v.' || replace(key, ', ', ', v.'), 'g.' || replace(key, ', ', ', g.'));
  author constant record := private.fact_author(tg_table_name, tg_op);
  records_more constant boolean := coalesce(current_setting('mentorpause.recorded_at', true), '') <> '';
  changes boolean;
  moment timestamptz;
begin
  execute 'select exists (' || concat_ws(') or exists (', gone, came) || ')' into changes;
  if not changes then
    return null;
  end if;
  moment := private.fact_moment();
  if gone is not null then
    if records_more then
      execute format('delete from %s v using (%s) g where %s and v.recorded_at = $1', versions, gone, matching)
      using moment;
    end if;
    execute format(
      'update %s v set superseded_at = greatest($1, v.recorded_at), superseded_by = $2, superseded_command = $3'
        ' from (%s) g where %s and v.superseded_at = %L',
      versions, gone, matching, 'infinity')
    using moment, author.recorded_by, author.command;
  end if;
  if came is not null then
    -- A person erased twice in one transaction is recorded once.
    execute format('insert into %s (%s, recorded_at, recorded_by, command) select c.*, $1, $2, $3 from (%s) c on conflict do nothing',
      versions, tg_argv[2], came)
    using moment, author.recorded_by, author.command;
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."record_facts"() IS 'Trigger: keeps what a statement changed of the facts. Definer, because the versions have no other writer.';

REVOKE ALL ON FUNCTION "private"."record_facts"() FROM PUBLIC;
