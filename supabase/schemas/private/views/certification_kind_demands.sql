CREATE VIEW "private"."certification_kind_demands" WITH (security_invoker=true) AS  SELECT r.kind,
    min(r.from_day) AS from_day,
    max(r.until_day) AS until_day
   FROM ( SELECT p.code AS kind,
            p.from_day,
            p.until_day,
            p.is_required,
            (row_number() OVER (PARTITION BY p.code ORDER BY p.from_day) - row_number() OVER (PARTITION BY p.code, p.is_required ORDER BY p.from_day)) AS run
           FROM private.certification_kind_periods p) r
  WHERE r.is_required
  GROUP BY r.kind, r.run;

COMMENT ON VIEW "private"."certification_kind_demands" IS 'On which days which kind was required, as stretches without a gap.';
