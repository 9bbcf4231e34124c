CREATE OR REPLACE FUNCTION private.refresh_touched_mentors()
  RETURNS TRIGGER
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  touched uuid[] := '{}';
  more uuid[];
begin
  -- The argument names the column with the person. Dynamic, so that one function
  -- serves tables of different shapes.
  if tg_op <> 'INSERT' then
    execute format('select array_agg(distinct o.%I) from old_rows o', tg_argv[0]) into more;
    touched := coalesce(more, '{}');
  end if;
  if tg_op <> 'DELETE' then
    execute format('select array_agg(distinct n.%I) from new_rows n where n.%1$I <> all ($1)', tg_argv[0]) using touched into more;
    touched := touched || coalesce(more, '{}');
  end if;
  if touched = '{}' then
    return null;
  end if;
  -- An entry names coordinators. Coordinators are locked before mentors: by whoever
  -- assigns one, so that what is read of them stays; and by whoever changes one, so
  -- that the mentors who are looked up next are all.
  if tg_table_name = 'coordinator_assignments' and tg_op <> 'DELETE' then
    perform private.lock_coordinators(array(select n.coordinator_id from new_rows n where n.ended_at is null), true);
  elsif tg_argv[0] <> 'mentor_id' then
    perform private.lock_coordinators(array(
      select t from unnest(touched) t
      where exists (select from public.coordinator_assignments a where a.coordinator_id = t)
        or exists (select from public.chapter_memberships m where m.user_id = t and m.role = 'coordinator')), false);
    touched := touched || array(
      select a.mentor_id from public.coordinator_assignments a
      where a.coordinator_id = any (touched) and a.ended_at is null
    );
  end if;
  -- Whoever hands mentors over has the entries written by what begins. An entry that is one
  -- for all days, and doesn't name whose assignment has ended, can't name anybody less.
  if tg_table_name = 'coordinator_assignments' and tg_op = 'UPDATE' and cardinality(touched) > 10 then
    perform from private.person_locks l where l.person_id = any (touched) order by l.person_id for no key update;
    touched := array(
      select distinct n.mentor_id
      from new_rows n
      where n.ended_at is null or exists (
        select from private.roster_entries e
        where e.mentor_id = n.mentor_id
          and (e.from_on > '-infinity' or e.until_on < 'infinity'
            or e.coordinators @> jsonb_build_array(jsonb_build_object('id', n.coordinator_id)))));
  end if;
  perform private.refresh_roster(touched);
  if tg_table_name in ('chapter_memberships', 'leave_requests') then
    perform private.place_requests(touched);
  end if;
  return null;
end
$function$;

COMMENT ON FUNCTION "private"."refresh_touched_mentors"() IS 'Trigger: refreshes the roster''s entries of the mentors that a statement touched, and where their requests belong; its argument names the column with the person.';

REVOKE ALL ON FUNCTION "private"."refresh_touched_mentors"() FROM PUBLIC;
