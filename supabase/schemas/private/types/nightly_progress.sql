CREATE TYPE "private"."nightly_progress" AS (
  "phase"         text,
  "after_id"      uuid,
  "expired"       integer,
  "restored"      integer,
  "reminders"     integer,
  "discrepancies" integer,
  "requeued"      integer,
  "is_waiting"    boolean,
  "examined"      integer
);

COMMENT ON TYPE "private"."nightly_progress" IS 'Where the run continues after a chunk, and what the chunk did. is_waiting: all that is left is held by others. examined: how many mentors it looked at.';

REVOKE ALL ON TYPE "private"."nightly_progress" FROM PUBLIC;
