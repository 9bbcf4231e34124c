CREATE TABLE "private"."nightly_held" (
  "mentor_id" uuid NOT NULL,
  CONSTRAINT "nightly_held_pkey" PRIMARY KEY (mentor_id)
);

ALTER TABLE "private"."nightly_held"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE "private"."nightly_held" IS 'Mentors that the run skipped because a transaction held them. It comes back to them before it ends, or the next run does.';
