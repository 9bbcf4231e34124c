CREATE TYPE "private"."notification_fact" AS (
  "notification_id"    uuid,
  "is_true"            boolean,
  "happened_on"        date,
  "return_on"          date,
  "is_paused"          boolean,
  "is_expired"         boolean,
  "is_renewed"         boolean,
  "correction"         text,
  "certification_kind" text,
  "is_missing"         boolean,
  "is_changed"         boolean,
  "leave_request"      jsonb
);

COMMENT ON TYPE "private"."notification_fact" IS 'What a notification may say on a date: whether what it announces still holds; from when on the change counts; when the mentor is expected back now, or asks to be; whether the mentor is paused, and has an expired certification; whether a renewal ended the expiry, and not a correction; of a discrepancy, whether all, some or none of it was corrected; the kind of certification that it is about (null: none in particular); whether what counts as expired is, or was until the restoration, a required one that is missing; whether it is a change of a plan that they have been told of; and of a leave request the kind, the state, and whether there is a message, never what it or the reason says.';

REVOKE ALL ON TYPE "private"."notification_fact" FROM PUBLIC;
