CREATE OR REPLACE FUNCTION private.rebuild_roster()
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  ids uuid[];
  sets integer[];
  last_id uuid := uuid '00000000-0000-0000-0000-000000000000';
begin
  -- Locks out every writer of what the entries are built from, in the order in which
  -- those lock: the fold first, for which all others only try; then what a statement
  -- changes itself; then the people, whom everybody locks who begins or ends a pause.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  lock table public.profiles, public.chapter_memberships, public.certifications,
    public.coordinator_assignments, public.leave_requests in share row exclusive mode;
  lock table private.person_locks in exclusive mode;
  -- People who came in with triggers switched off.
  insert into private.person_locks (person_id) select p.id from public.profiles p on conflict do nothing;
  delete from private.roster_counts;
  delete from private.roster_deltas;
  delete from private.roster_entries;
  delete from private.roster_places;
  delete from private.roster_names;
  delete from private.chapter_sets;
  delete from private.request_places;
  analyze public.profiles, public.chapter_memberships, public.certifications, public.coordinator_assignments, public.pause_records;
  -- Added to the index one by one, the parts of all names take four times as long.
  alter index private.roster_names_by_part set (fastupdate = on);
  loop
    ids := array(
      select distinct m.user_id from public.chapter_memberships m
      where m.user_id > last_id and m.role = 'mentor' and (m.ended_at is null or m.ended_at > now())
      order by m.user_id
      limit 20000);
    exit when ids = '{}';
    perform private.refresh_roster(ids);
    perform private.place_requests(ids);
    last_id := ids[cardinality(ids)];
  end loop;
  perform gin_clean_pending_list('private.roster_names_by_part');
  alter index private.roster_names_by_part set (fastupdate = off);
  delete from private.unacknowledged;
  perform private.refresh_unacknowledged(array(
    select n.mentor_id from public.notifications n where n.state = 'undeliverable' and n.acknowledged_at is null
    union
    select d.mentor_id from public.status_discrepancies d where d.acknowledged_at is null));
  -- What was counted on the way is scattered over the table.
  delete from private.roster_counts;
  delete from private.roster_deltas;
  for sets in
    select array_agg(n.id order by n.id)
    from (select s.id, row_number() over (order by s.id) as place from private.chapter_sets s) n
    group by (n.place - 1) / 1000
    order by 1
  loop
    perform private.recount(sets);
  end loop;
end
$function$;

COMMENT ON FUNCTION "private"."rebuild_roster"() IS 'Rebuilds the whole read model from the tables. Meanwhile writers wait, readers do not. For the role postgres.';

REVOKE ALL ON FUNCTION "private"."rebuild_roster"() FROM PUBLIC;
