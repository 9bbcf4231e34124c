CREATE TABLE "private"."nightly_state" (
  "only_row"      boolean NOT NULL DEFAULT true,
  "fencing_token" bigint  NOT NULL DEFAULT 0,
  "judged_on"     date,
  "digested_week" date,
  "reconciled_to" uuid    NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid,
  "round_reached" integer NOT NULL DEFAULT 0,
  "round_size"    integer NOT NULL DEFAULT 0,
  CONSTRAINT "nightly_state_only_one_row" CHECK (only_row),
  CONSTRAINT "nightly_state_pkey" PRIMARY KEY (only_row)
);

ALTER TABLE "private"."nightly_state"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."nightly_state"."digested_week" IS 'The Monday of the newest week whose digests have been made.';

COMMENT ON COLUMN "private"."nightly_state"."judged_on" IS 'The newest date that a run has completed; null: none has. Here, so that a pause learns it from one page.';

COMMENT ON COLUMN "private"."nightly_state"."reconciled_to" IS 'The last mentor who was reconciled, where time did not suffice for all: the next night goes on from there.';

COMMENT ON COLUMN "private"."nightly_state"."round_reached" IS 'How many have been reconciled since the last round ended.';

COMMENT ON COLUMN "private"."nightly_state"."round_size" IS 'How many the last round reached: of so many a night takes a sixth at least.';

COMMENT ON TABLE "private"."nightly_state" IS 'One row: what outlives a run.';
