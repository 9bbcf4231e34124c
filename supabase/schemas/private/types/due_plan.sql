CREATE TYPE "private"."due_plan" AS (
  "id"        uuid,
  "mentor_id" uuid,
  "starts_on" date,
  "begins"    boolean
);

COMMENT ON TYPE "private"."due_plan" IS 'A plan that is one no longer: it begins, or it has ended without having begun.';

REVOKE ALL ON TYPE "private"."due_plan" FROM PUBLIC;
