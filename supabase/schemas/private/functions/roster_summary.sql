CREATE OR REPLACE FUNCTION private.roster_summary (
  chapter_ids uuid[],
  as_of       date
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  sets integer[];
  total bigint;
  paused bigint;
  expired bigint;
  expiring_soon bigint;
  overdue bigint;
  undelivered bigint := 0;
  discrepancies bigint := 0;
  waits boolean;
  unfolded boolean;
  change record;
begin
  sets := array(
    select distinct m.chapter_set_id
    from private.chapter_set_members m
    where m.chapter_id = any (roster_summary.chapter_ids));

  select
    coalesce(sum(c.mentors), 0),
    coalesce(sum(c.paused), 0) - coalesce(sum(c.paused_expiring) filter (where c.day < roster_summary.as_of), 0),
    coalesce(sum(c.expiring) filter (where c.day < roster_summary.as_of), 0),
    coalesce(sum(c.expiring) filter (where c.day >= roster_summary.as_of), 0),
    coalesce(sum(c.due_back - c.due_back_expired) filter (where c.day < roster_summary.as_of), 0),
    exists (select from private.unacknowledged u where u.chapter_set_id = any (sets))
      or exists (select from private.unacknowledged u where u.chapter_set_id is null),
    exists (select from private.roster_deltas d where d.chapter_set_id = any (sets))
      or exists (
        select from private.roster_entries e
        where e.chapter_id = any (roster_summary.chapter_ids) and e.recheck_on <= roster_summary.as_of)
  into total, paused, expired, expiring_soon, overdue, waits, unfolded
  from private.roster_counts c
  where c.chapter_set_id = any (sets) and c.day <= roster_summary.as_of + 30;

  if waits then
    undelivered := private.undelivered_count(roster_summary.chapter_ids);
    discrepancies := private.discrepancy_count(roster_summary.chapter_ids);
  end if;

  if unfolded then
    with rechecked as (
      -- A certification registered in advance begins to count, and nothing has
      -- refreshed the entry yet: subtract the old facts and add the new ones.
      select distinct e.mentor_id, e.certified_until as before, f.certified_until as after
      from private.roster_entries e
      cross join lateral private.certification_facts(array[e.mentor_id], roster_summary.as_of) f
      where e.recheck_on <= roster_summary.as_of
        and e.chapter_id = any (roster_summary.chapter_ids)
    ), facts as (
      select d.change, d.is_pause, d.certified_until, d.expected_return_date
      from private.roster_deltas d
      where d.chapter_set_id = any (sets)
      union all
      select v.change, false, v.certified_until, null
      from rechecked r
      cross join lateral (values (-1, r.before), (1, r.after)) v (change, certified_until)
      union all
      select v.change, true, v.certified_until, p.expected_return_date
      from rechecked r
      join public.pause_records p
        on p.mentor_id = r.mentor_id and p.status in ('paused', 'expired_cert') and p.paused_at is not null
      cross join lateral (values (-1, r.before), (1, r.after)) v (change, certified_until)
    )
    select
      coalesce(sum(f.change) filter (where not f.is_pause), 0) as total,
      coalesce(sum(f.change) filter (where f.is_pause and coalesce(f.certified_until >= roster_summary.as_of, true)), 0) as paused,
      coalesce(sum(f.change) filter (where not f.is_pause and f.certified_until < roster_summary.as_of), 0) as expired,
      coalesce(sum(f.change) filter (where not f.is_pause
        and f.certified_until between roster_summary.as_of and roster_summary.as_of + 30), 0) as expiring_soon,
      coalesce(sum(f.change) filter (where f.is_pause and coalesce(f.certified_until >= roster_summary.as_of, true)
        and f.expected_return_date < roster_summary.as_of), 0) as overdue
    into change
    from facts f;
    total := total + change.total;
    paused := paused + change.paused;
    expired := expired + change.expired;
    expiring_soon := expiring_soon + change.expiring_soon;
    overdue := overdue + change.overdue;
  end if;

  return jsonb_build_object(
    'total', total,
    'active', total - paused - expired,
    'paused', paused,
    'expired_cert', expired,
    'expiring_soon', expiring_soon,
    'return_overdue', overdue,
    'undelivered_notifications', undelivered,
    'open_discrepancies', discrepancies);
end
$function$;

COMMENT ON FUNCTION "private"."roster_summary"(uuid[], date) IS 'The dashboard''s counts over these chapters on a date, each mentor once. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."roster_summary"(uuid[], date) FROM PUBLIC;
