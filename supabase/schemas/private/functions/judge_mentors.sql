CREATE OR REPLACE FUNCTION private.judge_mentors (
  mentor_ids uuid[],
  since      date,
  as_of      date,
  OUT        expired integer,
  OUT        restored integer,
  OUT        begun integer,
  OUT        reminders integer,
  OUT        held uuid[]
)
  RETURNS record
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  SET plan_cache_mode TO 'force_generic_plan'
  SET jit TO 'off'
  SET enable_seqscan TO 'off'
  SET max_parallel_workers_per_gather TO '0'
  AS $function$
declare
  marked uuid[];
  free_marks uuid[] := '{}'::uuid[];
  wanted uuid[] := judge_mentors.mentor_ids;
  locked uuid[];
  recheck uuid[];
  busy uuid[];
  -- Asked for once, not for each entry.
  today date := private.today();
begin
  judge_mentors.held := '{}';
  -- Marks that somebody is writing, and mentors whom a coordinator holds, are not
  -- waited for. The facts are read by later statements, which see what earlier
  -- transactions have committed.
  marked := array(
    select p.mentor_id from private.nightly_pending p where p.mentor_id = any (judge_mentors.mentor_ids));
  if marked <> '{}' then
    free_marks := array(
      select p.mentor_id from private.nightly_pending p
      where p.mentor_id = any (marked) order by p.mentor_id for update skip locked);
    if cardinality(free_marks) < cardinality(marked) then
      wanted := array(select unnest(wanted) except (select unnest(marked) except select unnest(free_marks)));
    end if;
  end if;
  locked := private.try_lock_mentors(wanted);
  if cardinality(locked) < cardinality(judge_mentors.mentor_ids) then
    judge_mentors.held := array(select unnest(judge_mentors.mentor_ids) except select unnest(locked));
  end if;

  select a.expired, a.restored, a.begun, a.held into judge_mentors.expired, judge_mentors.restored, judge_mentors.begun, busy
  from private.apply_changes(locked, judge_mentors.since, judge_mentors.as_of, 'scheduler') a;
  if busy <> '{}' then
    judge_mentors.held := judge_mentors.held || busy;
    locked := array(select unnest(locked) except select unnest(busy));
  end if;
  perform private.settle_leave_requests(locked, judge_mentors.as_of);
  judge_mentors.reminders := private.remind(locked, judge_mentors.as_of);
  delete from private.nightly_held h where h.mentor_id = any (locked);
  if free_marks <> '{}' then
    -- A mentor whose status was stored by facts after this date is still to be judged by those.
    delete from private.nightly_pending p
    where p.mentor_id = any (free_marks) and p.mentor_id = any (locked)
      -- The limit keeps it a look-up, whatever the statistics say of the table.
      and (
        select true from public.pause_records r
        where r.mentor_id = p.mentor_id and r.effective_on > judge_mentors.as_of
        limit 1) is null;
  end if;

  -- The entries of days that are over. A transaction that holds the mentor is about to
  -- refresh them anyway; until then no page shows them.
  recheck := array(
    select distinct e.mentor_id from private.roster_entries e
    where e.mentor_id = any (locked) and e.until_on <= today);
  if recheck <> '{}' then
    recheck := array(
      select l.person_id from private.person_locks l where l.person_id = any (recheck)
      order by l.person_id for no key update skip locked);
  end if;
  if recheck <> '{}' then
    perform private.refresh_roster(recheck);
  end if;
end
$function$;

COMMENT ON FUNCTION "private"."judge_mentors"(uuid[], date, date) IS 'Does what is due for these mentors: status, leave requests, reminders, read model. Returns how much, and which mentors somebody else held.';

REVOKE ALL ON FUNCTION "private"."judge_mentors"(uuid[], date, date) FROM PUBLIC;
