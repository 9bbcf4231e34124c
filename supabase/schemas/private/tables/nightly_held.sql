CREATE TABLE "private"."nightly_held" (
  "mentor_id" uuid NOT NULL,
  CONSTRAINT "nightly_held_pkey" PRIMARY KEY (mentor_id)
);

ALTER TABLE "private"."nightly_held"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE "private"."nightly_held" IS 'Mentors whom the run passed by, because a transaction held them, and to whom it comes back before it ends, or else the next run.';
