CREATE OR REPLACE FUNCTION private.fold_roster_deltas (
  batch integer DEFAULT 4096
)
  RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  -- A day of margin: no as-of date is before this.
  past date := private.today() - 1;
  facts private.roster_fact[];
begin
  -- One call at a time, and nobody waits for it.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    return 0;
  end if;

  with taken as (
    delete from private.roster_deltas d
    where d.ctid = any (array(select o.ctid from private.roster_deltas o limit fold_roster_deltas.batch))
    returning d.*
  )
  select array_agg((t.chapter_set_id, t.change, t.subject, t.from_on, t.until_on, t.certified_until, t.expected_return_date)::private.roster_fact)
  into facts
  from taken t;

  with outdated as (
    delete from private.roster_counts c
    where (c.chapter_set_id in (select f.chapter_set_id from unnest(facts) f) or c.chapter_set_id = 0)
      and c.day > '-infinity' and c.day < past
    returning c.*
  ), reckoned as materialized (
    select * from private.counted_days(facts)
  ), sums as (
    select d.chapter_set_id, d.day,
      coalesce(sum(d.mentors), 0) as mentors, coalesce(sum(d.expired), 0) as expired, coalesce(sum(d.expiring), 0) as expiring,
      coalesce(sum(d.paused), 0) as paused, coalesce(sum(d.overdue), 0) as overdue, coalesce(sum(d.due_back), 0) as due_back,
      coalesce(sum(d.open_ended), 0) as open_ended, coalesce(sum(d.open_requests), 0) as open_requests
    from (
      select r.* from reckoned r
      union all
      select 0, r.day, r.mentors, r.expired, r.expiring, r.paused, r.overdue, r.due_back, r.open_ended, r.open_requests
      from reckoned r
      where r.chapter_set_id > 0
      union all
      select o.chapter_set_id, '-infinity', o.mentors, o.expired, o.expiring, o.paused, o.overdue, o.due_back, o.open_ended,
        o.open_requests
      from outdated o
    ) d
    group by 1, 2
  )
  insert into private.roster_counts as c
    (chapter_set_id, day, mentors, expired, expiring, paused, overdue, due_back, open_ended, open_requests)
  select s.chapter_set_id, s.day, s.mentors, s.expired, s.expiring, s.paused, s.overdue, s.due_back, s.open_ended, s.open_requests
  from sums s
  where (s.mentors, s.expired, s.expiring, s.paused, s.overdue, s.due_back, s.open_ended, s.open_requests)
    <> (0, 0, 0, 0, 0, 0, 0, 0)
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    expired = c.expired + excluded.expired,
    expiring = c.expiring + excluded.expiring,
    paused = c.paused + excluded.paused,
    overdue = c.overdue + excluded.overdue,
    due_back = c.due_back + excluded.due_back,
    open_ended = c.open_ended + excluded.open_ended,
    open_requests = c.open_requests + excluded.open_requests;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id is null limit fold_roster_deltas.batch));
  return coalesce(cardinality(facts), 0);
end
$function$;

COMMENT ON FUNCTION "private"."fold_roster_deltas"(integer) IS 'Folds as many deltas into the counts and returns how many. The sums stay the same, so readers never notice. Also looks up unacknowledged matters that could not be looked up when they began.';

REVOKE ALL ON FUNCTION "private"."fold_roster_deltas"(integer) FROM PUBLIC;
