CREATE OR REPLACE FUNCTION private.recount (
  chapter_set_ids integer[]
)
  RETURNS void
  LANGUAGE plpgsql
  SECURITY DEFINER
  SET search_path TO 'pg_catalog', 'pg_temp'
  AS $function$
begin
  -- Not while deltas are folded, which moves and removes rows; it never takes long.
  perform pg_advisory_xact_lock(hashtextextended('mentorpause.fold_roster_deltas', 0));
  insert into private.roster_counts as c
    (chapter_set_id, day, mentors, expired, expiring, paused, overdue, due_back, open_ended, open_requests)
  select r.* from private.recounted(recount.chapter_set_ids) r
  order by r.chapter_set_id, r.day -- the order in which they are read
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    expired = c.expired + excluded.expired,
    expiring = c.expiring + excluded.expiring,
    paused = c.paused + excluded.paused,
    overdue = c.overdue + excluded.overdue,
    due_back = c.due_back + excluded.due_back,
    open_ended = c.open_ended + excluded.open_ended,
    open_requests = c.open_requests + excluded.open_requests;
  delete from private.roster_counts c where c.chapter_set_id = 0;
  insert into private.roster_counts
    (chapter_set_id, day, mentors, expired, expiring, paused, overdue, due_back, open_ended, open_requests)
  select 0, c.day, sum(c.mentors), sum(c.expired), sum(c.expiring), sum(c.paused), sum(c.overdue), sum(c.due_back), sum(c.open_ended),
    sum(c.open_requests)
  from private.roster_counts c
  where c.chapter_set_id > 0
  group by c.day;
end
$function$;

COMMENT ON FUNCTION "private"."recount"(integer[]) IS 'Corrects the counts of these sets of chapters, and with them those of all together. What others change meanwhile is added.';

REVOKE ALL ON FUNCTION "private"."recount"(integer[]) FROM PUBLIC;
