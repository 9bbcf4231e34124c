CREATE VIEW "private"."certification_kind_periods" WITH (security_invoker=true) AS  SELECT v.code,
    v.is_required,
    v.replaced_by,
    v.from_day,
    COALESCE((lead(v.from_day) OVER (PARTITION BY v.code ORDER BY v.from_day) - 1), 'infinity'::date) AS until_day
   FROM ( SELECT DISTINCT ON (s.code, s.from_day) s.code,
            s.from_day,
            s.is_required,
            s.replaced_by
           FROM private.certification_kind_versions s
          ORDER BY s.code, s.from_day, s.id DESC) v;

COMMENT ON VIEW "private"."certification_kind_periods" IS 'What each kind said on which days, from from_day through until_day. The periods of a kind cover all days, without overlap.';
