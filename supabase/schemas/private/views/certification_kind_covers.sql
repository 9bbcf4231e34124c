CREATE VIEW "private"."certification_kind_covers" WITH (security_invoker=true) AS  WITH RECURSIVE covers(kind, covered_by, from_day, until_day) AS (
         SELECT DISTINCT v.code,
            v.code,
            '-infinity'::date AS date,
            'infinity'::date AS date
           FROM private.certification_kind_versions v
        UNION
         SELECT c_1.kind,
            p.replaced_by,
            GREATEST(c_1.from_day, p.from_day) AS "greatest",
            LEAST(c_1.until_day, p.until_day) AS "least"
           FROM (covers c_1
             JOIN private.certification_kind_periods p ON ((p.code = c_1.covered_by)))
          WHERE ((p.replaced_by <> c_1.kind) AND (p.from_day <= c_1.until_day) AND (p.until_day >= c_1.from_day))
        )
 SELECT c.kind,
    c.covered_by,
    c.from_day,
    c.until_day
   FROM covers c;

COMMENT ON VIEW "private"."certification_kind_covers" IS 'Certifications of which kind count for a kind on which days: its own on all, and those of its successors.';
