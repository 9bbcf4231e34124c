CREATE TABLE "private"."weekly_digests" (
  "notification_id" uuid NOT NULL,
  "recipient_id"    uuid NOT NULL,
  "week_of"         date NOT NULL,
  CONSTRAINT "weekly_digests_once_a_week" UNIQUE (recipient_id, week_of),
  CONSTRAINT "weekly_digests_pkey" PRIMARY KEY (notification_id),
  CONSTRAINT "weekly_digests_week_begins_on_monday" CHECK ((EXTRACT(isodow FROM week_of) = (1)::numeric))
);

ALTER TABLE "private"."weekly_digests"
  ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN "private"."weekly_digests"."week_of" IS 'The Monday of the week that it is about.';

COMMENT ON TABLE "private"."weekly_digests" IS 'Whom each notification weekly_digest is for. Ids and weeks only.';
