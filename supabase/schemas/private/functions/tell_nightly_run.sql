CREATE OR REPLACE FUNCTION private.tell_nightly_run()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  if tg_table_name = 'certifications' and tg_op = 'DELETE' then
    insert into private.nightly_pending (mentor_id)
    select distinct o.mentor_id from old_rows o
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  elsif tg_table_name = 'certifications' then
    insert into private.nightly_pending (mentor_id)
    select distinct n.mentor_id from new_rows n
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  elsif tg_op = 'DELETE' then
    insert into private.nightly_pending (mentor_id)
    select distinct o.user_id from old_rows o where o.role = 'mentor'
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  else
    -- The certification of a mentor who joins may have expired while they were in no
    -- chapter; and whoever leaves may be paused.
    insert into private.nightly_pending (mentor_id)
    select distinct n.user_id from new_rows n where n.role = 'mentor'
    order by 1
    on conflict on constraint nightly_pending_pkey do update set marked_at = excluded.marked_at;
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."tell_nightly_run"() IS 'Trigger: marks the mentors whose certifications or memberships a statement changed. Definer, for writers who reach only the table itself.';

REVOKE ALL ON FUNCTION "private"."tell_nightly_run"() FROM PUBLIC;
