CREATE TYPE "private"."roster_filter" AS (
  "wants_active"    boolean,
  "wants_paused"    boolean,
  "wants_expired"   boolean,
  "needle"          text,
  "coordinator_id"  uuid,
  "by_kind"         boolean,
  "returns_from"    date,
  "returns_until"   date,
  "is_open_ended"   boolean,
  "certified_from"  date,
  "certified_until" date,
  "has_request"     boolean
);

COMMENT ON TYPE "private"."roster_filter" IS 'Mentors with one of these statuses, a part of the name (null: any), this coordinator (null: any) and, if by_kind, one of these: paused with a return date in the range, paused without one (is_open_ended), a certification until a day in the range, an open request (has_request).';

REVOKE ALL ON TYPE "private"."roster_filter" FROM PUBLIC;
