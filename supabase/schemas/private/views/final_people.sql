CREATE VIEW "private"."final_people" WITH (security_invoker=true) AS  SELECT e.person_id,
    'was erased'::text AS because
   FROM public.erasures e
UNION ALL
 SELECT m.dropped_id AS person_id,
    ('was joined into '::text || m.kept_id) AS because
   FROM private.merged_people m;

COMMENT ON VIEW "private"."final_people" IS 'Ids to which nothing can be written any more: of people who were erased, and of profiles that were joined into another.';
