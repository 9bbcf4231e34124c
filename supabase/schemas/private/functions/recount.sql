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
    (chapter_set_id, day, mentors, paused, expiring, paused_expiring, due_back, due_back_expired)
  select r.* from private.recounted(recount.chapter_set_ids) r
  order by r.chapter_set_id, r.day -- the order in which they are read
  on conflict on constraint roster_counts_pkey do update set
    mentors = c.mentors + excluded.mentors,
    paused = c.paused + excluded.paused,
    expiring = c.expiring + excluded.expiring,
    paused_expiring = c.paused_expiring + excluded.paused_expiring,
    due_back = c.due_back + excluded.due_back,
    due_back_expired = c.due_back_expired + excluded.due_back_expired;
end
$function$;

COMMENT ON FUNCTION "private"."recount"(integer[]) IS 'Corrects the counts of these sets of chapters. What others change meanwhile is added.';

REVOKE ALL ON FUNCTION "private"."recount"(integer[]) FROM PUBLIC;
