CREATE TABLE "private"."notification_mentors" (
  "notification_id"  uuid    NOT NULL,
  "mentor_id"        uuid    NOT NULL,
  "pause_record_id"  uuid,
  "planned_pause_id" uuid,
  "record_version"   integer NOT NULL,
  CONSTRAINT "notification_mentors_about_one" CHECK ((num_nonnulls(pause_record_id, planned_pause_id) = 1)),
  CONSTRAINT "notification_mentors_pkey" PRIMARY KEY (notification_id, mentor_id)
);

ALTER TABLE "private"."notification_mentors"
  ENABLE ROW LEVEL SECURITY;

CREATE INDEX notification_mentors_by_mentor ON private.notification_mentors USING btree (mentor_id);

COMMENT ON COLUMN "private"."notification_mentors"."record_version" IS 'The version that the change made, of the record or of the plan.';

COMMENT ON TABLE "private"."notification_mentors" IS 'The mentors whom a notification about several is about, each with the pause or the plan that it announces. Those for whom there is nobody to tell are taken out, and get a notification of their own.';
