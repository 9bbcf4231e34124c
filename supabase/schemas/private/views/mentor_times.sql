CREATE VIEW "private"."mentor_times" WITH (security_invoker=true) AS  SELECT b.mentor_id,
    b.from_on,
    lead(b.reach, 1, b.reach_in_all) OVER by_mentor AS until_on,
    lag(true, 1, false) OVER by_mentor AS is_return
   FROM ( SELECT r.mentor_id,
            r.from_on,
            r.reach,
            r.reach_in_all
           FROM ( SELECT d.mentor_id,
                    d.from_on,
                    max(d.until_on) OVER (PARTITION BY d.mentor_id ORDER BY d.from_on, d.until_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach,
                    max(d.until_on) OVER (PARTITION BY d.mentor_id) AS reach_in_all
                   FROM ( SELECT m.user_id AS mentor_id,
                            ((m.started_at AT TIME ZONE z.time_zone))::date AS from_on,
                            COALESCE(((m.ended_at AT TIME ZONE z.time_zone))::date, 'infinity'::date) AS until_on
                           FROM (public.chapter_memberships m
                             CROSS JOIN ( SELECT s.time_zone
                                   FROM private.settings s
                                 LIMIT 1) z)
                          WHERE (m.role = 'mentor'::text)) d
                  WHERE (d.from_on < d.until_on)) r
          WHERE ((r.reach >= r.from_on) IS NOT TRUE)) b
  WINDOW by_mentor AS (PARTITION BY b.mentor_id ORDER BY b.from_on);

COMMENT ON VIEW "private"."mentor_times" IS 'The days on which each person is a mentor somewhere, as stretches without a gap: from from_on until the day before until_on (infinity: nothing is known to end it).';
