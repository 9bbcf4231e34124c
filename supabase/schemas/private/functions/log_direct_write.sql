CREATE OR REPLACE FUNCTION private.log_direct_write()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET "TimeZone" TO 'UTC'
  AS $function$
begin
  if coalesce(current_setting('mentorpause.command', true), '') <> '' then
    return null;
  end if;
  -- The arguments are the columns with the person and the chapter, empty where the table
  -- has none, and those of the key.
  if tg_op = 'INSERT' then
    insert into public.people_log (command, person_id, chapter_id, after)
    select 'insert ' || tg_table_name, (r.after ->> tg_argv[0])::uuid, (r.after ->> tg_argv[1])::uuid, r.after
    from (select to_jsonb(n) as after from new_rows n) r;
  elsif tg_op = 'DELETE' then
    insert into public.people_log (command, person_id, chapter_id, before)
    select 'delete ' || tg_table_name, (r.before ->> tg_argv[0])::uuid, (r.before ->> tg_argv[1])::uuid, r.before
    from (select to_jsonb(o) as before from old_rows o) r;
  else
    -- Dynamic, because tables have different keys.
    execute format($query$
      insert into public.people_log (command, person_id, chapter_id, before, after)
      select $1, (coalesce(r.after, r.before) ->> $2)::uuid, (coalesce(r.after, r.before) ->> $3)::uuid, r.before, r.after
      from (
        select to_jsonb(o) as before, to_jsonb(n) as after
        from new_rows n full join old_rows o using (%s)
      ) r
      where r.before is distinct from r.after $query$, tg_argv[2])
    using 'update ' || tg_table_name, tg_argv[0], tg_argv[1];
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."log_direct_write"() IS 'Trigger: logs what another system or a hand has written. Definer, because the log has no other writer.';

REVOKE ALL ON FUNCTION "private"."log_direct_write"() FROM PUBLIC;
