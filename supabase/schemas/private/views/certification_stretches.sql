CREATE VIEW "private"."certification_stretches" WITH (security_invoker=true) AS  SELECT e.mentor_id,
    e.kind,
    lag(e.next_issued_on, 1, e.first_issued_on) OVER by_kind AS begins_on,
    e.reach AS ends_on,
    e.next_issued_on AS next_begins_on,
    lag(true, 1, false) OVER by_kind AS is_renewal
   FROM ( SELECT c.mentor_id,
            c.kind,
            c.issued_on,
            max(COALESCE(c.expires_on, 'infinity'::date)) OVER by_kind AS reach,
            lead(c.issued_on) OVER by_kind AS next_issued_on,
            first_value(c.issued_on) OVER by_kind AS first_issued_on
           FROM public.certifications c
          WINDOW by_kind AS (PARTITION BY c.mentor_id, c.kind ORDER BY c.issued_on ROWS UNBOUNDED PRECEDING)) e
  WHERE ((e.next_issued_on IS NULL) OR (e.next_issued_on > (e.reach + 1)))
  WINDOW by_kind AS (PARTITION BY e.mentor_id, e.kind ORDER BY e.issued_on);

COMMENT ON VIEW "private"."certification_stretches" IS 'The days on which each mentor''s certifications of each kind are valid, as stretches without a gap. Between the end of one and the beginning of the next the kind has expired.';
