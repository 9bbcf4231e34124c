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
  folded integer;
begin
  -- One call at a time, and nobody waits for it.
  if not pg_try_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0)) then
    return 0;
  end if;

  with taken as (
    delete from private.roster_deltas d
    where d.id in (
      select o.id from private.roster_deltas o order by o.id limit fold_roster_deltas.batch
    )
    returning d.*
  ), outdated as (
    delete from private.roster_counts c
    where c.chapter_set_id in (select t.chapter_set_id from taken t)
      and c.day > '-infinity' and c.day < past
    returning c.*
  ), facts as (
    select o.chapter_set_id, date '-infinity' as day,
      o.mentors, o.paused, o.expiring, o.paused_expiring, o.due_back, o.due_back_expired
    from outdated o
    union all
    select t.chapter_set_id, f.day, f.mentors, f.paused, f.expiring, f.paused_expiring, f.due_back, f.due_back_expired
    from taken t
    cross join lateral (
      values
        (date '-infinity',
          case when not t.is_pause then t.change end, case when t.is_pause then t.change end,
          null::integer, null::integer, null::integer, null::integer),
        (t.certified_until, null, null,
          case when not t.is_pause then t.change end, case when t.is_pause then t.change end, null, null),
        (case when t.is_pause then t.expected_return_date end, null, null, null, null, t.change, null),
        (case when t.is_pause and t.expected_return_date is not null
              then greatest(t.certified_until, t.expected_return_date) end,
          null, null, null, null, null, case when t.certified_until is not null then t.change end)
    ) f (day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
    where f.day < 'infinity'
  ), sums as (
    select f.chapter_set_id, case when f.day < past then '-infinity' else f.day end as day,
      coalesce(sum(f.mentors), 0) as mentors, coalesce(sum(f.paused), 0) as paused,
      coalesce(sum(f.expiring), 0) as expiring, coalesce(sum(f.paused_expiring), 0) as paused_expiring,
      coalesce(sum(f.due_back), 0) as due_back, coalesce(sum(f.due_back_expired), 0) as due_back_expired
    from facts f
    group by 1, 2
  ), added as (
    insert into private.roster_counts as c
      (chapter_set_id, day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
    select s.chapter_set_id, s.day, s.mentors, s.paused, s.expiring, s.paused_expiring, s.due_back, s.due_back_expired
    from sums s
    where (s.mentors, s.paused, s.expiring, s.paused_expiring, s.due_back, s.due_back_expired) <> (0, 0, 0, 0, 0, 0)
    on conflict on constraint roster_counts_pkey do update set
      mentors = c.mentors + excluded.mentors,
      paused = c.paused + excluded.paused,
      expiring = c.expiring + excluded.expiring,
      paused_expiring = c.paused_expiring + excluded.paused_expiring,
      due_back = c.due_back + excluded.due_back,
      due_back_expired = c.due_back_expired + excluded.due_back_expired
  )
  select count(*) into folded from taken;

  perform private.refresh_unacknowledged(array(
    select u.mentor_id from private.unacknowledged u where u.chapter_set_id is null limit fold_roster_deltas.batch));
  return folded;
end
$function$;

COMMENT ON FUNCTION "private"."fold_roster_deltas"(integer) IS 'Folds the oldest deltas into the counts and returns how many. The sums stay the same, so readers never notice. Also looks up unacknowledged matters that could not be looked up when they began.';

REVOKE ALL ON FUNCTION "private"."fold_roster_deltas"(integer) FROM PUBLIC;
