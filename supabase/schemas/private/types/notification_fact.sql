CREATE TYPE "private"."notification_fact" AS (
  "notification_id" uuid,
  "is_true"         boolean,
  "happened_on"     date,
  "return_on"       date,
  "is_paused"       boolean,
  "is_expired"      boolean,
  "is_renewed"      boolean,
  "correction"      text
);

COMMENT ON TYPE "private"."notification_fact" IS 'What a notification may say on a date: whether what it announces still holds; from when on the change counts; when the mentor is expected back now; whether the mentor is paused, and has an expired certification; whether a renewal ended the expiry, and not a correction; and of a discrepancy, whether all, some or none of it was corrected.';

REVOKE ALL ON TYPE "private"."notification_fact" FROM PUBLIC;
