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

COMMENT ON TYPE "private"."nightly_progress" IS 'Where the run goes on after a chunk, and what the chunk did. Waiting: all that is left is held by others. Examined: how many mentors it looked at.';

REVOKE ALL ON TYPE "private"."nightly_progress" FROM PUBLIC;
