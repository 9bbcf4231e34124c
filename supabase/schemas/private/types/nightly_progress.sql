CREATE TYPE "private"."nightly_progress" AS (
  "run"        public.nightly_runs,
  "is_waiting" boolean,
  "examined"   integer
);

COMMENT ON TYPE "private"."nightly_progress" IS 'A run after a chunk. is_waiting: all that is left is held by others. examined: how many mentors the chunk looked at.';

REVOKE ALL ON TYPE "private"."nightly_progress" FROM PUBLIC;
