CREATE OR REPLACE FUNCTION private.record_pause_facts()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET jit TO 'off'
  AS $function$
declare
  author constant record := private.fact_author(tg_table_name, tg_op);
begin
  if tg_op = 'INSERT' then
    insert into private.pause_versions (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
    select n.mentor_id, n.id, n.paused_at, n.reactivated_at, (select private.fact_moment()), author.recorded_by, author.command
    from new_rows n
    where n.paused_at is not null;
    return null;
  end if;

  with changed as (
    select n.mentor_id, n.id, n.paused_at, n.reactivated_at, (select private.fact_moment()) as moment
    from new_rows n
    join old_rows o on o.id = n.id
    where n.paused_at is not null
      and (o.paused_at, o.reactivated_at) is distinct from (n.paused_at, n.reactivated_at)
  ), gone as (
    update private.pause_versions v
    set superseded_at = greatest(c.moment, v.recorded_at), superseded_by = author.recorded_by, superseded_command = author.command
    from changed c
    where v.mentor_id = c.mentor_id and v.id = c.id and v.superseded_at = 'infinity' and v.recorded_at <> c.moment
  )
  insert into private.pause_versions (mentor_id, id, paused_at, ended_at, recorded_at, recorded_by, command)
  select c.mentor_id, c.id, c.paused_at, c.reactivated_at, c.moment, author.recorded_by, author.command
  from changed c
  on conflict on constraint pause_versions_pkey do update
  set ended_at = excluded.ended_at, recorded_by = excluded.recorded_by, command = excluded.command;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."record_pause_facts"() IS 'Trigger: keeps when pauses begin and end. Definer, because the versions have no other writer.';

REVOKE ALL ON FUNCTION "private"."record_pause_facts"() FROM PUBLIC;
