CREATE OR REPLACE FUNCTION private.reconcile (
  mentor_ids uuid[],
  as_of      date,
  OUT        reported integer,
  OUT        held uuid[],
  OUT        touched uuid[]
)
  RETURNS record
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  suspects uuid[] := array(select distinct d.mentor_id from private.find_discrepancies(reconcile.mentor_ids) d);
  free uuid[];
  misshown uuid[];
  sets integer[];
  left_by_all integer[] := array(
    select s.id from private.chapter_sets s
    where not exists (select from private.roster_entries e where e.chapter_set_id = s.id)
    order by s.id);
begin
  reconcile.reported := 0;
  reconcile.held := '{}';
  reconcile.touched := '{}';
  -- Where nobody is a mentor any more, there is no mentor to report it under.
  if left_by_all <> '{}' and not exists (select from private.recounted(left_by_all)) then
    left_by_all := '{}';
  end if;
  if suspects = '{}' and left_by_all = '{}' then
    return;
  end if;
  -- A transaction that folds may go on to wait for a mentor, so it isn't waited for either.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    reconcile.held := suspects;
    return;
  end if;
  perform private.recount(left_by_all);
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

  with found as materialized (
    select * from private.find_discrepancies(free)
  ), written as (
    insert into public.status_discrepancies (mentor_id, kind, pause_record_id, log_id)
    select d.mentor_id, d.kind, d.pause_record_id, d.log_id
    from found d
    order by d.mentor_id, d.pause_record_id, d.kind, d.log_id
    on conflict (pause_record_id, kind, log_id)
      where kind in ('version_repeated', 'version_ahead', 'stretches_overlap') do nothing
    returning mentor_id, pause_record_id
  ), told as (
    insert into public.notifications (mentor_id, audience, kind, pause_record_id)
    select w.mentor_id, 'administrator', 'discrepancy_found', w.pause_record_id from written w
  )
  select (select count(*) from written),
    coalesce(array_agg(distinct f.mentor_id) filter (where f.kind = 'roster_differs'), '{}'),
    array(
      select distinct e.chapter_set_id from private.roster_entries e
      where e.mentor_id in (select g.mentor_id from found g where g.kind in ('roster_differs', 'counts_differ')))
  into reconcile.reported, misshown, sets
  from found f;
  perform private.repair_log(free, reconcile.as_of);
  if misshown <> '{}' then
    -- It counts what it changes in the entries, which is wrong where somebody else
    -- had changed them: so the counts are corrected too.
    perform private.refresh_roster(misshown);
    sets := sets || array(
      select distinct e.chapter_set_id from private.roster_entries e where e.mentor_id = any (misshown));
  end if;
  if sets <> '{}' then
    perform private.recount(sets);
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."reconcile"(uuid[], date) IS 'Finds, reports and repairs the differences between status, log and read model of these mentors; returns how many were new, which mentors were held by somebody else, and which it touched.';

REVOKE ALL ON FUNCTION "private"."reconcile"(uuid[], date) FROM PUBLIC;
