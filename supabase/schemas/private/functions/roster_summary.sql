CREATE OR REPLACE FUNCTION private.roster_summary (
  chapter_ids    uuid[],
  as_of          date,
  coordinator_id uuid   DEFAULT NULL::uuid
)
  RETURNS jsonb
  LANGUAGE plpgsql
  STABLE
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
declare
  sets integer[];
  assigned integer[];
  counted integer[];
  number record;
  undelivered bigint := 0;
  discrepancies bigint := 0;
begin
  if roster_summary.chapter_ids is null then
    assigned := array(
      select a.id from private.assigned_sets a where a.coordinator_id = roster_summary.coordinator_id);
    counted := 0 || assigned;
    sets := array(
      select distinct d.chapter_set_id from private.roster_deltas d
      where d.chapter_set_id > 0 or d.chapter_set_id = any (assigned));
  else
    sets := array(
      select distinct m.chapter_set_id
      from private.chapter_set_members m
      where m.chapter_id = any (roster_summary.chapter_ids));
    -- Those of whom the coordinator is responsible for some; counts of others aren't read.
    sets := sets || array(
      select a.id from private.assigned_sets a
      where a.coordinator_id = roster_summary.coordinator_id and a.chapter_set_id = any (sets));
    counted := sets;
  end if;

  select
    coalesce(sum(c.mentors) filter (where c.chapter_set_id >= 0), 0) as mentors,
    coalesce(sum(c.mentors) filter (where c.chapter_set_id < 0), 0) as mine,
    coalesce(sum(c.expired), 0) as expired, coalesce(sum(c.expiring), 0) as expiring,
    coalesce(sum(c.paused), 0) as paused, coalesce(sum(c.overdue), 0) as overdue, coalesce(sum(c.due_back), 0) as due_back,
    coalesce(sum(c.open_ended), 0) as open_ended, coalesce(sum(c.open_requests), 0) as open_requests,
    exists (select from private.unacknowledged u where u.chapter_set_id = any (sets))
      or exists (select from private.unacknowledged u where u.chapter_set_id is null)
      or roster_summary.chapter_ids is null and exists (select from private.unacknowledged) as waits,
    exists (select from private.roster_deltas d where d.chapter_set_id = any (sets)) as is_unfolded
  into number
  from private.roster_counts c
  where c.chapter_set_id = any (counted) and c.day <= roster_summary.as_of;

  if number.waits then
    undelivered := private.undelivered_count(roster_summary.chapter_ids);
    discrepancies := private.discrepancy_count(roster_summary.chapter_ids);
  end if;

  if number.is_unfolded then
    select
      number.mentors + coalesce(sum(d.change) filter (where d.subject = 'mentor' and d.chapter_set_id > 0), 0) as mentors,
      number.mine + coalesce(sum(d.change) filter (where d.subject = 'mentor' and d.chapter_set_id < 0), 0) as mine,
      number.expired + coalesce(sum(d.change) filter (where d.subject = 'mentor' and d.certified_until < roster_summary.as_of), 0) as expired,
      number.expiring + coalesce(sum(d.change) filter (where d.subject = 'mentor'
        and d.certified_until between roster_summary.as_of and roster_summary.as_of + 30), 0) as expiring,
      number.paused + coalesce(sum(d.change) filter (where d.subject = 'pause'), 0) as paused,
      number.overdue + coalesce(sum(d.change) filter (where d.subject = 'pause' and d.expected_return_date < roster_summary.as_of), 0) as overdue,
      number.due_back + coalesce(sum(d.change) filter (where d.subject = 'pause'
        and d.expected_return_date between roster_summary.as_of and roster_summary.as_of + 7), 0) as due_back,
      number.open_ended + coalesce(sum(d.change) filter (where d.subject = 'pause' and d.expected_return_date is null), 0) as open_ended,
      number.open_requests + coalesce(sum(d.change) filter (where d.subject = 'request'), 0) as open_requests
    into number
    from private.roster_deltas d
    where d.chapter_set_id = any (sets)
      and d.from_on <= roster_summary.as_of and d.until_on > roster_summary.as_of
      and not (d.subject = 'pause' and coalesce(d.certified_until < roster_summary.as_of, false));
  end if;

  return jsonb_build_object(
    'total', number.mentors,
    'active', number.mentors - number.paused - number.expired,
    'paused', number.paused,
    'expired_cert', number.expired,
    'expiring_soon', number.expiring,
    'return_overdue', number.overdue,
    'returning', number.due_back,
    'open_ended', number.open_ended,
    'open_requests', number.open_requests,
    'mine', number.mine,
    'undelivered_notifications', undelivered,
    'open_discrepancies', discrepancies);
end
$function$;

COMMENT ON FUNCTION "private"."roster_summary"(uuid[], date, uuid) IS 'The dashboard''s counts over these chapters (null: over all) on a date, each mentor once; mine: those whom this coordinator is responsible for. Does not check the caller.';

REVOKE ALL ON FUNCTION "private"."roster_summary"(uuid[], date, uuid) FROM PUBLIC;
