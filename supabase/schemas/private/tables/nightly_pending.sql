CREATE TABLE "private"."nightly_pending" (
  "mentor_id" uuid                     NOT NULL,
  "marked_at" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "nightly_pending_pkey" PRIMARY KEY (mentor_id)
);

ALTER TABLE "private"."nightly_pending"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON TABLE "private"."nightly_pending" IS 'Mentors whom the next run looks at whatever the date: certifications or memberships were changed, a return is near, a record was changed by hand.';
