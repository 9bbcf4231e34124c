CREATE TYPE "private"."paused_mentor" AS (
  "mentor_id"            uuid,
  "began_on"             date,
  "expected_return_date" date
);

COMMENT ON TYPE "private"."paused_mentor" IS 'A live pause or a plan, with its first day.';

REVOKE ALL ON TYPE "private"."paused_mentor" FROM PUBLIC;
