CREATE OR REPLACE FUNCTION private.reconcile (
  mentor_ids uuid[],
  as_of      date,
  OUT        reported integer,
  OUT        roster_repaired integer,
  OUT        counts_repaired integer,
  OUT        held uuid[],
  OUT        touched uuid[]
)
  RETURNS record
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  suspects uuid[] := array(
    select d.mentor_id from private.find_log_discrepancies(reconcile.mentor_ids) d
    union
    select r.mentor_id from private.find_roster_differences(reconcile.mentor_ids) r);
  free uuid[];
  misshown uuid[];
  miscounted integer[];
  of_nobody integer[] := private.find_count_differences_of_nobody();
begin
  reconcile.reported := 0;
  reconcile.roster_repaired := 0;
  reconcile.counts_repaired := 0;
  reconcile.held := '{}';
  reconcile.touched := '{}';
  if suspects = '{}' and of_nobody = '{}' then
    return;
  end if;
  -- A transaction that folds may go on to wait for a mentor, so it isn't waited for either.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    reconcile.held := suspects;
    return;
  end if;
  free := array(select s from unnest(suspects) s where pg_try_advisory_xact_lock(private.mentor_lock(s)));
  -- A transaction that holds a mentor is about to rebuild the entries.
  free := array(
    select s from unnest(free) s
    where not exists (select from private.person_locks l where l.person_id = s)
  ) || array(
    select l.person_id from private.person_locks l where l.person_id = any (free)
    order by l.person_id for no key update skip locked);
  reconcile.held := array(select s from unnest(suspects) s where s <> all (free));
  reconcile.touched := free;

  with written as (
    insert into public.status_discrepancies (mentor_id, kind, pause_record_id, log_id)
    select d.mentor_id, d.kind, d.pause_record_id, d.log_id
    from private.find_log_discrepancies(free) d
    order by d.mentor_id, d.pause_record_id, d.kind, d.log_id
    on conflict (pause_record_id, kind, log_id)
      where kind in ('version_repeated', 'version_ahead', 'stretches_overlap') do nothing
    returning mentor_id, pause_record_id
  ), told as (
    insert into public.notifications (mentor_id, audience, kind, pause_record_id)
    select w.mentor_id, 'administrator', 'discrepancy_found', w.pause_record_id from written w
  )
  select count(*) into reconcile.reported from written;
  perform private.repair_log(free, reconcile.as_of);

  select coalesce(array_agg(d.mentor_id) filter (where d.kind = 'roster_differs'), '{}'),
    coalesce(array_agg(d.chapter_set_id) filter (where d.kind = 'counts_differ'), '{}')
  into misshown, miscounted
  from private.find_roster_differences(free) d;
  reconcile.roster_repaired := cardinality(misshown);
  reconcile.counts_repaired := cardinality(miscounted) + cardinality(of_nobody);
  miscounted := miscounted || of_nobody || array(
    select distinct e.chapter_set_id from private.roster_entries e where e.mentor_id = any (misshown));
  if misshown <> '{}' then
    -- It counts what it changes in the entries, which is wrong where somebody else
    -- had changed them: so the counts are corrected too.
    perform private.refresh_roster(misshown);
    miscounted := miscounted || array(
      select distinct e.chapter_set_id from private.roster_entries e where e.mentor_id = any (misshown));
  end if;
  if miscounted <> '{}' then
    perform private.recount(miscounted);
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."reconcile"(uuid[], date) IS 'Finds and repairs the differences between status, log and read model of these mentors, and reports those of the log; returns how many were new, how many mentors'' entries and how many sets'' counts were repaired, which mentors were held by somebody else, and which it touched.';

REVOKE ALL ON FUNCTION "private"."reconcile"(uuid[], date) FROM PUBLIC;
